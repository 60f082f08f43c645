"""A run that was stopped at any moment and resumed ends as if it had not been stopped.

It is stopped before and after each file it writes, and after each chunk it trains on. (A process
killed from outside is tested in ``cli/test_kill.py``.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._files import atomic_write
from inkling.data.dataset import Dataset, load_dataset
from inkling.errors import RunError
from inkling.model import tensors as tensors_module
from inkling.model.file import load_model
from inkling.model.manifest import manifest_bytes, read_manifest
from inkling.model.model import Model
from inkling.training import checkpoint, loop, run_directory
from inkling.training.callbacks import Callback
from inkling.training.engine import choice
from inkling.training.engine.numpy_engine import train_batches
from inkling.training.history import EpochRecord
from inkling.training.result import TrainingResult
from inkling.training.run import train
from inkling.training.state import TrainingState

RUNS: dict[str, dict[str, Any]] = {
    "default": {},
    "dropout": {"dropout": 0.4, "optimizer": "rmsprop", "schedule": "cosine"},
    "patience": {"patience": 1, "optimizer": "momentum", "learning_rate": 0.9, "epochs": 5},
    "augmented": {"augment": "affine", "epochs": 2, "hidden": ()},
    "everything": {
        "dropout": 0.3,
        "patience": 4,
        "optimizer": "adamw",
        "weight_decay": 0.05,
        "clip_norm": 0.5,
        "dtype": "float64",
        "schedule": "warm_up",
        "activation": "gelu",
        "label_smoothing": 0.05,
    },
}
"""Runs with different states: velocities, masks, best weights, positions in a schedule."""


class StoppedError(BaseException):
    """Stands for the end of the process, because nothing catches it."""


def settings_of(name: str) -> dict[str, Any]:
    """The settings of a run, small."""
    return {"hidden": (11,), "batch_size": 32, "epochs": 3, "seed": 6, **RUNS[name]}


def end_of(result: TrainingResult) -> dict[str, Any]:
    """What must be the same: every bit of the weights, and the history without its times."""
    network = result.model.network
    history = [replace(record, seconds=0.0, images_per_second=0.0) for record in result.history]
    outcome = (result.test_accuracy, result.test_interval, result.test_loss)
    return {
        "weights": {name: array.tobytes() for name, array in network.parameters.items()},
        "history": history,
        "outcome": outcome,
    }


def assert_same_end(resumed: TrainingResult, expected: TrainingResult, path: Path) -> None:
    """Raises unless the run, and what it left in its directory, are those of the other."""
    assert end_of(resumed) == end_of(expected)
    stored = load_model(path).network.parameters
    for name, array in expected.model.network.parameters.items():
        np.testing.assert_array_equal(stored[name], array)
    assert len((path / "history.csv").read_text().splitlines()) == 1 + len(expected.history)
    assert not list(path.glob("*.tmp")) + list(path.glob(".*"))


def stop_at(function: Callable[..., Any], count: int, *, after: bool = False) -> Any:
    """The function, which works ``count`` times; the next call stops, before its work or after it."""
    done = 0

    def stopped(*args: Any, **kwargs: Any) -> Any:
        nonlocal done
        if done == count and not after:
            raise StoppedError
        result = function(*args, **kwargs)
        if done == count:
            raise StoppedError
        done += 1
        return result

    return stopped


def stop_writing(patch: pytest.MonkeyPatch, count: int, after: bool) -> None:
    """Stops at a file: manifest, history and checkpoint per epoch, checkpoint, model, manifest."""
    function = stop_at(atomic_write, count, after=after)
    for module in (run_directory, checkpoint, tensors_module):
        patch.setattr(module, "atomic_write", function)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", RUNS)
def test_stopped_at_any_file(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, after: bool
) -> None:
    """Without a manifest there is no run yet; with the last one it is finished; between, it goes on."""
    expected = train(strokes, **settings_of(name))
    files = 1 + 2 * len(expected.history) + 3
    for count in range(files):
        path = tmp_path / str(count)
        with monkeypatch.context() as patch:
            stop_writing(patch, count, after)
            with pytest.raises(StoppedError):
                train(strokes, run=path, **settings_of(name))
        if count == 0 and not after:
            with pytest.raises(
                RunError, match=r"with the run of one network, manifest\.json, got none"
            ):
                train(strokes, run=path, resume=True)
        elif count == files - 1 and after:
            with pytest.raises(RunError, match="there is nothing to resume"):
                train(strokes, run=path, resume=True)
        else:
            assert_same_end(train(strokes, run=path, resume=True), expected, path)


@pytest.mark.parametrize("name", RUNS)
def test_stopped_in_the_middle_of_an_epoch(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """After any chunk of any epoch: the epoch starts again, with the same numbers."""
    monkeypatch.setattr(loop, "CHUNK", 64)
    expected = train(strokes, **settings_of(name))
    chunks = 4 * len(expected.history)
    for count in range(1, chunks):
        path = tmp_path / str(count)
        with monkeypatch.context() as patch:
            patch.setattr(choice, "train_batches", stop_at(train_batches, count, after=True))
            with pytest.raises(StoppedError):
                train(strokes, run=path, **settings_of(name))
        assert_same_end(train(strokes, run=path, resume=True), expected, path)


def test_stopped_while_it_is_tested(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All epochs are done and the best weights are back in the network, but no file records it yet."""
    expected = train(strokes, **settings_of("patience"))
    with monkeypatch.context() as patch:
        patch.setattr(Model, "evaluate", stop_at(Model.evaluate, 0))
        with pytest.raises(StoppedError):
            train(strokes, run=tmp_path, **settings_of("patience"))
    assert_same_end(train(strokes, run=tmp_path, resume=True), expected, tmp_path)


def test_stopped_again_and_again(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is stopped in each epoch arrives all the same."""
    expected = train(strokes, **settings_of("everything"))
    with monkeypatch.context() as patch:
        stop_writing(patch, 0, after=True)
        with pytest.raises(StoppedError):
            train(strokes, run=tmp_path, **settings_of("everything"))
    for _ in range(len(expected.history)):
        with monkeypatch.context() as patch:
            stop_writing(patch, 1, after=True)  # history and checkpoint of one more epoch
            with pytest.raises(StoppedError):
                train(strokes, run=tmp_path, resume=True)
    assert_same_end(train(strokes, run=tmp_path, resume=True), expected, tmp_path)


@pytest.mark.parametrize("held_out", [None, 9])
def test_a_run_knows_its_data(held_out: int | None, strokes: Dataset, tmp_path: Path) -> None:
    """Resumed without a data set it loads what it was started with, not MNIST."""
    arrays: dict[str, Any] = {}
    for part, split in (("train", strokes.train), ("test", strokes.test)):
        arrays |= {f"x_{part}": split.images, f"y_{part}": split.labels}
    np.savez(tmp_path / "mine.npz", **arrays)
    dataset = load_dataset(tmp_path / "mine.npz", validation=held_out)
    expected = train(dataset, **settings_of("default"))
    with pytest.MonkeyPatch.context() as patch:
        stop_writing(patch, 3, after=True)
        with pytest.raises(StoppedError):
            train(dataset, run=tmp_path / "run", **settings_of("default"))
    with pytest.raises(RunError, match=r"it was started with, mine\.npz, got digits"):
        train("digits", run=tmp_path / "run", resume=True)
    assert_same_end(train(run=tmp_path / "run", resume=True), expected, tmp_path / "run")


def test_data_from_python_are_asked_for(strokes: Dataset, tmp_path: Path) -> None:
    """They cannot be loaded again; the message has the call."""
    with pytest.MonkeyPatch.context() as patch:
        stop_writing(patch, 3, after=True)
        with pytest.raises(StoppedError):
            train(strokes, run=tmp_path, **settings_of("default"))
    with pytest.raises(RunError, match=r"call inkling.train\(dataset, run='.*', resume=True\)"):
        train(run=tmp_path, resume=True)


def test_a_run_that_a_callback_ended_is_only_finished(strokes: Dataset, tmp_path: Path) -> None:
    """Killed after its last epoch and before its model was written, it does not train on."""

    class Stop(Callback):
        def after_epoch(self, state: TrainingState, record: EpochRecord) -> bool:  # noqa: ARG002
            return record.epoch == 2

    expected = train(strokes, **settings_of("default"), callbacks=[Stop()])
    with pytest.MonkeyPatch.context() as patch:
        stop_writing(patch, 6, after=False)
        with pytest.raises(StoppedError):
            train(strokes, run=tmp_path, **settings_of("default"), callbacks=[Stop()])
    assert_same_end(train(strokes, run=tmp_path, resume=True), expected, tmp_path)


def test_a_resumed_run_keeps_the_time_it_was_started(strokes: Dataset, tmp_path: Path) -> None:
    """With its own settings, because it is the same run."""
    with pytest.MonkeyPatch.context() as patch:
        stop_writing(patch, 2, after=True)
        with pytest.raises(StoppedError):
            train(strokes, run=tmp_path, **settings_of("default"))
    path = tmp_path / "manifest.json"
    manifest = read_manifest(path, "run")
    path.write_bytes(manifest_bytes({**manifest, "started": "1998-11-01T00:00:00+00:00"}))
    result = train(strokes, run=tmp_path, resume=True)
    assert result.model.manifest["started"] == "1998-11-01T00:00:00+00:00"
    assert result.model.manifest["settings"]["hidden"] == [11]
