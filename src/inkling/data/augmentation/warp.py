"""Images seen through a bent and moved grid: each new pixel looks somewhere else in the old image.

    coefficients → coordinates → the four pixels around each → new images
    (B, 2, R, Q)   (B, 2, H, W)                                 (B, H, W)

Shift, turn, scale and slant and a smooth random field are all one map of coordinates, so every pixel is
interpolated once, whatever was asked for. ``augment.py`` says which coefficients; ``smooth_noise.py`` is
where the smooth part comes from.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from inkling._types import ByteArray, FloatArray
from inkling.data.augmentation.smooth_noise import smooth_basis

MARGIN = 1
"""Empty rows and columns before an image on its page; there is one more behind it."""


@lru_cache(maxsize=16)
def map_basis(length: int, sigma: float | None) -> FloatArray:
    """Returns the functions of one axis from which coordinate maps are made.

    Column 0 is the constant 1, column 1 the distance i − H/2 from the middle; the smooth ones follow.

    Args:
        length: H, pixels of the axis.
        sigma: how smooth the others are, in pixels; None for no others.

    Returns:
        (H, R), float32, read-only; R is 2 without the smooth ones.

    Example:
        >>> map_basis(4, None)
        array([[ 1., -2.],
               [ 1., -1.],
               [ 1.,  0.],
               [ 1.,  1.]], dtype=float32)
    """
    # Half the length and not the mean index: the centre of mass of MNIST's digits is at (14, 14).
    straight = np.stack([np.ones(length), np.arange(length) - length / 2], axis=1)
    smooth = np.empty((length, 0)) if sigma is None else smooth_basis(length, sigma)
    basis: FloatArray = np.concatenate([straight, smooth], axis=1).astype(np.float32)
    basis.flags.writeable = False
    return basis


class Warp:
    """Resamples blocks of images through coordinate maps, in arrays that it keeps from block to block.

    The map of an image is a product of three small matrices,

        coordinates = rows C columnsᵀ

    C[0, 0] is where the image's middle is seen, C[1, 0] and C[0, 1] are the slopes down and across, and
    C[2:, 2:] is the smooth field; one C for the row looked at and one for the column. The new pixel is
    bilinear between the four old ones around that point; outside of the image there is paper, 0.

    It keeps its arrays: with fresh ones for every step an image takes 15 µs instead of 5, most of it to
    get memory from the system.

    Args:
        images: the most images of a block.
        rows: (H, R), ``map_basis`` of the rows.
        columns: (W, Q), that of the columns.

    Attributes:
        pages: (B, H + 3, W + 3), float32: images with paper around them.
        coefficients: (B, 2, R, Q), float32: C, in pixels of the page, which count one more.
    """

    def __init__(self, images: int, rows: FloatArray, columns: FloatArray) -> None:
        (height, n_rows), (width, n_columns) = rows.shape, columns.shape
        self._rows = rows
        # In this layout, and one small product an image, which never wakes the threads of BLAS.
        self._columns = np.ascontiguousarray(columns.T)
        self.pages: FloatArray = np.zeros((images, height + 3, width + 3), np.float32)
        self.coefficients: FloatArray = np.zeros((images, 2, n_rows, n_columns), np.float32)
        self._half_way = np.empty((images, 2, n_rows, width), np.float32)
        self._coordinates = np.empty((images, 2, height, width), np.float32)
        self._corners = np.empty((4, images, height, width), np.float32)
        self._index = np.empty((images, height, width), np.intp)
        page_starts = np.arange(images) * ((height + 3) * (width + 3))
        self._page_starts = page_starts[:, None, None].astype(np.float32)

    def load(self, images: ByteArray) -> None:
        """Puts images (B, H, W) on the first pages."""
        self.pages[: len(images), MARGIN:-2, MARGIN:-2] = images

    def sample(self, out: ByteArray) -> None:
        """Writes the new images (B, H, W) of the first B pages and coefficients into ``out``."""
        b = len(out)
        half_way, coordinates = self._half_way[:b], self._coordinates[:b]
        np.matmul(self.coefficients[:b], self._columns, out=half_way)
        np.matmul(self._rows, half_way, out=coordinates)
        self.interpolate(coordinates[:, 0], coordinates[:, 1], out)

    def interpolate(self, y: FloatArray, x: FloatArray, out: ByteArray) -> None:
        """Bilinear interpolation at rows y and columns x (B, H, W), which it uses up.

        new = (1 − y) · ((1 − x) · p₀₀ + x · p₀₁) + y · ((1 − x) · p₁₀ + x · p₁₁), with y and x the parts
        after the decimal point and p the pixels around the point.
        """
        stride = self.pages.shape[2]
        height, width = out.shape[1:]
        upper_left, upper_right, lower_left, lower_right = self._corners[:, : len(out)]
        # Beyond the image everything is paper, so looking farther than its margin changes nothing.
        np.clip(y, 0, height + MARGIN, out=y)
        np.clip(x, 0, width + MARGIN, out=x)
        row, column, index = upper_left, upper_right, self._index[: len(out)]
        np.floor(y, out=row)
        np.floor(x, out=column)
        y -= row
        x -= column
        row *= stride
        row += column
        row += self._page_starts[: len(out)]
        np.copyto(index, row, casting="unsafe")
        flat = self.pages.reshape(-1)
        # With mode="raise", the default, take() fills a copy first; no index is outside here.
        flat.take(index, out=upper_left, mode="wrap")
        flat[1:].take(index, out=upper_right, mode="wrap")
        flat[stride:].take(index, out=lower_left, mode="wrap")
        flat[stride + 1 :].take(index, out=lower_right, mode="wrap")
        upper = _between(upper_left, upper_right, x)
        lower = _between(lower_left, lower_right, x)
        new = _between(upper, lower, y)
        np.copyto(out, np.rint(new, out=new), casting="unsafe")


def _between(start: FloatArray, end: FloatArray, share: FloatArray) -> FloatArray:
    """Overwrites ``end`` with start + (end − start) · share, and returns it."""
    end -= start
    end *= share
    end += start
    return end
