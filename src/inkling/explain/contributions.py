"""Why this digit and not that one: the difference of two logits, split into parts that add up to it.

    d = z_k − z_m = Σ parts + biases

A network of ReLU, leaky ReLU or identity is a linear function of its pixels while no unit changes sides,
so each pixel has its part. In any other network each unit of the last hidden layer has one.
Next: ``units.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._checks import check_range
from inkling._types import FloatArray
from inkling.explain.forward_trace import (
    ForwardTrace,
    dense_indices,
    input_gradient,
    is_piecewise_linear,
)

PIXEL, UNIT = "pixel", "unit"


@dataclass(frozen=True, eq=False)
class Difference:
    """The difference of two logits and its parts: total = parts.sum() + biases.

    Attributes:
        kind: "pixel", or "unit" for the units of the last hidden layer.
        layer: the name of the units' Dense layer; None for pixels.
        label: the label of the formula in the derivation.
        total: d = z_k − z_m.
        parts: c (I,) by pixel, or (J,) by unit.
        biases: what remains if all pixels are blank, or all units zero.
    """

    kind: str
    layer: str | None
    label: str
    total: float
    parts: FloatArray
    biases: float


def explain_difference(
    trace: ForwardTrace, wanted: int, other: int, *, blank: float = 0.0
) -> Difference:
    """Splits the difference of two logits into parts that add up to it.

    By pixel if the network is piecewise linear, else by unit of the last hidden layer.

    Args:
        trace: the forward pass of the sample.
        wanted: k, the class to explain, in [0, O).
        other: m, the class to compare with.
        blank: x₀, the input value of a pixel without ink, whose part is then 0.

    Raises:
        SettingError: a class is not in [0, O).

    Example:
        >>> from inkling.explain.forward_trace import forward_trace
        >>> from inkling.nn import build_mlp
        >>> network = build_mlp((7, 5, 3), rng=np.random.default_rng(0), dtype=np.float64)
        >>> why = explain_difference(forward_trace(network, np.linspace(0, 1, 7)[np.newaxis]), 2, 0)
        >>> why.kind, why.parts.shape
        ('pixel', (7,))
        >>> bool(np.isclose(why.parts.sum() + why.biases, why.total, rtol=1e-12))
        True

    Reference:
        Shrikumar, Greenside, Shcherbina and Kundaje, "Not just a black box: learning important
        features through propagating activation differences", arXiv 1605.01713 (gradient times input).
    """
    for name, number in (("wanted", wanted), ("other", other)):
        high = trace.network.outputs - 1
        check_range("explain_difference", name, number, low=0, high=high, whole=True)
    if is_piecewise_linear(trace.network):
        return _by_pixel(trace, wanted, other, blank)
    return _by_unit(trace, wanted, other)


def push(trace: ForwardTrace, wanted: int, other: int) -> FloatArray:
    """Computes what each unit of the last hidden layer adds to d = z_k − z_m, (J,)."""
    weights = trace.last_dense.weights
    return trace.hidden[0] * (weights[:, wanted] - weights[:, other])  # [contribution-unit]


def _by_pixel(trace: ForwardTrace, wanted: int, other: int, blank: float) -> Difference:
    """Splits d by pixel: c_i = (x_i − x₀) ∂d/∂x_i, and c₀ = Σ b ∂d/∂b + x₀ Σ_i ∂d/∂x_i."""
    weights = trace.last_dense.weights
    difference = (weights[:, wanted] - weights[:, other])[np.newaxis]
    gradient, shares = input_gradient(trace, trace.last, difference)
    parts = (trace.inputs[0] - np.asarray(blank, gradient.dtype)) * gradient[
        0
    ]  # [contribution-pixel]
    bias, total = _differences(trace, wanted, other)
    biases = bias + float(shares[0]) + blank * float(gradient.sum())  # [contribution-biases]
    return Difference(PIXEL, None, "contribution-pixel", total, parts, biases)


def _by_unit(trace: ForwardTrace, wanted: int, other: int) -> Difference:
    bias, total = _differences(trace, wanted, other)
    layer = trace.network.names[
        dense_indices(trace.network)[-2]
    ]  # not piecewise linear: there are two
    parts = push(trace, wanted, other)
    return Difference(UNIT, layer, "contribution-unit", total, parts, bias)


def _differences(trace: ForwardTrace, wanted: int, other: int) -> tuple[float, float]:
    """Returns b_k − b_m and z_k − z_m."""
    bias, logits = trace.last_dense.bias, trace.logits[0]
    return float(bias[wanted] - bias[other]), float(logits[wanted] - logits[other])
