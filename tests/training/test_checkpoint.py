"""The checkpoint: everything comes back bit for bit, or one error has the reason."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inkling.data.samplers import RandomSampler, SequentialSampler
from inkling.errors import ModelFileError, SettingError
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
        checkpoint = Checkpoint(tmp_path, parts, [*stopping, Counter(), Callback()])
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
    with pytest.raises(SettingError, match="state_dict of arrays and plain data for JSON"):
        run.save()


Change = Callable[[dict[str, Any]], object]


def change_file(path: Path, change: Change) -> None:
    """Changes the JSON header of a safetensors file; the arrays stay."""
    content = path.read_bytes()
    end = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:end])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[end:])


def change_state(change: Change) -> Change:
    """Changes the state within the header."""

    def within(header: dict[str, Any]) -> None:
        state = json.loads(header["__metadata__"]["state"])
        change(state)
        header["__metadata__"]["state"] = json.dumps(state)

    return within


def rename(old: str, new: str) -> Change:
    """Renames an array."""
    return lambda header: header.update({new: header.pop(old)})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda header: header["__metadata__"].update(format="inkling-checkpoint-1"),
            f"the format {FORMAT}, got inkling-checkpoint-1",
        ),
        (lambda header: header.pop("__metadata__"), f"{FORMAT}, got a file without one"),
        (lambda header: header["__metadata__"].pop("state"), "KeyError: 'state'"),
        (lambda header: header["__metadata__"].update(state="hello"), "JSONDecodeError"),
        (rename("network/dense1.bias", "network/dense7.bias"), "expected dense1.bias as float32"),
        (rename("optimizer/mean/dense2.bias", "optimizer/means/dense2.bias"), "ShapeError: Adam"),
        (rename("EarlyStopping 1/dense2.bias", "EarlyStopping 1/x"), "dense2.bias as float32"),
        (change_state(lambda state: state.update(steps=-3)), "SettingError: Adam: expected steps"),
        (change_state(lambda state: state.update(sampler={})), "state must be for a PCG64 RNG"),
        (change_state(lambda state: state["dropout"]["state"].update(state=10**100)), ""),
        (change_state(lambda state: state.update(callbacks=None)), "AttributeError: 'NoneType'"),
        (change_state(lambda state: state["history"][0].pop("seconds")), "expected records with "),
    ],
)
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


def test_weights_that_are_not_finite(make_run: MakeRun) -> None:
    """NaN does not come from a run of ours, which would have stopped."""
    run = make_run(1)
    run.parts.state.context.network.parameters["dense2.bias"][1] = np.nan
    run.save()
    with pytest.raises(ModelFileError, match=r"expected finite numbers in dense2\.bias, got NaN"):
        make_run().restore()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    kept=st.floats(0, 1.5),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=3),
)
def test_a_damaged_file_never_escapes(
    make_run: MakeRun, tmp_path: Path, kept: float, flips: list[tuple[float, int]]
) -> None:
    """Cut off or changed in any byte, it is one error, or still a valid state."""
    make_run(1)
    path = tmp_path / "checkpoint"
    content = bytearray(path.read_bytes())
    for place, change in flips:
        content[int(place * (len(content) - 1))] ^= change
    path.write_bytes(content[: int(kept * len(content))])
    sentence = ""
    try:
        make_run().restore()
    except ModelFileError as error:
        sentence = str(error)
    assert "\n" not in sentence
