"""Calibration: one temperature that makes confidence match how often the answers are right.

    logits  →  one temperature, fitted on validation images  →  calibrated probabilities

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


def calibrate(logits: FloatArray, temperature: float | FloatArray) -> FloatArray:
    """Divides logits z (B, C) by the temperature T, so that their softmax is calibrated.

        qₖ = e^(zₖ / T) / Σⱼ e^(zⱼ / T)

    Above 1 it makes the probabilities flatter, below 1 sharper. T is positive, one number for all rows
    or (B,); the order within a row stays.

    Reference:
        Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017, eq. 9.
    """
    divisors = np.reshape(np.asarray(temperature, logits.dtype), (-1, 1))
    calibrated: FloatArray = logits if (divisors == 1).all() else logits / divisors
    return calibrated


def fit_temperature(logits: FloatArray, labels: IntArray) -> float:
    """Finds the temperature in [0.05, 20] that makes the labels (N,) most probable.

        T = arg min −Σₙ Σₖ tₙₖ log qₙₖ,    q = softmax(z / T),    t = (N y + 1/C) / (N + 1)

    The logits z (N, C) are those of images the network was not trained on, N at least 1; for a mean of
    probabilities they are its logarithms. y is 1 for the label, 0 elsewhere; t adds one imagined image
    with any label, so that a few images that are all right do not make the confidence 1. With β = 1 / T
    the loss is convex in β, so that its slope

        s(β) = Σₙ Σₖ (qₙₖ − tₙₖ) zₙₖ

    only rises, and bisection finds its zero.

    Example:
        >>> logits = np.tile([4.0, 0.0], (1000, 1))  # certain to 98 %
        >>> labels = np.arange(1000) // 800  # but right in 80 % only
        >>> round(fit_temperature(logits, labels), 1)  # 1 / (1 + e^(−4 / 2.9)) = 0.8
        2.9

    Reference:
        Guo et al. 2017, section 4.2; the imagined image is Platt's, "Probabilistic outputs for support
        vector machines", 1999, section 2.2.
    """
    z = logits.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)  # which changes no softmax
    n = len(z)
    true = (n * z[np.arange(n), labels].mean() + z.mean()) / (n + 1)
    low, high = np.log(1 / HOTTEST), np.log(1 / COLDEST)
    for _ in range(STEPS):
        middle = (low + high) / 2
        powers = np.exp(np.exp(middle) * z)
        slope = ((powers * z).sum(axis=1) / powers.sum(axis=1)).mean() - true
        low, high = (low, middle) if slope > 0 else (middle, high)
    return float(np.exp(-(low + high) / 2))
