"""Trains several runs in parallel, on the cores of one machine or of many.

    data set, settings of each run  →  joblib  →  one model each, in the order in which they are finished

The results are the same, bit for bit, wherever joblib runs them, because each run has its own seed and
one thread. Next: ``committee.py``, which combines the models.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from inkling._checks import complain, import_extra
from inkling._files import MANIFEST, MODEL
from inkling.data.dataset import Dataset
from inkling.errors import RunError
from inkling.model.file import load_model
from inkling.model.manifest import FINISHED, FINISHED_RUN
from inkling.model.model import Model
from inkling.model.schema import checked
from inkling.training.run import train
from inkling.training.run_directory import RunDirectory
from inkling.training.settings import TrainingSettings

THREADS = 1
"""Threads of each run: whole runs share the cores, and the number of workers does not matter."""
FOLLOW_SECONDS = 0.2
"""How often a worker process looks whether its parent is alive."""
TRIES = 2
"""The number of attempts if processes of this machine are killed."""


def train_parallel(
    dataset: Dataset, runs: Mapping[Path, TrainingSettings], n_jobs: int | None
) -> Generator[Model, None, None]:
    """Trains one network per run directory, and yields each model when it is finished.

    On this machine each run writes its directory as it trains: if a process is killed, joblib ends
    the others too, and all of them resume from their last epoch. On a cluster, whose machines may not
    share a disk, the scheduler restarts the runs of a killed worker on others, and only
    models are sent back. In both cases a finished run is never trained again, only loaded.

    Raises RunError if worker processes were killed repeatedly, or the cluster stopped.
    """
    done: set[Path] = set()
    for attempt in range(1, TRIES + 1):
        # Includes what a process had finished when it was killed before it returned its model.
        for run in [run for run in runs if run not in done and _is_finished(run)]:
            done.add(run)
            yield _load_finished(run, runs[run])
        missing = {run: settings for run, settings in runs.items() if run not in done}
        try:
            for run, model in _train_missing(dataset, missing, n_jobs):
                if not _is_finished(run):  # it was trained on another machine
                    with RunDirectory(run).locked(new=True):
                        RunDirectory(run).finish(model)
                done.add(run)
                yield model
            return
        except BrokenExecutor as error:
            if attempt == TRIES:
                raise RunError(
                    "committee: worker processes were killed repeatedly; out of memory? Try fewer at "
                    "a time."
                ) from error
        except Exception as error:
            if not type(error).__module__.startswith("distributed"):
                raise
            raise RunError(  # dask has already tried other workers
                f"committee: the cluster failed with {type(error).__name__}; was a worker killed "
                "repeatedly, or the scheduler stopped?"
            ) from error


def _load_finished(run: Path, settings: TrainingSettings) -> Model:
    """Loads the model of a finished run, and completes its directory if its process was killed."""
    directory = RunDirectory(run)
    with directory.locked(new=True):  # removes what the process left
        model = load_model(run).require_single("committee")
        checked(f"run {run}", model.manifest, FINISHED_RUN, error=RunError)
        _check_same(run, model.manifest, settings)
        has_manifest = (run / MANIFEST).is_file()
        if not has_manifest or directory.read_manifest()["status"] != FINISHED:
            directory.finish(model)
    return model


def _train_missing(
    dataset: Dataset, runs: Mapping[Path, TrainingSettings], n_jobs: int | None
) -> Generator[tuple[Path, Model], None, None]:
    if not runs:
        return
    joblib = load_joblib()
    cluster = _dask_backend()
    if cluster is None:
        # No more processes than runs. At least two, because joblib would train a single run in this
        # process, which would end too if the system kills it for lack of memory.
        n_jobs = min(joblib.effective_n_jobs(n_jobs), max(2, len(runs)))
    with _scattered(dataset, cluster), ExitStack() as stack:
        parallel = joblib.Parallel(
            n_jobs,
            return_as="generator_unordered",
            batch_size=1,
            initializer=_prepare_worker,
            initargs=(os.getpid(),),
        )
        # joblib would warn of results that are not used, and a filter would be one for all threads.
        parallel._warn_exit_early = lambda: None
        with _interrupts_blocked():
            results = parallel(
                joblib.delayed(_train_one)(dataset, settings, run, here=cluster is None)
                for run, settings in runs.items()
            )
            stack.callback(results.close)
        for result in results:  # noqa: UP028 (yield from would close it outside the stack)
            yield result


def _prepare_worker(parent: int) -> None:
    """Makes a worker process end with its parent only.

    Ctrl-C, which reaches every process of a terminal, is ignored. If the parent was killed, the process
    ends too, whether it trains or waits, so that the runs can be resumed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The parent, or a fork server; init if the parent has ended already.
    direct = os.getppid()

    def follow() -> None:
        if sys.platform == "win32":  # where the number of the parent stays after its end
            import ctypes

            kernel, synchronize, forever = ctypes.windll.kernel32, 0x100000, 0xFFFFFFFF
            kernel.WaitForSingleObject(kernel.OpenProcess(synchronize, False, parent), forever)
        else:
            while os.getppid() == direct and _exists(parent):
                time.sleep(FOLLOW_SECONDS)
        os._exit(1)  # as if it had been killed

    threading.Thread(target=follow, daemon=True).start()


def _exists(process: int) -> bool:
    """Returns whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Blocks Ctrl-C in this thread while workers are started, which inherit that.

    A worker that is still importing modules would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # when joblib starts it, it would let Ctrl-C through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _train_one(
    dataset: Dataset, settings: TrainingSettings, run: Path, *, here: bool
) -> tuple[Path, Model]:
    """Trains one network in a worker; ``here`` if the worker shares the disk with the run directory."""
    from threadpoolctl import threadpool_limits

    # Never restored: a worker may train in several threads, and the first to finish would lift
    # the limit for the others. ``committee.py`` restores it in this process.
    threadpool_limits(THREADS, user_api="blas")
    if not here:
        return run, train(dataset, settings, threads=THREADS).model
    if (run / MANIFEST).is_file():
        _check_same(run, RunDirectory(run).read_manifest(), settings)
        return run, train(dataset, run=run, resume=True).model
    return run, train(dataset, settings, run=run, threads=THREADS).model


def load_joblib() -> Any:
    """Returns joblib; raises MissingExtraError if it is not installed."""
    return import_extra("joblib", "cluster", "a committee")


def _check_same(run: Path, manifest: Mapping[str, Any], settings: TrainingSettings) -> None:
    """Raises RunError unless a member was started with these settings."""
    if manifest["settings"] != settings.to_dict():
        expected = "a member with the committee's settings"
        raise RunError(complain(f"run {run}", expected, "one with others", "remove it"))


def _is_finished(run: Path) -> bool:
    return (run / MODEL).is_file()


def _dask_backend() -> Any | None:
    """Returns joblib's backend if it is a cluster; None for this machine."""
    backend, _ = load_joblib().parallel.get_active_backend()
    return backend if hasattr(backend, "client") else None


def _scattered(dataset: Dataset, cluster: Any | None) -> AbstractContextManager[object]:
    """Sends the data to all workers once, so that no worker holds the only copy.

    Processes on this machine get its arrays from joblib as one memory-mapped file.
    """
    if cluster is None:
        return nullcontext()
    backend = _fixed(type(cluster))(
        client=cluster.client,
        scatter=[dataset],
        wait_for_workers_timeout=cluster.wait_for_workers_timeout,
        **cluster.submit_kwargs,
    )
    config: AbstractContextManager[object] = load_joblib().parallel_config(backend)
    return config


def _fixed(kind: Any) -> Any:
    """Returns joblib's backend for dask with three problems fixed."""

    class Fixed(kind):  # type: ignore[misc]
        def effective_n_jobs(self, n_jobs: int | None) -> int:
            """Returns the cluster's cores, at least 2: joblib would train in this process for one."""
            cores: int = super().effective_n_jobs(n_jobs)
            return max(2, cores) if cores else 0

        def submit(self, func: Any, callback: Any) -> Any:
            """Submits a task; its failure ends the wait, where joblib would wait forever."""
            future = super().submit(func, callback)
            future.add_done_callback(lambda done: done.exception() and callback(done.exception()))
            return future

        def abort_everything(self, ensure_ready: bool = True) -> None:
            """Cancels tasks that have not started, which joblib would leave with the scheduler."""
            for future in list(self.waiting_futures.futures):
                future.release()
            super().abort_everything(ensure_ready)

    return Fixed
