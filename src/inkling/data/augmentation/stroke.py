"""Thicker and thinner strokes.

    thicker    x + a · (grown − x)                grown: the maximum of a pixel and its 4 neighbors
    thinner    (x + a · (shrunk − x)) · (1 + a)   shrunk: the minimum; the result is at most x

Growing with a = 1 moves the edges of a stroke outward by a pixel. Shrinking moves them inward, but a
stroke one pixel wide has no interior and would fade; with the factor 1 + a it keeps 1 − a² of its ink,
and edges move by a² of a pixel.
"""

from __future__ import annotations

import numpy as np

from inkling._types import FloatArray


def change_strokes(pages: FloatArray, amounts: FloatArray) -> None:
    """Changes in place the stroke width of pages (B, H + 3, W + 3) by amounts a (B,) in [−1, 1].

    Negative amounts make strokes thinner. Pages are those of ``put_on_pages`` in ``warp.py``.
    """
    strength = np.abs(amounts)[:, None, None]
    thinner = amounts[:, None, None] < 0
    changed = _combine_neighbors(np.maximum, pages)
    np.copyto(changed, _combine_neighbors(np.minimum, pages), where=thinner)
    changed -= pages
    changed *= strength
    changed += pages
    changed *= np.where(thinner, 1 + strength, 1)
    np.minimum(changed, pages, out=changed, where=thinner)
    pages[:, 1:-2, 1:-2] = changed[:, 1:-2, 1:-2]  # the margin stays empty


def _combine_neighbors(combine: np.ufunc, pages: FloatArray) -> FloatArray:
    """Returns the maximum or minimum of each pixel and its four neighbors."""
    # In the flat pages, the neighbor above is one stride back. What carries over from one row or page to
    # the next lands on the margin, which is not used.
    stride = pages.shape[2]
    flat = pages.reshape(-1)
    result = np.zeros_like(flat)
    inner = result[stride:-stride]
    combine(flat[: -2 * stride], flat[2 * stride :], out=inner)
    for neighbor in (-1, 0, 1):
        combine(inner, flat[stride + neighbor : len(flat) - stride + neighbor], out=inner)
    return result.reshape(pages.shape)
