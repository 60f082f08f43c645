"""The steps of docs/speed.md, from a textbook's loop to the engines; each changes one thing.

The functions train 784-H-10 with ReLU, softmax and cross-entropy by plain gradient descent on batches of
100. They take the same arguments and change ``weights``, that is W1 (784, H), b1 (H,), W2 (H, 10) and
b2 (10,), in place. Images are (N, 784), from 0 to 1; ``in_place`` also takes bytes. Order (n,) has the
row numbers to train on, in whole batches.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from inkling._types import AnyArray, FloatArray, IntArray
from inkling.bench.case import Case, Prepare, distances
from inkling.bench.ours import context_of, engine_case
from inkling.bench.workloads import CLASSES, TRAIN, Workload, first_weights, mnist_or_noise
from inkling.model.model import COMPILED, NUMPY
from inkling.training.engine.choice import EngineChoice

BATCH, RATE = 100, 0.1
Weights = list[FloatArray]
LADDER = Workload("ladder", TRAIN, (100,), BATCH, learning_rate=RATE, tolerance=1e-3)
"""The workload of all steps."""


def one_by_one(weights: Weights, images: FloatArray, labels: IntArray, order: IntArray) -> None:
    """Passes images forward and back one at a time, with an update after every hundred."""
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
    """Computes the same lines for a hundred images at once."""
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


def short_delta(
    weights: Weights,
    images: FloatArray,
    labels: IntArray,
    order: IntArray,
    *,
    pixel_gradient: bool = True,
) -> None:
    """Uses δ = a − y instead of a Jacobian, without one-hot rows: 1 is subtracted at the label."""
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
        if pixel_gradient:
            delta1 @ w1.T
        gradients = x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)
        for array, gradient in zip(weights, gradients, strict=True):
            array -= RATE * gradient


no_pixel_gradient: partial[None] = partial(short_delta, pixel_gradient=False)
"""Leaves out ∂L/∂x of the first layer, because pixels are not learned."""


def in_place(weights: Weights, images: AnyArray, labels: IntArray, order: IntArray) -> None:
    """Writes every result into a preallocated array."""
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
    """Copies rows of floats; rows of bytes, a quarter of the memory, are scaled after copying."""
    if images.dtype == out.dtype:
        np.take(images, rows, axis=0, out=out, mode="clip")  # the default mode makes a copy first
    else:
        np.copyto(out, images[rows])
        np.multiply(out, 1 / 255, out=out)


def _in_numpy(train: Callable[..., None], dtype: str) -> Prepare:
    """Returns the implementation that trains with a function above.

    The images have the given dtype, and so do the weights, which are float32 for bytes.
    """

    def prepare(workload: Workload, threads: int) -> Case:
        pixels, labels = mnist_or_noise(train=True)
        floats = "float32" if dtype == "uint8" else dtype
        images = pixels if dtype == "uint8" else np.divide(pixels, 255, dtype=floats)
        first = [array.astype(floats) for array in first_weights(workload)]
        weights = [array.copy() for array in first]
        order = _order(workload, len(labels))
        return Case(
            lambda: train(weights, images, labels, order), lambda: distances(weights, first)
        )

    return prepare


def _in_an_engine(name: str) -> Prepare:
    """Returns the implementation that trains with an engine on all threads it is given."""

    def prepare(workload: Workload, threads: int) -> Case:
        samples = mnist_or_noise(train=True)
        context, order = context_of(workload, samples), _order(workload, len(samples.labels))
        return engine_case(EngineChoice(name, threads), context, workload, order)

    return prepare


def _order(workload: Workload, count: int) -> IntArray:
    return np.random.default_rng(0).permutation(count)[: workload.samples]


one_image_float64: Prepare = _in_numpy(one_by_one, "float64")
matrices_float64: Prepare = _in_numpy(as_matrices, "float64")
matrices_float32: Prepare = _in_numpy(as_matrices, "float32")
short_delta_float32: Prepare = _in_numpy(short_delta, "float32")
no_pixel_gradient_float32: Prepare = _in_numpy(no_pixel_gradient, "float32")
in_place_float32: Prepare = _in_numpy(in_place, "float32")
in_place_bytes: Prepare = _in_numpy(in_place, "uint8")
numpy_engine: Prepare = _in_an_engine(NUMPY)
compiled_engine: Prepare = _in_an_engine(COMPILED)
