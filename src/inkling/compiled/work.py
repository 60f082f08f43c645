"""The arguments of the machine code: numbers and arrays, no objects.

One signature serves every network, so that it is compiled once. The layers of z, a and δ, and of W,
lie one after another in flat arrays; a matrix in one is an offset and a step from row to row, which is
a multiple of ``LANES``. The bias is the row after the last row of W.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from inkling._types import AnyArray, FloatArray, IntArray

COLUMNS = 8
(INPUTS, OUTPUTS, STEP, ACTIVATION, START, Z, A, DELTA) = range(COLUMNS)
"""Columns of the table of layers: sizes, step from row to row, activation, where W begins in a row of
``Work.weights``, and where z, a and δ begin in ``Work.values``."""

WEIGHTS, FIRST, SECOND, GRADIENT = range(4)
"""Rows of ``Work.weights``: W, the optimizer's two states, and ∂L/∂W if it is stored."""

LOSS, RIGHT, SQUARES, PENALTY = range(4)
"""Columns of a part's sums: losses, correct answers and squared gradients of this step; and its
L2 terms times their batches' samples, of all steps so far."""
CACHE_LINE = 8
"""In numbers of 8 bytes: the distance between what two threads write."""

TOTALS = 9
(TOTAL_LOSS, TOTAL_WEIGHT, TOTAL_BY_SAMPLES, TOTAL_RIGHT) = range(4)
(TOTAL_SAMPLES, TOTAL_STEPS, STARTED, DIVERGED, LAST_LOSS) = range(4, TOTALS)
"""Columns of the totals."""
TICKETS, DONE = 0, 16
"""Indices of the counters: parts started and parts done, two cache lines apart."""


class Work(NamedTuple):
    """n samples of I inputs and O outputs in batches of up to B; L layers; P parts of a phase."""

    samples: int  # n
    batch: int  # B
    parts: int  # P
    # The data.
    pixels: AnyArray  # uint8 (n, I) in the order of the steps; (0, I) if they are floats
    floats: FloatArray  # (n, I), or (0, I)
    factor: float  # of the scaling
    offset: float
    targets: FloatArray  # (n, O)
    labels: IntArray  # (n,), or (0,)
    shares: FloatArray  # (n,), s_b
    totals_of_weights: FloatArray  # float64 (batches,), Σ of the samples' weights
    rates: FloatArray  # float64 (batches,), η
    # The model.
    layers: IntArray  # (L, COLUMNS)
    slopes: FloatArray  # float64 (L,), of leaky rectifiers
    weights: FloatArray  # (4, every W and b)
    pair: int  # output and loss
    limit: float  # a loss that is not below it counts as divergence
    optimizer: int
    settings: FloatArray  # float64 (4,), the optimizer's
    first_step: int  # updates made before
    clip: float  # the gradient's largest norm; infinite for no limit
    l2: float  # α of an L2 term that a batch's weight divides
    straight: bool  # whether −η xᵀ δ is added to W directly, without an array for ∂L/∂W
    # Working memory.
    values: FloatArray  # z, a and δ of every layer, and before them the inputs of a dense one
    sparse: bool  # whether the first layer skips inputs that are 0
    few_rows: bool  # whether a step is one sample, and changes only the rows of its nonzero inputs
    nonzero: IntArray  # int32 (P, I), the inputs of a sample that are not 0
    nonzero_values: FloatArray  # (P, I)
    counts: IntArray  # int32 (P, I), in how many samples an input is not 0
    lists: IntArray  # int32 (P, I, room), in which samples
    list_values: FloatArray  # (P, I, room)
    rows: FloatArray  # (P, 2, widest): a row of ∂L/∂W, and Σ W² column by column
    sums: FloatArray  # float64 (P, CACHE_LINE)
    totals: FloatArray  # float64 (TOTALS,)
    counters: IntArray
    # BLAS.
    gemm: int  # the address of its product
    letters: AnyArray  # uint8: N, T
    gemm_sizes: IntArray  # int32 (P, 16)
    gemm_factors: FloatArray  # (P, 64)
    give_way: int  # the address of the system's yield function, or 0


def aligned(shape: tuple[int, ...], dtype: object) -> AnyArray:
    """Returns zeros that begin at a multiple of 64 bytes, so that no vector crosses two cache lines."""
    kind = np.dtype(dtype)  # type: ignore[call-overload]
    size = int(np.prod(shape))
    raw = np.zeros(size + 64 // kind.itemsize, kind)
    start = -raw.ctypes.data % 64 // kind.itemsize
    return raw[start : start + size].reshape(shape)
