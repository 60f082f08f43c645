"""Early stopping: when a run ends and which weights it keeps, on given validation losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inkling.errors import ModelFileError
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.training.early_stopping import EarlyStopping
from inkling.training.history import EpochRecord

STATE: Any = None
"""The state of the loop, which early stopping does not look at."""


def record(epoch: int, validation_loss: float) -> EpochRecord:
    """An epoch of which only the validation loss matters."""
    return EpochRecord(epoch, 1.0, 0.5, validation_loss, 0.5, 0.1, 1.0, 1.0)


def numbered_network() -> Network:
    """A network whose parameters are set to the number of the epoch."""
    return build_mlp((5, 3), rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("patience", "losses", "stops_after", "best"),
    [
        (1, [5, 4, 3, 3.5, 1], 4, 3),
        (2, [5, 4, 4.5, 3, 3.1, 2.9, 9, 9, 9], 8, 6),
        (3, [1, 2, 2, 2, 0], 4, 1),
        (1, [3, 3], 2, 1),  # equal is not better
        (2, [9, 8, 7, 6, 5], None, 5),
        (2, [float("inf"), 5, 6, 7], 4, 2),
    ],
)
def test_stops_and_keeps_the_best(
    patience: int, losses: list[float], stops_after: int | None, best: int
) -> None:
    """The epoch it stops after, and the epoch whose weights it restores."""
    network = numbered_network()
    stopping = EarlyStopping(network, patience)
    stopped = None
    for epoch, loss in enumerate(losses, start=1):
        for parameter in network.parameters.values():
            parameter[...] = epoch
        if stopping.after_epoch(STATE, record(epoch, loss)):
            stopped = epoch
            break
    assert stopped == stops_after
    assert (stopping.best_epoch, stopping.best_loss) == (best, losses[best - 1])
    stopping.restore_best()
    for parameter in network.parameters.values():
        np.testing.assert_array_equal(parameter, best)


def test_its_state_comes_back() -> None:
    """Counter, best loss and best weights; the first state too, which has no weights."""
    network = numbered_network()
    stopping, restored = EarlyStopping(network, 3), EarlyStopping(network, 3)
    restored.load_state(stopping.state_dict())
    assert restored.state_dict() == stopping.state_dict()
    for epoch, loss in enumerate([0.3, 0.2, 0.25, 0.3], start=1):
        network.parameters["dense1.bias"][...] = epoch
        stopping.after_epoch(STATE, record(epoch, loss))
    restored.load_state(stopping.state_dict())
    assert (restored.best_epoch, restored.best_loss, restored.waited) == (2, 0.2, 2)
    assert restored.after_epoch(STATE, record(5, 0.2))
    restored.restore_best()
    np.testing.assert_array_equal(network.parameters["dense1.bias"], 2)


def test_weights_of_another_network_are_an_error() -> None:
    """A checkpoint that was edited must neither broadcast its way into the network nor lack them."""
    stopping = EarlyStopping(numbered_network(), 1)
    stopping.after_epoch(STATE, record(1, 0.5))
    state = stopping.state_dict()
    state["dense1.bias"] = np.zeros(1, np.float32)
    with pytest.raises(ModelFileError, match=r"dense1\.bias as float32 \(3,\), got float32 \(1,\)"):
        stopping.load_state(state)
    counters = {name: value for name, value in state.items() if isinstance(value, int | float)}
    with pytest.raises(ModelFileError, match=r"dense1\.weights as float32 \S+ \S+, got nothing"):
        stopping.load_state(counters)
