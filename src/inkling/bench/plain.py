"""Plain NumPy for comparison: the training loop of a tutorial, and the matrix products alone."""

from __future__ import annotations

import numpy as np

from inkling._types import FloatArray
from inkling.bench.case import Case, distances
from inkling.bench.workloads import CLASSES, Workload, first_weights, training_samples

SIDE = 2000
"""Rows and columns of a large matrix."""


def arithmetic(workload: Workload, threads: int) -> Case:
    """As many multiplications and additions as the workload has, in products of large matrices.

    This is the least time that the workload can take here: no machine multiplies faster than that.
    """
    a = np.ones((SIDE, SIDE), np.float32)
    rows = max(1, round(workload.operations / (2 * SIDE * SIDE)))

    def run() -> None:
        for start in range(0, rows, SIDE):
            a[: min(SIDE, rows - start)] @ a

    return Case(run)


def sigmoid(z: FloatArray) -> FloatArray:
    """1 / (1 + e^−z)."""
    return 1 / (1 + np.exp(-z))


def one_by_one(workload: Workload, threads: int) -> Case:
    """Tutorial 2's loop: float64, one image per step, with one hidden layer of sigmoids.

    For every image a gradient of full size is set to zero, added to, and subtracted.
    """
    pixels, labels = training_samples(workload)
    parameters = [parameter.astype(np.float64) for parameter in first_weights(workload)]
    gradients = [np.zeros_like(parameter) for parameter in parameters]
    weights, bias, output_weights, output_bias = parameters

    def epoch() -> None:
        for image, label in zip(pixels, labels, strict=True):
            x, y = image / 255, np.zeros(CLASSES)
            y[label] = 1
            z = x @ weights + bias
            a = sigmoid(z)
            e = np.exp(a @ output_weights + output_bias)
            delta = e / e.sum() - y
            hidden = output_weights @ delta * (sigmoid(z) * (1 - sigmoid(z)))
            steps = np.outer(x, hidden), hidden, np.outer(a, delta), delta
            for parameter, gradient, step in zip(parameters, gradients, steps, strict=True):
                gradient[...] = 0
                gradient += step
                parameter -= workload.learning_rate * gradient

    return Case(epoch, lambda: distances(parameters, first_weights(workload)))
