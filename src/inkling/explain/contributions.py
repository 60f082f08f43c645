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


@dataclass(frozen=True, eq=False)
class Difference:
    """The difference of two logits and its parts: total = parts.sum() + biases."""

    kind: str
    """What the parts belong to: "pixel", or "unit" for the units of the last hidden layer."""
    layer: str | None
    """The name of the units' Dense layer; None for pixels."""
    total: float
    """d = z_k − z_m."""
    parts: FloatArray
    """c (I,) by pixel, or (J,) by unit."""
    biases: float
    """What remains if all pixels are blank, or all units zero."""

    @property
    def label(self) -> str:
        """The label of the formula in the derivation."""
        return f"contribution-{self.kind}"


def explain_difference(
    trace: ForwardTrace, wanted: int, other: int, *, blank: float = 0.0
) -> Difference:
    """Splits the difference of the logits of the classes ``wanted`` (k) and ``other`` (m) into parts.

    By pixel if the network is piecewise linear, else by unit of the last hidden layer. ``blank`` is x₀,
    the input value of a pixel without ink, whose part is then 0.

    Raises:
        SettingError: a class is not in [0, O).

    Reference:
        Shrikumar, Greenside, Shcherbina and Kundaje, "Not just a black box: learning important
        features through propagating activation differences", arXiv 1605.01713 (gradient times input).
    """
    check_classes("explain_difference", trace, wanted, other)
    if is_piecewise_linear(trace.network):
        return _by_pixel(trace, wanted, other, blank)
    bias, total = _differences(trace, wanted, other)
    layer = trace.network.names[dense_indices(trace.network)[-2]]  # a nonlinear one has two
    return Difference("unit", layer, total, push(trace, wanted, other), bias)


def check_classes(who: str, trace: ForwardTrace, wanted: int, other: int) -> None:
    """Raises SettingError unless both are classes of the network."""
    for name, number in (("wanted", wanted), ("other", other)):
        check_range(who, name, number, low=0, high=trace.network.outputs - 1, whole=True)


def push(trace: ForwardTrace, wanted: int, other: int) -> FloatArray:
    """Computes what each unit of the last hidden layer adds to d = z_k − z_m, (J,)."""
    weights = trace.last_dense.weights
    return trace.hidden[0] * (weights[:, wanted] - weights[:, other])  # [contribution-unit]


def _by_pixel(trace: ForwardTrace, wanted: int, other: int, blank: float) -> Difference:
    """Splits d by pixel: c_i = (x_i − x₀) ∂d/∂x_i, and c₀ = Σ b ∂d/∂b + x₀ Σ_i ∂d/∂x_i."""
    weights = trace.last_dense.weights
    difference = (weights[:, wanted] - weights[:, other])[np.newaxis]
    gradients, shares = input_gradient(trace, trace.last, difference)
    x, gradient = trace.inputs[0], gradients[0]
    parts = (x - np.asarray(blank, gradient.dtype)) * gradient  # [contribution-pixel]
    bias, total = _differences(trace, wanted, other)
    biases = bias + float(shares[0]) + blank * float(gradient.sum())  # [contribution-biases]
    return Difference("pixel", None, total, parts, biases)


def _differences(trace: ForwardTrace, wanted: int, other: int) -> tuple[float, float]:
    """Returns b_k − b_m and z_k − z_m."""
    bias, logits = trace.last_dense.bias, trace.logits[0]
    return float(bias[wanted] - bias[other]), float(logits[wanted] - logits[other])
