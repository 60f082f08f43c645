"""The loop as textbooks and tutorials have it: one image after the other, float64, outer products.

It is tutorial 2's: a gradient of full size for every image, set to zero, added to, and subtracted.
"""

from __future__ import annotations

import numpy as np

from inkling._types import FloatArray
from inkling.bench.case import Contest, distances
from inkling.bench.workloads import CLASSES, Work, first_weights, training_samples


def sigmoid(z: FloatArray) -> FloatArray:
    """1 / (1 + e^−z)."""
    return 1 / (1 + np.exp(-z))


def one_by_one(work: Work, threads: int) -> Contest:  # noqa: ARG001 (they are the process's)
    """Trains a network with one hidden layer of sigmoids on one image a step."""
    pixels, labels = training_samples(work)
    parameters = [parameter.astype(np.float64) for parameter in first_weights(work)]
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
                parameter -= work.learning_rate * gradient

    return Contest(epoch, lambda: distances(parameters, first_weights(work)))
