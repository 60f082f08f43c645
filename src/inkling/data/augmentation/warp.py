"""Warping: each pixel of a new image is interpolated at some coordinates of the old one.

    coefficients → coordinates → the four pixels around each → new images
    (B, 2, R, Q)   (B, 2, H, W)                                 (B, H, W)

Shift, rotation, scale, slant and a smooth random field are combined into one map of coordinates,

    coordinates = rows C columnsᵀ

so that every pixel is interpolated once. C[0, 0] is the coordinate of the image's middle, C[1, 0] and
C[0, 1] are the slopes down and across, and C[2:, 2:] is the smooth field of ``smooth_noise.py``.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from inkling._types import ByteArray, FloatArray
from inkling.data.augmentation.smooth_noise import smooth_basis

MARGIN = 1  # empty rows and columns before an image on its page; there are MARGIN + 1 after it


@lru_cache(maxsize=16)
def map_basis(length: int, sigma: float | None) -> FloatArray:
    """Returns the basis functions (H, R) of one axis for coordinate maps.

    Column 0 is the constant 1, column 1 the distance i − H/2 from the middle; the smooth functions
    follow, unless ``sigma`` is None.
    """
    # Half the length, not the mean index: the center of mass of MNIST's digits is at (14, 14).
    affine = np.stack([np.ones(length), np.arange(length) - length / 2], axis=1)
    smooth = np.empty((length, 0)) if sigma is None else smooth_basis(length, sigma)
    basis: FloatArray = np.concatenate([affine, smooth], axis=1).astype(np.float32)
    basis.flags.writeable = False  # the cached array is shared
    return basis


def put_on_pages(images: ByteArray) -> FloatArray:
    """Returns images (B, H, W) as float32 with an empty margin, (B, H + 3, W + 3)."""
    n_images, height, width = images.shape
    pages = np.zeros((n_images, height + 3, width + 3), np.float32)
    pages[:, MARGIN:-2, MARGIN:-2] = images
    return pages


def interpolate(pages: FloatArray, y: FloatArray, x: FloatArray) -> ByteArray:
    """Interpolates pages (B, H + 3, W + 3) bilinearly at coordinates (B, H', W') on the page.

    new = (1 − y) · ((1 − x) · p₀₀ + x · p₀₁) + y · ((1 − x) · p₁₀ + x · p₁₁), where y and x are the
    fractional parts of the coordinates and p the pixels around them, 0 outside an image.
    """
    n_pages, page_height, stride = pages.shape
    # Everything beyond the image is 0, so coordinates can be clipped to its margin.
    y = np.clip(y, 0, page_height - 2)
    x = np.clip(x, 0, stride - 2)
    row, column = np.floor(y), np.floor(x)
    y -= row
    x -= column
    # float32 is exact here: a page has at most 1003² pixels, a block of pages far fewer than 2²⁴.
    starts = np.arange(n_pages, dtype=np.float32)[:, None, None] * (page_height * stride)
    index = (row * stride + column + starts).astype(np.intp)
    flat = pages.reshape(-1)
    # With mode="raise", the default, take() is slower; no index is out of range here.
    corners = [flat[skip:].take(index, mode="wrap") for skip in (0, 1, stride, stride + 1)]
    upper = _between(corners[0], corners[1], x)
    lower = _between(corners[2], corners[3], x)
    return np.rint(_between(upper, lower, y)).astype(np.uint8)


def _between(start: FloatArray, end: FloatArray, share: FloatArray) -> FloatArray:
    return start + (end - start) * share
