"""The proof: every gradient beside the slope one measures by moving the parameter a little.

    ∂L/∂θ ≈ (L(θ + h) − L(θ − h)) / 2h

The central difference is wrong by O(h²) and by rounding of order ε/h; with float64 and h = 1e-5 that is
about 1e-10, far below any mistake in a formula. A float32 network's gradients are therefore compared
with the differences of its float64 copy. Use it whenever you add a layer:

    inkling gradcheck                         everything that ships
    check_gradients(network, x, y, loss)      yours
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling._checks import check_shape
from inkling._types import AnyArray, FloatArray
from inkling.nn.losses import Loss
from inkling.nn.network import Network

STEP = 1e-5
"""h: rounding (ε/h ≈ 1e-11) and curvature (h² ≈ 1e-10) are both small."""

TOLERANCES: dict[np.dtype[Any], float] = {
    np.dtype(np.float32): 2e-4,
    np.dtype(np.float64): 1e-5,
}
"""The largest relative error that passes: above rounding (1e-6 of a gradient as small as 1e-5, which
saturated units leave), and at least five times below a gradient that is off by 0.1 %."""


@dataclass(frozen=True)
class GradientCheck:
    """What the comparison found.

    Attributes:
        max_relative_error: the largest |analytic − numeric| over all entries of all parameters, each
            relative to the larger of its numeric value and 1 % of its parameter's largest.
        parameter: the name of the parameter where that was.
        index: the entry there.
        analytic: the gradient that back-propagation gave for it.
        numeric: the slope that was measured.
        passed: whether the error is within the tolerance for the network's dtype.
    """

    max_relative_error: float
    parameter: str
    index: tuple[int, ...]
    analytic: float
    numeric: float
    passed: bool

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        entry = f"{self.parameter}{list(self.index)}"
        return (
            f"{verdict}: largest relative error {self.max_relative_error:.1e} at {entry}: "
            f"analytic {self.analytic:.8g}, numeric {self.numeric:.8g}"
        )


def check_gradients(
    network: Network,
    inputs: AnyArray,
    targets: AnyArray,
    loss: Loss,
    *,
    sample_weights: FloatArray | None = None,
    dropout_seed: int = 0,
) -> GradientCheck:
    """Compares every gradient of a network with finite differences.

    It costs two forward passes a parameter, so use small layers, with sizes that all differ (a
    transposed square matrix has the right shape) and a batch of at least 3 (a factor 2 / B is 1 for 2).
    Keep inputs away from the kink of ReLU, where the slope is not defined. A sample that silences a
    whole layer sits on it while biases are 0: start them elsewhere (``bias_initializer=Uniform(0.5)``).

    Args:
        network: float32 or float64; its parameters are left as they are.
        inputs: (B, I).
        targets: labels (B,) or (B, O).
        loss: the loss.
        sample_weights: (B,).
        dropout_seed: every pass starts with this seed, so that dropout masks are the same.

    Raises:
        ShapeError: a gradient has another shape than its parameter.

    Example:
        >>> from inkling.nn.losses import CrossEntropy
        >>> from inkling.nn.mlp import build_mlp
        >>> rng = np.random.default_rng(0)
        >>> network = build_mlp((7, 5, 3), rng=rng, activation="tanh", dtype=np.float64)
        >>> check_gradients(network, rng.normal(size=(5, 7)), np.array([0, 1, 2, 1, 0]),
        ...                 CrossEntropy()).passed
        True
    """
    analytic = network.loss_and_gradients(
        inputs,
        targets,
        loss,
        sample_weights=sample_weights,
        rng=np.random.default_rng(dropout_seed),
    ).gradients
    # Moved in place and put back, so a float64 network needs no copy, nor layers that can be copied.
    twin = network if network.dtype == np.float64 else network.copy(np.float64)

    def loss_now() -> float:
        rng = np.random.default_rng(dropout_seed)
        outputs, _ = twin.forward(inputs.astype(np.float64), training=True, rng=rng)
        return loss.value(outputs, targets, sample_weights)

    checks = []
    for name, parameter in twin.parameters.items():
        check_shape("check_gradients", f"a gradient of {name}", analytic[name], parameter.shape)
        numeric = numeric_gradient(loss_now, parameter)
        errors = relative_errors(analytic[name], numeric)
        index = tuple(int(i) for i in np.unravel_index(errors.argmax(), errors.shape))
        error = float(errors[index])
        passed = error <= TOLERANCES[network.dtype]
        slopes = float(analytic[name][index]), float(numeric[index])
        checks.append(GradientCheck(error, name, index, *slopes, passed))
    return checks[int(np.argmax([check.max_relative_error for check in checks]))]  # NaN is largest


def numeric_gradient(function: Callable[[], float], parameter: FloatArray) -> FloatArray:
    """Measures ∂f/∂θ for every entry of θ by central differences.

        ∂f/∂θ ≈ (f(θ + h) − f(θ − h)) / 2h  [central-difference]

    Args:
        function: computes f from the parameter's present values.
        parameter: θ, float64, any shape; moved in place and put back.

    Example:
        >>> theta = np.array([3.0, -1.0])
        >>> numeric_gradient(lambda: float((theta**2).sum()), theta).round(6)
        array([ 6., -2.])
    """
    gradient = np.empty_like(parameter)
    for index in np.ndindex(parameter.shape):
        start = parameter[index]
        parameter[index] = start + STEP
        above = function()
        parameter[index] = start - STEP
        below = function()
        parameter[index] = start
        gradient[index] = (above - below) / (2 * STEP)
    return gradient


def relative_errors(analytic: FloatArray, numeric: FloatArray) -> FloatArray:
    """Returns |analytic − numeric| relative to the larger of |numeric| and 1 % of its maximum.

        e = |g − n| / max(|n|, 0.01 max |n|)  [relative-error]

    The floor keeps entries that are nearly zero, and so mostly rounding, from drowning the rest.
    """
    size = np.abs(numeric)
    floor = max(0.01 * float(size.max()), np.finfo(np.float64).tiny)
    errors: FloatArray = np.abs(analytic - numeric) / np.maximum(size, floor)
    return errors
