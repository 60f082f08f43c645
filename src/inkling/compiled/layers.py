"""The forward and backward pass through the layers, for the samples of one part of a batch.

    pixels → inputs that are not 0 → z, a of every layer → loss and δ → δ of every layer below

Samples are independent here, so each part can be done by one thread. Where they are combined,
in the sum over the batch, is ``weights.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling.compiled.activations import activate, pass_back
from inkling.compiled.jit import compiled, inlined
from inkling.compiled.llvm import add_weighted_rows
from inkling.compiled.matrix import AS_STORED, FLIPPED, multiply
from inkling.compiled.output import loss_and_delta
from inkling.compiled.work import (
    ACTIVATION,
    DELTA,
    INPUTS,
    LOSS,
    OUTPUTS,
    RIGHT,
    START,
    STEP,
    WEIGHTS,
    A,
    Z,
)


@inlined
def forward_and_back(work: Any, start: int, low: int, high: int, part: int) -> None:
    """Computes a and δ of every layer, and the part's loss and number of correct answers.

    Args:
        work: the work.
        start: the batch's first sample.
        low: the part's first sample, as an index into the batch.
        high: one past its last sample.
        part: the number of the part.
    """
    values, last = work.values, len(work.layers) - 1
    for number in range(last + 1):
        layer, slope = work.layers[number], work.slopes[number]
        if number == 0 and work.sparse:
            skip_zeros(work, start, low, high, part)
        else:
            if number == 0:
                scale_pixels(work, start, low, high)
            product(work, number, low, high, part)
        place = layer[START] + layer[INPUTS] * layer[STEP]
        bias = work.weights[WEIGHTS, place:][: layer[OUTPUTS]]
        for b in range(low, high):  # a sample at a time, while its z is in the cache
            z, a = row_of(values, layer, Z, b), row_of(values, layer, A, b)
            for k in range(len(z)):
                z[k] += bias[k]
            activate(layer[ACTIVATION], slope, z, a)
    total, right = 0.0, 0
    layer, slope = work.layers[last], work.slopes[last]
    for b in range(low, high):
        z, a = row_of(values, layer, Z, b), row_of(values, layer, A, b)
        delta, y = row_of(values, layer, DELTA, b), work.targets[start + b]
        share = work.shares[start + b]
        loss = loss_and_delta(work.pair, layer[ACTIVATION], slope, z, a, y, share, delta)
        total += share * loss  # [mean-loss]
        if len(work.labels) > 0:
            right += np.argmax(a) == work.labels[start + b]
    work.sums[part, LOSS], work.sums[part, RIGHT] = total, right
    for number in range(last, 0, -1):
        backprop(work, number, low, high, part)


@inlined
def row_of(values: Any, layer: Any, place: int, b: int) -> Any:
    """A sample's z, a or δ (O,) in a layer."""
    return values[layer[place] + b * layer[STEP] :][: layer[OUTPUTS]]


@compiled
def skip_zeros(work: Any, start: int, low: int, high: int, part: int) -> None:
    """z = x W of the first layer [dense-forward], without the inputs that are 0.

    It also records the samples in which each input is not 0, for ∂L/∂W.
    """
    layer = work.layers[0]
    matrix = work.weights[WEIGHTS, layer[START] :]
    nonzero, inputs, counts = work.nonzero[part], work.nonzero_values[part], work.counts[part]
    factor, offset = work.values.dtype.type(work.factor), work.values.dtype.type(work.offset)
    one = work.values.dtype.type(1)
    counts[:] = 0
    for b in range(low, high):
        if len(work.pixels) > 0:
            found = find_nonzero(work.pixels[start + b], factor, offset, nonzero, inputs)
        else:
            found = find_nonzero(work.floats[start + b], factor, offset, nonzero, inputs)
        if work.few_rows:
            counts[0] = found
        else:
            for k in range(found):
                i = nonzero[k]
                work.lists[part, i, counts[i]] = b
                work.list_values[part, i, counts[i]] = inputs[k]
                counts[i] += 1
        z = work.values[layer[Z] + b * layer[STEP] :][: layer[STEP]]
        z[:] = 0
        add_weighted_rows(z, matrix, len(z), nonzero, inputs, found, one)


@compiled
def find_nonzero(pixels: Any, factor: float, offset: float, nonzero: Any, inputs: Any) -> Any:
    """Lists the inputs of a sample that are not 0, and their values; returns how many there are.

    With an offset, no input can be skipped, and all are listed.
    """
    found = np.int64(0)
    for i in range(len(pixels)):
        nonzero[found] = i
        found += (pixels[i] != 0) | (offset != 0)
    for k in range(found):
        inputs[k] = inputs.dtype.type(pixels[nonzero[k]]) * factor + offset
    return found


@compiled
def scale_pixels(work: Any, start: int, low: int, high: int) -> None:
    """Writes the inputs of a dense first layer."""
    real, columns = work.values.dtype.type, work.layers[0, INPUTS]
    factor, offset = real(work.factor), real(work.offset)
    for b in range(low, high):
        inputs = work.values[b * columns :][:columns]
        if len(work.pixels) > 0:
            pixels = work.pixels[start + b]
            for i in range(columns):
                inputs[i] = real(pixels[i]) * factor + offset
        else:
            floats = work.floats[start + b]
            for i in range(columns):
                inputs[i] = floats[i] * factor + offset


@inlined
def inputs_of(work: Any, number: int) -> tuple[Any, int]:
    """A layer's inputs from the batch's first row on, and the step between rows."""
    if number > 0:
        below = work.layers[number - 1]
        return work.values[below[A] :], below[STEP]
    return work.values, work.layers[0, INPUTS]


@compiled
def product(work: Any, number: int, low: int, high: int, part: int) -> None:
    """z = x W of a layer [dense-forward]; the bias is added with the activation."""
    layer = work.layers[number]
    inputs, step = inputs_of(work, number)
    matrix, z = work.weights[WEIGHTS, layer[START] :], work.values[layer[Z] + low * layer[STEP] :]
    sizes = (high - low, layer[OUTPUTS], layer[INPUTS])
    steps = (step, layer[STEP], layer[STEP])
    multiply(
        work, part, sizes, 1.0, inputs[low * step :], AS_STORED, matrix, AS_STORED, 0.0, z, steps
    )


@compiled
def backprop(work: Any, number: int, low: int, high: int, part: int) -> None:
    """δ of the layer below: (δ Wᵀ) ⊙ f'(z) [dense-grad-inputs] [hidden-delta]."""
    layer, below, values = work.layers[number], work.layers[number - 1], work.values
    matrix = work.weights[WEIGHTS, layer[START] :]
    delta, out = (
        values[layer[DELTA] + low * layer[STEP] :],
        values[below[DELTA] + low * below[STEP] :],
    )
    sizes = (high - low, layer[INPUTS], layer[OUTPUTS])
    steps = (layer[STEP], layer[STEP], below[STEP])
    multiply(work, part, sizes, 1.0, delta, AS_STORED, matrix, FLIPPED, 0.0, out, steps)
    for b in range(low, high):
        z, a = row_of(values, below, Z, b), row_of(values, below, A, b)
        pass_back(below[ACTIVATION], work.slopes[number - 1], z, a, row_of(values, below, DELTA, b))
