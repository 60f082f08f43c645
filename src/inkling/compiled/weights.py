"""∂L/∂W and ∂L/∂b over the whole batch, and the update, for the rows of one part.

Plain SGD needs no gradient array: W ← W − η xᵀ δ is computed in place. Other optimizers use one row
at a time. If the gradient is clipped, all of it is stored, its norm is computed, and then it is used.
"""

from __future__ import annotations

import math
from typing import Any

from inkling.compiled.codes import WEIGHT_DECAY
from inkling.compiled.jit import compiled, inlined
from inkling.compiled.layers import inputs_of, row_of
from inkling.compiled.llvm import add_weighted_rows
from inkling.compiled.matrix import AS_STORED, FLIPPED, multiply
from inkling.compiled.optimizers import STRENGTH, update_row
from inkling.compiled.work import (
    DELTA,
    FIRST,
    GRADIENT,
    INPUTS,
    OUTPUTS,
    PENALTY,
    SECOND,
    SQUARES,
    START,
    STEP,
    WEIGHTS,
)

ROWS_AT_A_TIME = 16
"""Neighboring pixels of one part: divides the middle of an image, where the ink is, among the parts."""


@inlined
def update(work: Any, constants: Any, size: int, phase: int, part: int) -> None:
    """Computes the part's rows of every ∂L/∂W and ∂L/∂b, and applies or stores them.

    Args:
        work: the work.
        constants: of this step, from ``step_constants_of``.
        size: the number of samples in the batch.
        phase: 1; with clipping, 1 computes the gradients and 2 applies them.
        part: the number of the part.
    """
    squares, scale = 0.0, clip_scale(work) if phase == 2 else 1.0
    work.rows[part, 1] = 0
    for number in range(len(work.layers)):
        inputs = work.layers[number, INPUTS]
        first, last = inputs * part // work.parts, inputs * (part + 1) // work.parts
        block, length = inputs, inputs
        if number == 0 and work.sparse:
            first, last, length = part * ROWS_AT_A_TIME, inputs, ROWS_AT_A_TIME
            block = work.parts * ROWS_AT_A_TIME
        elif phase == 1:
            dense_rows(work, number, constants, size, first, last, part)
        if number == 0 and work.few_rows:
            one_sample(work, constants)
        elif (number == 0 and work.sparse) or not work.straight:
            for start in range(first, last, block):
                for row in range(start, min(start + length, last)):
                    squares += one_row(work, number, constants, size, phase, part, row, scale)
        if part == work.parts - 1:  # the bias
            squares += one_row(work, number, constants, size, phase, part, inputs, scale)
    if phase == 1:  # in phase 2 other parts still read it
        work.sums[part, SQUARES] = squares
    if work.l2 != 0:
        penalty = 0.5 * constants[STRENGTH] * work.rows[part, 1].sum()  # [l2-penalty]
        work.sums[part, PENALTY] += penalty * size


@compiled
def dense_rows(
    work: Any, number: int, constants: Any, size: int, low: int, high: int, part: int
) -> None:
    """∂L/∂W = xᵀ δ [dense-grad-weights] of some rows, stored or added to W directly."""
    layer = work.layers[number]
    inputs, step = inputs_of(work, number)
    which, factor, kept = GRADIENT, 1.0, 0.0
    if work.straight:  # W ← (1 − η λ) W − η xᵀ δ [sgd] [weight-decay]
        decay = constants[0] * work.settings[WEIGHT_DECAY]
        which, factor, kept = WEIGHTS, -constants[0], 1 - decay
    out = work.weights[which, layer[START] + low * layer[STEP] :]
    sizes, steps = (high - low, layer[OUTPUTS], size), (step, layer[STEP], layer[STEP])
    delta = work.values[layer[DELTA] :]
    multiply(work, part, sizes, factor, inputs[low:], FLIPPED, delta, AS_STORED, kept, out, steps)


@compiled
def one_row(
    work: Any, number: int, constants: Any, size: int, phase: int, part: int, row: int, scale: float
) -> float:
    """Completes a row's gradient and applies it; with clipping, returns its sum of squares instead.

    The row after the last one of W is the bias.
    """
    layer, real = work.layers[number], work.values.dtype.type
    place, step, outputs = layer[START] + row * layer[STEP], layer[STEP], layer[OUTPUTS]
    is_bias, sparse = row == layer[INPUTS], number == 0 and work.sparse
    w = work.weights[WEIGHTS, place:][:step]
    if sparse and work.straight and not is_bias:
        decay = real(1 - constants[0] * work.settings[WEIGHT_DECAY])
        if decay != 1:
            for k in range(step):
                w[k] *= decay
        add_products(work, row, -constants[0], w)  # [sgd]
        return 0.0
    alone = (sparse or is_bias) and work.clip == math.inf
    g = work.rows[part, 0][:step] if alone else work.weights[GRADIENT, place:][:step]
    if phase == 1 and is_bias:
        g[:] = 0
        for b in range(size):  # [dense-grad-bias]
            delta = row_of(work.values, layer, DELTA, b)
            for k in range(outputs):
                g[k] += delta[k]
    elif phase == 1 and sparse:
        g[:] = 0
        add_products(work, row, 1.0, g)
    squares = 0.0
    if phase == 1 and work.clip < math.inf:
        for k in range(outputs):
            squares += float(g[k]) * float(g[k])
        return squares
    if work.l2 != 0 and not is_bias:
        # Column by column: in a single sum each addition would wait for the previous one.
        for k in range(outputs):
            work.rows[part, 1, k] += w[k] * w[k]
    if scale != 1:
        for k in range(outputs):
            g[k] *= real(scale)
    first, second = work.weights[FIRST, place:][:outputs], work.weights[SECOND, place:][:outputs]
    update_row(work.optimizer, work.settings, constants, not is_bias, w[:outputs], g, first, second)
    return squares


@compiled
def add_products(work: Any, row: int, factor: float, out: Any) -> None:
    """Adds factor · Σ_b x_b,row δ_b [dense-grad-weights], over the samples of every part in turn."""
    delta, scale = work.values[work.layers[0, DELTA] :], work.values.dtype.type(factor)
    for part in range(work.parts):
        samples, inputs = work.lists[part, row], work.list_values[part, row]
        add_weighted_rows(out, delta, len(out), samples, inputs, work.counts[part, row], scale)


@compiled
def one_sample(work: Any, constants: Any) -> None:
    """W ← W − η xᵀ δ [sgd] for a single sample: only the rows of its inputs that are not 0."""
    layer, rate = work.layers[0], work.values.dtype.type(constants[0])
    delta = work.values[layer[DELTA] :][: layer[STEP]]
    for place in range(work.counts[0, 0]):
        start = layer[START] + work.nonzero[0, place] * layer[STEP]
        w, factor = (
            work.weights[WEIGHTS, start:][: len(delta)],
            rate * work.nonzero_values[0, place],
        )
        for k in range(len(delta)):
            w[k] -= factor * delta[k]


@compiled
def clip_scale(work: Any) -> float:
    """min(1, c / ‖g‖) [clip], ‖g‖ over all layers and parts [global-norm]."""
    norm = math.sqrt(work.sums[:, SQUARES].sum())
    return work.clip / norm if work.clip < norm < math.inf else 1.0
