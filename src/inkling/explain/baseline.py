"""What a picture is compared with: a blend of two mean images between which the network cannot decide.

    mean images of the classes k and m  →  x̄ = (1 − t) x̄_k + t x̄_m, with t such that z_k ≈ z_m

What a drawing has in common with both mean images says nothing about k or m, so nothing of it is part of
the explanation. The mean image of m alone would be another certain answer, with a difference of logits
as large as that of the drawing. Next: ``contributions.py``.
"""

from __future__ import annotations

import numpy as np

from inkling._types import FloatArray
from inkling.explain.forward_trace import ForwardTrace, forward_trace
from inkling.model.model import Model

HALVINGS = 10
"""Of the interval of t; what is left of z_k − z_m is 0.1 % of a drawing's (median)."""


def baseline(model: Model, wanted: int, other: int) -> ForwardTrace:
    """Computes the baseline of the classes ``wanted`` (k) and ``other`` (m), and its forward pass.

    It is a blank picture if the model has no mean images. If the network gives both mean images the same
    one of the two classes, it is the mean image that is nearer to the other class.
    """
    network = model.network
    if model.class_means is None:
        blank = np.zeros((1, network.inputs), np.uint8)
        return forward_trace(network, model.scaling(blank, network.dtype))
    pair = model.class_means[[wanted, other]].reshape(2, 1, -1)
    first, second = model.scaling(pair, network.dtype)
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        t = (low + high) / 2
        logits = network.logits(blend(first, second, t))[0]
        low, high = (t, high) if logits[wanted] > logits[other] else (low, t)
    return forward_trace(network, blend(first, second, (low + high) / 2))


def blend(first: FloatArray, second: FloatArray, t: float) -> FloatArray:
    """Computes x̄ (1, I), of which a share t is the second picture."""
    return (1 - t) * first + t * second  # [contribution-baseline]
