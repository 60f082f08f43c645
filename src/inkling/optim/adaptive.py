"""Optimizers with a step size for every weight: RMSprop, Adam, AdamW.

They divide the gradient by the root of an average of its squares, so weights with small gradients move
as far as those with large ones. In the formulas p is the parameter, g its gradient, m and s are
averages of g and g², and t is the number of the update. Next: ``optimizers.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from inkling._types import FloatArray
from inkling.optim.optimizer import Optimizer

SUBNORMAL = 1.2e-38
"""Below the smallest normal float32, where numbers have fewer digits and arithmetic is slow. The mean
gradient of a unit that is never active falls that low and would stay there, but moves no weight."""


@dataclass(eq=False)
class RMSprop(Optimizer):
    """RMSprop: s ← ρ s + (1 − ρ) g², p ← p − η g / (√s + ε); ρ = ``smoothing`` is in [0, 1).

    Reference: Tieleman and Hinton, "Neural Networks for Machine Learning" (2012), lecture 6.5.
    """

    name: ClassVar[str] = "rmsprop"
    slots: ClassVar[tuple[str, ...]] = ("mean_square",)
    learning_rate: float = 0.001
    smoothing: float = 0.99
    epsilon: float = 1e-8

    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        (s,) = state
        s[...] = self.smoothing * s + (1 - self.smoothing) * g**2  # [rmsprop-mean-square]
        p -= rate * g / (np.sqrt(s) + self.epsilon)  # [rmsprop-step]


@dataclass(eq=False)
class Adam(Optimizer):
    """Adam: p ← p − η m̂ / (√ŝ + ε), with m ← β₁ m + (1 − β₁) g and s ← β₂ s + (1 − β₂) g².

    The averages start at zero; m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ) correct for that, here applied to
    the rate and to ε. β₁ and β₂ are in [0, 1); ε in (0, ∞) avoids a division by zero.

    Example:
        >>> weights = np.array([[1.0, 2.0]])
        >>> Adam(0.1).update({"w": weights}, {"w": np.array([[5.0, -0.5]])})
        >>> weights.round(6)  # the first step of every weight is the learning rate
        array([[0.9, 2.1]])

    Reference: Kingma and Ba, "Adam", arXiv 1412.6980v9, Algorithm 1; our s is their v.
    """

    name: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("mean", "mean_square")
    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def averages(self, g: FloatArray, state: Sequence[FloatArray]) -> Sequence[FloatArray]:
        """Updates m and s in place, which is faster than two new arrays, and returns them."""
        m, s = state
        m *= self.beta1
        m += (1 - self.beta1) * g  # [adam-mean]
        m[np.abs(m) < SUBNORMAL] = 0  # a hundred times slower to compute with
        s *= self.beta2
        s += (1 - self.beta2) * g**2  # [adam-mean-square]
        return state

    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        m, s = self.averages(g, state)
        r1, r2 = 1 - self.beta1**self.steps, math.sqrt(1 - self.beta2**self.steps)
        p -= rate * r2 / r1 * m / (np.sqrt(s) + r2 * self.epsilon)  # [adam-step]


@dataclass(eq=False)
class ScikitAdam(Adam):
    """Adam as in scikit-learn, the shortcut of the paper's section 2: ε is added to √s uncorrected."""

    name: ClassVar[str] = "scikit_adam"

    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        m, s = self.averages(g, state)
        r1, r2 = 1 - self.beta1**self.steps, math.sqrt(1 - self.beta2**self.steps)
        p -= rate * r2 / r1 * m / (np.sqrt(s) + self.epsilon)  # [adam-shortcut]


@dataclass(eq=False)
class AdamW(Adam):
    """Adam with decoupled weight decay: W ← (1 − η λ) W, then the step of Adam.

    Added to the gradient, the decay would be divided by √ŝ, and weights with large gradients would
    hardly decay. Here it is the same for all weights. A schedule of η scales it too.

    Reference: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, Algorithm 2,
    with their λ multiplied by η, as in PyTorch.
    """

    name: ClassVar[str] = "adamw"
    weight_decay: float = field(default=0.01, kw_only=True)

    def decayed(self, p: FloatArray, g: FloatArray) -> FloatArray:
        return g  # the decay is part of the step

    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        if p.ndim > 1:
            p *= 1 - rate * self.weight_decay  # [adamw-decay]
        super().step(p, g, rate, state)
