"""The contract of every optimizer; a new one needs a line in the table below."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.errors import ShapeError
from inkling.optim import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Cosine,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
    ScikitAdam,
    ScikitMomentum,
    ScikitNesterov,
)

# For each: how to make it with settings unlike its defaults, and peak rates for a parabola and
# for Rosenbrock's valley, where plain descent must take small steps to stay inside.
TABLE: dict[str, tuple[Callable[..., Optimizer], float, float]] = {
    "sgd": (SGD, 0.5, 1e-3),
    "momentum": (lambda **more: Momentum(momentum=0.8, **more), 0.1, 5e-4),
    "scikit_momentum": (lambda **more: ScikitMomentum(momentum=0.8, **more), 0.1, 5e-4),
    "nesterov": (lambda **more: Nesterov(momentum=0.8, **more), 0.1, 5e-4),
    "scikit_nesterov": (lambda **more: ScikitNesterov(momentum=0.8, **more), 0.1, 5e-4),
    "rmsprop": (lambda **more: RMSprop(smoothing=0.9, epsilon=1e-7, **more), 0.1, 5e-3),
    "adam": (lambda **more: Adam(beta1=0.8, beta2=0.99, epsilon=1e-7, **more), 0.1, 1e-2),
    "scikit_adam": (lambda **more: ScikitAdam(beta1=0.8, beta2=0.99, **more), 0.1, 1e-2),
    "adamw": (lambda **more: AdamW(beta1=0.8, beta2=0.99, epsilon=1e-7, **more), 0.1, 1e-2),
}

every_optimizer = pytest.mark.parametrize("make", [row[0] for row in TABLE.values()], ids=TABLE)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def arrays(seed: int = 1, dtype: Any = np.float64) -> dict[str, FloatArray]:
    """Returns weights (7, 3) and a bias (3,)."""
    rng = np.random.default_rng(seed)
    return {"w": rng.normal(size=(7, 3)).astype(dtype), "b": rng.normal(size=3).astype(dtype)}


def gradients_and_rates(steps: int, dtype: Any) -> Iterator[tuple[dict[str, FloatArray], float]]:
    """A changing gradient and a changing rate for each step."""
    for step in range(steps):
        yield arrays(100 + step, dtype), 0.01 * (1 + step % 3)


def test_the_table_is_complete() -> None:
    """Every registered optimizer is in the table, under its name."""
    assert set(OPTIMIZERS) <= set(TABLE)
    assert all(make().name == name for name, (make, _, _) in TABLE.items())


@pytest.mark.parametrize("row", TABLE)
def test_solves_a_parabola(row: str) -> None:
    """½ Σ c·(x − x*)² with curvatures 0.5 to 2: 400 steps end within 1e-3 of the minimum x*."""
    make, peak, _ = TABLE[row]
    parameters, target = arrays(1), arrays(2)
    curvature = {
        key: np.random.default_rng(3).uniform(0.5, 2.0, size=array.shape)
        for key, array in target.items()
    }
    optimizer, schedule = make(weight_decay=0.0), Cosine(peak, 400)
    for step in range(400):
        slopes = {key: curvature[key] * (parameters[key] - target[key]) for key in parameters}
        optimizer.update(parameters, slopes, learning_rate=schedule(step))
    for key, array in parameters.items():
        np.testing.assert_allclose(array, target[key], atol=1e-3)


def rosenbrock(point: FloatArray) -> tuple[float, FloatArray]:
    """(1 − x)² + 100·(y − x²)² and its gradient."""
    x, y = point
    value = (1 - x) ** 2 + 100 * (y - x * x) ** 2
    slope = np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])
    return float(value), slope


@pytest.mark.parametrize("row", TABLE)
def test_makes_progress_on_rosenbrock(row: str) -> None:
    """From (−1.2, 1), where the value is 24.2, 3000 steps come below 0.1."""
    make, _, rate = TABLE[row]
    parameters = {"point": np.array([-1.2, 1.0])}
    optimizer = make(learning_rate=rate, weight_decay=0.0)
    assert rosenbrock(parameters["point"])[0] == pytest.approx(24.2)
    for _ in range(3000):
        optimizer.update(parameters, {"point": rosenbrock(parameters["point"])[1]})
    assert rosenbrock(parameters["point"])[0] < 0.1


@every_optimizer
@both_dtypes
def test_works_in_place_and_keeps_the_dtype(make: Callable[..., Optimizer], dtype: Any) -> None:
    """Parameters and state stay the same objects, of the same dtype; gradients are not changed."""
    parameters, optimizer = arrays(1, dtype), make(weight_decay=0.1)
    optimizer.update(parameters, arrays(2, dtype))
    before = {**parameters, **optimizer.state}
    values = {key: array.copy() for key, array in before.items()}
    for gradients, rate in gradients_and_rates(5, dtype):
        optimizer.update(parameters, gradients, learning_rate=rate)
    np.testing.assert_array_equal(gradients["w"], arrays(104, dtype)["w"])
    after = {**parameters, **optimizer.state}
    assert after.keys() == before.keys()
    for key, array in after.items():
        assert array is before[key]
        assert array.dtype == dtype
        assert np.all(array != values[key])
    assert optimizer.steps == 6


@every_optimizer
def test_float32_follows_float64(make: Callable[..., Optimizer]) -> None:
    """Twenty steps in float32 end where float64 ends, to float32's precision."""
    ends = []
    for dtype in (np.float32, np.float64):
        parameters, optimizer = arrays(1, dtype), make(weight_decay=0.1)
        for gradients, rate in gradients_and_rates(20, dtype):
            optimizer.update(parameters, gradients, learning_rate=rate)
        ends.append(parameters)
    for key in ends[0]:
        np.testing.assert_allclose(ends[0][key], ends[1][key], rtol=1e-4, atol=1e-5)


@every_optimizer
@both_dtypes
def test_a_restored_run_continues_bit_for_bit(make: Callable[..., Optimizer], dtype: Any) -> None:
    """State and step count saved after 4 of 9 steps lead to the same parameters and state."""
    whole, optimizer = arrays(1, dtype), make(weight_decay=0.1)
    for step, (gradients, rate) in enumerate(gradients_and_rates(9, dtype)):
        if step == 4:
            parameters = {key: array.copy() for key, array in whole.items()}
            state, steps = {k: v.copy() for k, v in optimizer.state.items()}, optimizer.steps
        optimizer.update(whole, gradients, learning_rate=rate)
    again = make(weight_decay=0.1)
    again.load_state(state, steps)
    for gradients, rate in list(gradients_and_rates(9, dtype))[4:]:
        again.update(parameters, gradients, learning_rate=rate)
    for key in whole:
        np.testing.assert_array_equal(parameters[key], whole[key])
    assert again.state.keys() == optimizer.state.keys()
    for key, array in optimizer.state.items():
        np.testing.assert_array_equal(again.state[key], array)
    assert again.steps == optimizer.steps == 9


@every_optimizer
def test_settings_rebuild_the_optimizer(make: Callable[..., Optimizer]) -> None:
    """Through JSON and back: the same settings, and the same steps bit for bit."""
    optimizer = make(learning_rate=0.037, weight_decay=0.13)
    settings = json.loads(json.dumps(optimizer.settings()))
    again = type(optimizer)(**settings)
    assert again.settings() == optimizer.settings() == settings
    assert settings["learning_rate"] == 0.037
    assert settings["weight_decay"] == 0.13
    first, second = arrays(1), arrays(1)
    for seed in range(2, 5):
        optimizer.update(first, arrays(seed))
        again.update(second, arrays(seed))
    np.testing.assert_array_equal(first["w"], second["w"])


@every_optimizer
def test_the_rate_of_a_step_stands_in_for_its_own(make: Callable[..., Optimizer]) -> None:
    """Without a rate the optimizer uses its own; a rate that is given is for that step only."""
    own, given = make(learning_rate=0.02), make(learning_rate=0.5)
    first, second = arrays(1), arrays(1)
    own.update(first, arrays(2))
    given.update(second, arrays(2), learning_rate=0.02)
    np.testing.assert_array_equal(first["w"], second["w"])
    assert given.learning_rate == 0.5


@every_optimizer
def test_weight_decay_leaves_the_bias_alone(make: Callable[..., Optimizer]) -> None:
    """With decay the weights end nearer to zero, the bias ends where it would have ended."""
    plain, decayed = arrays(1), arrays(1)
    without, with_decay = make(weight_decay=0.0), make(weight_decay=0.5)
    for gradients, rate in gradients_and_rates(20, np.float64):
        without.update(plain, gradients, learning_rate=rate)
        with_decay.update(decayed, gradients, learning_rate=rate)
    np.testing.assert_array_equal(plain["b"], decayed["b"])
    assert np.linalg.norm(decayed["w"]) < 0.98 * np.linalg.norm(plain["w"])


@every_optimizer
def test_views_are_changed_where_they_lie(make: Callable[..., Optimizer]) -> None:
    """A transposed slice of a larger array is updated in it, and the rest stays."""
    store = np.zeros((6, 7))
    parameters, optimizer = {"w": store[::2].T}, make()
    plain, other = {"w": np.zeros((7, 3))}, make()
    for seed in range(2, 6):
        optimizer.update(parameters, {"w": arrays(seed)["w"]})
        other.update(plain, {"w": arrays(seed)["w"]})
    np.testing.assert_array_equal(store[::2].T, plain["w"])
    np.testing.assert_array_equal(store[1::2], np.zeros((3, 7)))


@every_optimizer
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"b": None}, "expected one gradient for each of w, b, got w."),
        ({"w": None, "b": None}, "expected one gradient for each of w, b, got none."),
        ({"c": np.ones(3)}, "expected one gradient for each of w, b, got w, b, c."),
        ({"w": np.ones((3, 7))}, "expected the gradient of 'w' of shape (7, 3), got (3, 7)."),
        ({"b": np.ones((1, 3))}, "expected the gradient of 'b' of shape (3,), got (1, 3)."),
        ({"w": np.ones((1, 3))}, "expected the gradient of 'w' of shape (7, 3), got (1, 3)."),
        (
            {"b": np.ones(3, dtype=np.float32)},
            "expected 'b' and its gradient in one dtype, float32 or float64, "
            "got float64 and float32.",
        ),
    ],
)
def test_gradients_that_do_not_fit_are_refused(
    make: Callable[..., Optimizer], change: dict[str, Any], sentence: str
) -> None:
    """Missing, unknown, misshapen, broadcastable and narrower gradients: nothing has moved then."""
    parameters, optimizer = arrays(1), make()
    given = {k: array for k, array in {**arrays(2), **change}.items() if array is not None}
    with pytest.raises(ShapeError) as error:
        optimizer.update(parameters, given)
    assert str(error.value) == f"{type(optimizer).__name__}: {sentence}"
    assert optimizer.steps == 0
    assert optimizer.state == {}
    for key, array in arrays(1).items():
        np.testing.assert_array_equal(parameters[key], array)


class ElsewhereArray:
    """Stands for an array in a graphics card's memory: it answers NumPy's calls, and only those.

    Turning it into a NumPy array behind the caller's back is an error, as it is with CuPy.
    """

    def __init__(self, inside: FloatArray) -> None:
        self.inside = inside
        self.shape, self.dtype, self.ndim = inside.shape, inside.dtype, inside.ndim

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("this array must not be turned into a NumPy array")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **more: Any) -> Any:
        if "out" in more:
            # NumPy arrays and these do not mix: every array must be of this kind.
            more["out"] = tuple(array.inside for array in more["out"])
        assert not any(isinstance(value, np.ndarray) for value in inputs)
        plain = [v.inside if isinstance(v, ElsewhereArray) else v for v in inputs]
        return ElsewhereArray(getattr(ufunc, method)(*plain, **more))

    def __array_function__(self, function: Any, _: Any, inputs: Any, more: Any) -> Any:
        plain = [v.inside if isinstance(v, ElsewhereArray) else v for v in inputs]
        return ElsewhereArray(np.asarray(function(*plain, **more)))

    def __float__(self) -> float:
        return float(self.inside)

    def copy(self) -> ElsewhereArray:
        """Copies it."""
        return ElsewhereArray(self.inside.copy())
