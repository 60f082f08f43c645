"""The working memory of the machine code: arrays that a run keeps from call to call."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from inkling._types import AnyArray


class Memory:
    """Arrays that a run keeps from call to call, because new ones cost a page fault per 4 KB."""

    def __init__(self) -> None:
        self._layout: object = None
        self._arrays: dict[str, AnyArray] = {}

    def begin(self, layout: object) -> None:
        """Drops the arrays if they are for another layout."""
        if layout != self._layout:
            self._layout, self._arrays = layout, {}

    def array(self, name: str, shape: tuple[int, ...], dtype: Any) -> AnyArray:
        """Returns an aligned array: zeros, or what an earlier call left in it."""
        if name not in self._arrays:
            self._arrays[name] = aligned(shape, dtype)
        return self._arrays[name]


def aligned(shape: tuple[int, ...], dtype: Any) -> AnyArray:
    """Returns zeros that begin at a multiple of 64 bytes, so that no vector crosses two cache lines."""
    size, itemsize = math.prod(shape), np.dtype(dtype).itemsize
    raw = np.zeros(size + 64 // itemsize, dtype)
    start = -raw.ctypes.data % 64 // itemsize
    return raw[start : start + size].reshape(shape)
