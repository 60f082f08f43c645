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
from typing import Any

import numpy as np

from inkling._checks import import_extra
from inkling.compiled.jit import compiled
from inkling.compiled.llvm import call
from inkling.errors import MissingExtraError

SMALL = 1000
"""Number of multiplications below which a plain loop is faster than BLAS: one sample per step."""

AS_STORED, FLIPPED = np.int64(0), np.int64(1)
"""Whether a matrix is transposed; a literal would have a type of its own and recompile ``multiply``."""


@cache
def gemm_address(dtype: str) -> int:
    """Returns the address of BLAS's sgemm or dgemm.

    Numba's ``get_cython_function_address`` would import ``scipy.linalg``, which takes 0.4 s for
    a hundred modules that are not needed; the one file with the addresses takes 0.1 s.

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
    name_of, pointer_of = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    name = name_of(capsule)
    if not name.startswith(b"void (char *, char *, int *, int *, int *, "):
        raise MissingExtraError(f"The compiled engine needs BLAS with 32-bit sizes, got {name!r}.")
    return int(pointer_of(capsule, name))


@compiled
def multiply(
    work: Any,
    part: int,
    sizes: Any,
    factor: float,
    left: Any,
    flip_left: Any,
    right: Any,
    flip_right: Any,
    kept: float,
    out: Any,
    steps: Any,
) -> None:
    """out ← factor · left @ right + kept · out, for matrices in flat arrays.

    Args:
        work: the work, which has space for the arguments that BLAS takes by address.
        part: the number of the part.
        sizes: (m, n, k): left is (m, k), right (k, n), out (m, n).
        factor: what the product is multiplied by.
        left: flat.
        flip_left: whether its transpose is stored.
        right: flat.
        flip_right: likewise.
        kept: 0 to overwrite out.
        out: flat.
        steps: elements from row to row of left, right and out, as they are stored.
    """
    m, n, k = sizes
    left_step, right_step, out_step = steps
    real = out.dtype.type
    if m * n * k > SMALL:
        # BLAS is column-major, so every matrix appears transposed: outᵀ = rightᵀ @ leftᵀ.
        integers, factors = work.gemm_sizes[part], work.gemm_factors[part]
        integers[0], integers[1], integers[2] = n, m, k
        integers[3], integers[4], integers[5] = right_step, left_step, out_step
        factors[0], factors[1] = factor, kept
        at, number = integers.ctypes.data, factors.ctypes.data
        letter = work.letters.ctypes.data
        call(
            work.gemm,
            (
                letter + flip_right,
                letter + flip_left,
                at,
                at + 4,
                at + 8,
                number,
                right.ctypes.data,
                at + 12,
                left.ctypes.data,
                at + 16,
                number + out.itemsize,
                out.ctypes.data,
                at + 20,
            ),
        )
        return
    left_row, left_column = (1, left_step) if flip_left else (left_step, 1)
    for i in range(m):
        row = out[i * out_step :][:n]
        for j in range(n):
            row[j] = real(kept) * row[j] if kept != 0 else real(0)
        for q in range(k):
            one = real(factor) * left[i * left_row + q * left_column]
            if flip_right:
                for j in range(n):
                    row[j] += one * right[q + j * right_step]
            else:
                line = right[q * right_step :][:n]
                for j in range(n):
                    row[j] += one * line[j]
