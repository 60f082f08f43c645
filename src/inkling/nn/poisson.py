"""Counts: an output that is never negative, and the loss that suits how counts scatter.

    a = e^z          ℓ = Σ_k [a_k − y_k log a_k] + what depends on y alone

How many visitors, calls, defects: the targets are counts or rates, and their variance grows with their
mean. The two belong together and serve regression (``inkling.MLPRegressor(loss="poisson")``); they are
not in ``registry.py``, whose names are those of a classifier's layers and losses. ``output.py`` has
their δ.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from inkling._checks import complain
from inkling._types import AnyArray, FloatArray
from inkling.errors import ShapeError
from inkling.nn.activations import Activation
from inkling.nn.losses import Loss, above_zero, one_hot


class Exp(Activation):
    """The exponential a = e^z, the output for counts: ∂L/∂z = ∂L/∂a · a.

    Beyond z = 88 (float32) or 709 (float64) it is infinite; training then says that it diverged.

    Example:
        >>> Exp().forward(np.log([[2.0, 5.0]]))[0]
        array([[2., 5.]])
    """

    kind: ClassVar[str] = "exp"
    output_range: ClassVar[tuple[float, float]] = (0.0, np.inf)

    def value(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """a = e^z [exp]."""
        return np.exp(z, out=out)

    def gradient(
        self,
        grad_a: FloatArray,
        z: FloatArray,  # noqa: ARG002
        a: FloatArray,
        out: FloatArray,
    ) -> FloatArray:
        """∂L/∂z = ∂L/∂a · a [exp-grad]."""
        return np.multiply(grad_a, a, out=out)


class Poisson(Loss):
    """Half the Poisson deviance: 0 where the outputs are the targets, and above it elsewhere.

        ℓ = Σ_k [y_k log(y_k / a_k) − y_k + a_k]          ∂ℓ/∂a_k = 1 − y_k / a_k

    It is the negative log-likelihood of counts y with means a, less what depends on y alone. Where y is
    0, so is y log y.

    Example:
        >>> Poisson().value(np.array([[1.0, 4.0]]), np.array([[0.0, 4.0]]))
        1.0

    Reference:
        McCullagh and Nelder, "Generalized Linear Models", second edition (1989), section 2.3.
    """

    kind: ClassVar[str] = "poisson"
    domain: ClassVar[tuple[float, float]] = (0.0, np.inf)

    def dense_targets(self, targets: AnyArray, outputs: FloatArray) -> FloatArray:
        """Returns the targets y (B, O).

        Raises:
            ShapeError: the targets do not fit, or one is negative.
        """
        dense = one_hot("Poisson", targets, outputs)
        if not (dense >= 0).all():  # NaN compares false
            wrong = dense[~(dense >= 0)][0]
            raise ShapeError(complain("Poisson", "targets of at least 0", f"{wrong:g}"))
        return dense

    def per_sample(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """ℓ = Σ_k [y_k log(y_k / a_k) − y_k + a_k] [poisson]."""
        logs = entropy_terms(targets) - targets * np.log(above_zero(outputs))
        losses: FloatArray = (logs - targets + outputs).sum(axis=1)
        return losses

    def gradient(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """∂ℓ/∂a_k = 1 − y_k / a_k [poisson-grad]."""
        return 1 - targets / above_zero(outputs)


def entropy_terms(targets: FloatArray) -> FloatArray:
    """Returns y log y, which is 0 at y = 0.

    Example:
        >>> entropy_terms(np.array([1.0, 2.0, np.e])).round(4)
        array([0.    , 1.3863, 2.7183])
    """
    return targets * np.log(above_zero(targets))
