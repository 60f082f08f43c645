"""Gradient descent, plain and with momentum.

In the formulas p is the parameter, g its gradient, η the learning rate and v the velocity. A learning
rate for every single weight comes next, in ``adaptive.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from inkling._types import FloatArray
from inkling.optim.optimizer import Optimizer


@dataclass(eq=False)
class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − η g.

    Example:
        >>> import numpy as np
        >>> weights = np.array([[1.0, 2.0]])
        >>> SGD(0.1).update({"w": weights}, {"w": np.array([[5.0, -5.0]])})
        >>> weights
        array([[0.5, 2.5]])

    Reference: Robbins and Monro, "A stochastic approximation method", 1951.
    """

    name: ClassVar[str] = "sgd"
    learning_rate: float = 0.1

    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        p -= rate * g  # [sgd]


@dataclass(eq=False)
class Momentum(Optimizer):
    """Gradient descent with momentum: v ← μ v + g, p ← p − η v; μ = ``momentum`` is in [0, 1).

    The velocity is a decaying sum of the gradients, so steps add up to 1 / (1 − μ) times as far.

    Reference: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    """

    name: ClassVar[str] = "momentum"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    learning_rate: float = 0.01
    momentum: float = 0.9

    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        (v,) = state
        v[...] = self.momentum * v + g  # [momentum-velocity]
        p -= rate * v  # [momentum-step]


@dataclass(eq=False)
class Nesterov(Momentum):
    """Momentum that looks ahead: v ← μ v + g, p ← p − η (g + μ v), the next step of momentum.

    Reference: Sutskever et al., "On the importance of initialization and momentum in deep learning",
    ICML 2013, equations 3 and 4; p is their θ + μ v.
    """

    name: ClassVar[str] = "nesterov"

    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        (v,) = state
        v[...] = self.momentum * v + g  # [momentum-velocity]
        p -= rate * (g + self.momentum * v)  # [nesterov-step]


@dataclass(eq=False)
class ScikitMomentum(Momentum):
    """Momentum as in scikit-learn: v ← μ v − η g, p ← p + v.

    With a constant rate it equals ``Momentum``. If the rate changes, the velocity keeps the rates of
    its past gradients, while ``Momentum`` applies the new rate to all of them.
    """

    name: ClassVar[str] = "scikit_momentum"

    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        (v,) = state
        v[...] = self.momentum * v - rate * g  # [momentum-velocity-scaled]
        p += v  # [momentum-step-scaled]


@dataclass(eq=False)
class ScikitNesterov(Momentum):
    """Nesterov's momentum as in scikit-learn: v ← μ v − η g, p ← p + μ v − η g."""

    name: ClassVar[str] = "scikit_nesterov"

    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        (v,) = state
        v[...] = self.momentum * v - rate * g  # [momentum-velocity-scaled]
        p += self.momentum * v - rate * g  # [nesterov-step-scaled]
