"""Fifty steps compared with scikit-learn's own optimizers, while the learning rate changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.optim import Optimizer, ScikitAdam, ScikitMomentum, ScikitNesterov

theirs: Any = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")

STEPS = 50
PAIRS: dict[str, tuple[Callable[..., Optimizer], Callable[[Sequence[FloatArray]], Any]]] = {
    "momentum": (
        lambda **settings: ScikitMomentum(momentum=0.8, **settings),
        lambda arrays: theirs.SGDOptimizer(arrays, momentum=0.8, nesterov=False),
    ),
    "nesterov": (
        lambda **settings: ScikitNesterov(momentum=0.8, **settings),
        lambda arrays: theirs.SGDOptimizer(arrays, momentum=0.8, nesterov=True),
    ),
    "adam": (
        lambda **settings: ScikitAdam(beta1=0.8, beta2=0.95, epsilon=1e-2, **settings),
        lambda arrays: theirs.AdamOptimizer(arrays, beta_1=0.8, beta_2=0.95, epsilon=1e-2),
    ),
}


def walk(optimizer: Optimizer, rival: Callable[[Sequence[FloatArray]], Any], decay: float) -> float:
    """Takes the same fifty steps with both and returns the largest relative difference."""
    rng = np.random.default_rng(12)
    parameters = {"weights": rng.normal(size=(7, 3)), "bias": rng.normal(size=3)}
    arrays = [array.copy() for array in parameters.values()]
    other = rival(arrays)
    for step in range(STEPS):
        rate = 0.05 * (1.2 + math.sin(step))
        noise = {key: rng.normal(size=array.shape) for key, array in parameters.items()}
        optimizer.update(
            parameters, {key: array.copy() for key, array in noise.items()}, learning_rate=rate
        )
        # Adam overwrites its learning_rate from learning_rate_init; plain descent reads the former.
        other.learning_rate = other.learning_rate_init = rate
        weights, bias = arrays
        other.update_params([weights, bias], [noise["weights"] + decay * weights, noise["bias"]])
    return max(
        float(np.max(np.abs(array - ours) / np.abs(array)))
        for array, ours in zip(arrays, parameters.values(), strict=True)
    )


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.parametrize("name", PAIRS)
def test_fifty_steps_agree_with_scikit_learn(name: str, weight_decay: float) -> None:
    """Weights and bias follow scikit-learn's to 1e-10, the bias without decay."""
    ours, rival = PAIRS[name]
    optimizer = ours(weight_decay=weight_decay)
    assert walk(optimizer, rival, weight_decay) < 1e-10
