"""The first rungs, as a textbook has them: one image at a time, then a batch as a matrix.

All rungs train 784-H-10 with ReLU, softmax and cross-entropy by plain gradient descent. They take the
same arguments, and change ``weights`` in place:

    weights: W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,).
    images: (N, 784), from 0 to 1; bytes from 0 to 255 where the rung says so.
    labels: (N,), from 0 to 9.
    order: the row numbers (n,) to train on.
"""

from __future__ import annotations

import numpy as np
from benchmarks.steps.material import CLASSES, Weights

from inkling._types import FloatArray, IntArray

BATCH, RATE = 100, 0.1


def one_by_one(weights: Weights, images: FloatArray, labels: IntArray, order: IntArray) -> None:
    """Each image goes forward and back by itself; a step follows after every hundred."""
    w1, b1, w2, b2 = weights
    for start in range(0, len(order), BATCH):
        sums = [np.zeros_like(array) for array in weights]
        for row in order[start : start + BATCH]:
            x, y = images[row], np.eye(CLASSES)[labels[row]]
            z1 = x @ w1 + b1
            a1 = np.maximum(z1, 0)
            z2 = a1 @ w2 + b2
            a2 = np.exp(z2 - z2.max())
            a2 /= a2.sum()
            jacobian = np.diag(a2) - np.outer(a2, a2)
            delta2 = jacobian @ (-y / a2)
            delta1 = (w2 @ delta2) * (z1 > 0)
            w1 @ delta1  # ∂L/∂x, which back-propagation yields at every layer
            gradients = np.outer(x, delta1), delta1, np.outer(a1, delta2), delta2
            for total, gradient in zip(sums, gradients, strict=True):
                total += gradient
        for array, total in zip(weights, sums, strict=True):
            array -= RATE / BATCH * total


def as_matrices(weights: Weights, images: FloatArray, labels: IntArray, order: IntArray) -> None:
    """The same lines, for a hundred images at once."""
    w1, b1, w2, b2 = weights
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        x, y = images[rows], np.eye(CLASSES, dtype=w1.dtype)[labels[rows]]
        z1 = x @ w1 + b1
        a1 = np.maximum(z1, 0)
        z2 = a1 @ w2 + b2
        a2 = np.exp(z2 - z2.max(axis=1, keepdims=True))
        a2 /= a2.sum(axis=1, keepdims=True)
        jacobian = np.eye(CLASSES, dtype=w1.dtype) * a2[:, None] - a2[:, :, None] * a2[:, None]
        delta2 = (jacobian @ (-y / a2)[:, :, None])[:, :, 0] / len(rows)
        delta1 = (delta2 @ w2.T) * (z1 > 0)
        delta1 @ w1.T  # ∂L/∂x, which back-propagation yields at every layer
        gradients = x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)
        for array, gradient in zip(weights, gradients, strict=True):
            array -= RATE * gradient
