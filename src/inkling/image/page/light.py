"""Light: what a picture would look like without its writing, and the writing without the light.

    grey → find_paper → ink_map = 1 − grey / paper

Photographs have shadows, gradients, a yellow lamp. Dividing by the paper takes all of them out, since
a shadow darkens paper and ink by the same factor. The paper itself is found by closing: what is darker
than its surroundings and narrower than a window is writing, what is wider is shadow. ``ink.py``
chooses the window and goes on from here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling._types import ByteArray
from inkling.image.page.filters import close, dilate, resample, running_max, shrink

BoolArray = NDArray[np.bool_]

PAPER_SIDE = 400
"""Longer side, in pixels, of the copy on which wide windows look for paper. It keeps a shadow's edge
sharp to within a few pixels of the picture."""
OFF_PAGE = 0.47
"""Paper darker than this share of the brightest around is no paper but the table on which it lies.
A hard shadow leaves half of the light or more."""
DARKEST_PAPER = 0.35
"""Share of the picture's bright paper by which a pixel is divided at least: dark places are grainy."""


def find_paper(grey: ByteArray, half: int) -> ByteArray:
    """Paints over everything dark that is narrower than a window.

    Args:
        grey: (H, W), uint8, dark on light.
        half: how far the window reaches on every side, in pixels: wider than a stroke, narrower than a
            shadow.

    Returns:
        (H, W), uint8: the paper, with its light and shadows.

    Example:
        >>> page = np.full((40, 40), 200, dtype=np.uint8)
        >>> page[:, 20:] = 100  # a shadow with a hard edge
        >>> page[10:30, 9:11] = page[10:30, 29:31] = 20  # two strokes
        >>> paper = find_paper(page, 4)
        >>> bool((paper[:, :20] == 200).all()), bool((paper[:, 20:] == 100).all())
        (True, True)
    """
    factor = max(1, min(half // 6, round(max(grey.shape) / PAPER_SIDE)))
    closed = close(shrink(grey, factor), max(2, round(half / factor)))
    return resample(closed, _shape(grey))


def find_off_page(paper: ByteArray) -> BoolArray:
    """Finds what lies beside the page: the dark table at the edge of a photograph.

    Args:
        paper: (H, W), uint8, from ``find_paper``.

    Returns:
        (H, W), bool, with a narrow strip of the page along the table, whose edge would look like ink.
    """
    factor = max(1, round(max(paper.shape) / PAPER_SIDE))
    small = shrink(paper, factor)
    around = dilate(small, max(1, max(small.shape) // 12))
    dark = dilate((small < OFF_PAGE * around).astype(np.uint8), 2) > 0
    height, width = paper.shape
    large: BoolArray = dark.repeat(factor, axis=0).repeat(factor, axis=1)[:height, :width]
    return large


def keep_ruling(grey: ByteArray, length: int, slack: int) -> ByteArray:
    """Paper with its ruled lines, so that dividing by it takes them out of the ink.

    A closing along one axis alone keeps a dark line that is at least as long as the window and fills in
    everything shorter. Lines are made thicker first, since on a photograph they slope a little and
    would leave a straight window.

    Args:
        grey: (H, W), uint8, dark on light.
        length: the shortest line to keep, in pixels; well above the width of a digit.
        slack: how far a line may stray on either side over that length, in pixels.

    Returns:
        (H, W), uint8.

    Example:
        >>> page = np.full((30, 60), 200, dtype=np.uint8)
        >>> page[20] = 90  # a ruled line
        >>> page[5:25, 30] = 50  # a stroke across it
        >>> paper = keep_ruling(page, 25, 1)
        >>> int(paper[20, 10]), int(paper[20, 30]), int(paper[10, 30])
        (90, 90, 200)
    """
    lines = []
    for axis in (0, 1):
        thicker = 255 - running_max(255 - grey, slack, axis)
        lines.append(close(thicker, length // 2, axis=1 - axis))
    return np.minimum(*lines)


def ink_map(grey: ByteArray, paper: ByteArray, off_page: BoolArray) -> ByteArray:
    """Divides the light out.

        ink = 1 − grey / paper

    Args:
        grey: (H, W), uint8, dark on light.
        paper: (H, W), uint8.
        off_page: (H, W), bool; there is no ink there.

    Returns:
        (H, W), uint8: 0 paper to 255, where no light comes back at all.

    Example:
        >>> row = np.array([[200, 50, 100, 25]], dtype=np.uint8)
        >>> ink_map(row, np.array([[200, 200, 100, 100]], dtype=np.uint8), row < 0)
        array([[  0, 191,   0, 191]], dtype=uint8)
    """
    bright = np.percentile(paper[::8, ::8], 90)
    light = np.maximum(paper, max(32.0, DARKEST_PAPER * bright)).astype(np.float32)
    ink = np.maximum(1 - grey / light, 0) * 255
    ink[off_page] = 0
    return ink.astype(np.uint8)


def _shape(image: NDArray[Any]) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
