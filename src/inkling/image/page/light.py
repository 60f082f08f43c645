"""Divides the light out of a photograph, which leaves the ink.

    gray → find_paper → ink_map = 1 − gray / paper

Photographs have shadows, gradients, a yellow lamp. A shadow darkens paper and ink by the same factor, so
dividing by the paper removes it. The paper is found by closing: what is darker than its surroundings and
narrower than a window is writing, what is wider is shadow. ``ink.py`` chooses the window.
"""

from __future__ import annotations

import numpy as np

from inkling._types import BoolArray, ByteArray
from inkling.image.page.filters import close, dilate, reduction, resample, running_max, shrink

PAPER_SIDE = 400  # longer side, in pixels, of the copy for wide windows
OFF_PAGE = 0.47  # darker than this share of the paper around: the table; a hard shadow leaves half
DARKEST_PAPER = 0.35  # least share of the bright paper to divide by, because the dark is grainy


def find_paper(gray: ByteArray, half: int) -> ByteArray:
    """Paints over everything dark that is narrower than a window, which leaves the paper.

    The window extends ``half`` pixels to every side: more than a stroke, less than a shadow.

    Example:
        >>> page = np.full((40, 40), 200, dtype=np.uint8)
        >>> page[:, 20:] = 100  # a shadow with a hard edge
        >>> page[10:30, 9:11] = page[10:30, 29:31] = 20  # two strokes
        >>> paper = find_paper(page, 4)
        >>> bool((paper[:, :20] == 200).all()), bool((paper[:, 20:] == 100).all())
        (True, True)
    """
    factor = max(1, min(half // 6, reduction(gray, PAPER_SIDE)))
    return resample(close(shrink(gray, factor), max(2, round(half / factor))), gray.shape)


def find_off_page(paper: ByteArray) -> BoolArray:
    """Returns the mask of what lies beside the page: the dark table at the edge of a photograph.

    It includes a narrow strip of the page along the table, whose edge would look like ink.
    """
    factor = reduction(paper, PAPER_SIDE)
    small = shrink(paper, factor)
    around = dilate(small, max(1, max(small.shape) // 12))
    dark = dilate((small < OFF_PAGE * around).astype(np.uint8), 2) > 0
    height, width = paper.shape
    large: BoolArray = dark.repeat(factor, axis=0).repeat(factor, axis=1)[:height, :width]
    return large


def keep_ruling(gray: ByteArray, length: int, slack: int) -> ByteArray:
    """Returns paper with its ruled lines, so that dividing by it removes them from the ink.

    A closing along one axis keeps a dark line that is at least as long as the window and fills in
    everything shorter. Lines are made thicker first, because on a photograph they slope a little and
    would leave a straight window.

    Args:
        gray: (H, W), uint8, dark on light.
        length: the shortest line to keep, in pixels; well above the width of a digit.
        slack: how far a line may deviate to either side over that length, in pixels.
    """
    lines = []
    for axis in (0, 1):
        thicker = 255 - running_max(255 - gray, slack, axis)
        lines.append(close(thicker, length // 2, axis=1 - axis))
    return np.minimum(*lines)


def ink_map(gray: ByteArray, paper: ByteArray, off_page: BoolArray) -> ByteArray:
    """Divides the light out; there is no ink off the page.

        ink = 1 − gray / paper, in 255ths

    Example:
        >>> row = np.array([[200, 50, 100, 25]], dtype=np.uint8)
        >>> ink_map(row, np.array([[200, 200, 100, 100]], dtype=np.uint8), row < 0)
        array([[  0, 191,   0, 191]], dtype=uint8)
    """
    bright = np.percentile(paper[::8, ::8], 90)
    light = np.maximum(paper, max(32.0, DARKEST_PAPER * bright)).astype(np.float32)
    ink = np.maximum(1 - gray / light, 0) * 255
    ink[off_page] = 0
    return ink.astype(np.uint8)
