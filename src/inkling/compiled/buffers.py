"""Arrays that are reused between calls, so that a run does not allocate them for each chunk."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from inkling._types import AnyArray

ALIGNED = 64
"""Bytes; arrays begin at multiples of it, so that no vector crosses two cache lines."""


class Buffers:
    """Arrays by purpose, for one run at a time; their contents are undefined.

    Example:
        >>> buffers = Buffers()
        >>> large = buffers.array("values", 100, np.float32)
        >>> np.shares_memory(large, buffers.array("values", 50, np.float32))
        True
    """

    def __init__(self) -> None:
        self._arrays: dict[str, AnyArray] = {}

    def array(self, purpose: str, size: int, dtype: DTypeLike) -> AnyArray:
        """Returns an array (size,), reusing the memory of the last call if it is large enough."""
        dtype = np.dtype(dtype)
        array = self._arrays.get(purpose)
        if array is None or array.dtype != dtype or len(array) < size:
            extra = ALIGNED // dtype.itemsize
            raw = np.empty(size + extra, dtype)
            start = -raw.ctypes.data % ALIGNED // dtype.itemsize
            array = self._arrays[purpose] = raw[start : start + size]
        return array[:size]
