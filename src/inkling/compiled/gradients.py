"""∂L/∂W and ∂L/∂b over the whole batch, and the update, for the rows of one part.

Plain SGD needs no gradient array: W ← W − η xᵀ δ is computed in place. Other optimizers use one row
at a time. If the gradient is clipped, all of it is stored, its norm is computed, and then it is used.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from inkling.compiled.codes import WEIGHT_DECAY
from inkling.compiled.jit import compiled, inlined
from inkling.compiled.machine import array_at, reals, short_integers
from inkling.compiled.matrix import UNIT, multiply
from inkling.compiled.optimizers import STRENGTH, update_row
from inkling.compiled.weighted_rows import add_to_rows, add_weighted_rows
from inkling.compiled.work import (
    CACHE_LINE,
    DELTA,
    FIRST,
    GRADIENT,
    INPUTS,
    OUTPUTS,
    PENALTY,
    SECOND,
    SQUARES,
    STEP,
    WEIGHTS,
    goes_straight,
    input_of,
    layer_of,
    row_of,
    share_of,
    touches_few_rows,
)

ROWS_AT_A_TIME = 16
"""Neighboring pixels of one part: divides the middle of an image, where the ink is, among the parts."""


@compiled
def update(work: Any, values: Any, step_constants: Any, size: int, phase: int, part: int) -> None:
    """Computes the part's rows of every ∂L/∂W and ∂L/∂b, and applies or stores them.

    Args:
        work: the work.
        values: z, a and δ of every layer.
        step_constants: of this step, from ``step_constants_of``.
        size: the number of samples in the batch.
        phase: 1; with clipping, 1 computes the gradients and 2 applies them.
        part: the number of the part.
    """
    squares, scale = 0.0, clip_scale(work) if phase == 2 else 1.0
    squares_of(work, values, part)[:] = 0
    for number in range(work.n_layers):
        for kind in range(2):
            sparse = bool(work.sparse) and number == 0 and kind == 0
            if sparse and touches_few_rows(work):
                one_sample(work, values, step_constants)
                continue
            first, last, blocks, rows = rows_of(work, number, kind, sparse, part)
            if phase == 1 and kind == 0 and not sparse:
                dense_rows(work, values, number, step_constants, size, first, last)
                if goes_straight(work):
                    continue
            for block in range(first, last, blocks):
                for row in range(block, min(block + rows, last)):
                    squares += one_row(
                        work,
                        values,
                        number,
                        kind,
                        step_constants,
                        size,
                        phase,
                        part,
                        sparse,
                        row,
                        scale,
                    )
    if phase == 1:  # in phase 2 other parts still read it
        reals(work.sums)[part * CACHE_LINE + SQUARES] = squares
    if work.l2 != 0:
        penalty = (
            0.5 * step_constants[STRENGTH] * squares_of(work, values, part).sum()
        )  # [l2-penalty]
        reals(work.sums)[part * CACHE_LINE + PENALTY] += penalty * size


@compiled
def one_row(
    work: Any,
    values: Any,
    number: int,
    kind: int,
    step_constants: Any,
    size: int,
    phase: int,
    part: int,
    sparse: bool,
    row: int,
    scale: float,
) -> float:
    """Completes a row's gradient and applies it; with clipping, returns its sum of squares instead."""
    if sparse and goes_straight(work):
        straight_row(work, values, step_constants, row)
        return 0.0
    written = part if sparse and work.clip == math.inf else row
    g = gradient_row(work, values, number, kind, written)
    if phase == 1 and (sparse or kind == 1):
        fill_row(work, values, number, kind, size, row, g)
    squares = 0.0
    if phase == 1 and work.clip < math.inf:
        for k in range(len(g)):
            squares += float(g[k]) * float(g[k])
    else:
        if kind == 0 and work.l2 != 0:
            add_squares(work, values, number, part, row)
        use_row(work, values, number, kind, step_constants, row, g, scale)
    return squares


@compiled
def rows_of(work: Any, number: int, kind: int, sparse: bool, part: int) -> Any:
    """The part's rows: first, end, step between blocks, and rows per block."""
    rows = layer_of(work, number, kind)[INPUTS]
    if sparse:
        return part * ROWS_AT_A_TIME, rows, work.parts * ROWS_AT_A_TIME, ROWS_AT_A_TIME
    low, high = share_of(part, work.parts, rows)
    return low, high, rows, rows


@compiled
def dense_rows(
    work: Any, values: Any, number: int, step_constants: Any, size: int, low: int, high: int
) -> None:
    """∂L/∂W = xᵀ δ [dense-grad-weights] of some rows, stored or added to W directly."""
    layer = layer_of(work, number, 0)
    columns = layer[OUTPUTS]
    inputs, step = input_of(work, values, number)
    straight = goes_straight(work)
    address = layer[WEIGHTS] if straight else work.gradients
    out = array_at(address, values)[low * columns + (0 if straight else layer[GRADIENT]) :]
    factor, kept = 1.0, 0.0
    if straight:  # W ← (1 − η λ) W − η xᵀ δ [sgd] [weight-decay]
        factor, kept = (
            -step_constants[0],
            1 - step_constants[0] * reals(work.settings)[WEIGHT_DECAY],
        )
    sizes, delta, delta_steps = (
        (high - low, columns, size),
        values[layer[DELTA] :],
        (layer[STEP], UNIT),
    )
    multiply(
        work.gemm, sizes, factor, inputs[low:], (UNIT, step), delta, delta_steps, kept, out, columns
    )


@compiled
def straight_row(work: Any, values: Any, step_constants: Any, row: int) -> None:
    """W ← (1 − η λ) W − η xᵀ δ [sgd] [weight-decay] for a row of the first layer, zeros skipped."""
    w = weights_row(work, values, 0, 0, WEIGHTS, row)
    decay = values.dtype.type(1 - step_constants[0] * reals(work.settings)[WEIGHT_DECAY])
    if decay != 1:
        for k in range(len(w)):
            w[k] *= decay
    add_products(work, values, row, -step_constants[0], w)


@compiled
def fill_row(work: Any, values: Any, number: int, kind: int, size: int, row: int, g: Any) -> None:
    """Writes a row of the first layer's xᵀ δ, or Σ_b δ_b [dense-grad-bias], into g."""
    g[:] = 0
    if kind == 0:
        add_products(work, values, row, 1.0, g)
        return
    layer = layer_of(work, number, 0)
    for b in range(size):
        delta = row_of(values, layer, DELTA, b)
        for k in range(len(g)):
            g[k] += delta[k]


@compiled
def add_products(work: Any, values: Any, row: int, factor: float, out: Any) -> None:
    """Adds factor · Σ_b x_b,row δ_b [dense-grad-weights], over the samples of every part in turn."""
    layer = layer_of(work, 0, 0)
    delta = values[layer[DELTA] :]
    scale = values.dtype.type(factor)
    for part in range(work.parts):
        place = part * layer[INPUTS] + row
        samples = short_integers(work.lists)[place * work.room :]
        inputs = array_at(work.list_values, values)[place * work.room :]
        count: Any = np.int64(short_integers(work.counts)[place])
        add_weighted_rows(out, delta, layer[STEP], samples, inputs, count, scale)


@compiled
def one_sample(work: Any, values: Any, step_constants: Any) -> None:
    """W ← W − η xᵀ δ [sgd] for a single sample: only the rows of its inputs that are not 0."""
    layer = layer_of(work, 0, 0)
    weights = array_at(layer[WEIGHTS], values)
    inputs = array_at(work.nonzero_values, values)
    count: Any = np.int64(short_integers(work.counts)[0])
    delta, rate = row_of(values, layer, DELTA, 0), values.dtype.type(-step_constants[0])
    add_to_rows(delta, weights, layer[OUTPUTS], short_integers(work.nonzero), inputs, count, rate)


@compiled
def clip_scale(work: Any) -> float:
    """min(1, c / ‖g‖) [clip], ‖g‖ over all layers and parts [global-norm]."""
    total = 0.0
    for part in range(work.parts):
        total += reals(work.sums)[part * CACHE_LINE + SQUARES]
    norm = math.sqrt(total)
    return work.clip / norm if work.clip < norm < math.inf else 1.0


@compiled
def use_row(
    work: Any,
    values: Any,
    number: int,
    kind: int,
    step_constants: Any,
    row: int,
    g: Any,
    scale: float,
) -> None:
    """Updates a row of weights (kind 0) or the bias (kind 1) with its gradient."""
    if scale != 1:
        for k in range(len(g)):
            g[k] *= values.dtype.type(scale)
    p = weights_row(work, values, number, kind, WEIGHTS, row)
    first = weights_row(work, values, number, kind, FIRST, row)
    second = weights_row(work, values, number, kind, SECOND, row)
    update_row(work.optimizer, reals(work.settings), step_constants, kind == 0, p, g, first, second)


@compiled
def add_squares(work: Any, values: Any, number: int, part: int, row: int) -> None:
    """Adds w² of a row of W to the part's sums, column by column.

    In a single sum each addition would wait for the previous one: 100 µs per step of 784-100-10.
    """
    w, sums = weights_row(work, values, number, 0, WEIGHTS, row), squares_of(work, values, part)
    for k in range(len(w)):
        sums[k] += w[k] * w[k]


@inlined
def squares_of(work: Any, values: Any, part: int) -> Any:
    """The part's sums of w²; a layer uses one per output."""
    return array_at(work.squares, values)[part * work.widest :][: work.widest]


@inlined
def weights_row(work: Any, values: Any, number: int, kind: int, which: int, row: int) -> Any:
    """A row of W, of b or of the optimizer's state, without a copy."""
    layer = layer_of(work, number, kind)
    return array_at(layer[which], values)[row * layer[OUTPUTS] :][: layer[OUTPUTS]]


@inlined
def gradient_row(work: Any, values: Any, number: int, kind: int, row: int) -> Any:
    """A row of the stored gradient."""
    layer = layer_of(work, number, kind)
    place = layer[GRADIENT] + row * layer[OUTPUTS]
    return array_at(work.gradients, values)[place:][: layer[OUTPUTS]]
