"""Plain descent and momentum, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.optim import SGD, Momentum, Nesterov, Optimizer, ScikitMomentum, ScikitNesterov


def two_steps(optimizer: Optimizer) -> FloatArray:
    """From w = 1 with gradient 2 at rate 0.1, then gradient −1 at rate 0.01."""
    parameters = {"w": np.array([[1.0]])}
    optimizer.update(parameters, {"w": np.array([[2.0]])}, learning_rate=0.1)
    optimizer.update(parameters, {"w": np.array([[-1.0]])}, learning_rate=0.01)
    return parameters["w"]


def test_sgd_by_hand() -> None:
    """1 − 0.1·2 = 0.8, then 0.8 + 0.01·1 = 0.81."""
    np.testing.assert_allclose(two_steps(SGD()), [[0.81]], rtol=1e-15)


def test_weight_decay_falls_on_matrices_only() -> None:
    """With λ = 0.5: W = 2 − 0.1·(3 + 0.5·2) = 1.6, but b = 2 − 0.1·3 = 1.7."""
    parameters = {"w": np.array([[2.0]]), "b": np.array([2.0])}
    gradients = {"w": np.array([[3.0]]), "b": np.array([3.0])}
    SGD(0.1, weight_decay=0.5).update(parameters, gradients)
    np.testing.assert_allclose(parameters["w"], [[1.6]], rtol=1e-15)
    np.testing.assert_allclose(parameters["b"], [1.7], rtol=1e-15)


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        # v = 2, w = 1 − 0.1·2 = 0.8; v = 0.5·2 − 1 = 0, w = 0.8 − 0.01·0
        (Momentum(momentum=0.5), 0.8),
        # v = −0.2, w = 0.8; v = 0.5·(−0.2) + 0.01 = −0.09, w = 0.8 − 0.09
        (ScikitMomentum(momentum=0.5), 0.71),
        # v = 2, w = 1 − 0.1·(2 + 0.5·2) = 0.7; v = 0, w = 0.7 − 0.01·(−1 + 0.5·0)
        (Nesterov(momentum=0.5), 0.71),
        # v = −0.2, w = 1 + 0.5·(−0.2) − 0.2 = 0.7; v = −0.09, w = 0.7 + 0.5·(−0.09) + 0.01
        (ScikitNesterov(momentum=0.5), 0.665),
    ],
)
def test_momentum_by_hand(optimizer: Optimizer, expected: float) -> None:
    """Both forms of both formulas, while the rate changes."""
    np.testing.assert_allclose(two_steps(optimizer), [[expected]], rtol=1e-14)
