"""The arguments of the machine code: one record of numbers, which are sizes, settings and addresses.

One signature serves every network, so that it is compiled once, and a record is a single argument, so
that it is compiled fast: with three dozen arrays as arguments it took three times as long. All arrays
are flat; a matrix in one is an offset and a step from row to row.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from inkling.compiled.codes import PLAIN, WEIGHT_DECAY
from inkling.compiled.jit import compiled, inlined
from inkling.compiled.machine import integers, reals

COLUMNS = 11
(INPUTS, OUTPUTS, STEP, ACTIVATION, Z, A, DELTA, GRADIENT, WEIGHTS, FIRST, SECOND) = range(COLUMNS)
"""Columns of a layer's table: sizes, step from row to row, activation, offsets of z, a, δ
and ∂L/∂W, and the addresses of W and of the optimizer's state for W. A second row is the same
for the bias, a matrix of one row."""

LOSS, RIGHT, SQUARES, PENALTY = range(4)
"""Columns of a part's sums: losses, correct answers and squared gradients of this step; and its
L2 terms times their batches' samples, of all steps so far."""
CACHE_LINE = 8
"""In numbers of 8 bytes: the distance between what two threads write."""
TOTALS = 9
(
    TOTAL_LOSS,
    TOTAL_WEIGHT,
    TOTAL_BY_SAMPLES,
    TOTAL_RIGHT,
    TOTAL_SAMPLES,
    TOTAL_STEPS,
    STARTED,
    DIVERGED,
    LAST_LOSS,
) = range(TOTALS)
"""Columns of the totals."""
TICKETS, DONE = 0, 16
"""Indices of the counters: parts started and parts done, two cache lines apart."""

WORK = np.dtype(
    [
        # n samples of I inputs and O outputs in batches of up to B; L layers; P parts.
        ("samples", "i8"),  # n
        ("batch", "i8"),  # B
        ("batches", "i8"),
        ("parts", "i8"),  # P
        ("n_layers", "i8"),  # L
        ("layers", "i8"),  # int64 (L, 2, 11)
        ("slopes", "i8"),  # float64 (L,), of leaky rectifiers
        # The data. Arrays without a dtype have the network's.
        ("has_bytes", "i8"),  # whether the pixels are uint8
        ("pixels", "i8"),  # the address of row 0
        ("pixel_step", "i8"),  # bytes from row to row
        ("words", "i8"),  # groups of eight pixels in a row that are read at once
        ("order", "i8"),  # int64 (n,), row numbers of the pixels
        ("table", "i8"),  # (256,), a byte's input
        ("factor", "f8"),  # of the scaling
        ("offset", "f8"),
        ("targets", "i8"),  # (n, O)
        ("has_labels", "i8"),
        ("labels", "i8"),  # int64 (n,)
        ("shares", "i8"),  # (n,), s_b
        ("weights", "i8"),  # float64 (batches,), Σ of the samples' weights
        # The computation.
        ("pair", "i8"),  # output and loss
        ("limit", "f8"),  # a loss that is not below it counts as divergence
        ("optimizer", "i8"),
        ("settings", "i8"),  # float64 (4,), the optimizer's
        ("first_step", "i8"),  # updates made before
        ("rates", "i8"),  # float64 (batches,), η
        ("clip", "f8"),  # the gradient's largest norm; infinite for no limit
        ("l2", "f8"),  # α of an L2 term that a batch's weight divides
        # Working memory.
        ("gradients", "i8"),  # ∂L/∂W, if it is stored
        ("sparse", "i8"),  # whether the first layer skips inputs that are 0
        ("nonzero", "i8"),  # int32 (P, I), the inputs of a sample that are not 0
        ("nonzero_values", "i8"),  # (P, I)
        ("counts", "i8"),  # int32 (P, I), in how many samples an input is not 0
        ("room", "i8"),  # samples a part may have
        ("lists", "i8"),  # int32 (P, I, room), in which samples
        ("list_values", "i8"),  # (P, I, room)
        ("widest", "i8"),  # outputs of the widest layer
        ("squares", "i8"),  # (P, widest), Σ W² column by column
        ("sums", "i8"),  # float64 (P, CACHE_LINE)
        ("totals", "i8"),  # float64 (TOTALS,)
        ("counters", "i8"),  # int64
        ("gemm", "i8"),  # the address of BLAS's product
        ("give_way", "i8"),  # the address of the yield function, or 0
    ]
)


@inlined
def layer_of(work: Any, number: int, kind: int) -> Any:
    """A layer's table, of its weights (kind 0) or its bias (kind 1)."""
    return integers(work.layers)[(2 * number + kind) * COLUMNS :][:COLUMNS]


@inlined
def row_of(values: Any, layer: Any, place: int, row: int) -> Any:
    """A sample's z, a or δ (O,) in a layer."""
    return values[layer[place] + row * layer[STEP] :][: layer[OUTPUTS]]


@compiled
def input_of(work: Any, values: Any, number: int) -> tuple[Any, int]:
    """A layer's inputs from the batch's first row on, and the step between rows.

    Args:
        work: the work.
        values: z, a and δ of every layer, and before them the batch's inputs.
        number: the number of the layer.
    """
    if number > 0:
        below = layer_of(work, number - 1, 0)
        return values[below[A] :], below[STEP]
    return values, layer_of(work, 0, 0)[INPUTS]


@inlined
def share_of(part: int, parts: int, count: int) -> tuple[int, int]:
    """The first of a part's share of ``count`` items, and one past its last."""
    return count * part // parts, count * (part + 1) // parts


@inlined
def goes_straight(work: Any) -> Any:
    """Whether the product is added to W directly."""
    return work.optimizer == PLAIN and work.clip == math.inf and work.l2 == 0


@inlined
def touches_few_rows(work: Any) -> Any:
    """Whether a step is one sample and changes no weight but those of its inputs that are not 0."""
    decays = reals(work.settings)[WEIGHT_DECAY] != 0
    return goes_straight(work) and work.batch == 1 and not decays
