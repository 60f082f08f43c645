"""Several runs side by side, on the cores of one machine or on many.

    data set, settings of each run  →  joblib  →  a model each, in the order in which they are done

joblib brings the runs to where they are trained: to processes on this machine, or under
``joblib.parallel_config("dask")`` to the workers of a cluster. What is trained is the same, bit for bit:
each run has a seed, an engine and one thread of its own, and knows nothing of the others. Next:
``committee.py``, which puts the models together.
"""

from __future__ import annotations

import signal
import warnings
from collections.abc import Generator, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from inkling._checks import complain, import_extra
from inkling.data.dataset import Dataset
from inkling.errors import RunError
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.training.run import train
from inkling.training.run_directory import MANIFEST, MODEL, RunDirectory
from inkling.training.settings import TrainingSettings

THREADS = 1
"""Of each run: the cores are shared by whole runs, and the number of workers changes no digit."""
TRIES = 2
"""How often a run is begun or gone on with, should the processes of this machine be killed."""
WHO = "committee"


def train_parallel(
    dataset: Dataset, runs: Mapping[Path, TrainingSettings], n_jobs: int | None
) -> Generator[Model, None, None]:
    """Trains one network for each run directory, and returns each model when it is done.

    On this machine a run keeps its directory while it goes on: should a process be killed, joblib ends
    its neighbours too, and they go on from their last epoch, the killed one as well. On a cluster, whose
    disks may be others, the scheduler gives the runs of a dead worker to the living ones, from their
    beginning, and only models travel back. Either way a finished run is never trained again.

    Args:
        dataset: what they are trained on.
        runs: the settings of each, by its directory; a run that is finished there is only loaded.
        n_jobs: how many at a time on this machine, as joblib has it: −1 for all cores, None for one. A
            cluster trains as many as it has cores.

    Raises:
        MissingExtraError: joblib is not installed.
        RunError: a run, or its worker, was killed again and again.
    """
    done: set[Path] = set()
    for attempt in range(1, TRIES + 1):
        # Also what was finished in a process that was killed before it could hand it over.
        for run in [run for run in runs if run not in done and _is_finished(run)]:
            done.add(run)
            yield load_model(run).require_single(WHO)
        missing = {run: settings for run, settings in runs.items() if run not in done}
        try:
            for run, model in _train_missing(dataset, missing, n_jobs):
                if not _is_finished(run):  # it was trained on another machine
                    run.mkdir(parents=True, exist_ok=True)
                    RunDirectory(run).finish(model)
                done.add(run)
                yield model
            return
        except BrokenExecutor as error:  # a process of this machine
            if attempt == TRIES:
                got = "one that was killed again and again"
                advice = "is there too little memory? Try fewer at a time"
                raise RunError(complain(WHO, "workers that live", got, advice)) from error
        except Exception as error:
            if not type(error).__module__.startswith("distributed"):
                raise
            got = type(error).__name__  # dask has tried on other workers itself
            advice = "was a worker killed again and again, or the scheduler stopped?"
            raise RunError(f"{WHO}: expected a cluster that lasts, got {got}; {advice}") from error


def _train_missing(
    dataset: Dataset, runs: Mapping[Path, TrainingSettings], n_jobs: int | None
) -> Generator[tuple[Path, Model], None, None]:
    if not runs:
        return
    joblib = load_joblib()
    cluster = _dask_backend()
    if cluster is None:  # joblib would start as many processes as there are cores
        # Two for a single run too, which would be trained in this process: what is killed there for
        # lack of memory would take the caller along.
        n_jobs = min(joblib.effective_n_jobs(n_jobs), max(2, len(runs)))
    with _spread(dataset, cluster):
        side_by_side = joblib.Parallel(
            n_jobs, return_as="generator_unordered", batch_size=1, initializer=_ignore_interrupts
        )
        results = side_by_side(
            joblib.delayed(_train_one)(dataset, settings, run, here=cluster is None)
            for run, settings in runs.items()
        )
        try:
            for result in results:  # noqa: UP028 (yield from would close it unguarded)
                yield result
        finally:
            with warnings.catch_warnings():  # whoever interrupts knows that runs are cut short
                warnings.filterwarnings("ignore", r"\d+ tasks (have been|which were still)")
                results.close()


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; joblib's are ended by the one that started them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _train_one(
    dataset: Dataset, settings: TrainingSettings, run: Path, *, here: bool
) -> tuple[Path, Model]:
    """Trains one network, in whatever process this is; ``here`` if that sees the run directory."""
    from threadpoolctl import threadpool_limits

    # Not put back: a worker may train in several threads at a time, of which the first to end would
    # set the others free. In this process ``committee.py`` puts it back.
    threadpool_limits(THREADS, user_api="blas")
    if not here:
        return run, train(dataset, settings, threads=THREADS).model
    if (run / MANIFEST).is_file():
        return run, train(dataset, run=run, resume=True).model
    return run, train(dataset, settings, run=run, threads=THREADS).model


def load_joblib() -> Any:
    """Returns joblib.

    Raises:
        MissingExtraError: it is not installed.
    """
    return import_extra("joblib", "cluster", "a committee")


def _is_finished(run: Path) -> bool:
    return (run / MODEL).is_file()


def _dask_backend() -> Any | None:
    """What joblib is set to, if that is a cluster; None for this machine."""
    backend, _ = load_joblib().parallel.get_active_backend()
    return backend if hasattr(backend, "client") else None


def _spread(dataset: Dataset, cluster: Any | None) -> AbstractContextManager[object]:
    """Brings the data to all workers once, so that none that dies takes the only copy along.

    To processes on this machine joblib lends its arrays as one memory-mapped file.
    """
    if cluster is None:
        return nullcontext()
    backend = _mended(type(cluster))(
        client=cluster.client,
        scatter=[dataset],
        wait_for_workers_timeout=cluster.wait_for_workers_timeout,
        **cluster.submit_kwargs,
    )
    config: AbstractContextManager[object] = load_joblib().parallel_config(backend)
    return config


def _mended(kind: Any) -> Any:
    """joblib's backend for dask, without three of its habits."""

    class Mended(kind):  # type: ignore[misc]
        def effective_n_jobs(self, n_jobs: int | None) -> int:
            """The cluster's cores; a single one joblib would leave idle, and train in this process."""
            cores: int = super().effective_n_jobs(n_jobs)
            return max(2, cores) if cores else 0

        def submit(self, func: Any, callback: Any) -> Any:
            """joblib waits for its callback for ever where dask has given a task up."""
            future = super().submit(func, callback)
            future.add_done_callback(lambda done: done.exception() and callback(done.exception()))
            return future

        def abort_everything(self, ensure_ready: bool = True) -> None:
            """joblib leaves what has not begun with the scheduler, to be trained for nobody."""
            for future in list(self.waiting_futures.futures):
                future.release()
            super().abort_everything(ensure_ready)

    return Mended
