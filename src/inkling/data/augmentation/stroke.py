"""Thicker and thinner strokes: another pen, for ``augment.py``.

    thicker    x + a · (grown − x)              grown: the strongest ink of a pixel and its 4 neighbours
    thinner    (x + a · (shrunk − x)) · (1 + a)   shrunk: the weakest; but never more than x

Growing moves the edges of a stroke outwards by a pixel, an amount a of 0 … 1 by that part of one.
Shrinking moves them inwards, but a stroke of a single pixel has no inside that would stay, and fades;
with the factor 1 + a it keeps 1 − a² of its ink, and edges move by a² of a pixel. The pages come from
``warp.py``, which bends them next.
"""

from __future__ import annotations

import numpy as np

from inkling._types import FloatArray


class StrokeWidth:
    """Changes the stroke width of blocks of pages, in arrays that it keeps from block to block.

    Args:
        pages: (B, H + 3, W + 3), float32, 0 … 255; images with one row and column of paper before them
            and two behind; changed in place.
    """

    def __init__(self, pages: FloatArray) -> None:
        self._pages = pages
        self._grown = np.zeros_like(pages)
        self._shrunk = np.zeros_like(pages)

    def change(self, amounts: FloatArray) -> None:
        """Changes the first B pages.

        Args:
            amounts: (B,), a in [−1, 1]; negative for thinner strokes.
        """
        b = len(amounts)
        pages, grown, shrunk = self._pages[:b], self._grown[:b], self._shrunk[:b]
        _combine_neighbours(np.maximum, pages, grown)
        _combine_neighbours(np.minimum, pages, shrunk)
        strength = np.abs(amounts)[:, None, None]
        thinner = amounts[:, None, None] < 0
        changed = grown
        np.copyto(changed, shrunk, where=thinner)
        changed -= pages
        changed *= strength
        changed += pages
        changed *= np.where(thinner, 1 + strength, 1)
        np.minimum(changed, pages, out=changed, where=thinner)
        pages[:, 1:-2, 1:-2] = changed[:, 1:-2, 1:-2]  # the paper around the images stays paper


def _combine_neighbours(combine: np.ufunc, pages: FloatArray, out: FloatArray) -> None:
    """The largest or smallest of each pixel and its neighbours above, below, left and right."""
    stride = pages.shape[2]
    # Along the flat pages, the neighbour above is a row's length back. What spills over from a page's
    # end to its next row or page lands on the margin, which nobody reads.
    flat, result = pages.reshape(-1), out.reshape(-1)[stride:-stride]
    combine(flat[: -2 * stride], flat[2 * stride :], out=result)
    for neighbour in (-1, 0, 1):
        end = len(flat) - stride + neighbour
        combine(result, flat[stride + neighbour : end], out=result)
