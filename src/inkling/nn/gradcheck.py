"""Gradients compared with finite differences.

    ∂L/∂θ ≈ (L(θ + h) − L(θ − h)) / 2h

The central difference has an error of O(h²) and a rounding error of order ε/h; with float64 and h = 1e-5
both are about 1e-10, far below the effect of a wrong formula. The gradients of a float32 network are
therefore compared with the differences of its float64 copy. Use it whenever you add a layer:

    inkling gradcheck                         everything that Inkling contains
    check_gradients(network, x, y, loss)      your own network
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling._checks import check_shape, check_type
from inkling._types import AnyArray, FloatArray
from inkling.nn.losses import Loss
from inkling.nn.network import Network

STEP = 1e-5
"""h: rounding (ε/h ≈ 1e-11) and curvature (h² ≈ 1e-10) are both small."""

DROPOUT_SEED = 0
"""Every forward pass starts with this seed, so the dropout masks are the same."""

TOLERANCES: dict[np.dtype[Any], float] = {
    np.dtype(np.float32): 2e-4,
    np.dtype(np.float64): 1e-5,
}
"""The largest relative error that passes: above rounding (1e-6 of gradients as small as 1e-5, which
saturated units have), and at least five times below the effect of a gradient that is off by 0.1 %."""


@dataclass(frozen=True)
class GradientCheck:
    """The largest difference between gradients and finite differences, and where it is."""

    max_relative_error: float
    """The largest |analytic − numeric| over all entries of all parameters, each relative to the larger
    of its numeric value and 1 % of the largest in its parameter."""
    parameter: str
    """The name of the parameter with that entry."""
    index: tuple[int, ...]
    analytic: float
    numeric: float
    passed: bool
    """Whether the error is within the tolerance for the dtype of the network."""

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
) -> GradientCheck:
    """Compares every gradient of a network with finite differences.

    It takes two forward passes per parameter, so use small layers, with sizes that all differ (the
    transpose of a square matrix has the right shape) and a batch of at least 3 (a factor 2 / B is 1 for
    B = 2). Keep inputs away from the kink of ReLU, where the derivative is not defined. A sample for
    which a whole layer is 0 is at the kink while biases are 0: use ``bias_initializer=Uniform(0.5)``.

    Args:
        network: float32 or float64; its parameters are unchanged afterwards.
        inputs: (B, I).
        targets: labels (B,) or (B, O).
        loss: the loss.
        sample_weights: (B,).

    Returns:
        The largest relative error and where it is.

    Raises:
        SettingError: loss and output activation cannot be combined.
        ShapeError: a gradient does not have the shape of its parameter.

    Example:
        >>> from inkling.nn import CrossEntropy, build_mlp
        >>> rng = np.random.default_rng(0)
        >>> network = build_mlp((7, 5, 3), rng=rng, activation="tanh", dtype=np.float64)
        >>> check_gradients(network, rng.normal(size=(5, 7)), np.array([0, 1, 2, 1, 0]),
        ...                 CrossEntropy()).passed
        True
    """
    check_type("check_gradients", "network", network, Network)
    rng = np.random.default_rng(DROPOUT_SEED)
    analytic = network.loss_and_gradients(
        inputs, targets, loss, sample_weights=sample_weights, rng=rng
    ).gradients
    # A float64 network needs no copy, so layers of your own need not be in the registry.
    twin = network if network.dtype == np.float64 else network.copy(np.float64)

    def loss_now() -> float:
        forward = twin.forward(inputs, rng=np.random.default_rng(DROPOUT_SEED))
        return loss.value(forward.outputs, targets, sample_weights)

    checks = []
    for name, parameter in twin.parameters.items():
        check_shape("check_gradients", f"a gradient of {name}", analytic[name], parameter.shape)
        numeric = numeric_gradient(loss_now, parameter)
        errors = relative_errors(analytic[name], numeric)
        index = tuple(int(i) for i in np.unravel_index(errors.argmax(), errors.shape))
        error = float(errors[index])
        passed = error <= TOLERANCES[network.dtype]
        pair = float(analytic[name][index]), float(numeric[index])
        checks.append(GradientCheck(error, name, index, *pair, passed))
    return checks[int(np.argmax([check.max_relative_error for check in checks]))]  # NaN is largest


def numeric_gradient(function: Callable[[], float], parameter: FloatArray) -> FloatArray:
    """Computes ∂f/∂θ for every entry of θ (float64, any shape), by central differences.

    θ is changed in place and restored; ``function`` computes f from its present values.
    """
    gradient = np.empty_like(parameter)
    for index in np.ndindex(parameter.shape):
        start = parameter[index]
        parameter[index] = start + STEP
        above = function()
        parameter[index] = start - STEP
        below = function()
        parameter[index] = start
        gradient[index] = (above - below) / (2 * STEP)  # [central-difference]
    return gradient


def relative_errors(analytic: FloatArray, numeric: FloatArray) -> FloatArray:
    """Returns |g − n| relative to the larger of |n| and 1 % of the largest |n|.

    The floor keeps entries that are nearly zero, and therefore mostly rounding, from dominating.
    """
    size = np.abs(numeric)
    floor = max(0.01 * float(size.max()), np.finfo(np.float64).tiny)
    return np.abs(analytic - numeric) / np.maximum(size, floor)  # [relative-error]
