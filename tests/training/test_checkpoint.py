"""The checkpoint: everything comes back bit for bit, or one error has the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inkling.data.samplers import RandomSampler, SequentialSampler
from inkling.errors import ModelFileError, SettingError
from inkling.model.tensors import read_tensors, tensor_bytes
from inkling.optim.adaptive import Adam
from inkling.optim.descent import SGD, Momentum
from inkling.optim.optimizer import Optimizer
from inkling.optim.schedules import Constant
from inkling.training.callbacks import Callback
from inkling.training.checkpoint import ADVICE, FORMAT, Checkpoint
from inkling.training.early_stopping import EarlyStopping
from inkling.training.engine.context import TrainingContext
from inkling.training.engine.numpy_engine import train_batches
from inkling.training.history import EpochRecord
from inkling.training.loop import train_epochs
from inkling.training.set_up import RunParts
from inkling.training.state import TrainingState

MakeTask = Callable[..., TrainingContext]
MakeRun = Callable[..., Checkpoint]
N = 23
MANIFEST = {"dataset": {"sha256": "5"}, "settings": {"seed": 3}, "engine": "numpy", "threads": 1}


class Counter(Callback):
    """A callback with a memory: an array and a number."""

    def __init__(self) -> None:
        self.losses = np.zeros(0)
        self.count = 0

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:  # noqa: ARG002
        """Remembers the loss."""
        self.losses = np.append(self.losses, record.train_loss)
        self.count += 1

    def state_dict(self) -> dict[str, Any]:
        """Both."""
        return {"losses": self.losses, "count": self.count}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Both."""
        self.losses, self.count = state["losses"], state["count"]


@pytest.fixture
def make_run(make_task: MakeTask, tmp_path: Path) -> MakeRun:
    """Makes a run with its checkpoint, fresh or after some epochs."""

    def make(
        epochs: int = 0,
        *,
        optimizer: type[Optimizer] = Adam,
        patience: int | None = 3,
        dropout: float = 0.3,
        dtype: str = "float32",
        shuffle: bool = True,
        manifest: Mapping[str, Any] = MANIFEST,
    ) -> Checkpoint:
        rng = np.random.default_rng(8) if dropout else None
        task = make_task(dtype, optimizer=optimizer(0.01), dropout=dropout, dropout_rng=rng)
        held_out = task.pixels[:9], task.targets[:9]
        sampler = (
            RandomSampler(N, rng=np.random.default_rng(9)) if shuffle else SequentialSampler(N)
        )
        parts = RunParts(
            TrainingState(task, 9, held_out), sampler, *map(np.random.default_rng, (7, 8))
        )
        stopping = [] if patience is None else [EarlyStopping(task.network, patience)]
        checkpoint = Checkpoint(tmp_path, parts, [*stopping, Counter(), Callback()], manifest)
        if epochs:
            train(checkpoint, epochs)
        return checkpoint

    return make


def train(checkpoint: Checkpoint, epochs: int) -> None:
    """Trains further epochs."""
    state = checkpoint.parts.state
    state.epochs = state.epoch + epochs
    schedule, callbacks = Constant(0.01, 99), [*checkpoint.callbacks, checkpoint]
    train_epochs(state, checkpoint.parts.sampler, schedule, train_batches, 5, callbacks)


def contents(checkpoint: Checkpoint) -> dict[str, Any]:
    """Everything about a run that changes, as arrays and plain data, without times."""
    parts, state = checkpoint.parts, checkpoint.parts.state
    context, dropout = state.context, state.context.dropout_rng
    return {
        "network": {n: a.tobytes() for n, a in context.network.parameters.items()},
        "optimizer": {n: a.tobytes() for n, a in context.optimizer.state.items()},
        "steps": context.optimizer.steps,
        "sampler": parts.sampler.state(),
        "dropout": dropout.bit_generator.state if dropout else None,
        "augmentation": parts.augment_rng.bit_generator.state,
        "callbacks": [repr(callback.state_dict()) for callback in checkpoint.callbacks],
        "losses": state.history.column("validation_loss"),
        "epoch": (state.epoch, state.ended),
    }


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"optimizer": SGD, "dropout": 0.0, "patience": None},
        {"optimizer": Momentum, "dtype": "float64"},
        {"shuffle": False, "patience": 1},
    ],
)
def test_everything_comes_back(make_run: MakeRun, parts: dict[str, Any]) -> None:
    """A fresh run that restores a checkpoint is the run that wrote it, and continues as it does."""
    run = make_run(3, **parts)
    run.parts.augment_rng.random(5)
    run.save()
    restored = make_run(**parts)
    arrays = dict(restored.parts.state.context.network.parameters)
    restored.restore()
    assert contents(restored) == contents(run)
    for name, array in restored.parts.state.context.network.parameters.items():
        assert array is arrays[name]  # the optimizer and callbacks hold these
    run.parts.state.ended = restored.parts.state.ended = False
    for one in (run, restored):
        train(one, 1)
    assert contents(restored) == contents(run)


def test_without_a_file_a_run_starts_at_its_beginning(make_run: MakeRun) -> None:
    """It was killed in its first epoch."""
    run = make_run()
    run.restore()
    assert run.parts.state.epoch == 0


def test_a_callback_whose_state_cannot_be_stored(make_run: MakeRun) -> None:
    """It is an error, not a run that cannot be resumed."""
    run = make_run()
    run.callbacks[1].count = {1, 2}  # type: ignore[attr-defined]
    with pytest.raises(SettingError, match=r"Counter 1\.count to be plain data .+, got \{1, 2\}"):
        run.save()


Change = Callable[[dict[str, Any], dict[str, Any]], object]


def change_file(path: Path, change: Change) -> None:
    """Changes the arrays or the state of a checkpoint, and their digest."""
    tensors, metadata = read_tensors(path, "checkpoint", (FORMAT,))
    state = json.loads(metadata["state"])
    arrays: dict[str, Any] = dict(tensors)
    change(state, arrays)
    path.write_bytes(tensor_bytes(arrays, {**metadata, "state": json.dumps(state)}))


def rename(old: str, new: str) -> Change:
    """Renames an array."""
    return lambda _, arrays: arrays.update({new: arrays.pop(old)})


def put(value: Any, *keys: Any) -> Change:
    """Puts a value at a place in the state."""

    def change(state: dict[str, Any], _: dict[str, Any]) -> None:
        for key in keys[:-1]:
            state = state[key]
        state[keys[-1]] = value

    return change


HUGE = 10**400
CHANGES: list[tuple[Change, str]] = [
    (rename("network/dense1.bias", "network/dense7.bias"), "expected dense1.bias as float32"),
    (rename("optimizer/mean/dense2.bias", "optimizer/means/dense2.bias"), "Adam: expected the par"),
    (rename("EarlyStopping 1/dense2.bias", "EarlyStopping 1/x"), "dense2.bias as float32"),
    (put(-3, "steps"), "steps to be a whole number in [0, "),
    (put(HUGE, "steps"), "steps to be a whole number in [0, "),
    (put({}, "sampler"), "sampler.bit_generator to be given, got none"),
    (put({}, "dropout"), "dropout.bit_generator to be given, got none"),
    (put("MT19937", "augmentation", "bit_generator"), "bit_generator to be one of PCG64, got"),
    (put([5], "augmentation", "state"), "augmentation.state to be named fields, got [5]"),
    (put(HUGE, "dropout", "state", "state"), "dropout.state.state to be a whole number in [0, 3.4"),
    (put(-1, "dropout", "uinteger"), "dropout.uinteger to be a whole number in [0, 4.29"),
    (put(None, "callbacks"), "callbacks to be named fields, got None"),
    (put([], "callbacks", "EarlyStopping 1"), "callbacks.EarlyStopping 1 to be named fields"),
    (put({}, "callbacks", "EarlyStopping 1", "mood"), "no fields but best_epoch, best_loss"),
    (put("best", "callbacks", "EarlyStopping 1", "best_loss"), "best_loss to be a number"),
    (put(None, "history", 0, "seconds"), "history[0].seconds to be a number in (0, ∞), got None"),
    (put(5, "history", 0, "epoch"), "history: expected epochs 1 to 2, got epochs [5, 2]"),
    (put([], "history"), "history: expected epochs 1 to 2, got epochs []"),
    (put(1, "epoch"), "history: expected epochs 1 to 1, got epochs [1, 2]"),
    (put(10**6, "epoch"), "epoch to be a whole number in [0, 9], got 1000000"),
    (put("x", "run"), "the checkpoint of this run, got one of a run with other settings or data"),
    (put(1, "mood"), "no fields but run, epoch, ended, "),
]


@pytest.mark.parametrize(("change", "reason"), CHANGES)
def test_a_checkpoint_that_does_not_fit(
    make_run: MakeRun, tmp_path: Path, change: Change, reason: str
) -> None:
    """One line: what is wrong, in which file, and what to do."""
    make_run(2)
    change_file(tmp_path / "checkpoint", change)
    start = re.escape(f"checkpoint {tmp_path / 'checkpoint'}: expected ")
    message = f"^{start}[^\n]*{re.escape(reason)}[^\n]*(?<!\\.); {ADVICE}\\.$"
    with pytest.raises(ModelFileError, match=message):
        make_run().restore()


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"format": "inkling-checkpoint-2"}, f"the format {FORMAT}, got inkling-checkpoint-2"),
        ({"format": FORMAT}, "expected JSON text, got "),
        ({"format": FORMAT, "state": "[" * 100_000}, "expected JSON text, got one nested too deep"),
        ({"format": FORMAT, "state": "[1]"}, "expected named fields, got [1]"),
    ],
)
def test_a_file_that_is_no_checkpoint(
    make_run: MakeRun, tmp_path: Path, metadata: dict[str, str], reason: str
) -> None:
    """Of another version, or with another text."""
    (tmp_path / "checkpoint").write_bytes(tensor_bytes({}, metadata))
    with pytest.raises(ModelFileError, match=f"{re.escape(reason)}[^\n]*; {ADVICE}\\.$"):
        make_run().restore()


@pytest.mark.parametrize(
    "other",
    [
        {"settings": {"seed": 4}},
        {"dataset": {"sha256": "6"}},
        {"engine": "compiled"},
        {"threads": 2},
    ],
)
def test_a_checkpoint_of_another_run(make_run: MakeRun, other: dict[str, Any]) -> None:
    """The manifest next to it has other settings, data, engine or threads."""
    make_run(1)
    with pytest.raises(ModelFileError, match="got one of a run with other settings or data"):
        make_run(manifest={**MANIFEST, **other}).restore()


def test_weights_that_are_not_finite(make_run: MakeRun) -> None:
    """NaN does not come from a run of ours, which would have stopped."""
    run = make_run(1)
    run.parts.state.context.network.parameters["dense2.bias"][1] = np.nan
    run.save()
    with pytest.raises(ModelFileError, match=r"expected finite numbers in dense2\.bias, got NaN"):
        make_run().restore()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), kept=st.floats(0, 1))
def test_a_damaged_file_is_always_noticed(
    make_run: MakeRun, tmp_path: Path, place: float, bit: int, kept: float
) -> None:
    """One flipped bit anywhere, or a file that is cut off: one line."""
    make_run(1)
    path = tmp_path / "checkpoint"
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[int(place * len(content))] ^= 1 << bit
    for damaged in (flipped, content[: int(kept * (len(content) - 1))]):
        path.write_bytes(damaged)
        with pytest.raises(ModelFileError, match=f"^checkpoint [^\n]*; {ADVICE}\\.$"):
            make_run().restore()
