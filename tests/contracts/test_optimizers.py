"""The contract of every optimizer; a new one needs a line in the table below."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
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

TABLE: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "momentum": lambda **more: Momentum(momentum=0.8, **more),
    "scikit_momentum": lambda **more: ScikitMomentum(momentum=0.8, **more),
    "nesterov": lambda **more: Nesterov(momentum=0.8, **more),
    "scikit_nesterov": lambda **more: ScikitNesterov(momentum=0.8, **more),
    "rmsprop": lambda **more: RMSprop(smoothing=0.9, epsilon=1e-7, **more),
    "adam": lambda **more: Adam(beta1=0.8, beta2=0.99, epsilon=1e-7, **more),
    "scikit_adam": lambda **more: ScikitAdam(beta1=0.8, beta2=0.99, **more),
    "adamw": lambda **more: AdamW(beta1=0.8, beta2=0.99, epsilon=1e-7, **more),
}
"""How each is made with settings unlike its defaults."""

every_optimizer = pytest.mark.parametrize("make", TABLE.values(), ids=TABLE)
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
    assert all(make().name == name for name, make in TABLE.items())


@every_optimizer
def test_solves_a_parabola(make: Callable[..., Optimizer]) -> None:
    """½ Σ c·(x − x*)² with curvatures 0.5 to 2: 400 steps end within 1e-3 of the minimum x*."""
    parameters, target = arrays(1), arrays(2)
    curvature = {
        key: np.random.default_rng(3).uniform(0.5, 2.0, size=array.shape)
        for key, array in target.items()
    }
    optimizer, schedule = make(weight_decay=0.0), Cosine(0.1, 400)
    for step in range(400):
        slopes = {key: curvature[key] * (parameters[key] - target[key]) for key in parameters}
        optimizer.update(parameters, slopes, learning_rate=schedule(step))
    for key, array in parameters.items():
        np.testing.assert_allclose(array, target[key], atol=1e-3)


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
    assert again.settings() == settings
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
