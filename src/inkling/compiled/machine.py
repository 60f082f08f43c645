"""Operations that the machine code needs and Numba does not provide.

Arrays at addresses, so that one signature serves networks of any depth; counters that several threads
may increment at once; calls of functions by address, such as BLAS; e^z in vector instructions. Each is a
few instructions, written with LLVM's builder. Addresses are arguments: a pointer that is part
of the code would prevent Numba from storing it on disk.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np

from inkling._checks import import_extra

arrayobj: ModuleType = import_extra("numba.np.arrayobj", "fast", "The compiled engine")
extending: ModuleType = import_extra("numba.extending", "fast", "The compiled engine")
types: ModuleType = import_extra("numba.core.types", "fast", "The compiled engine")
cgutils: ModuleType = import_extra("numba.core.cgutils", "fast", "The compiled engine")
ir: ModuleType = import_extra("llvmlite.ir", "fast", "The compiled engine")


UNBOUNDED = 1 << 40
"""The nominal length of arrays at addresses; the true length is not available here."""


def _array(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """The instructions for an array whose first element is at an address."""
    kind = signature.return_type
    array = context.make_array(kind)(context, builder)
    size = context.get_constant(types.intp, kind.dtype.bitwidth // 8)
    arrayobj.populate_array(
        array,
        data=builder.inttoptr(arguments[0], array.data.type),
        shape=(context.get_constant(types.intp, UNBOUNDED),),
        strides=(size,),
        itemsize=size,
        meminfo=None,
    )
    return array._getvalue()


@extending.intrinsic  # type: ignore[untyped-decorator]
def array_at(typing: Any, address: Any, like: Any) -> Any:  # noqa: ARG001 (part of the protocol)
    """The array at an address, of the dtype of ``like``."""
    return types.Array(like.dtype, 1, "C")(address, like), _array


@extending.intrinsic  # type: ignore[untyped-decorator]
def reals(typing: Any, address: Any) -> Any:  # noqa: ARG001
    """The float64 array at an address."""
    return types.Array(types.float64, 1, "C")(address), _array


@extending.intrinsic  # type: ignore[untyped-decorator]
def integers(typing: Any, address: Any) -> Any:  # noqa: ARG001
    """The int64 array at an address."""
    return types.Array(types.int64, 1, "C")(address), _array


@extending.intrinsic  # type: ignore[untyped-decorator]
def short_integers(typing: Any, address: Any) -> Any:  # noqa: ARG001
    """The int32 array at an address."""
    return types.Array(types.int32, 1, "C")(address), _array


@extending.intrinsic  # type: ignore[untyped-decorator]
def bytes_at(typing: Any, address: Any) -> Any:  # noqa: ARG001
    """The uint8 array at an address."""
    return types.Array(types.uint8, 1, "C")(address), _array


@extending.intrinsic  # type: ignore[untyped-decorator]
def words_at(typing: Any, address: Any) -> Any:  # noqa: ARG001
    """The uint64 array at an address."""
    return types.Array(types.uint64, 1, "C")(address), _array


@extending.intrinsic  # type: ignore[untyped-decorator]
def add_and_fetch(typing: Any, counters: Any, place: Any, amount: Any) -> Any:  # noqa: ARG001
    """Adds to counters[place] atomically; returns the sum."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        before = builder.atomic_rmw("add", pointer, arguments[2], "seq_cst")
        return builder.add(before, arguments[2])

    return types.int64(counters, types.int64, types.int64), generate


@extending.intrinsic  # type: ignore[untyped-decorator]
def fetch(typing: Any, counters: Any, place: Any) -> Any:  # noqa: ARG001
    """Reads counters[place] atomically."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        return builder.load_atomic(pointer, "seq_cst", 8)

    return types.int64(counters, types.int64), generate


@extending.intrinsic  # type: ignore[untyped-decorator]
def call(typing: Any, address: Any) -> Any:  # noqa: ARG001
    """Calls the C function without arguments at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        kind = ir.FunctionType(ir.IntType(32), []).as_pointer()
        builder.call(builder.inttoptr(arguments[0], kind), [])
        return context.get_dummy_value()

    return types.void(address), generate


@extending.intrinsic  # type: ignore[untyped-decorator]
def prefetch(typing: Any, address: Any) -> Any:  # noqa: ARG001
    """Prefetches the memory at an address, without waiting for it; any address is allowed."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        place = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        kinds = [place.type, *[ir.IntType(32)] * 3]
        kind = ir.FunctionType(ir.VoidType(), kinds)
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        read, keep, data = (ir.IntType(32)(number) for number in (0, 3, 1))
        builder.call(function, [place, read, keep, data])
        return context.get_dummy_value()

    return types.void(address), generate


@extending.intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(typing: Any, word: Any) -> Any:  # noqa: ARG001
    """The number of zero bits below the lowest 1 of a word that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.uint64(types.uint64), generate


def exponential(z: Any) -> Any:
    """e^z: libm's in float64; in float32 clipped to e^-87 … e^88, in vector instructions."""
    raise NotImplementedError


@extending.overload(exponential)  # type: ignore[untyped-decorator]
def _exponential(z: Any) -> Any:
    return _exponential_float32 if z == types.float32 else _exponential_float64


def _exponential_float64(z: Any) -> Any:
    """libm's."""
    return math.exp(z)


def _exponential_float32(z: Any) -> Any:
    """e^z = 2^n e^r with a whole n and |r| < ½ log 2, e^r by a polynomial (Cephes' expf).

    It takes 0.3 ns per element; NumPy takes 0.7, and libm's expf, one at a time, 5. The error is below
    1e-7 of the value. NaN stays NaN.
    """
    z = np.float32(-87.3) if z < np.float32(-87.3) else z
    z = np.float32(88.7) if z > np.float32(88.7) else z
    # Adding 1.5 · 2^23 leaves no room for a fraction: the sum's low bits are n.
    shifted = np.float32(z * np.float32(1.44269504) + np.float32(12582912.0))
    n = shifted - np.float32(12582912.0)
    r = (z - n * np.float32(0.693359375)) + n * np.float32(2.12194440e-4)
    power = np.float32(1.9875691500e-4)
    power = power * r + np.float32(1.3981999507e-3)
    power = power * r + np.float32(8.3334519073e-3)
    power = power * r + np.float32(4.1665795894e-2)
    power = power * r + np.float32(1.6666665459e-1)
    power = power * r + np.float32(5.0000001201e-1)
    power = power * (r * r) + r + np.float32(1)
    exponent = np.int32((shifted.view(np.int32) + np.int32(127)) << np.int32(23))
    return power * exponent.view(np.float32)


def tanh(z: Any) -> Any:
    """tanh z: libm's in float64, in vector instructions in float32."""
    raise NotImplementedError


@extending.overload(tanh)  # type: ignore[untyped-decorator]
def _tanh(z: Any) -> Any:
    return _tanh_float32 if z == types.float32 else _tanh_float64


def _tanh_float64(z: Any) -> Any:
    """libm's."""
    return math.tanh(z)


def _tanh_float32(z: Any) -> Any:
    """1 − 2 / (e^2z + 1); near 0, where that loses digits, z + z³ times a polynomial (Cephes' tanhf)."""
    square = z * z
    near = np.float32(-5.70498872745e-3)
    near = near * square + np.float32(2.06390887954e-2)
    near = near * square + np.float32(-5.37397155531e-2)
    near = near * square + np.float32(1.33314422036e-1)
    near = near * square + np.float32(-3.33332819422e-1)
    near = near * square * z + z
    far = np.float32(1) - np.float32(2) / (exponential(np.float32(2) * z) + np.float32(1))
    return near if square < np.float32(0.390625) else far
