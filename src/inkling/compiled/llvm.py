"""The four operations that Numba does not offer, written with LLVM's builder.

add_weighted_rows    out ← out + Σ_k v_k · row i_k of a matrix, with ``out`` in registers
view                 a matrix that begins at an element of a flat array
add_and_fetch        an atomic addition, for the counters that the threads share
give_way             the system's function that yields to other threads
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from inkling._checks import import_extra

extending: ModuleType = import_extra("numba.extending", "fast", "The compiled engine")
types: ModuleType = import_extra("numba.core.types", "fast", "The compiled engine")
arrayobj: ModuleType = import_extra("numba.np.arrayobj", "fast", "The compiled engine")
cgutils: ModuleType = import_extra("numba.core.cgutils", "fast", "The compiled engine")
ir: ModuleType = import_extra("llvmlite.ir", "fast", "The compiled engine")

LANES = 16
"""Numbers in a vector; the rows of every matrix are padded to a multiple of it."""
BLOCK = 8 * LANES
"""Numbers held in registers at a time. Of 784 rows they are 400 kB in float32, which stay in the cache
from one sample to the next."""
FUSED = ("contract",)
INT64 = ir.IntType(64)

GIVE_WAY = "SwitchToThread" if os.name == "nt" else "sched_yield"
give_way: Any = types.ExternalFunction(GIVE_WAY, types.intc())


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    """The pointer to an array's first element."""
    return context.make_array(kind)(context, builder, array).data


@extending.intrinsic  # type: ignore[untyped-decorator]
def add_weighted_rows(
    typing: Any, out: Any, matrix: Any, step: Any, rows: Any, values: Any, count: Any
) -> Any:
    """out ← out + Σ_k values[k] · (row rows[k] of the matrix), k < count.

    With a sample's nonzero inputs, their places and W it is x W; with an input's values in all samples,
    their places and δ it is a row of xᵀ δ. ``out`` is one to eight times ``LANES`` numbers; row i of the
    matrix begins at its element i · step; ``rows`` are int32, ``step`` and ``count`` int64.

    Numba's own loop loads and stores ``out`` for each k, and takes 1.6 × as long (784-100, 19 % not 0);
    one that adds four rows at a time takes 1.2 ×, and 1.5 × with 128 columns.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        start, base, indices, weights = (
            _data(context, builder, kinds[place], arguments[place]) for place in (0, 1, 3, 4)
        )
        width = builder.extract_value(
            context.make_array(kinds[0])(context, builder, arguments[0]).shape, 0
        )
        vector = ir.VectorType(context.get_value_type(out.dtype), LANES)
        size, undefined = out.dtype.bitwidth // 8, ir.Constant(vector, ir.Undefined)
        every = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)

        def place_of(first: Any, column: Any) -> Any:
            return builder.bitcast(builder.gep(first, [column]), vector.as_pointer())

        def spread(value: Any) -> Any:
            one = builder.insert_element(undefined, value, ir.IntType(32)(0))
            return builder.shuffle_vector(one, undefined, every)

        def cover(columns: Sequence[Any]) -> None:
            """Sums up the vectors that begin at these columns."""
            # An addition waits for the one before, so narrow rows have several sums.
            ways = max(1, 4 // len(columns))
            sums = [[cgutils.alloca_once(builder, vector) for _ in columns] for _ in range(ways)]

            def add_row(k: Any, totals: Sequence[Any]) -> None:
                index = builder.sext(builder.load(builder.gep(indices, [k])), INT64)
                row = builder.gep(base, [builder.mul(index, arguments[2])])
                weight = spread(builder.load(builder.gep(weights, [k])))
                for total, column in zip(totals, columns, strict=True):
                    number = builder.load(place_of(row, column), align=size)
                    term = builder.fmul(weight, number, flags=FUSED)
                    builder.store(builder.fadd(builder.load(total), term, flags=FUSED), total)

            for total, column in zip(sums[0], columns, strict=True):
                builder.store(builder.load(place_of(start, column), align=size), total)
            for totals in sums[1:]:
                for total in totals:
                    builder.store(ir.Constant(vector, [0.0] * LANES), total)
            whole = builder.sub(arguments[5], builder.srem(arguments[5], INT64(ways)))
            with cgutils.for_range_slice(builder, INT64(0), whole, INT64(ways)) as (k, _):
                for way in range(ways):
                    add_row(builder.add(k, INT64(way)), sums[way])
            if ways > 1:
                with cgutils.for_range_slice(builder, whole, arguments[5], INT64(1)) as (k, _):
                    add_row(k, sums[0])
            for number, column in enumerate(columns):
                total = builder.load(sums[0][number])
                for others in sums[1:]:
                    total = builder.fadd(total, builder.load(others[number]))
                builder.store(total, place_of(start, column), align=size)

        for vectors in range(1, BLOCK // LANES + 1):
            columns = [INT64(LANES * number) for number in range(vectors)]
            with builder.if_then(builder.icmp_signed("==", width, INT64(LANES * vectors))):
                cover(columns)
        return context.get_dummy_value()

    return types.void(out, matrix, types.int64, rows, values, types.int64), generate


@extending.intrinsic  # type: ignore[untyped-decorator]
def view(typing: Any, flat: Any, start: Any, rows: Any, columns: Any) -> Any:
    """The matrix (rows, columns) that begins at an element of a flat array.

    With slices and ``reshape``, a step of one sample takes twice as long.
    """
    kind = types.Array(flat.dtype, 2, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        matrix = context.make_array(kind)(context, builder)
        itemsize = INT64(flat.dtype.bitwidth // 8)
        array, first, height, width = arguments
        data = builder.gep(_data(context, builder, signature.args[0], array), [first])
        strides = (builder.mul(width, itemsize), itemsize)
        arrayobj.populate_array(matrix, data, (height, width), strides, itemsize, meminfo=None)
        return matrix._getvalue()

    return kind(flat, types.int64, types.int64, types.int64), generate


@extending.intrinsic  # type: ignore[untyped-decorator]
def add_and_fetch(typing: Any, counters: Any, place: Any, amount: Any) -> Any:
    """Adds to counters[place] atomically; returns the sum."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = _data(context, builder, signature.args[0], arguments[0])
        pointer = builder.gep(data, [arguments[1]])
        before = builder.atomic_rmw("add", pointer, arguments[2], "seq_cst")
        return builder.add(before, arguments[2])

    return types.int64(counters, types.int64, types.int64), generate
