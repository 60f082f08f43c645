"""The checkpoint: everything comes back bit for bit, or one sentence says what is wrong with it."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inkling.data.samplers import RandomSampler, SequentialSampler
from inkling.errors import ModelFileError
from inkling.optim.adaptive import Adam
from inkling.optim.descent import SGD, Momentum
from inkling.optim.optimizer import Optimizer
from inkling.training.checkpoint import ADVICE, RunState
from inkling.training.early_stopping import EarlyStopping
from inkling.training.engine.context import TrainingContext, train_batches
from inkling.training.history import EpochRecord, History

MakeTask = Callable[..., TrainingContext]
MakeState = Callable[..., RunState]
N = 23


@pytest.fixture
def make_state(make_task: MakeTask) -> MakeState:
    """Makes the state of a run, fresh or after some epochs."""

    def make(
        epochs: int = 0,
        *,
        optimizer: type[Optimizer] = Adam,
        patience: int | None = 3,
        dropout: float = 0.3,
        dtype: str = "float32",
        **parts: Any,
    ) -> RunState:
        rng = np.random.default_rng(8) if dropout else None
        task = make_task(
            dtype, optimizer=optimizer(0.01), dropout=dropout, dropout_rng=rng, **parts
        )
        orders = RandomSampler(N, rng=np.random.default_rng(9))
        stopping = None if patience is None else EarlyStopping(patience)
        state = RunState(task, orders, History(), stopping)
        for epoch in range(1, epochs + 1):
            train_batches(task, orders.next(), 5, [0.01] * 5)
            record = EpochRecord(epoch, 0.1 + epoch, 0.5, 1 / epoch, 0.4, 0.01, 1.5, 15.0)
            state.history.append(record)
            if stopping is not None:
                stopping.see(record, task.network.parameters)
        return state

    return make


def contents(state: RunState) -> dict[str, Any]:
    """Everything about a run that changes, as arrays and plain data."""
    stopping, dropout = state.early_stopping, state.task.dropout_rng
    return {
        **{f"network/{n}": a.tobytes() for n, a in state.task.network.parameters.items()},
        **{f"optimizer/{n}": a.tobytes() for n, a in state.task.optimizer.state.items()},
        "steps": state.task.optimizer.steps,
        "orders": state.orders.state(),
        "dropout": dropout.bit_generator.state if dropout else None,
        "stopping": stopping.state() if stopping else None,
        "best": {n: a.tobytes() for n, a in stopping.best_parameters.items()} if stopping else {},
        "history": state.history.to_list(),
    }


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("patience", [None, 2])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("optimizer", [SGD, Momentum, Adam])
def test_everything_comes_back(
    make_state: MakeState,
    tmp_path: Path,
    optimizer: type[Optimizer],
    dropout: float,
    patience: int | None,
    dtype: str,
    epochs: int,
) -> None:
    """A fresh run that takes over a checkpoint is the run that wrote it, and goes on as it does."""
    path = tmp_path / "checkpoint"
    parts = {"optimizer": optimizer, "dropout": dropout, "patience": patience, "dtype": dtype}
    state, restored = make_state(epochs, **parts), make_state(**parts)
    state.save(path)
    restored.restore(path)
    assert contents(restored) == contents(state)
    for one in (state, restored):
        train_batches(one.task, one.orders.next(), 5, [0.01] * 5)
    assert contents(restored) == contents(state)


def test_what_was_restored_is_a_copy(make_state: MakeState, tmp_path: Path) -> None:
    """The network keeps its own arrays, which the optimizer and the workspace know."""
    state, restored = make_state(2), make_state()
    state.save(tmp_path / "checkpoint")
    before = dict(restored.task.network.parameters)
    restored.restore(tmp_path / "checkpoint")
    for name, array in restored.task.network.parameters.items():
        assert array is before[name]


def test_a_source_without_state(make_state: MakeState, tmp_path: Path) -> None:
    """Samples in the order of the file need nothing to go on."""
    state, restored = make_state(1), make_state()
    state.orders, restored.orders = SequentialSampler(N), SequentialSampler(N)
    state.save(tmp_path / "checkpoint")
    restored.restore(tmp_path / "checkpoint")
    assert contents(restored) == contents(state)


def test_no_pickle_in_it(make_state: MakeState, tmp_path: Path) -> None:
    """The file is a header of JSON, arrays, and nothing that could run."""
    make_state(1).save(tmp_path / "checkpoint")
    content = (tmp_path / "checkpoint").read_bytes()
    header = json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])
    assert header["__metadata__"]["format"] == "inkling-checkpoint-1"
    arrays = [entry for name, entry in header.items() if name != "__metadata__"]
    assert {entry["dtype"] for entry in arrays} == {"F32"}
    assert max(entry["data_offsets"][1] for entry in arrays) == len(content) - 8 - len(
        content[8 : 8 + struct.unpack("<Q", content[:8])[0]]
    )


def change_file(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes the JSON header of a safetensors file; the arrays stay."""
    content = path.read_bytes()
    end = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:end])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[end:])


def change_state(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """Changes the state within the header."""

    def within(header: dict[str, Any]) -> None:
        state = json.loads(header["__metadata__"]["state"])
        change(state)
        header["__metadata__"]["state"] = json.dumps(state)

    return within


def rename(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    """Renames an array."""
    return lambda header: header.update({new: header.pop(old)})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda header: header["__metadata__"].update(format="inkling-checkpoint-2"),
            "expected the format inkling-checkpoint-1, got inkling-checkpoint-2",
        ),
        (
            lambda header: header.pop("__metadata__"),
            "expected the format inkling-checkpoint-1, got a file without one",
        ),
        (
            lambda header: header["__metadata__"].pop("state"),
            "expected the state of this run, got KeyError: 'state'",
        ),
        (
            lambda header: header["__metadata__"].update(state="hello"),
            "expected the state of this run, got JSONDecodeError: Expecting value: line 1 column 1 "
            "(char 0)",
        ),
        (
            rename("network/dense1.bias", "network/dense7.bias"),
            "expected the state of this run, got ModelFileError: tensors: expected dense1.bias as "
            "float32 (11,), got nothing",
        ),
        (
            rename("best/dense2.weights", "best/dense2.weight"),
            "expected the state of this run, got ModelFileError: tensors: expected dense2.weights "
            "as float32 (11, 3), got nothing",
        ),
        (
            rename("optimizer/mean/dense2.bias", "optimizer/means/dense2.bias"),
            "expected the state of this run, got ShapeError: Adam: expected state "
            "'mean/dense2.bias' to be (3,) float32, got absent",
        ),
        (
            change_state(lambda state: state.update(steps=-3)),
            "expected the state of this run, got SettingError: Adam: expected steps as a whole "
            "number in [0, ∞), got -3",
        ),
        (
            change_state(lambda state: state.update(orders={})),
            "expected the state of this run, got ValueError: state must be for a PCG64 RNG",
        ),
        (
            change_state(lambda state: state["dropout"]["state"].update(state=10**100)),
            "expected the state of this run, got ",
        ),
        (
            change_state(lambda state: state.update(early_stopping=None)),
            "expected the state of this run, got TypeError: 'NoneType' object is not subscriptable",
        ),
        (
            change_state(lambda state: state["history"][0].pop("seconds")),
            "expected the state of this run, got ModelFileError: History: expected records with ",
        ),
    ],
)
def test_a_checkpoint_that_does_not_fit(
    make_state: MakeState,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], None],
    reason: str,
) -> None:
    """One line that says what is wrong, where, and what to do about it."""
    path = tmp_path / "checkpoint"
    make_state(2).save(path)
    change_file(path, change)
    with pytest.raises(ModelFileError) as error:
        make_state().restore(path)
    sentence = str(error.value)
    assert sentence.startswith(f"checkpoint {path}: {reason}")
    assert sentence.endswith(f"; {ADVICE}.")
    assert ".;" not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "other",
    [{"optimizer": SGD}, {"optimizer": Momentum}, {"dtype": "float64"}],
)
def test_a_checkpoint_of_another_run(
    make_state: MakeState, tmp_path: Path, other: dict[str, Any]
) -> None:
    """Another optimizer, another dtype: nothing is taken over by half."""
    path = tmp_path / "checkpoint"
    make_state(2).save(path)
    start = re.escape(f"checkpoint {path}: expected the state of this run, got ")
    with pytest.raises(ModelFileError, match=f"^{start}.+; {ADVICE}\\.$"):
        make_state(**other).restore(path)


def test_weights_that_are_no_numbers(make_state: MakeState, tmp_path: Path) -> None:
    """NaN does not come from a run of ours, which would have stopped."""
    state = make_state(1)
    state.task.network.parameters["dense2.bias"][1] = np.nan
    state.save(tmp_path / "checkpoint")
    with pytest.raises(ModelFileError, match=r"expected finite numbers in dense2\.bias, got NaN"):
        make_state().restore(tmp_path / "checkpoint")


@pytest.mark.parametrize("kept", [0, 7, 8, 300, -1])
def test_a_file_cut_off(make_state: MakeState, tmp_path: Path, kept: int) -> None:
    """At any length: one sentence, with what to do."""
    path = tmp_path / "checkpoint"
    make_state(1).save(path)
    path.write_bytes(path.read_bytes()[:kept])
    start = re.escape(f"checkpoint {path}: expected a whole safetensors file, got ")
    with pytest.raises(ModelFileError, match=f"^{start}[^\n]+; {ADVICE}\\.$"):
        make_state().restore(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=3))
def test_flipped_bytes_never_escape(
    make_state: MakeState, tmp_path: Path, flips: list[tuple[float, int]]
) -> None:
    """Whatever a disk does to the file, it is refused in one line, or it is a state all the same."""
    path = tmp_path / "checkpoint"
    make_state(1).save(path)
    content = bytearray(path.read_bytes())
    for place, change in flips:
        content[int(place * (len(content) - 1))] ^= change
    path.write_bytes(content)
    sentence = ""
    try:
        make_state().restore(path)
    except ModelFileError as error:
        sentence = str(error)
    assert "\n" not in sentence
