"""Scaling from pixels to inputs, shared by training, evaluation and recognition.

Images stay uint8, a quarter of the memory of float32 and an eighth of float64; each batch is scaled
when its rows are gathered. The model file stores the two numbers, so that a model always gets the
same inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import DTypeLike

from inkling._types import AnyArray, FloatArray, IntArray


@dataclass(frozen=True)
class PixelScaling:
    """The scaling x = pixel · factor + offset, by default from 0 … 255 to 0 … 1.

    Example:
        >>> PixelScaling()(np.array([[0, 51, 255]], dtype=np.uint8)).round(4)
        array([[0. , 0.2, 1. ]], dtype=float32)
    """

    factor: float = 1 / 255
    offset: float = 0.0

    @classmethod
    def to_range(cls, low: float, high: float) -> Self:
        """Returns the scaling that maps 0 … 255 to low … high."""
        return cls((high - low) / 255, float(low))

    def __call__(self, pixels: AnyArray, dtype: DTypeLike = np.float32) -> FloatArray:
        """Returns the pixels (…) as inputs (…) of the given dtype."""
        return self._scale(np.empty(pixels.shape, dtype), pixels)

    def gather(self, pixels: AnyArray, rows: IntArray, out: FloatArray) -> FloatArray:
        """Writes the inputs of some rows (B,) of pixels (N, I) into ``out`` (B, I), and returns it."""
        return self._scale(out, pixels[rows])

    def _scale(self, out: FloatArray, pixels: AnyArray) -> FloatArray:
        np.copyto(out, pixels)  # converting first is faster than a product of uint8 and float32
        np.multiply(out, self.factor, out=out)
        if self.offset:
            np.add(out, self.offset, out=out)
        return out
