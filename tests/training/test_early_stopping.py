"""When a run stops and which weights it keeps, on sequences of validation losses made by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.training.early_stopping import EarlyStopping
from inkling.training.history import EpochRecord


def record(epoch: int, validation_loss: float) -> EpochRecord:
    """An epoch of which only the validation loss matters."""
    return EpochRecord(epoch, 1.0, 0.5, validation_loss, 0.5, 0.1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("patience", "losses", "stops_after", "best"),
    [
        (1, [5, 4, 3, 3.5, 1], 4, 3),
        (2, [5, 4, 4.5, 3, 3.1, 2.9, 9, 9, 9], 8, 6),
        (3, [1, 2, 2, 2, 0], 4, 1),
        (1, [3, 3], 2, 1),  # no better is not better
        (2, [9, 8, 7, 6, 5], None, 5),
        (2, [float("inf"), 5, 6, 7], 4, 2),
    ],
)
def test_stops_and_keeps_the_best(
    patience: int, losses: list[float], stops_after: int | None, best: int
) -> None:
    """The epoch it stops after, the epoch whose weights it puts back."""
    stopping = EarlyStopping(patience)
    parameters: dict[str, FloatArray] = {"w": np.zeros((3, 5)), "b": np.zeros(5, np.float32)}
    stopped = None
    for epoch, loss in enumerate(losses, start=1):
        for parameter in parameters.values():
            parameter[...] = epoch  # the weights of an epoch are its number
        if stopping.see(record(epoch, loss), parameters):
            stopped = epoch
            break
    assert stopped == stops_after
    assert stopping.best_epoch == best
    assert stopping.best_loss == losses[best - 1]
    arrays = dict(parameters)
    stopping.put_back(parameters)
    for name, parameter in parameters.items():
        assert parameter is arrays[name]  # written into, as the network holds these very arrays
        np.testing.assert_array_equal(parameter, best)
    assert parameters["b"].dtype == np.float32


def test_keeps_copies() -> None:
    """What training does to the weights afterwards does not reach the best ones."""
    stopping = EarlyStopping(1)
    weights = np.ones(7)
    stopping.see(record(1, 0.5), {"w": weights})
    weights[...] = -9
    np.testing.assert_array_equal(stopping.best_parameters["w"], np.ones(7))


def test_goes_on_where_it_was() -> None:
    """Counter, best loss and best weights survive JSON, the first state too with its infinite loss."""
    stopping = EarlyStopping(3)
    restored = EarlyStopping(3)
    restored.restore(json.loads(json.dumps(stopping.state())), {})
    assert restored.best_loss == float("inf")
    for epoch, loss in enumerate([0.3, 0.2, 0.25, 0.3], start=1):
        stopping.see(record(epoch, loss), {"w": np.full(5, float(epoch))})
    restored.restore(json.loads(json.dumps(stopping.state())), dict(stopping.best_parameters))
    assert (restored.best_epoch, restored.best_loss, restored.waited) == (2, 0.2, 2)
    assert restored.see(record(5, 0.2), {"w": np.zeros(5)})
    target = {"w": np.zeros(5)}
    restored.put_back(target)
    np.testing.assert_array_equal(target["w"], np.full(5, 2.0))


def test_before_the_first_epoch_nothing_is_put_back() -> None:
    """A run that was never judged keeps the weights it has."""
    parameters = {"w": np.arange(5.0)}
    EarlyStopping(1).put_back(parameters)
    np.testing.assert_array_equal(parameters["w"], np.arange(5.0))
