"""The kernels that take most of the time: a sum of rows, each with its weight, and its counterpart.

    out ← out + c Σ_k v_k · matrix[i_k]            matrix[i_k] ← matrix[i_k] + c v_k · added

With a sample's nonzero pixels as v, their indices as i, and W as the matrix, it computes the
first layer's x W; with a pixel's values in all samples, their indices, and δ, a row of xᵀ δ. Four
fifths of MNIST's pixels are 0 and cost nothing here: for 784-100-10, batch 100, one core, they take
65 and 57 µs; BLAS takes 166 µs each for all pixels.

They use LLVM's builder, because Numba's own loop over the columns loads and stores ``out`` for
each k (95 and 100 µs): here up to 9 vectors of 64 bytes of it stay in registers for all k. The second
is the update in a step of one sample, which took 3.8 µs with Numba's loop and takes 3.2 (784-28-10).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from inkling._checks import import_extra
from inkling.compiled.jit import compiled

extending: ModuleType = import_extra("numba.extending", "fast", "The compiled engine")
types: ModuleType = import_extra("numba.core.types", "fast", "The compiled engine")
cgutils: ModuleType = import_extra("numba.core.cgutils", "fast", "The compiled engine")
ir: ModuleType = import_extra("llvmlite.ir", "fast", "The compiled engine")

VECTOR_BYTES = 64
VECTORS = 8
"""Vectors held in registers at a time; one more at the end."""
FUSED = ("contract",)
INT64 = ir.IntType(64)
Cover = Callable[[Sequence[Any], int], None]
"""Processes vectors with this number of lanes that begin at these columns."""


@compiled
def add_weighted_rows(
    out: Any, matrix: Any, step: int, rows: Any, values: Any, count: int, factor: float
) -> None:
    """out ← out + factor · Σ_k values[k] · matrix[rows[k]], k < count.

    Args:
        out: (O,).
        matrix: flat, of out's dtype; its row i begins at element i · step.
        step: elements from one row to the next, at least O.
        rows: int32 (count,).
        values: (count,), of out's dtype.
        count: how many rows.
        factor: what every value is multiplied by, of out's dtype.
    """
    _add_weighted_rows(out, matrix, step, rows, values, count, factor)


@compiled
def add_to_rows(
    added: Any, matrix: Any, step: int, rows: Any, values: Any, count: int, factor: float
) -> None:
    """matrix[rows[k]] ← matrix[rows[k]] + factor · values[k] · added, k < count, each row once.

    The arguments are those of ``add_weighted_rows``; ``added`` (O,) is not changed.
    """
    _add_to_rows(added, matrix, step, rows, values, count, factor)


def _kernel(visit: Callable[[_Tile, Sequence[Any], int], None]) -> Any:
    """Returns the intrinsic for one of the two, which calls ``visit`` for each tile of columns."""

    def kernel(
        typing: Any,  # noqa: ARG001 (part of the protocol)
        vector: Any,
        matrix: Any,
        step: Any,
        rows: Any,
        values: Any,
        count: Any,
        factor: Any,  # noqa: ARG001 (of the vector's dtype)
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kinds = signature.args
            views = {
                place: context.make_array(kinds[place])(context, builder, arguments[place])
                for place in (0, 1, 3, 4)
            }
            width = builder.extract_value(views[0].shape, 0)
            cover = partial(visit, _Tile(context, builder, vector.dtype, views, arguments))
            lanes = VECTOR_BYTES // (vector.dtype.bitwidth // 8)
            wide = builder.icmp_signed(">=", width, INT64(lanes))
            with builder.if_else(wide) as (whole_vectors, single_elements):
                with whole_vectors:
                    _cover(builder, cover, width, lanes)
                with single_elements:
                    _cover_narrow(builder, cover, width, lanes)
            return context.get_dummy_value()

        kinds = (vector, matrix, step, rows, values, count, vector.dtype)
        return types.void(*kinds), generate

    return extending.intrinsic(kernel)


def _cover(builder: Any, cover: Cover, width: Any, lanes: int) -> None:
    """Covers ``width`` columns; the last vector ends with the row, and may overlap the one before.

    This is correct because all vectors of a tile are loaded before any is stored: both hold the same.
    The last tile has more than one vector: a single one would add to a stored sum again.
    """
    block = INT64(lanes * VECTORS)
    tiles = builder.sdiv(builder.sub(width, INT64(lanes + 1)), block)
    with cgutils.for_range(builder, tiles) as loop:
        start = builder.mul(loop.index, block)
        cover([builder.add(start, INT64(lanes * number)) for number in range(VECTORS)], lanes)
    start = builder.mul(tiles, block)
    left = builder.sub(width, start)
    last = builder.sub(width, INT64(lanes))
    needed = builder.sdiv(builder.add(left, INT64(lanes - 1)), INT64(lanes))
    for vectors in range(1, VECTORS + 2):
        with builder.if_then(builder.icmp_signed("==", needed, INT64(vectors))):
            firsts = [builder.add(start, INT64(lanes * number)) for number in range(vectors - 1)]
            cover([*firsts, last], lanes)


def _cover_narrow(builder: Any, cover: Cover, width: Any, lanes: int) -> None:
    """Covers fewer columns than a vector has: two half vectors that overlap, or one by one."""
    half = lanes // 2
    with builder.if_else(builder.icmp_signed(">=", width, INT64(half))) as (halves, singles):
        with halves:
            cover([INT64(0), builder.sub(width, INT64(half))], half)
        with singles, cgutils.for_range(builder, width) as loop:
            cover([loop.index], 1)


class _Tile:
    """Some columns of the vector and the matrix, and the loop over k for them."""

    def __init__(
        self, context: Any, builder: Any, dtype: Any, views: Any, arguments: Sequence[Any]
    ) -> None:
        self.builder = builder
        self.float = context.get_value_type(dtype)
        self.size = dtype.bitwidth // 8
        self.vector, self.matrix = views[0].data, views[1].data
        self.rows, self.values = views[3].data, views[4].data
        self.step, self.count, self.factor = (arguments[place] for place in (2, 5, 6))

    def sum_up(self, columns: Sequence[Any], lanes: int) -> None:
        """Adds the rows, each with its weight, to the vectors that begin at these columns."""
        builder, kind = self.builder, ir.VectorType(self.float, lanes)
        sums = [cgutils.alloca_once(builder, kind) for _ in columns]
        for sum_, column in zip(sums, columns, strict=True):
            builder.store(self._load(self.vector, column, kind), sum_)
        with cgutils.for_range(builder, self.count) as loop:
            row, weight = self._row(loop.index, kind)
            for sum_, column in zip(sums, columns, strict=True):
                term = builder.fmul(weight, self._load(row, column, kind), flags=FUSED)
                builder.store(builder.fadd(builder.load(sum_), term, flags=FUSED), sum_)
        for sum_, column in zip(sums, columns, strict=True):
            self._store(builder.load(sum_), self.vector, column)

    def spread_out(self, columns: Sequence[Any], lanes: int) -> None:
        """Adds the vectors that begin at these columns, times each row's weight, to the rows."""
        builder, kind = self.builder, ir.VectorType(self.float, lanes)
        vectors = [self._load(self.vector, column, kind) for column in columns]
        with cgutils.for_range(builder, self.count) as loop:
            row, weight = self._row(loop.index, kind)
            before = [self._load(row, column, kind) for column in columns]
            for vector, old, column in zip(vectors, before, columns, strict=True):
                term = builder.fmul(weight, vector, flags=FUSED)
                self._store(builder.fadd(old, term, flags=FUSED), row, column)

    def _row(self, index: Any, kind: Any) -> tuple[Any, Any]:
        """Returns where row rows[index] begins, and its weight in every lane of a vector."""
        builder = self.builder
        row = builder.sext(builder.load(builder.gep(self.rows, [index])), INT64)
        value = builder.load(builder.gep(self.values, [index]))
        start = builder.gep(self.matrix, [builder.mul(row, self.step)])
        return start, self._spread(builder.fmul(value, self.factor), kind)

    def _store(self, value: Any, start: Any, column: Any) -> None:
        place = self.builder.gep(start, [column])
        place = self.builder.bitcast(place, value.type.as_pointer())
        self.builder.store(value, place, align=self.size)

    def _load(self, start: Any, column: Any, vector: Any) -> Any:
        pointer = self.builder.gep(start, [column])
        pointer = self.builder.bitcast(pointer, vector.as_pointer())
        return self.builder.load(pointer, align=self.size)

    def _spread(self, value: Any, vector: Any) -> Any:
        """A vector with the value in every lane."""
        nothing, lanes = ir.Constant(vector, ir.Undefined), vector.count
        first = self.builder.insert_element(nothing, value, ir.IntType(32)(0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
        return self.builder.shuffle_vector(first, nothing, places)


_add_weighted_rows = _kernel(_Tile.sum_up)
_add_to_rows = _kernel(_Tile.spread_out)
