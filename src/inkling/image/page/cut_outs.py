"""One digit's own ink, without that of its neighbours, and its box in the picture it comes from.

A rectangle round a digit may hold a part of the next one; what counts are the strokes. ``candidates.py``
cuts every candidate out this way, and ``normalize.py`` takes it from there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inkling._types import ByteArray
from inkling.image.page.components import Box, find_components
from inkling.image.page.filters import dilate
from inkling.image.page.light import BoolArray

CRUMB = 0.4
"""Share of the largest thing's ink below which something along a cut belongs to the neighbour."""


@dataclass(frozen=True)
class Frame:
    """How a shrunk picture lies in the original one.

    Attributes:
        x: how many original pixels a pixel is wide.
        y: how many it is high.
        margin: pixels of paper that were added on every side.
        size: (width, height) of the original.
    """

    x: float
    y: float
    margin: int
    size: tuple[int, int]

    def original(self, box: Box) -> Box:
        """Returns a box of the shrunk picture in pixels of the original."""
        left, top, right, bottom = (side - self.margin for side in box)
        width, height = self.size
        return (
            max(0, int(left * self.x)),
            max(0, int(top * self.y)),
            min(width, math.ceil(right * self.x - 1e-6)),
            min(height, math.ceil(bottom * self.y - 1e-6)),
        )


def without_crumbs(mask: BoolArray, along: BoolArray) -> BoolArray:
    """Takes away what a cut left on its wrong side: small things along it.

    Args:
        mask: (H, W), bool, the strokes between two cuts.
        along: (H, W), bool, the pixels along the cuts.

    Returns:
        (H, W), bool.

    Example:
        >>> mask = np.array([[1, 0, 1, 1], [0, 0, 1, 1]], dtype=bool)  # one pixel, and a block
        >>> along = np.array([[1, 0, 0, 0], [1, 0, 0, 0]], dtype=bool)
        >>> without_crumbs(mask, along).astype(int)
        array([[0, 0, 1, 1],
               [0, 0, 1, 1]])
    """
    found = find_components(mask)
    if len(found) < 2:
        return mask
    height, width = mask.shape
    whole = (0, 0, width, height)
    for number in np.flatnonzero(found.areas < CRUMB * found.areas.max()).tolist():
        crumb = found.mask([number], whole)
        if (crumb & along).any():
            mask = mask & ~crumb
    return mask


def own_ink(ink: ByteArray, mask: BoolArray, left: int, top: int) -> ByteArray:
    """Cuts the ink of one candidate out of a picture, without that of its neighbours.

    Args:
        ink: (H, W), uint8, the picture's ink.
        mask: (h, w), bool, the candidate's strokes.
        left: column of the mask's left side in the picture.
        top: row of its top.

    Returns:
        (h + 4, w + 4), uint8: the strokes and their soft edge, one pixel wide, with two pixels of paper
        around; the ink that three quarters of the strokes do not reach becomes 255.
    """
    height, width = mask.shape
    framed = np.zeros((height + 4, width + 4), dtype=np.uint8)
    framed[2:-2, 2:-2] = mask
    around = np.zeros_like(framed)
    above, before = max(2 - top, 0), max(2 - left, 0)
    seen = ink[max(top - 2, 0) : top + height + 2, max(left - 2, 0) : left + width + 2]
    around[above : above + seen.shape[0], before : before + seen.shape[1]] = seen
    strongest = np.percentile(around[framed > 0], 75)
    level = np.minimum(around * np.float32(255 / strongest), 255)
    return (level * (dilate(framed, 1) > 0)).astype(np.uint8)
