"""The light of a photograph: dividing by it leaves the ink.

    gray → find_paper → ink_map = 1 − gray / paper

Photographs have shadows, gradients, a yellow lamp. A shadow darkens paper and ink by the same factor, so
dividing by the paper removes it. The paper is found by closing: what is darker than its surroundings and
narrower than a window is writing, what is wider is shadow.
"""

from __future__ import annotations

import numpy as np

from inkling._types import BoolArray, ByteArray
from inkling.image.page.filters import close, dilate, reduction, resample, running_max, shrink

PAPER_SIDE = 400  # longer side, in pixels, of the copy for wide windows
OFF_PAGE = 0.47  # darker than this share of the paper around: the table; a hard shadow leaves half
DARKEST_PAPER = 0.35  # least share of the bright paper to divide by, because the dark is grainy


def find_paper(gray: ByteArray, half: int) -> ByteArray:
    """Returns the paper (H, W): the image with everything dark and narrow painted over.

    The window extends ``half`` pixels to every side: more than a stroke, less than a shadow.
    """
    factor = max(1, min(half // 6, reduction(gray, PAPER_SIDE)))
    return resample(close(shrink(gray, factor), max(2, round(half / factor))), gray.shape)


def find_off_page(paper: ByteArray) -> BoolArray:
    """Returns the mask (H, W) of the table around the page, and of a strip of the page along it.

    The edge of the table would look like ink.
    """
    factor = reduction(paper, PAPER_SIDE)
    small = shrink(paper, factor)
    around = dilate(small, max(1, max(small.shape) // 12))
    dark = dilate((small < OFF_PAGE * around).astype(np.uint8), 2) > 0
    height, width = paper.shape
    large: BoolArray = dark.repeat(factor, axis=0).repeat(factor, axis=1)[:height, :width]
    return large


def keep_ruling(gray: ByteArray, length: int, slack: int) -> ByteArray:
    """Returns paper (H, W) with its ruled lines, so that dividing by it removes them from the ink.

    A closing along one axis fills in everything shorter than ``length`` pixels. Lines are made thicker
    first, because on a photograph they slope: by up to ``slack`` pixels to either side over that length.
    """
    lines = []
    for axis in (0, 1):
        thicker = 255 - running_max(255 - gray, slack, axis)
        lines.append(close(thicker, length // 2, axis=1 - axis))
    return np.minimum(*lines)


def ink_map(gray: ByteArray, paper: ByteArray, off_page: BoolArray) -> ByteArray:
    """Returns the ink (H, W), 1 − gray / paper in 255ths; 0 off the page."""
    bright = np.percentile(paper[::8, ::8], 90)
    light = np.maximum(paper, max(32.0, DARKEST_PAPER * bright)).astype(np.float32)
    ink = np.maximum(1 - gray / light, 0) * 255
    ink[off_page] = 0
    return ink.astype(np.uint8)
