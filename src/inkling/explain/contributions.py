"""Why this digit and not that one: the difference of two logits, split into parts that add up to it.

    d = z_k − z_m,    d(x) = Σ parts + d(x̄)

A pixel's part is what it adds to d by being other than in the baseline x̄ (``baseline.py``), and so is a
unit's. These are the contributions of DeepLIFT's rescale rule. Next: ``units.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling._checks import check_range
from inkling._types import FloatArray
from inkling.explain.forward_trace import ForwardTrace, dense_indices
from inkling.nn.activations import Activation, Softmax
from inkling.nn.output import log_softmax

TINY = 1e-7
"""If z changes by less, the tangent takes the place of the secant."""


@dataclass(frozen=True, eq=False)
class Difference:
    """The difference of two logits and its parts: total = parts.sum() + baseline."""

    total: float
    """d(x) = z_k − z_m."""
    parts: FloatArray
    """c (I,), by pixel."""
    units: FloatArray
    """c (J,), by unit of the first hidden layer; the sum is the same. Empty if there is none."""
    baseline: float
    """d(x̄), the difference of the two logits for the baseline."""


def explain_difference(
    trace: ForwardTrace, baseline: ForwardTrace, wanted: int, other: int
) -> Difference:
    """Splits the difference of the logits of the classes ``wanted`` (k) and ``other`` (m) into parts.

    Raises:
        SettingError: a class is not in [0, O).

    Reference:
        Shrikumar, Greenside and Kundaje, "Learning important features through propagating activation
        differences", ICML 2017, section 3.5.1.
    """
    for name, number in (("wanted", wanted), ("other", other)):
        high = trace.network.outputs - 1
        check_range("explain_difference", name, number, low=0, high=high, whole=True)
    m = multipliers(trace, baseline, wanted, other)
    parts = (trace.inputs - baseline.inputs) * m[0]  # [contribution-pixel]
    units = parts[:, :0]
    if len(dense := dense_indices(trace.network)) > 1:
        after = dense[1]  # whose inputs are the activations h of the first hidden layer
        units = (trace.saved[after] - baseline.saved[after]) * m[after]  # [contribution-unit]
    total, rest = (float(z[wanted] - z[other]) for z in (trace.logits[0], baseline.logits[0]))
    return Difference(total, parts[0], units[0], rest)


def multipliers(
    trace: ForwardTrace, baseline: ForwardTrace, wanted: int, other: int
) -> list[FloatArray]:
    """Computes the multipliers m (1, J) of the inputs of each layer up to the last Dense one.

    If the inputs of a layer differ from the baseline's by Δ, then d differs by Σ m Δ.
    """
    weights = trace.last_dense.weights
    found: list[FloatArray] = [(weights[:, wanted] - weights[:, other])[np.newaxis]]
    for layer, now, then in reversed(
        list(zip(trace.network.layers, trace.saved, baseline.saved, strict=True))[: trace.last]
    ):
        if isinstance(layer, Softmax):
            found.append(through_softmax(found[-1], now, then))
        elif isinstance(layer, Activation):
            found.append(rescale(layer, found[-1], now, then))
        else:
            found.append(layer.grad_inputs(found[-1], now))
    return found[::-1]


def rescale(layer: Activation, m: FloatArray, now: Any, then: Any) -> FloatArray:
    """Passes multipliers back through an element-wise activation; (z, a) with x, and with x̄."""
    (z, a), (z0, a0) = now, then
    tangents = layer.gradient(np.ones_like(z), z, a)
    return secants(z - z0, a - a0, tangents) * m  # [contribution-multiplier]


def through_softmax(m: FloatArray, now: Any, then: Any) -> FloatArray:
    """Passes multipliers back through softmax, whose outputs depend on all inputs of their row."""
    (z, a), (z0, a0) = now, then
    s = secants(log_softmax(z) - log_softmax(z0), a - a0, a)  # [contribution-logarithmic-mean]
    back: FloatArray = s * (m - (s * m).sum() / s.sum())  # [contribution-softmax]
    return back


def secants(change: FloatArray, effect: FloatArray, tangents: FloatArray) -> FloatArray:
    """Computes the slopes effect / change, and where nothing changes those of the tangents."""
    near = np.abs(change) < TINY
    return np.where(near, tangents, effect / np.where(near, 1, change))
