"""Why this digit and not that one: the difference of two logits, split into parts that add up to it.

    d = z_k − z_m = Σ parts + biases

A network of ReLU, leaky ReLU or identity is a straight function of its pixels as long as no unit
changes sides, and each pixel has its part. In any other network the bends lie between the pixels
and the answer; there each unit of the last hidden layer has one. Next: ``units.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._checks import check_range
from inkling._types import FloatArray
from inkling.explain.forward_trace import (
    ForwardTrace,
    dense_places,
    input_gradient,
    is_piecewise_linear,
)

PIXEL, UNIT = "pixel", "unit"


@dataclass(frozen=True, eq=False)
class Difference:
    """The difference of two logits and what it is made of: total = parts.sum() + biases.

    Attributes:
        kind: what has a part: "pixel" or "unit" (of the last hidden layer).
        layer: the dense layer of the units; None for pixels.
        label: the formula's label in the derivation.
        total: d = z_k − z_m.
        parts: c (I,) by pixel, or (J,) by unit.
        biases: what is left when all pixels are blank, or all units silent.
    """

    kind: str
    layer: str | None
    label: str
    total: float
    parts: FloatArray
    biases: float


def explain_difference(
    passage: ForwardTrace, wanted: int, other: int, *, blank: float = 0.0
) -> Difference:
    """Splits the difference of two logits into the parts that it is the sum of.

    By pixel where the network is straight between its bends, else by unit of the last hidden layer.

    Args:
        passage: the sample's way through the network.
        wanted: k, the class it is about, in [0, O).
        other: m, the class it is compared with.
        blank: x₀, what a pixel without ink is as an input; it takes no part then.

    Raises:
        SettingError: a class is not in [0, O).

    Example:
        >>> from inkling.explain.forward_trace import forward_trace
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((7, 5, 3), rng=np.random.default_rng(0), dtype=np.float64)
        >>> passage = forward_trace(network, np.linspace(0, 1, 7)[np.newaxis])
        >>> why = explain_difference(passage, 2, 0)
        >>> why.kind, why.parts.shape
        ('pixel', (7,))
        >>> bool(np.isclose(why.parts.sum() + why.biases, why.total, rtol=1e-12))
        True

    Reference:
        Shrikumar, Greenside, Shcherbina and Kundaje, "Not just a black box: learning important
        features through propagating activation differences", arXiv 1605.01713 (gradient times input).
    """
    for name, number in (("wanted", wanted), ("other", other)):
        high = passage.network.outputs - 1
        check_range("explain_difference", name, number, low=0, high=high, whole=True)
    if is_piecewise_linear(passage.network):
        return _by_pixel(passage, wanted, other, blank)
    return _by_unit(passage, wanted, other)


def push(passage: ForwardTrace, wanted: int, other: int) -> FloatArray:
    """Computes how far each unit of the last hidden layer moves d = z_k − z_m.

        c_j = h_j (W_jk − W_jm)  [contribution-unit]

    Returns:
        (J,).
    """
    weights = passage.last_dense.weights
    pushes: FloatArray = passage.hidden[0] * (weights[:, wanted] - weights[:, other])
    return pushes


def _total(passage: ForwardTrace, wanted: int, other: int) -> float:
    logits = passage.logits[0]
    return float(logits[wanted] - logits[other])


def _bias(passage: ForwardTrace, wanted: int, other: int) -> float:
    bias = passage.last_dense.bias
    return float(bias[wanted] - bias[other])


def _by_pixel(passage: ForwardTrace, wanted: int, other: int, blank: float) -> Difference:
    """Splits d by pixel.

    c_i = (x_i − x₀) ∂d/∂x_i                              [contribution-pixel]
    c₀ = Σ b ∂d/∂b over all biases + x₀ Σ_i ∂d/∂x_i       [contribution-biases]
    """
    weights = passage.last_dense.weights
    slopes, shares = input_gradient(
        passage, passage.last, (weights[:, wanted] - weights[:, other])[np.newaxis]
    )
    parts: FloatArray = (passage.inputs[0] - np.asarray(blank, slopes.dtype)) * slopes[0]
    biases = _bias(passage, wanted, other) + float(shares[0]) + blank * float(slopes.sum())
    total = _total(passage, wanted, other)
    return Difference(PIXEL, None, "contribution-pixel", total, parts, biases)


def _by_unit(passage: ForwardTrace, wanted: int, other: int) -> Difference:
    network, parts = passage.network, push(passage, wanted, other)
    layer = network.layers[dense_places(network)[-2]].name  # one that bends is not the only one
    total, biases = _total(passage, wanted, other), _bias(passage, wanted, other)
    return Difference(UNIT, layer, "contribution-unit", total, parts, biases)
