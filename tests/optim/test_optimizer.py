"""Settings out of range, wrong arrays, and how the state of an optimizer is restored."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.optim import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSprop,
    build_optimizer,
)
from inkling.optim import optimizer as optimizer_module


def arrays(seed: int = 1, dtype: Any = np.float64) -> dict[str, FloatArray]:
    """Returns weights (7, 3) and a bias (3,)."""
    rng = np.random.default_rng(seed)
    return {"w": rng.normal(size=(7, 3)).astype(dtype), "b": rng.normal(size=3).astype(dtype)}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0.0), "SGD: expected learning_rate in (0, ∞), got 0.0."),
        (lambda: SGD(float("nan")), "SGD: expected learning_rate in (0, ∞), got nan."),
        (lambda: SGD(float("inf")), "SGD: expected learning_rate in (0, ∞), got inf."),
        (lambda: SGD(weight_decay=-0.1), "SGD: expected weight_decay in [0, ∞), got -0.1."),
        (lambda: Momentum(momentum=1.0), "Momentum: expected momentum in [0, 1), got 1.0."),
        (lambda: Nesterov(momentum=-0.5), "Nesterov: expected momentum in [0, 1), got -0.5."),
        (lambda: RMSprop(smoothing=1), "RMSprop: expected smoothing in [0, 1), got 1."),
        (lambda: RMSprop(epsilon=0.0), "RMSprop: expected epsilon in (0, ∞), got 0.0."),
        (lambda: Adam(beta1=1.0), "Adam: expected beta1 in [0, 1), got 1.0."),
        (lambda: AdamW(beta2=1.5), "AdamW: expected beta2 in [0, 1), got 1.5."),
    ],
)
def test_settings_out_of_range_raise(make: Callable[[], object], message: str) -> None:
    """Every setting has its range, which the message gives."""
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        make()


@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf"), "0.1"])
def test_a_rate_out_of_range_raises_before_anything_changes(rate: Any) -> None:
    """The rate of a step may be zero, but not negative, infinite or text."""
    parameters, optimizer = arrays(), Momentum()
    with pytest.raises(SettingError, match=r"Momentum: expected learning_rate in \[0, ∞\)"):
        optimizer.update(parameters, arrays(2), learning_rate=rate)
    assert optimizer.steps == 0
    np.testing.assert_array_equal(parameters["w"], arrays()["w"])


def test_a_rate_of_zero_changes_no_parameter() -> None:
    """A schedule may end at zero; the step counts."""
    parameters, optimizer = arrays(), AdamW()
    optimizer.update(parameters, arrays(2), learning_rate=0.0)
    np.testing.assert_array_equal(parameters["w"], arrays()["w"])
    assert optimizer.steps == 1


def test_whole_numbers_raise() -> None:
    """Parameters are float32 or float64; steps would be rounded away in integers."""
    whole: Any = {"w": np.ones((7, 3), dtype=np.int64)}
    with pytest.raises(ShapeError, match="Adam: expected 'w' and its gradient in one dtype"):
        Adam().update(whole, whole)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            {"w": np.ones((3, 7)), "b": np.ones(3)},
            r"with 'velocity/w' \(7, 3\) float64, got \(3, 7",
        ),
        ({"w": np.ones((7, 3))}, r"with 'velocity/b' \(3,\) float64, got absent"),
        (arrays(1, np.float32), r"with 'velocity/w' \(7, 3\) float64, got \(7, 3\) float32"),
        (arrays() | {"c": np.ones(2)}, r"with 'velocity/c' absent, got \(2,\) float64"),
    ],
)
def test_other_parameters_raise(other: dict[str, FloatArray], message: str) -> None:
    """The state belongs to the parameters of the first update."""
    optimizer = Momentum()
    optimizer.update(arrays(), arrays(2))
    with pytest.raises(ShapeError, match=message):
        optimizer.update(other, {name: np.ones_like(array) for name, array in other.items()})


def test_load_state_copies() -> None:
    """Later steps do not change the arrays that were given to load_state."""
    first, second = Momentum(), Momentum()
    first.update(arrays(), arrays(2))
    second.load_state(first.state, first.steps)
    kept = first.state["velocity/w"].copy()
    second.update(arrays(), arrays(3))
    np.testing.assert_array_equal(first.state["velocity/w"], kept)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b": None}, "one gradient for each of w, b, got w"),
        ({"w": None, "b": None}, "got none"),
        ({"c": np.ones(3)}, "got w, b, c"),
        ({"b": np.ones((1, 3))}, r"the gradient of 'b' of shape \(3,\), got \(1, 3\)"),
        ({"b": np.ones(3, np.float32)}, "in one dtype, .* got float64 and float32"),
    ],
)
def test_gradients_that_do_not_fit_raise(change: dict[str, Any], message: str) -> None:
    """Missing, unknown, broadcastable and narrower gradients change nothing."""
    parameters, optimizer = arrays(), Momentum()
    given = {k: array for k, array in {**arrays(2), **change}.items() if array is not None}
    with pytest.raises(ShapeError, match=message):
        optimizer.update(parameters, given)
    assert optimizer.steps == 0
    assert optimizer.state == {}
    np.testing.assert_array_equal(parameters["w"], arrays()["w"])


def test_an_empty_state_at_step_0_is_a_fresh_start() -> None:
    """It makes the optimizer as good as new, for any network."""
    optimizer = Adam()
    optimizer.update(arrays(), arrays(2))
    optimizer.load_state({}, 0)
    parameters, fresh = {"w": np.ones((5, 4))}, {"w": np.ones((5, 4))}
    optimizer.update(parameters, {"w": np.ones((5, 4))})
    Adam().update(fresh, {"w": np.ones((5, 4))})
    np.testing.assert_array_equal(parameters["w"], fresh["w"])


@pytest.mark.parametrize(
    ("optimizer", "state", "message"),
    [
        (Adam(), {}, "Adam: .* with 'mean/w' absent"),
        (Adam(), {"mean/w": np.zeros((7, 3)), "mean/b": np.zeros(3)}, "'mean_square/w' absent"),
        (
            SGD(),
            {"velocity/w": np.zeros(3)},
            r"SGD: .* with 'velocity/w' \(3,\) float64, got absent",
        ),
    ],
)
def test_a_state_of_another_optimizer_raises(
    optimizer: Any, state: dict[str, FloatArray], message: str
) -> None:
    """An array that is missing or unknown is named."""
    optimizer.load_state(state, 9)
    with pytest.raises(ShapeError, match=message):
        optimizer.prepare(arrays())


@pytest.mark.parametrize("steps", [-1, 1.5])
def test_a_wrong_step_count_raises(steps: Any) -> None:
    """Steps are whole numbers from zero."""
    with pytest.raises(SettingError, match=r"SGD: expected steps as a whole number in \[0, ∞\)"):
        SGD().load_state({}, steps)


def test_numpy_numbers_do_not_widen_float32() -> None:
    """Settings and rates that are NumPy float64 give the same bits as plain floats."""
    ends = []
    for number in (float, np.float64):
        parameters = arrays(1, np.float32)
        optimizer = Adam(number(0.01), beta1=number(0.9), weight_decay=number(0.1))
        for seed in range(2, 7):
            optimizer.update(parameters, arrays(seed, np.float32), learning_rate=number(0.013))
        ends.append(parameters["w"])
    np.testing.assert_array_equal(ends[0], ends[1])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_large_arrays_are_updated_in_blocks_with_the_same_result(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit as in one piece; also rows longer than a block, and arrays with one axis or none."""
    rng = np.random.default_rng(3)
    shapes = {"w": (7, 3), "long": (2, 50), "b": (40,), "number": ()}
    results = []
    start, slope = ({key: rng.normal(size=s) for key, s in shapes.items()} for _ in range(2))
    for size in (optimizer_module.BLOCK, 8 * 8):  # the numbers have 8 bytes
        monkeypatch.setattr(optimizer_module, "BLOCK", size)
        parameters = {key: np.array(p) for key, p in start.items()}
        optimizer = build_optimizer(name, weight_decay=0.1)
        for _ in range(2):
            optimizer.update(parameters, {key: np.asarray(g) for key, g in slope.items()})
        results.append(parameters)
    for key in shapes:
        np.testing.assert_array_equal(results[0][key], results[1][key])
        assert np.all(results[0][key] != start[key])
