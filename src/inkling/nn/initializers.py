"""How weights start.

If every weight starts at zero, all units of a layer learn the same; if they start too large, sigmoids
saturate and ReLU networks explode. The variance rules choose the scale so that the signal's variance
is kept from layer to layer: for z = Σ_i x_i W_i with I inputs, Var z = I · Var W · E[x²].

    LeCun    Var W = 1 / I            E[x²] = 1, linear or tanh near zero
    Glorot   Var W = 2 / (I + O)      a compromise between forward and backward
    He       Var W = 2 / I            ReLU halves E[x²]

Numbers are drawn in float64 and rounded by the layer, so that a float32 and a float64 network of the
same seed start alike.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import sqrt

import numpy as np

from inkling._checks import check_range
from inkling._types import FloatArray


class Initializer(ABC):
    """Draws the first values of a parameter."""

    @abstractmethod
    def __call__(
        self, shape: tuple[int, ...], fan: tuple[int, int], *, rng: np.random.Generator
    ) -> FloatArray:
        """Returns float64 values.

        Args:
            shape: the parameter's shape.
            fan: (I, O) of the layer it belongs to.
            rng: the source of random numbers.
        """


@dataclass(frozen=True)
class Zeros(Initializer):
    """All zero: right for biases, wrong for weights."""

    def __call__(
        self,
        shape: tuple[int, ...],
        fan: tuple[int, int],  # noqa: ARG002
        *,
        rng: np.random.Generator,  # noqa: ARG002
    ) -> FloatArray:
        """Returns zeros [init-zeros]."""
        return np.zeros(shape)


@dataclass(frozen=True)
class Normal(Initializer):
    """N(0, std²), the same whatever the layer's size.

    Example:
        >>> Normal(std=0.5)((400, 300), (400, 300), rng=np.random.default_rng(0)).std().round(2)
        np.float64(0.5)
    """

    std: float = 1.0

    def __post_init__(self) -> None:
        """Checks the standard deviation."""
        check_range("Normal", "std", self.std, low=0)

    def __call__(
        self,
        shape: tuple[int, ...],
        fan: tuple[int, int],  # noqa: ARG002
        *,
        rng: np.random.Generator,
    ) -> FloatArray:
        """Draws from N(0, std²) [init-normal]."""
        return rng.normal(0.0, self.std, shape)


@dataclass(frozen=True)
class Uniform(Initializer):
    """U(−bound, bound), the same whatever the layer's size.

    Example:
        >>> abs(Uniform(0.5)((40, 30), (40, 30), rng=np.random.default_rng(0))).max() < 0.5
        np.True_
    """

    bound: float = 1.0

    def __post_init__(self) -> None:
        """Checks the bound."""
        check_range("Uniform", "bound", self.bound, low=0)

    def __call__(
        self,
        shape: tuple[int, ...],
        fan: tuple[int, int],  # noqa: ARG002
        *,
        rng: np.random.Generator,
    ) -> FloatArray:
        """Draws from U(−bound, bound) [init-uniform]."""
        return rng.uniform(-self.bound, self.bound, shape)


@dataclass(frozen=True)
class LeCun(Initializer):
    """Variance 1 / I, from a normal distribution or, if asked, a uniform one.

    Example:
        >>> LeCun()((400, 300), (400, 300), rng=np.random.default_rng(0)).std().round(3)
        np.float64(0.05)

    Reference:
        LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.6, equation 16.
    """

    uniform: bool = False

    def __call__(
        self, shape: tuple[int, ...], fan: tuple[int, int], *, rng: np.random.Generator
    ) -> FloatArray:
        """Draws with variance 1 / I [init-lecun]."""
        return _draw(shape, 1 / fan[0], self.uniform, rng)


@dataclass(frozen=True)
class Glorot(Initializer):
    """Variance 2 / (I + O), from a normal distribution or, if asked, a uniform one.

    Example:
        >>> Glorot()((600, 200), (600, 200), rng=np.random.default_rng(0)).std().round(3)
        np.float64(0.05)

    Reference:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
        AISTATS 2010, equations 12 and 16.
    """

    uniform: bool = False

    def __call__(
        self, shape: tuple[int, ...], fan: tuple[int, int], *, rng: np.random.Generator
    ) -> FloatArray:
        """Draws with variance 2 / (I + O) [init-glorot]."""
        return _draw(shape, 2 / (fan[0] + fan[1]), self.uniform, rng)


@dataclass(frozen=True)
class He(Initializer):
    """Variance 2 / I, from a normal distribution or, if asked, a uniform one.

    Example:
        >>> He()((800, 300), (800, 300), rng=np.random.default_rng(0)).std().round(3)
        np.float64(0.05)

    Reference:
        He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015, equation 10.
    """

    uniform: bool = False

    def __call__(
        self, shape: tuple[int, ...], fan: tuple[int, int], *, rng: np.random.Generator
    ) -> FloatArray:
        """Draws with variance 2 / I [init-he]."""
        return _draw(shape, 2 / fan[0], self.uniform, rng)


def _draw(
    shape: tuple[int, ...], variance: float, uniform: bool, rng: np.random.Generator
) -> FloatArray:
    """Draws from N(0, v) or from U(−√(3v), √(3v)) [init-uniform-bound], both of variance v."""
    if uniform:
        bound = sqrt(3 * variance)  # U(−b, b) has variance b² / 3
        return rng.uniform(-bound, bound, shape)
    return rng.normal(0.0, sqrt(variance), shape)
