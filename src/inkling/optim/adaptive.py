"""A rate of its own for every weight: RMSprop, Adam and AdamW.

All three divide the step by the root of a running average of the squared gradients, so that a weight
with small gradients moves as far as one with large gradients. p stands for the parameter, g for its
gradient, η for the learning rate, t for the number of the step, counted from 1. The list of all
optimizers is next, in ``optimizers.py``.
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np

from inkling._types import FloatArray
from inkling.optim.optimizer import Optimizer


@dataclass(eq=False)
class RMSprop(Optimizer):
    """RMSprop: s ← ρ·s + (1 − ρ)·g², then p ← p − η·g / (√s + ε).

    Args:
        learning_rate: η, in (0, ∞).
        smoothing: ρ, how much of the average of squares is kept, in [0, 1).
        epsilon: ε, in (0, ∞); keeps the division away from zero.
        weight_decay: λ, in [0, ∞); λ·W is added to the gradient of weight matrices, not of biases.

    Example:
        >>> weights = np.array([[1.0, 2.0]])
        >>> RMSprop(0.1, smoothing=0.75).update({"w": weights}, {"w": np.array([[5.0, -0.5]])})
        >>> weights.round(6)
        array([[0.8, 2.2]])

    Reference:
        Tieleman and Hinton (2012), Neural Networks for Machine Learning, lecture 6.5.
    """

    name: ClassVar[str] = "rmsprop"
    slots: ClassVar[tuple[str, ...]] = ("mean_square",)
    learning_rate: float = 0.001
    _: KW_ONLY
    smoothing: float = 0.99
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("smoothing", high=1)
        self._check_number("epsilon", open_low=True)

    def update_one(
        self, name: str, parameter: FloatArray, gradient: FloatArray, rate: float
    ) -> None:
        """s ← ρ·s + (1 − ρ)·g² [rmsprop-mean-square], then p ← p − η·g / (√s + ε) [rmsprop-step]."""
        mean_square = self.state[f"mean_square/{name}"]
        working = self.scratch(name, parameter)
        self.add_weight_decay(name, parameter, gradient)
        _average_squares(mean_square, gradient, self.smoothing, working)
        np.sqrt(mean_square, out=working)
        np.add(working, self.epsilon, out=working)
        np.divide(gradient, working, out=gradient)
        np.multiply(gradient, rate, out=gradient)
        np.subtract(parameter, gradient, out=parameter)


@dataclass(eq=False)
class Adam(Optimizer):
    """Adam: RMSprop with momentum, and both averages corrected for having started at zero.

        m ← β₁·m + (1 − β₁)·g     m̂ = m / (1 − β₁ᵗ)
        s ← β₂·s + (1 − β₂)·g²    ŝ = s / (1 − β₂ᵗ)

        "pytorch"       p ← p − η·m̂ / (√ŝ + ε)
        "scikit-learn"  p ← p − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m / (√s + ε)

    The first is Algorithm 1 of the paper, the second the shortcut at the end of its section 2. They
    differ only in where ε is added: before or after √s is corrected.

    Args:
        learning_rate: η, in (0, ∞).
        beta1: β₁, how much of the average gradient is kept, in [0, 1).
        beta2: β₂, how much of the average square is kept, in [0, 1).
        epsilon: ε, in (0, ∞); keeps the division away from zero.
        weight_decay: λ, in [0, ∞); λ·W is added to the gradient of weight matrices, not of biases.
        convention: "pytorch" or "scikit-learn", as above.

    Example:
        >>> weights = np.array([[1.0, 2.0]])
        >>> Adam(0.1).update({"w": weights}, {"w": np.array([[5.0, -0.5]])})
        >>> weights.round(6)  # at first every weight moves by the learning rate
        array([[0.9, 2.1]])

    Reference:
        Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, version 9 of
        arXiv:1412.6980. Our s is their v.
    """

    name: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("mean", "mean_square")
    learning_rate: float = 0.001
    _: KW_ONLY
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    convention: str = "pytorch"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("beta1", high=1)
        self._check_number("beta2", high=1)
        self._check_number("epsilon", open_low=True)
        self._check_convention(self.convention)

    def update_one(
        self, name: str, parameter: FloatArray, gradient: FloatArray, rate: float
    ) -> None:
        """Both averages, then the step.

        "pytorch"       p ← p − η·m̂ / (√ŝ + ε)                          [adam-step]
        "scikit-learn"  p ← p − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m / (√s + ε)   [adam-shortcut]
        """
        mean, mean_square = self.state[f"mean/{name}"], self.state[f"mean_square/{name}"]
        working = self.scratch(name, parameter)
        self.add_weight_decay(name, parameter, gradient)
        _average(mean, gradient, self.beta1, working)
        _average_squares(mean_square, gradient, self.beta2, working)
        root = math.sqrt(1 - self.beta2**self.steps)
        epsilon = self.epsilon * root if self.convention == "pytorch" else self.epsilon
        step_size = rate * root / (1 - self.beta1**self.steps)
        _adam_step(parameter, mean, mean_square, step_size, epsilon, gradient)


@dataclass(eq=False)
class AdamW(Optimizer):
    """Adam whose weight decay does not pass through the averages: W ← (1 − η·λ)·W, then Adam's step.

    Added to the gradient, the decay would be divided by √ŝ like everything else, and weights with large
    gradients would hardly decay at all. Taken off the weights directly it is the same for all. η is
    the rate of the step, so that a schedule scales the decay too.

    Args:
        learning_rate: η, in (0, ∞).
        beta1: β₁, how much of the average gradient is kept, in [0, 1).
        beta2: β₂, how much of the average square is kept, in [0, 1).
        epsilon: ε, in (0, ∞); added to √ŝ, as in Adam's "pytorch" convention.
        weight_decay: λ, in [0, ∞); for weight matrices, not for biases.

    Example:
        >>> weights, bias = np.array([[1.0, 2.0]]), np.array([1.0, 2.0])
        >>> gradients = {"w": np.array([[5.0, -0.5]]), "b": np.array([5.0, -0.5])}
        >>> AdamW(0.1, weight_decay=0.5).update({"w": weights, "b": bias}, gradients)
        >>> weights.round(6), bias.round(6)
        (array([[0.85, 2.  ]]), array([0.9, 2.1]))

    Reference:
        Loshchilov and Hutter (2019), Decoupled Weight Decay Regularization, Algorithm 2, with their
        λ multiplied by η, as PyTorch does.
    """

    name: ClassVar[str] = "adamw"
    slots: ClassVar[tuple[str, ...]] = ("mean", "mean_square")
    learning_rate: float = 0.001
    _: KW_ONLY
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("beta1", high=1)
        self._check_number("beta2", high=1)
        self._check_number("epsilon", open_low=True)

    def update_one(
        self, name: str, parameter: FloatArray, gradient: FloatArray, rate: float
    ) -> None:
        """W ← (1 − η·λ)·W [adamw-decay], both averages, then p ← p − η·m̂ / (√ŝ + ε) [adam-step]."""
        mean, mean_square = self.state[f"mean/{name}"], self.state[f"mean_square/{name}"]
        working = self.scratch(name, parameter)
        if self.weight_decay and parameter.ndim > 1:
            np.multiply(parameter, 1 - rate * self.weight_decay, out=parameter)
        _average(mean, gradient, self.beta1, working)
        _average_squares(mean_square, gradient, self.beta2, working)
        root = math.sqrt(1 - self.beta2**self.steps)
        step_size = rate * root / (1 - self.beta1**self.steps)
        _adam_step(parameter, mean, mean_square, step_size, self.epsilon * root, gradient)


def _average(mean: FloatArray, gradient: FloatArray, kept: float, working: FloatArray) -> None:
    """m ← β·m + (1 − β)·g [adam-mean]."""
    np.multiply(mean, kept, out=mean)
    np.multiply(gradient, 1 - kept, out=working)
    np.add(mean, working, out=mean)


def _average_squares(
    mean_square: FloatArray, gradient: FloatArray, kept: float, working: FloatArray
) -> None:
    """s ← β·s + (1 − β)·g² [adam-mean-square]."""
    np.multiply(mean_square, kept, out=mean_square)
    np.multiply(gradient, gradient, out=working)
    np.multiply(working, 1 - kept, out=working)
    np.add(mean_square, working, out=mean_square)


def _adam_step(
    parameter: FloatArray,
    mean: FloatArray,
    mean_square: FloatArray,
    step_size: float,
    epsilon: float,
    working: FloatArray,
) -> None:
    """p ← p − a·m / (√s + e).

    The corrections are numbers, not arrays, so they are moved out of the array work: with
    r = √(1 − β₂ᵗ), η·m̂ / (√ŝ + ε) is η·r/(1 − β₁ᵗ) · m / (√s + r·ε).
    """
    np.sqrt(mean_square, out=working)
    np.add(working, epsilon, out=working)
    np.divide(mean, working, out=working)
    np.multiply(working, step_size, out=working)
    np.subtract(parameter, working, out=parameter)
