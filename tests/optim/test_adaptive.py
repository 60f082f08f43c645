"""RMSprop, Adam and AdamW, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.optim import Adam, AdamW, Optimizer, RMSprop, ScikitAdam


def move(optimizer: Optimizer, *gradients: float) -> FloatArray:
    """Takes one step a gradient, from w = 1."""
    parameters = {"w": np.array([[1.0]])}
    for gradient in gradients:
        optimizer.update(parameters, {"w": np.array([[gradient]])})
    return parameters["w"]


def test_rmsprop_by_hand() -> None:
    """s = 0.75·0 + 0.25·4² = 4, w = 1 − 0.1·4 / (√4 + 0.5) = 0.84."""
    np.testing.assert_allclose(
        move(RMSprop(0.1, smoothing=0.75, epsilon=0.5), 4.0), [[0.84]], rtol=1e-15
    )


def test_adam_by_hand_with_epsilon_after_the_correction() -> None:
    """m = 2, m̂ = 4; s = 4, ŝ = 16; w = 1 − 0.1·4 / (4 + 1) = 0.92."""
    adam = Adam(0.1, beta1=0.5, beta2=0.75, epsilon=1.0)
    np.testing.assert_allclose(move(adam, 4.0), [[0.92]], rtol=1e-15)


def test_adam_by_hand_with_epsilon_before_the_correction() -> None:
    """η·√0.25 / 0.5 = 0.1, so w = 1 − 0.1·2 / (√4 + 1) = 1 − 0.2/3."""
    adam = ScikitAdam(0.1, beta1=0.5, beta2=0.75, epsilon=1.0)
    np.testing.assert_allclose(move(adam, 4.0), [[1 - 0.2 / 3]], rtol=1e-15)


def test_adamw_by_hand() -> None:
    """W = (1 − 0.1·0.5)·1 − 0.1·4 / (4 + 1) = 0.87; a bias moves as with Adam, to 0.92."""
    parameters = {"w": np.array([[1.0]]), "b": np.array([1.0])}
    gradients = {"w": np.array([[4.0]]), "b": np.array([4.0])}
    adamw = AdamW(0.1, beta1=0.5, beta2=0.75, epsilon=1.0, weight_decay=0.5)
    adamw.update(parameters, gradients)
    np.testing.assert_allclose(parameters["w"], [[0.87]], rtol=1e-15)
    np.testing.assert_allclose(parameters["b"], [0.92], rtol=1e-15)


@pytest.mark.parametrize("kind", [RMSprop, Adam, AdamW])
def test_a_gradient_of_zero_moves_nothing(
    kind: type[RMSprop] | type[Adam] | type[AdamW],
) -> None:
    """No 0 / 0: a weight whose gradient has always been zero stays where it is."""
    optimizer = kind(0.01, weight_decay=0.0)
    assert move(optimizer, 0.0, 0.0, 0.0) == 1.0


@pytest.mark.parametrize("kind", [Adam, AdamW, ScikitAdam])
def test_a_mean_gradient_that_fades_becomes_zero(kind: type[Adam]) -> None:
    """0.9ᵗ is below the smallest normal float32 after 830 steps, and would stop at the smallest one."""
    optimizer, weights = kind(0.01), {"w": np.ones((1, 3), np.float32)}
    gradient = np.array([[1, 1e-30, -1]], np.float32)
    for step in range(1000):
        optimizer.update(weights, {"w": gradient * np.float32(step == 0)})
    assert np.finfo(np.float32).smallest_normal > 0.9**830
    np.testing.assert_array_equal(optimizer.state["mean/w"], 0)
