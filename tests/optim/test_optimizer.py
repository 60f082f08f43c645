"""What every optimizer refuses, and how the state is taken over."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.optim import SGD, Adam, AdamW, Momentum, Nesterov, RMSprop


def arrays(seed: int = 1, dtype: Any = np.float64) -> dict[str, FloatArray]:
    """Returns weights (7, 3) and a bias (3,)."""
    rng = np.random.default_rng(seed)
    return {"w": rng.normal(size=(7, 3)).astype(dtype), "b": rng.normal(size=3).astype(dtype)}


@pytest.mark.parametrize(
    ("make", "sentence"),
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
        (lambda: Adam(beta2=1.5), "Adam: expected beta2 in [0, 1), got 1.5."),
        (lambda: Adam(epsilon=-1e-8), "Adam: expected epsilon in (0, ∞), got -1e-08."),
        (lambda: AdamW(beta1=-0.1), "AdamW: expected beta1 in [0, 1), got -0.1."),
        (lambda: AdamW(beta2=1), "AdamW: expected beta2 in [0, 1), got 1."),
        (lambda: AdamW(epsilon=0), "AdamW: expected epsilon in (0, ∞), got 0."),
        (
            lambda: Momentum(convention="torch"),
            "Momentum: expected convention to be one of pytorch, scikit-learn, got 'torch'; "
            "did you mean 'pytorch'?",
        ),
        (
            lambda: Nesterov(convention="x"),
            "Nesterov: expected convention to be one of pytorch, scikit-learn, got 'x'.",
        ),
        (
            lambda: Adam(convention="sklearn"),
            "Adam: expected convention to be one of pytorch, scikit-learn, got 'sklearn'; "
            "did you mean 'scikit-learn'?",
        ),
    ],
)
def test_settings_out_of_range_are_refused(make: Callable[[], object], sentence: str) -> None:
    """Every setting has its range and is named in the sentence."""
    with pytest.raises(SettingError, match=f"^{re.escape(sentence)}$"):
        make()


@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf"), "0.1"])
def test_a_rate_out_of_range_is_refused_before_anything_moves(rate: Any) -> None:
    """The rate of a step may be zero, but not negative, infinite or no number."""
    parameters = arrays()
    before, optimizer = arrays(), Momentum()
    with pytest.raises(SettingError) as error:
        optimizer.update(parameters, arrays(2), learning_rate=rate)
    assert str(error.value) == f"Momentum: expected learning_rate in [0, ∞), got {rate!r}."
    assert optimizer.steps == 0
    np.testing.assert_array_equal(parameters["w"], before["w"])


def test_a_rate_of_zero_moves_nothing() -> None:
    """A schedule may end at zero; the step is counted, the parameters stay."""
    parameters, optimizer = arrays(), AdamW()
    optimizer.update(parameters, arrays(2), learning_rate=0.0)
    np.testing.assert_array_equal(parameters["w"], arrays()["w"])
    assert optimizer.steps == 1


def test_whole_numbers_are_refused() -> None:
    """Parameters are float32 or float64; integers would be rounded away."""
    whole: Any = {"w": np.ones((7, 3), dtype=np.int64)}
    with pytest.raises(ShapeError) as error:
        Adam().update(whole, whole)
    assert str(error.value) == "Adam: expected 'w' in float32 or float64, got int64."


def test_other_parameters_are_refused() -> None:
    """An optimizer that has begun with one network does not go on with another."""
    optimizer = SGD()
    optimizer.update(arrays(), arrays(2))
    with pytest.raises(ShapeError) as error:
        optimizer.update(
            {"w": np.ones((3, 7)), "b": np.ones(3)}, {"w": np.ones((3, 7)), "b": np.ones(3)}
        )
    assert str(error.value) == (
        "SGD: expected parameter 'w' to be (7, 3) float64, got (3, 7) float64; "
        "make a new optimizer for another network."
    )
    with pytest.raises(ShapeError) as error:
        optimizer.update({"w": np.ones((7, 3))}, {"w": np.ones((7, 3))})
    assert str(error.value) == (
        "SGD: expected parameter 'b' to be (3,) float64, got absent; "
        "make a new optimizer for another network."
    )


def test_state_names_say_what_is_remembered() -> None:
    """A checkpoint and another engine find the arrays under slot/parameter."""
    for optimizer, slots in [
        (SGD(), []),
        (Momentum(), ["velocity"]),
        (Nesterov(), ["velocity"]),
        (RMSprop(), ["mean_square"]),
        (Adam(), ["mean", "mean_square"]),
        (AdamW(), ["mean", "mean_square"]),
    ]:
        optimizer.prepare(arrays())
        assert sorted(optimizer.state) == sorted(f"{slot}/{key}" for slot in slots for key in "wb")
        assert optimizer.steps == 0


def test_load_state_copies() -> None:
    """The arrays given to load_state are not the ones that later steps change."""
    first, second = Momentum(), Momentum()
    first.update(arrays(), arrays(2))
    second.load_state(first.state, first.steps)
    kept = first.state["velocity/w"].copy()
    second.update(arrays(), arrays(3))
    np.testing.assert_array_equal(first.state["velocity/w"], kept)


def test_load_state_with_nothing_is_a_fresh_start() -> None:
    """An empty state at step 0 makes the optimizer as good as new, for any network."""
    optimizer = Adam(weight_decay=0.1)
    optimizer.update(arrays(), arrays(2))
    optimizer.load_state({}, 0)
    parameters = {"w": np.ones((5, 4))}
    optimizer.update(parameters, {"w": np.ones((5, 4))})
    fresh = {"w": np.ones((5, 4))}
    Adam(weight_decay=0.1).update(fresh, {"w": np.ones((5, 4))})
    np.testing.assert_array_equal(parameters["w"], fresh["w"])


WHOLE = {
    "mean/w": np.zeros((7, 3)),
    "mean/b": np.zeros(3),
    "mean_square/w": np.zeros((7, 3)),
    "mean_square/b": np.zeros(3),
}


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            {key: array for key, array in WHOLE.items() if key != "mean/b"},
            "Adam: expected state 'mean/b' to be (3,) float64, got absent.",
        ),
        (
            WHOLE | {"velocity/w": np.zeros((7, 3))},
            "Adam: expected state 'velocity/w' to be absent, got (7, 3) float64.",
        ),
        (
            WHOLE | {"mean_square/w": np.zeros((3, 7))},
            "Adam: expected state 'mean_square/w' to be (7, 3) float64, got (3, 7) float64.",
        ),
        (
            WHOLE | {"mean_square/b": np.zeros(3, dtype=np.float32)},
            "Adam: expected state 'mean_square/b' to be (3,) float64, got (3,) float32.",
        ),
        ({}, "Adam: expected a state of mean and mean_square after 9 steps, got an empty one."),
    ],
)
def test_a_state_that_does_not_fit_is_refused(
    begun: bool, state: dict[str, FloatArray], sentence: str
) -> None:
    """Missing, unknown and misshapen arrays are named, and the old state stays."""
    optimizer = Adam()
    if begun:
        optimizer.update(arrays(), arrays(2))
    before = dict(optimizer.state)
    with pytest.raises(ShapeError) as error:
        optimizer.load_state(state, 9)
    assert str(error.value) == sentence
    assert optimizer.state.keys() == before.keys()
    assert all(optimizer.state[key] is before[key] for key in before)
    assert optimizer.steps == int(begun)


def test_a_state_for_another_network_is_refused_at_the_first_update() -> None:
    """Loaded before the first update, a state is compared with the parameters when they come."""
    optimizer = Adam()
    optimizer.load_state(WHOLE, 9)
    with pytest.raises(ShapeError) as error:
        optimizer.update({"w": np.ones((7, 3))}, {"w": np.ones((7, 3))})
    assert str(error.value) == (
        "Adam: expected parameter 'b' to be (3,) float64, got absent; "
        "make a new optimizer for another network."
    )


def test_a_state_for_plain_descent_is_refused() -> None:
    """Plain descent remembers nothing, so a velocity means another optimizer's checkpoint."""
    with pytest.raises(ShapeError) as error:
        SGD().load_state({"velocity/w": np.zeros((7, 3))}, 9)
    assert str(error.value) == "SGD: expected state 'velocity/w' to be absent, got (7, 3) float64."


def test_a_state_of_whole_numbers_is_refused() -> None:
    """The state has the parameter's dtype."""
    whole: Any = {"velocity/w": np.zeros((7, 3), dtype=np.int32)}
    with pytest.raises(ShapeError) as error:
        Momentum().load_state(whole, 9)
    assert str(error.value) == "Momentum: expected 'velocity/w' in float32 or float64, got int32."


@pytest.mark.parametrize("steps", [-1, 1.5])
def test_a_step_count_that_is_none_is_refused(steps: Any) -> None:
    """Steps are counted in whole numbers from zero."""
    with pytest.raises(SettingError) as error:
        SGD().load_state({}, steps)
    assert str(error.value) == f"SGD: expected steps as a whole number in [0, ∞), got {steps}."


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
