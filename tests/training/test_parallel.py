"""Where runs are trained makes no difference: one process, several, a cluster, some of them killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.data.dataset import Dataset
from inkling.errors import RunError
from inkling.model.committee import CommitteeModel
from inkling.model.file import load_model
from inkling.model.manifest import manifest_bytes
from inkling.model.model import Model
from inkling.training import parallel as module
from inkling.training.committee import Committee
from inkling.training.engine.choice import EngineChoice
from inkling.training.run import train
from inkling.training.run_directory import RunDirectory, describe_run
from inkling.training.settings import TrainingSettings

joblib = pytest.importorskip("joblib", reason="joblib is not installed: pip install '.[cluster]'")
psutil = pytest.importorskip("psutil", reason="psutil comes with dask: pip install '.[cluster]'")
distributed = pytest.importorskip("distributed", reason="no dask: pip install '.[cluster]'")

MEMBERS = 4
SMALL: dict[str, Any] = {"hidden": (13,), "epochs": 2, "batch_size": 16, "engine": "numpy"}
LONG: dict[str, Any] = {"hidden": (64,), "epochs": 6, "batch_size": 1, "engine": "numpy"}
"""An epoch takes a tenth of a second, so that there is time to kill."""

ONE_CORE: dict[str, Any] = {
    "n_workers": 1,
    "threads_per_worker": 1,
    "processes": False,
    "dashboard_address": ":0",
}
"""A cluster in this process: one worker, in a thread."""


def train_in_one_process(strokes: Dataset, settings: dict[str, Any]) -> CommitteeModel:
    """The committee that all others are compared with."""
    return Committee(MEMBERS, n_jobs=1, **settings).train(strokes).model


@pytest.fixture(scope="module")
def small(strokes: Dataset) -> CommitteeModel:
    """Four small networks."""
    return train_in_one_process(strokes, SMALL)


@pytest.fixture(scope="module")
def long(strokes: Dataset) -> CommitteeModel:
    """Four that take longer."""
    return train_in_one_process(strokes, LONG)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """The client of a scheduler with two workers, each a process with one thread."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as machines,
        distributed.Client(machines) as client,
    ):
        yield client


def assert_same(found: CommitteeModel, expected: CommitteeModel) -> None:
    """Raises unless two committees are the same, bit for bit, times apart."""
    assert found.tensors().keys() == expected.tensors().keys()
    for name, array in expected.tensors().items():
        np.testing.assert_array_equal(found.tensors()[name], array, strict=True)
    assert found.temperature == expected.temperature
    for one, other in zip(found.members, expected.members, strict=True):
        for figure in ("test_accuracy", "test_loss", "epochs"):
            assert one.manifest["results"][figure] == other.manifest["results"][figure]
        assert one.manifest["settings"] == other.manifest["settings"]
        assert one.manifest["threads"] == other.manifest["threads"] == 1


def processes_of_joblib() -> list[int]:
    """The process numbers of joblib's workers."""
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if "popen_loky" in " ".join(child.cmdline())]


def noting(folder: Path) -> Callable[..., tuple[Path, Model]]:
    """Trains one network, and leaves a file that is named after the process and the thread it was in."""
    train_one = module._train_one

    def note(*what: Any, here: bool) -> tuple[Path, Model]:
        Path(folder, f"{os.getpid()} {threading.get_ident()}").touch()
        return train_one(*what, here=here)

    folder.mkdir()
    return note


def test_two_processes(strokes: Dataset, small: CommitteeModel) -> None:
    """Each trains two of the four."""
    done: list[int] = []
    result = Committee(MEMBERS, n_jobs=2, **SMALL).train(
        strokes, on_member=lambda member: done.append(member.manifest["seed"])
    )
    assert sorted(done) == [0, 1, 2, 3]
    assert_same(result.model, small)


def test_let_go_before_its_end(strokes: Dataset, tmp_path: Path) -> None:
    """Stopping early, as Ctrl-C does, gives no warning of unused results."""
    runs = {tmp_path / str(seed): TrainingSettings(seed=seed, **SMALL) for seed in range(3)}
    models = module.train_parallel(strokes, runs, n_jobs=2)
    next(models)
    while not all(module._is_finished(run) for run in runs):
        time.sleep(0.01)
    time.sleep(0.5)  # a thread of joblib's takes them in
    models.close()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to kill with")
def test_a_process_is_killed(
    strokes: Dataset, long: CommitteeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as one member is done; it is kept, the others go on, and the committee is the same."""
    done: list[int] = []
    missing: list[int] = []
    train_missing = module._train_missing

    def counted(dataset: Dataset, runs: Any, n_jobs: int | None) -> Any:
        missing.append(len(runs))
        return train_missing(dataset, runs, n_jobs)

    def kill(member: Model) -> None:
        done.append(member.manifest["seed"])
        if len(done) == 1:
            os.kill(processes_of_joblib()[0], signal.SIGKILL)

    monkeypatch.setattr(module, "_train_missing", counted)
    run = tmp_path / "run"
    result = Committee(MEMBERS, n_jobs=2, **LONG).train(strokes, run=run, on_member=kill)
    assert sorted(done) == [0, 1, 2, 3]
    assert missing[0] == 4
    assert missing[1] < 4
    assert_same(result.model, long)


def test_what_a_killed_process_finished_counts(
    strokes: Dataset, small: CommitteeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its model is on the disk, although it was never returned; it is not trained again."""
    asked: list[list[str]] = []

    def train_first_then_die(dataset: Dataset, runs: Any, n_jobs: int | None) -> Any:
        asked.append([run.name for run in runs])
        if len(asked) > 1:
            yield from train_missing(dataset, runs, n_jobs)
            return
        first, *_ = runs
        train(dataset, runs[first], run=first, threads=1)
        raise BrokenProcessPool

    train_missing = module._train_missing
    monkeypatch.setattr(module, "_train_missing", train_first_then_die)
    result = Committee(MEMBERS, **SMALL).train(strokes, run=tmp_path / "run")
    assert asked == [["seed-0", "seed-1", "seed-2", "seed-3"], ["seed-1", "seed-2", "seed-3"]]
    assert_same(result.model, small)


@pytest.mark.parametrize("left", ["running", "no manifest", "finished"])
def test_what_a_killed_process_left_is_completed(
    strokes: Dataset, tmp_path: Path, left: str
) -> None:
    """Killed after its model was written: the manifest follows, and its lock is removed."""
    settings = TrainingSettings(**SMALL)
    run = tmp_path / "run"
    train(strokes, settings, run=run, threads=1)
    expected = {path.name: path.read_bytes() for path in run.iterdir()}
    if left == "running":
        manifest = dict(load_model(run).manifest, status="running")
        del manifest["results"]
        (run / "manifest.json").write_bytes(manifest_bytes(manifest))
    elif left == "no manifest":
        (run / "manifest.json").unlink()
    (run / ".inkling-lock").write_text("123456789 nowhere\n")
    assert len(list(module.train_parallel(strokes, {run: settings}, 2))) == 1
    assert {path.name: path.read_bytes() for path in run.iterdir()} == expected


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to kill with")
def test_workers_end_with_their_committee(strokes_file: Path, tmp_path: Path) -> None:
    """Killed, it leaves neither a process that goes on to write a member nor one that waits."""
    run, program = tmp_path / "run", tmp_path / "program.py"
    program.write_text(
        "from pathlib import Path\n"
        "import inkling\n"
        "from inkling.training.parallel import train_parallel\n"
        "settings = inkling.TrainingSettings(hidden=(64,), epochs=9999, batch_size=1,\n"
        "                                    engine='numpy')\n"
        "if __name__ == '__main__':\n"
        f"    dataset = inkling.load_dataset({str(strokes_file)!r})\n"
        f"    list(train_parallel(dataset, {{Path({str(run)!r}): settings}}, 2))\n"
    )
    with subprocess.Popen([sys.executable, str(program)]) as process:
        while not (run / "checkpoint").exists():
            assert process.poll() is None
            time.sleep(0.05)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert len(workers) > 2  # one that trains, one that waits, and joblib's own
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive
    with RunDirectory(run).locked():
        assert len(list(run.iterdir())) == 4


def test_the_last_one_is_not_trained_in_this_process(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be there because it took so much memory that its process was killed."""
    monkeypatch.setattr(module, "_train_one", noting(tmp_path / "where"))
    runs = {tmp_path / "run": TrainingSettings(**SMALL)}
    assert len(list(module.train_parallel(strokes, runs, 2))) == 1
    (place,) = (tmp_path / "where").iterdir()
    assert place.name.split()[0] != str(os.getpid())


def test_processes_that_are_killed_again_and_again(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with too little memory: the second time is the last, and the message has advice."""
    tries = []

    def die(*_: object) -> Iterator[Any]:
        tries.append(1)
        raise BrokenProcessPool
        yield

    monkeypatch.setattr(module, "_train_missing", die)
    message = r"^committee: worker processes were killed repeatedly; out of memory\?"
    with pytest.raises(RunError, match=message):
        Committee(2, **SMALL).train(strokes, run=tmp_path / "run")
    assert len(tries) == 2


@pytest.mark.slow
def test_a_cluster_and_one_of_its_workers_is_killed(
    cluster: Any, strokes: Dataset, long: CommitteeModel, tmp_path: Path
) -> None:
    """No worker has the only copy of the data; another worker trains its member."""
    done: list[int] = []

    def kill(member: Model) -> None:
        done.append(member.manifest["seed"])
        if len(done) == 1:
            os.kill(min(cluster.run(os.getpid).values()), signal.SIGKILL)

    with joblib.parallel_config("dask", client=cluster):
        result = Committee(MEMBERS, **LONG).train(strokes, run=tmp_path / "run", on_member=kill)
    assert sorted(done) == [0, 1, 2, 3]
    assert_same(result.model, long)
    for seed in done:  # only the finished model came back
        run = tmp_path / "run" / "members" / f"seed-{seed}"
        assert {file.name for file in run.iterdir()} == {"manifest.json", "model.safetensors"}


def test_a_cluster_of_one_core_works_too(
    strokes: Dataset, small: CommitteeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """joblib alone would train in this process."""
    monkeypatch.setattr(module, "_train_one", noting(tmp_path / "where"))
    with (
        distributed.Client(**ONE_CORE) as client,
        joblib.parallel_config("dask", client=client),
    ):
        assert_same(Committee(MEMBERS, **SMALL).train(strokes).model, small)
    (place,) = (tmp_path / "where").iterdir()
    assert place.name.split()[1] != str(threading.get_ident())


def test_an_interrupted_cluster_begins_no_other_member(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The current member is trained to its end; no other is begun."""
    train_one, begun, go_on = module._train_one, tmp_path / "begun", tmp_path / "go on"
    begun.mkdir()

    def wait(dataset: Dataset, settings: TrainingSettings, *rest: Any, here: bool) -> Any:
        Path(begun, str(settings.seed)).touch()
        while settings.seed and not go_on.exists():
            time.sleep(0.01)
        return train_one(dataset, settings, *rest, here=here)

    def interrupt(_: Model) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_train_one", wait)
    with (
        distributed.Client(**ONE_CORE) as client,
        joblib.parallel_config("dask", client=client),
    ):
        with pytest.raises(KeyboardInterrupt):
            Committee(MEMBERS, **SMALL).train(strokes, on_member=interrupt)
        (worker,) = client.cluster.workers.values()
        for _ in range(500):  # until the worker has heard of it
            if {task.state for task in worker.state.tasks.values()} <= {"memory", "cancelled"}:
                break
            time.sleep(0.01)
        go_on.touch()
        client.submit(int).result()  # it takes its turn behind whatever is left
    assert {place.name for place in begun.iterdir()} <= {"0", "1"}


def test_the_data_travel_once(
    cluster: Any, strokes: Dataset, small: CommitteeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They leave this process once for four members, and each worker has them then."""
    cluster.wait_for_workers(2, timeout=60)
    left = []
    reduce = Dataset.__reduce_ex__

    def counted(data: Dataset, protocol: Any) -> Any:
        left.append(data.name)
        return reduce(data, protocol)

    monkeypatch.setattr(Dataset, "__reduce_ex__", counted)
    with joblib.parallel_config("dask", client=cluster):
        assert_same(Committee(MEMBERS, **SMALL).train(strokes).model, small)
    assert left == ["strokes"]


def test_a_cluster_that_gives_up(
    cluster: Any, strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every worker that takes a member dies; the scheduler gives up, with one line."""

    def die(*_: Any, here: bool) -> None:  # noqa: ARG001
        os._exit(9)

    monkeypatch.setattr(module, "_train_one", die)
    monkeypatch.setattr(cluster.cluster.scheduler, "allowed_failures", 0)
    with (
        joblib.parallel_config("dask", client=cluster),
        pytest.raises(RunError, match=r"^committee: the cluster failed with KilledWorker; "),
    ):
        Committee(2, **SMALL).train(strokes, run=tmp_path / "run")
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["committee.json"]
    cluster.wait_for_workers(2, timeout=60)  # for the next test


def test_a_member_of_another_committee(strokes: Dataset, tmp_path: Path) -> None:
    """Finished, unfinished, or a model that no run has made: it is not taken for one of this one."""
    own = TrainingSettings(hidden=(6,), epochs=1, engine="numpy")
    other = replace(own, hidden=(5,))
    model = train(strokes, other, run=tmp_path / "finished").model
    RunDirectory(tmp_path / "begun").start(describe_run(strokes, other, EngineChoice("numpy", 1)))
    (tmp_path / "made").mkdir()
    replace(model, manifest={}).save(tmp_path / "made" / "model.safetensors")
    for name, reason in (
        ("finished", "expected a member with the committee's settings, got one with others"),
        ("begun", "expected a member with the committee's settings, got one with others"),
        ("made", "expected status to be given, got none"),
    ):
        with pytest.raises(RunError, match=f"^run {tmp_path / name}: {reason}"):
            list(module.train_parallel(strokes, {tmp_path / name: own}, 1))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal masks")
def test_ctrl_c_does_not_reach_a_worker_that_is_starting() -> None:
    """A worker inherits that it is blocked; in this process it works as before when they are started."""
    program = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    printed = []
    for context in (module._interrupts_blocked(), nullcontext()):
        with context:
            printed.append(subprocess.check_output([sys.executable, "-c", program], text=True))
    assert printed == ["True\n", "False\n"]
