"""Counts and rates: an output that is never negative, and the loss for the way that counts scatter.

    a = e^z          ℓ = Σ_k [a_k − y_k log a_k] + terms that depend on y alone

The variance of counts (visitors, calls, defects) grows with their mean. ``output.py`` has the gradient
of the pair, which serves regression: ``inkling.MLPRegressor(loss="poisson")``.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from inkling._types import FloatArray
from inkling.nn.activations import Activation
from inkling.nn.losses import Loss, above_zero


class Exp(Activation):
    """The exponential a = e^z, an output for counts.

    It is infinite above z = 88 (float32) or 709 (float64); training then raises DivergenceError.

    Example:
        >>> Exp().value(np.log([[2.0, 5.0]]))
        array([[2., 5.]])
    """

    kind: ClassVar[str] = "exp"
    output_range: ClassVar[tuple[float, float]] = (0.0, np.inf)

    def value(self, z: FloatArray, /) -> FloatArray:
        return np.exp(z)  # [exp]

    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        return grad * a  # [exp-grad]


class Poisson(Loss):
    """Half the Poisson deviance: 0 where the outputs equal the targets, positive elsewhere.

        ℓ = Σ_k [y_k log(y_k / a_k) − y_k + a_k]

    It is the negative log-likelihood of counts y with means a, without the terms that depend on y alone.

    Example:
        >>> Poisson().value(np.array([[1.0, 4.0]]), np.array([[0.0, 4.0]]))
        1.0

    Reference:
        McCullagh and Nelder, "Generalized Linear Models", second edition (1989), section 2.3.
    """

    kind: ClassVar[str] = "poisson"
    domain: ClassVar[tuple[float, float]] = (0.0, np.inf)

    def per_sample(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        return (y_log_y(y) - y * np.log(above_zero(a)) - y + a).sum(axis=1)  # [poisson]

    def gradient(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        return 1 - y / above_zero(a)  # [poisson-grad]


def y_log_y(y: FloatArray) -> FloatArray:
    """Returns y log y, which is 0 at y = 0."""
    return y * np.log(above_zero(y))
