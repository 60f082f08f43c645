"""Going downhill: plain gradient descent, and two ways of doing it with momentum.

Each class is one formula, written as the array operations that carry it out. ``out=`` keeps them in
place: a step at 784 × 100 reads and writes memory already there and makes no new array. p stands for the
parameter, g for its gradient, η for the learning rate. Rates of their own for every weight come next,
in ``adaptive.py``.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np

from inkling._types import FloatArray
from inkling.optim.optimizer import Optimizer


@dataclass(eq=False)
class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − η·g.

    Args:
        learning_rate: η, in (0, ∞).
        weight_decay: λ, in [0, ∞); λ·W is added to the gradient of weight matrices, not of biases.

    Example:
        >>> weights = np.array([[1.0, 2.0]])
        >>> SGD(0.1).update({"w": weights}, {"w": np.array([[5.0, -5.0]])})
        >>> weights
        array([[0.5, 2.5]])

    Reference:
        Robbins and Monro (1951), A Stochastic Approximation Method.
    """

    name: ClassVar[str] = "sgd"
    learning_rate: float = 0.1

    def update_one(
        self, name: str, parameter: FloatArray, gradient: FloatArray, rate: float
    ) -> None:
        """p ← p − η·g [sgd]."""
        self.add_weight_decay(name, parameter, gradient)
        np.multiply(gradient, rate, out=gradient)
        np.subtract(parameter, gradient, out=parameter)


@dataclass(eq=False)
class Momentum(Optimizer):
    """Gradient descent with momentum: the step is a decaying sum of the gradients so far.

        "pytorch"       v ← μ·v + g      p ← p − η·v
        "scikit-learn"  v ← μ·v − η·g    p ← p + v

    With a constant rate the two walk the same path. When the rate changes they part: the first applies
    the new rate to everything remembered, the second only to what comes in from now on.

    Args:
        learning_rate: η, in (0, ∞). Steps add up to 1 / (1 − μ) times as far as without momentum.
        momentum: μ, in [0, 1).
        weight_decay: λ, in [0, ∞); λ·W is added to the gradient of weight matrices, not of biases.
        convention: "pytorch" or "scikit-learn", as above.

    Example:
        >>> weights = np.array([[1.0, 2.0]])
        >>> momentum = Momentum(0.1, momentum=0.5)
        >>> for _ in range(2):
        ...     momentum.update({"w": weights}, {"w": np.array([[1.0, -1.0]])})
        >>> momentum.state
        {'velocity/w': array([[ 1.5, -1.5]])}
        >>> weights
        array([[0.75, 2.25]])

    Reference:
        Polyak (1964), Some Methods of Speeding Up the Convergence of Iteration Methods.
    """

    name: ClassVar[str] = "momentum"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    learning_rate: float = 0.01
    _: KW_ONLY
    momentum: float = 0.9
    convention: str = "pytorch"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("momentum", high=1)
        self._check_convention(self.convention)

    def update_one(
        self, name: str, parameter: FloatArray, gradient: FloatArray, rate: float
    ) -> None:
        """Moves the velocity, then the parameter.

        "pytorch"       v ← μ·v + g   [momentum-velocity]         p ← p − η·v [momentum-step]
        "scikit-learn"  v ← μ·v − η·g [momentum-velocity-scaled]  p ← p + v   [momentum-step-scaled]
        """
        velocity = self.state[f"velocity/{name}"]
        self.add_weight_decay(name, parameter, gradient)
        np.multiply(velocity, self.momentum, out=velocity)
        if self.convention == "pytorch":
            np.add(velocity, gradient, out=velocity)
            np.multiply(velocity, rate, out=gradient)
            np.subtract(parameter, gradient, out=parameter)
        else:
            np.multiply(gradient, rate, out=gradient)
            np.subtract(velocity, gradient, out=velocity)
            np.add(parameter, velocity, out=parameter)


@dataclass(eq=False)
class Nesterov(Optimizer):
    """Momentum that looks ahead: the step is the one that plain momentum would take next.

        "pytorch"       v ← μ·v + g      p ← p − η·(g + μ·v)
        "scikit-learn"  v ← μ·v − η·g    p ← p + μ·v − η·g

    In both the right-hand formula uses the new v. As with ``Momentum``, the two agree as long as the
    rate stays the same.

    Args:
        learning_rate: η, in (0, ∞).
        momentum: μ, in [0, 1).
        weight_decay: λ, in [0, ∞); λ·W is added to the gradient of weight matrices, not of biases.
        convention: "pytorch" or "scikit-learn", as above.

    Example:
        >>> weights = np.array([[1.0, 2.0]])
        >>> Nesterov(0.1, momentum=0.5).update({"w": weights}, {"w": np.array([[1.0, -1.0]])})
        >>> weights
        array([[0.85, 2.15]])

    Reference:
        Sutskever, Martens, Dahl and Hinton (2013), On the Importance of Initialization and Momentum
        in Deep Learning, equations 3 and 4; both conventions above store their θ + μ·v as p.
    """

    name: ClassVar[str] = "nesterov"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    learning_rate: float = 0.01
    _: KW_ONLY
    momentum: float = 0.9
    convention: str = "pytorch"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("momentum", high=1)
        self._check_convention(self.convention)

    def update_one(
        self, name: str, parameter: FloatArray, gradient: FloatArray, rate: float
    ) -> None:
        """Moves the velocity, then the parameter by the step that momentum would take next.

        "pytorch"       v ← μ·v + g          [momentum-velocity]
                        p ← p − η·(g + μ·v)  [nesterov-step]
        "scikit-learn"  v ← μ·v − η·g        [momentum-velocity-scaled]
                        p ← p + μ·v − η·g    [nesterov-step-scaled]
        """
        velocity = self.state[f"velocity/{name}"]
        ahead = self.scratch(name, parameter)
        self.add_weight_decay(name, parameter, gradient)
        np.multiply(velocity, self.momentum, out=velocity)
        if self.convention == "pytorch":
            np.add(velocity, gradient, out=velocity)
            np.multiply(velocity, self.momentum, out=ahead)
            np.add(gradient, ahead, out=gradient)
            np.multiply(gradient, rate, out=gradient)
        else:
            np.multiply(gradient, rate, out=gradient)
            np.subtract(velocity, gradient, out=velocity)
            np.multiply(velocity, self.momentum, out=ahead)
            np.subtract(gradient, ahead, out=gradient)
        np.subtract(parameter, gradient, out=parameter)
