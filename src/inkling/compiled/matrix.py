"""Products of matrices with few zeros: BLAS, called by address from machine code.

The BLAS is SciPy's, which exposes its address. Called directly, it also accepts a factor
and adds to the output, so that W ← W − η xᵀ δ is one call without an array for the gradient, and it
accepts parts of larger matrices, so that each thread works on its own rows without copies.
"""

from __future__ import annotations

import ctypes
import importlib.util
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from inkling._checks import import_extra
from inkling.compiled.jit import compiled, inlined
from inkling.errors import MissingExtraError

extending: ModuleType = import_extra("numba.extending", "fast", "The compiled engine")
types: ModuleType = import_extra("numba.core.types", "fast", "The compiled engine")
cgutils: ModuleType = import_extra("numba.core.cgutils", "fast", "The compiled engine")
ir: ModuleType = import_extra("llvmlite.ir", "fast", "The compiled engine")

SMALL = 1000
"""Number of multiplications below which a plain loop is faster than BLAS: one sample per step."""
UNIT = np.int64(1)
"""The step between neighbors; a literal 1 would have a type of its own and recompile ``multiply``."""


@cache
def gemm_address(dtype: str) -> int:
    """Returns the address of BLAS's sgemm or dgemm.

    ``import scipy.linalg`` would take 0.4 s for a hundred modules that are not needed; the one file
    with the addresses takes 0.1 s.

    Raises:
        MissingExtraError: SciPy's BLAS is missing or takes other arguments.
    """
    package = import_extra("scipy", "fast", "The compiled engine")
    folder = Path(package.__path__[0], "linalg")
    finder = FileFinder(str(folder), (ExtensionFileLoader, EXTENSION_SUFFIXES))
    spec = finder.find_spec("cython_blas")
    if spec is None or spec.loader is None:
        raise MissingExtraError(
            f"The compiled engine needs SciPy's BLAS; there is none in {folder}."
        )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    capsule = module.__pyx_capi__[{"float32": "sgemm", "float64": "dgemm"}[dtype]]
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = (
        ctypes.c_char_p,
        [ctypes.py_object],
    )
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    name = api.PyCapsule_GetName(capsule)
    if not name.startswith(b"void (char *, char *, int *, int *, int *, "):
        raise MissingExtraError(f"The compiled engine needs BLAS with 32-bit sizes, got {name!r}.")
    return int(api.PyCapsule_GetPointer(capsule, name))


@extending.intrinsic  # type: ignore[untyped-decorator]
def _gemm(
    typing: Any,  # noqa: ARG001 (part of the protocol)
    address: Any,  # noqa: ARG001
    flips: Any,
    sizes: Any,
    alpha: Any,  # noqa: ARG001
    a: Any,
    b: Any,
    beta: Any,  # noqa: ARG001
    c: Any,
) -> Any:
    """Calls BLAS: flips (a, b), sizes (m, n, k, lda, ldb, ldc), all by address, as Fortran requires."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, flips, sizes, alpha, a, b, beta, c = arguments
        letters, number = ir.IntType(8), ir.IntType(32)

        def pointer_to(value: Any) -> Any:
            place = cgutils.alloca_once(builder, value.type)
            builder.store(value, place)
            return place

        def letter(flip: Any) -> Any:
            return pointer_to(builder.select(flip, letters(ord("T")), letters(ord("N"))))

        m, n, k, lda, ldb, ldc = (
            pointer_to(builder.trunc(size, number)) for size in cgutils.unpack_tuple(builder, sizes)
        )
        flip_a, flip_b = (
            letter(builder.icmp_unsigned("!=", flip, flip.type(0)))
            for flip in cgutils.unpack_tuple(builder, flips)
        )
        data = [
            context.make_array(signature.args[place])(context, builder, array).data
            for place, array in ((4, a), (5, b), (7, c))
        ]
        given = [flip_a, flip_b, m, n, k, pointer_to(alpha), data[0], lda, data[1], ldb]
        given += [pointer_to(beta), data[2], ldc]
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in given])
        builder.call(builder.inttoptr(address, kind.as_pointer()), given)
        return context.get_dummy_value()

    return types.void(types.int64, flips, sizes, c.dtype, a, b, c.dtype, c), generate


@inlined
def row_length(steps: Any, columns: int) -> Any:
    """The leading dimension for BLAS: the step between rows, or between columns if transposed.

    A matrix of a single row may have the step 1 both ways, such as Wᵀ with one output. BLAS
    requires at least the length of the row.
    """
    return steps[1] if steps[1] != 1 else max(steps[0], columns)


@compiled
def multiply(
    gemm: int,
    sizes: Any,
    factor: float,
    left: Any,
    left_steps: Any,
    right: Any,
    right_steps: Any,
    kept: float,
    out: Any,
    out_step: int,
) -> None:
    """out ← factor · left @ right + kept · out, for matrices in flat arrays.

    Args:
        gemm: its address.
        sizes: (m, n, k): left is (m, k), right (k, n), out (m, n).
        factor: what the product is multiplied by.
        left: flat.
        left_steps: elements from row to row, and from column to column; one of them is 1. If it is
            the first, the matrix is transposed.
        right: flat.
        right_steps: likewise.
        kept: 0 to overwrite out.
        out: flat.
        out_step: elements from row to row.
    """
    m, n, k = sizes
    real = out.dtype.type
    if m * n * k > SMALL:
        # BLAS is column-major, so every matrix appears transposed: outᵀ = rightᵀ @ leftᵀ.
        flips = (right_steps[1] != 1, left_steps[1] != 1)
        steps = (row_length(right_steps, n), row_length(left_steps, k), out_step)
        _gemm(gemm, flips, (n, m, k, *steps), real(factor), right, left, real(kept), out)
        return
    for i in range(m):
        row = out[i * out_step :][:n]
        for j in range(n):
            row[j] = real(kept) * row[j] if kept != 0 else real(0)
        # Along the rows of `right` in memory, in vectors: column by column each sum would wait for
        # itself, and a step of one sample took a quarter longer (784-100-10).
        if right_steps[1] == 1:
            for q in range(k):
                one = real(factor) * left[i * left_steps[0] + q * left_steps[1]]
                line = right[q * right_steps[0] :][:n]
                for j in range(n):
                    row[j] += one * line[j]
        else:
            for j in range(n):
                line = right[j * right_steps[1] :][:k]
                total = real(0)
                for q in range(k):
                    total += left[i * left_steps[0] + q * left_steps[1]] * line[q]
                row[j] += real(factor) * total
