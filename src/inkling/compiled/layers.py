"""The forward and backward pass through the layers, for the samples of one part of a batch.

    pixels → inputs that are not 0 → z, a of every layer → loss and δ → δ of every layer below

Samples are independent here, so each part can be done by one thread. Where they are combined,
in the sum over the batch, is ``gradients.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling.compiled.activations import activate, pass_back
from inkling.compiled.jit import compiled, inlined
from inkling.compiled.machine import (
    array_at,
    bytes_at,
    integers,
    prefetch,
    reals,
    short_integers,
    trailing_zeros,
    words_at,
)
from inkling.compiled.matrix import UNIT, multiply
from inkling.compiled.output import loss_and_delta
from inkling.compiled.weighted_rows import add_weighted_rows
from inkling.compiled.work import (
    ACTIVATION,
    CACHE_LINE,
    DELTA,
    INPUTS,
    LOSS,
    OUTPUTS,
    RIGHT,
    STEP,
    WEIGHTS,
    A,
    Z,
    input_of,
    layer_of,
    row_of,
    touches_few_rows,
)

HIGH_BITS = np.uint64(0x8080808080808080)
LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
LINE = 64
"""Bytes in a cache line."""
ONE, EIGHT = np.uint64(1), np.uint64(8)


@compiled
def forward_and_back(work: Any, values: Any, start: int, low: int, high: int, part: int) -> None:
    """Computes a and δ of every layer, and the part's loss and number of correct answers.

    Args:
        work: the work.
        values: z, a and δ of every layer.
        start: the batch's first sample.
        low: the part's first sample, as an index into the batch.
        high: one past its last sample.
        part: the number of the part.
    """
    for number in range(work.n_layers):
        if number == 0 and work.sparse:
            skip_zeros(work, values, start, low, high, part)
        else:
            if number == 0:
                scale_pixels(work, values, start, low, high)
            product(work, values, number, low, high)
        activate_layer(work, values, number, low, high)
    batch_loss_and_delta(work, values, start, low, high, part)
    for number in range(work.n_layers - 1, 0, -1):
        backprop(work, values, number, low, high)


@compiled
def skip_zeros(work: Any, values: Any, start: int, low: int, high: int, part: int) -> None:
    """z = x W of the first layer [dense-forward], without the inputs that are 0.

    It also records the samples in which each input is not 0, for ∂L/∂W.
    """
    layer = layer_of(work, 0, 0)
    columns, outputs = layer[INPUTS], layer[OUTPUTS]
    weights = array_at(layer[WEIGHTS], values)
    nonzero = short_integers(work.nonzero)[part * columns :][:columns]
    found_values = array_at(work.nonzero_values, values)[part * columns :][:columns]
    counts = short_integers(work.counts)[part * columns :][:columns]
    counts[:] = 0
    for b in range(low, high):
        look_ahead(work, start + b + 1, columns if work.has_bytes else columns * values.itemsize)
        found = find_nonzero(work, start + b, nonzero, found_values)
        if touches_few_rows(work):
            counts[0] = found
        else:
            append_nonzero(work, part * columns, b, nonzero, found_values, counts, found)
        z = row_of(values, layer, Z, b)
        z[:] = 0
        one = values.dtype.type(1)
        add_weighted_rows(z, weights, outputs, nonzero, found_values, found, one)


@inlined
def look_ahead(work: Any, sample: int, length: int) -> None:
    """Prefetches a sample's pixels while the previous one is computed, which saves 5 % of a step."""
    if sample < work.samples:
        address = pixels_of(work, sample)
        for place in range(0, length, LINE):
            prefetch(address + place)


@inlined
def pixels_of(work: Any, sample: int) -> Any:
    """The address of a sample's pixels."""
    return work.pixels + integers(work.order)[sample] * work.pixel_step


@compiled
def append_nonzero(
    work: Any, first: int, b: int, nonzero: Any, found_values: Any, counts: Any, found: int
) -> None:
    """Adds a sample to the lists of its inputs that are not 0; ``first`` is the part's first list."""
    lists = short_integers(work.lists)
    list_values = array_at(work.list_values, found_values)
    for k in range(found):
        i = nonzero[k]
        place = (first + i) * work.room + counts[i]
        lists[place] = b
        list_values[place] = found_values[k]
        counts[i] += 1


@compiled
def find_nonzero(work: Any, sample: int, nonzero: Any, found_values: Any) -> int:
    """Lists the inputs of a sample that are not 0, and their values; returns how many there are.

    With an offset, no input can be skipped, and all are listed.
    """
    columns, found, address = len(nonzero), 0, pixels_of(work, sample)
    offset = found_values.dtype.type(work.offset)
    if not work.has_bytes:
        floats, factor = array_at(address, found_values), found_values.dtype.type(work.factor)
        for i in range(columns):
            nonzero[found] = i
            found_values[found] = floats[i] * factor + offset
            found += floats[i] != 0 or offset != 0
        return found
    table = array_at(work.table, found_values)
    pixels, words = bytes_at(address), words_at(address)
    if offset != 0:
        for i in range(columns):
            nonzero[i] = i
            found_values[i] = table[pixels[i]]
        return columns
    for number in range(work.words):
        # A byte's high bit is set where the byte is not 0: eight pixels in three operations.
        word = words[number]
        left = (((word & LOW_BITS) + LOW_BITS) | word) & HIGH_BITS
        while left != 0:
            place: Any = np.int64(trailing_zeros(left) // EIGHT)
            i = 8 * number + place
            nonzero[found] = i
            found_values[found] = table[pixels[i]]
            found += 1
            left &= left - ONE
    for i in range(8 * work.words, columns):
        nonzero[found] = i
        found_values[found] = table[pixels[i]]
        found += pixels[i] != 0
    return found


@compiled
def scale_pixels(work: Any, values: Any, start: int, low: int, high: int) -> None:
    """Writes the inputs of a dense first layer: pixels, gathered and scaled."""
    columns = layer_of(work, 0, 0)[INPUTS]
    factor, offset = values.dtype.type(work.factor), values.dtype.type(work.offset)
    for b in range(low, high):
        address = pixels_of(work, start + b)
        pixels, floats = bytes_at(address), array_at(address, values)
        inputs = values[b * columns :][:columns]
        if work.has_bytes:
            for i in range(columns):
                inputs[i] = values.dtype.type(pixels[i]) * factor + offset
        else:
            for i in range(columns):
                inputs[i] = floats[i] * factor + offset


@compiled
def product(work: Any, values: Any, number: int, low: int, high: int) -> None:
    """z = x W of a layer [dense-forward]; the bias is added with the activation."""
    layer = layer_of(work, number, 0)
    sizes = (high - low, layer[OUTPUTS], layer[INPUTS])
    weights = array_at(layer[WEIGHTS], values)
    inputs, step = input_of(work, values, number)
    inputs, z = inputs[low * step :], values[layer[Z] + low * layer[STEP] :]
    weights_steps = (layer[OUTPUTS], UNIT)
    multiply(
        work.gemm, sizes, 1.0, inputs, (step, UNIT), weights, weights_steps, 0.0, z, layer[STEP]
    )


@compiled
def activate_layer(work: Any, values: Any, number: int, low: int, high: int) -> None:
    """Adds the bias and computes a = f(z), a sample at a time, while its z is in the cache."""
    layer = layer_of(work, number, 0)
    bias = array_at(layer_of(work, number, 1)[WEIGHTS], values)
    for b in range(low, high):
        z, a = row_of(values, layer, Z, b), row_of(values, layer, A, b)
        for k in range(len(z)):
            z[k] += bias[k]
        activate(layer[ACTIVATION], reals(work.slopes)[number], z, a)


@compiled
def batch_loss_and_delta(
    work: Any, values: Any, start: int, low: int, high: int, part: int
) -> None:
    """Computes the output layer's δ, and sums the losses [mean-loss] and the correct answers."""
    last = work.n_layers - 1
    layer = layer_of(work, last, 0)
    slope = reals(work.slopes)[last]
    total, right = 0.0, 0
    for b in range(low, high):
        z, a = row_of(values, layer, Z, b), row_of(values, layer, A, b)
        delta = row_of(values, layer, DELTA, b)
        y = array_at(work.targets, values)[(start + b) * layer[OUTPUTS] :][: layer[OUTPUTS]]
        share = array_at(work.shares, values)[start + b]
        loss = loss_and_delta(work.pair, layer[ACTIVATION], slope, z, a, y, share, delta)
        total += share * loss
        if work.has_labels:
            right += np.argmax(a) == integers(work.labels)[start + b]
    sums = reals(work.sums)[part * CACHE_LINE :]
    sums[LOSS], sums[RIGHT] = total, right


@compiled
def backprop(work: Any, values: Any, number: int, low: int, high: int) -> None:
    """δ of the layer below: (δ Wᵀ) ⊙ f'(z) [dense-grad-inputs] [hidden-delta]."""
    layer, below = layer_of(work, number, 0), layer_of(work, number - 1, 0)
    sizes = (high - low, layer[INPUTS], layer[OUTPUTS])
    weights = array_at(layer[WEIGHTS], values)
    delta, delta_steps = values[layer[DELTA] + low * layer[STEP] :], (layer[STEP], UNIT)
    out, flipped = values[below[DELTA] + low * below[STEP] :], (UNIT, layer[OUTPUTS])
    multiply(work.gemm, sizes, 1.0, delta, delta_steps, weights, flipped, 0.0, out, below[STEP])
    slope = reals(work.slopes)[number - 1]
    for b in range(low, high):
        z, a = row_of(values, below, Z, b), row_of(values, below, A, b)
        pass_back(below[ACTIVATION], slope, z, a, row_of(values, below, DELTA, b))
