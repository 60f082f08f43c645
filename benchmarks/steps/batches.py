"""The rungs in between: what NumPy need not do at all, and what it need not do again and again.

The arguments are those of ``textbook.py``.
"""

from __future__ import annotations

import numpy as np
from benchmarks.steps.material import CLASSES, Weights
from benchmarks.steps.textbook import BATCH, RATE

from inkling._types import AnyArray, FloatArray, IntArray


def short_delta(weights: Weights, images: FloatArray, labels: IntArray, order: IntArray) -> None:
    """δ = a − y instead of a Jacobian, and no one-hot rows: 1 is taken off where the label is."""
    w1, b1, w2, b2 = weights
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        x = images[rows]
        z1 = x @ w1 + b1
        a1 = np.maximum(z1, 0)
        z2 = a1 @ w2 + b2
        a2 = np.exp(z2 - z2.max(axis=1, keepdims=True))
        a2 /= a2.sum(axis=1, keepdims=True)
        a2[np.arange(len(rows)), labels[rows]] -= 1
        delta2 = a2 / len(rows)
        delta1 = (delta2 @ w2.T) * (z1 > 0)
        delta1 @ w1.T
        gradients = x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)
        for array, gradient in zip(weights, gradients, strict=True):
            array -= RATE * gradient


def no_pixel_gradient(
    weights: Weights, images: FloatArray, labels: IntArray, order: IntArray
) -> None:
    """∂L/∂x of the first layer is left out: nobody learns the pixels."""
    w1, b1, w2, b2 = weights
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        x = images[rows]
        z1 = x @ w1 + b1
        a1 = np.maximum(z1, 0)
        z2 = a1 @ w2 + b2
        a2 = np.exp(z2 - z2.max(axis=1, keepdims=True))
        a2 /= a2.sum(axis=1, keepdims=True)
        a2[np.arange(len(rows)), labels[rows]] -= 1
        delta2 = a2 / len(rows)
        delta1 = (delta2 @ w2.T) * (z1 > 0)
        gradients = x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)
        for array, gradient in zip(weights, gradients, strict=True):
            array -= RATE * gradient


def in_place(weights: Weights, images: AnyArray, labels: IntArray, order: IntArray) -> None:
    """Every result goes to an array that is there already; ``order`` has whole batches."""
    w1, b1, w2, b2 = weights
    x, z1, a2 = (np.empty((BATCH, n), w1.dtype) for n in (len(w1), len(b1), CLASSES))
    a1, delta1, passes = np.empty_like(z1), np.empty_like(z1), np.empty(z1.shape, bool)
    gradients, each = [np.empty_like(array) for array in weights], np.arange(BATCH)
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        gather(images, rows, out=x)
        np.add(np.matmul(x, w1, out=z1), b1, out=z1)
        np.maximum(z1, 0, out=a1)
        np.add(np.matmul(a1, w2, out=a2), b2, out=a2)
        np.subtract(a2, a2.max(axis=1, keepdims=True), out=a2)
        np.exp(a2, out=a2)
        np.divide(a2, a2.sum(axis=1, keepdims=True), out=a2)
        a2[each, labels[rows]] -= 1
        np.divide(a2, BATCH, out=a2)
        np.matmul(a2, w2.T, out=delta1)
        np.multiply(delta1, np.greater(z1, 0, out=passes), out=delta1)
        for delta, below, place in ((delta1, x, 0), (a2, a1, 2)):
            np.matmul(below.T, delta, out=gradients[place])
            np.add.reduce(delta, axis=0, out=gradients[place + 1])
        for array, gradient in zip(weights, gradients, strict=True):
            np.subtract(array, np.multiply(gradient, RATE, out=gradient), out=array)


def gather(images: AnyArray, rows: IntArray, out: FloatArray) -> None:
    """Floats are copied row by row; of bytes a quarter as many are fetched, and scaled on arrival."""
    if images.dtype == out.dtype:
        np.take(images, rows, axis=0, out=out, mode="clip")  # the default mode makes a copy first
    else:
        np.copyto(out, images[rows])
        np.multiply(out, 1 / 255, out=out)
