"""Calibration: one temperature that makes confidence match how often the answers are right.

    probabilities  →  one temperature, fitted on validation images  →  calibrated probabilities

A network trained with label smoothing has confidence 0.91 where it is right 999 times in 1,000; one
trained without has 0.999 too often. One number corrects both and changes no answer. It is fitted at the
end of training (``training/post_training.py``) and saved with the model.
"""

from __future__ import annotations

import numpy as np

from inkling._types import FloatArray, IntArray

COLDEST, HOTTEST = 0.05, 20.0
"""The range in which the temperature is sought."""
STEPS = 40
"""Bisections of the interval: 40 leave a trillionth of it."""


def calibrate(probabilities: FloatArray, temperature: float | FloatArray) -> FloatArray:
    """Makes probabilities (B, C) sharper (temperature below 1) or flatter (above 1).

        qₖ = pₖ^(1/T) / Σⱼ pⱼ^(1/T)

    For a softmax p of logits z this is the softmax of z / T, because log p is z up to a constant. T is
    positive, one number for all rows or (B,); the order within a row stays.

    Reference:
        Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017, eq. 9.
    """
    exponents = np.reshape(1 / np.asarray(temperature, probabilities.dtype), (-1, 1))
    if (exponents == 1).all():
        return probabilities
    # Divided by the largest first, so that no power of it can underflow.
    shares: FloatArray = probabilities / probabilities.max(axis=1, keepdims=True)
    np.power(shares, exponents, out=shares)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def fit_temperature(probabilities: FloatArray, labels: IntArray) -> float:
    """Finds the temperature in [0.05, 20] that makes the labels (N,) most probable.

        T = arg min −Σₙ Σₖ tₙₖ log qₙₖ,    q = calibrate(p, T),    t = (N y + 1/C) / (N + 1)

    The probabilities p (N, C) are those of images the network was not trained on, N at least 1. y is 1
    for the label, 0 elsewhere; t adds one imagined image with any label, so that a few images that are
    all right do not make the confidence 1. With z = log p and β = 1 / T the loss is convex in β, so that
    its slope

        s(β) = Σₙ Σₖ (qₙₖ − tₙₖ) zₙₖ

    only rises, and bisection finds its zero.

    Reference:
        Guo et al. 2017, section 4.2; the imagined image is Platt's, "Probabilistic outputs for support
        vector machines", 1999, section 2.2.
    """
    # In float64: a probability that float32 rounded to 0 counts as the smallest one there is.
    z = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny, dtype=np.float64))
    n = len(z)
    true = (n * z[np.arange(n), labels].mean() + z.mean()) / (n + 1)
    low, high = np.log(1 / HOTTEST), np.log(1 / COLDEST)
    for _ in range(STEPS):
        middle = (low + high) / 2
        powers = np.exp(np.exp(middle) * (z - z.max(axis=1, keepdims=True)))
        slope = ((powers * z).sum(axis=1) / powers.sum(axis=1)).mean() - true
        low, high = (low, middle) if slope > 0 else (middle, high)
    return float(np.exp(-(low + high) / 2))
