"""The distributions of initial weights.

If all weights start at zero, all units of a layer learn the same; if they start too large, sigmoids
saturate and ReLU networks explode. The variance rules choose the scale that keeps the variance of the
signal from layer to layer: for z = Σ_i x_i W_i with I inputs, Var z = I · Var W · E[x²].

    LeCun    Var W = 1 / I            E[x²] = 1, linear or tanh near zero
    Glorot   Var W = 2 / (I + O)      a compromise between forward and backward
    He       Var W = 2 / I            ReLU halves E[x²]

Numbers are drawn in float64 and rounded by the layer, so float32 and float64 networks of the same seed
start alike.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import sqrt

import numpy as np

from inkling._checks import check_range, check_type
from inkling._types import FloatArray


class Initializer(ABC):
    """A distribution of initial values."""

    @abstractmethod
    def __call__(
        self, shape: tuple[int, ...], fan: tuple[int, int], *, rng: np.random.Generator
    ) -> FloatArray:
        """Draws float64 values of a shape, for a layer with fan = (I, O)."""


@dataclass(frozen=True)
class Zeros(Initializer):
    """All zero: right for biases, wrong for weights."""

    def __call__(
        self, shape: tuple[int, ...], fan: tuple[int, int], *, rng: np.random.Generator
    ) -> FloatArray:
        return np.zeros(shape)  # [init-zeros]


@dataclass(frozen=True)
class Normal(Initializer):
    """N(0, std²), whatever the size of the layer; std is at least 0."""

    std: float = 1.0

    def __post_init__(self) -> None:
        check_range("Normal", "std", self.std, low=0)

    def __call__(
        self, shape: tuple[int, ...], fan: tuple[int, int], *, rng: np.random.Generator
    ) -> FloatArray:
        return rng.normal(0.0, self.std, shape)  # [init-normal]


@dataclass(frozen=True)
class Uniform(Initializer):
    """U(−bound, bound), whatever the size of the layer; the bound is at least 0."""

    bound: float = 1.0

    def __post_init__(self) -> None:
        check_range("Uniform", "bound", self.bound, low=0)

    def __call__(
        self, shape: tuple[int, ...], fan: tuple[int, int], *, rng: np.random.Generator
    ) -> FloatArray:
        return rng.uniform(-self.bound, self.bound, shape)  # [init-uniform]


@dataclass(frozen=True)
class _VarianceRule(Initializer):
    """N(0, v), or U(−√(3v), √(3v)) if ``uniform``; the variance v depends on the size of the layer."""

    uniform: bool = False

    @abstractmethod
    def variance(self, inputs: int, outputs: int) -> float:
        """Returns v for a layer with I inputs and O outputs."""

    def __call__(
        self, shape: tuple[int, ...], fan: tuple[int, int], *, rng: np.random.Generator
    ) -> FloatArray:
        variance = self.variance(*fan)
        if self.uniform:
            bound = sqrt(3 * variance)  # because U(−b, b) has variance b² / 3
            return rng.uniform(-bound, bound, shape)  # [init-uniform-bound]
        return rng.normal(0.0, sqrt(variance), shape)


@dataclass(frozen=True)
class LeCun(_VarianceRule):
    """Variance 1 / I.

    Reference:
        LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.6, equation 16.
    """

    def variance(self, inputs: int, outputs: int) -> float:
        return 1 / inputs  # [init-lecun]


@dataclass(frozen=True)
class Glorot(_VarianceRule):
    """Variance 2 / (I + O).

    Reference:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
        AISTATS 2010, equations 12 and 16.
    """

    def variance(self, inputs: int, outputs: int) -> float:
        return 2 / (inputs + outputs)  # [init-glorot]


@dataclass(frozen=True)
class He(_VarianceRule):
    """Variance 2 / I.

    Example:
        >>> He()((800, 300), (800, 300), rng=np.random.default_rng(0)).std().round(3)
        np.float64(0.05)

    Reference:
        He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015, equation 10.
    """

    def variance(self, inputs: int, outputs: int) -> float:
        return 2 / inputs  # [init-he]


def check_drawing(who: str, rng: object, *initializers: object) -> None:
    """Raises SettingError unless these are a random generator and objects that draw initial values."""
    check_type(who, "rng", rng, np.random.Generator, "pass np.random.default_rng(seed)")
    for initializer in initializers:
        check_type(who, "an initializer", initializer, Initializer, "pass an object such as He()")
