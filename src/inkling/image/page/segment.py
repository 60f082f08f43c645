"""From a photograph to candidates for digits, in reading order.

    grey → shrink → find_ink → join_parts → find_rows → rows, each with the ways to read it

Pixels alone cannot tell a 4 that touches a 5 from an odd kind of 9. So a row offers candidates, whole
marks and parts of them (``candidates.py``), and to read it is to choose among them. ``recognize.py``
makes that choice with the network; this folder knows pixels only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._types import ByteArray
from inkling.image.normalize import check_grey
from inkling.image.page.candidates import Row
from inkling.image.page.cut_outs import Frame
from inkling.image.page.filters import resample
from inkling.image.page.ink import Strokes, find_ink
from inkling.image.page.rows import drop_cut_off, find_marks, find_rows, join_parts

LONGEST = 1600
"""Longer side, in pixels, to which a picture is shrunk: digits of 5 mm on a sheet of A4 keep 27."""
SMALLEST_PICTURE = 8
"""Shorter side below which no digit fits in."""
CLIPPING = 300
"""Longer side, in pixels, up to which a picture may be a digit cut out by a program."""
EVEN = 8
"""How many grey levels the middle of an even edge may span."""
CROSSING = 40
"""How many grey levels from an even edge's paper something differs that crosses it."""


@dataclass(frozen=True)
class Segmentation:
    """What was found in a picture.

    Attributes:
        rows: rows from top to bottom, each from left to right; none where there is no writing.
        strokes: how they were found, in the shrunk picture; None where it is too small for a digit.
    """

    rows: tuple[Row, ...]
    strokes: Strokes | None


def segment(grey: ByteArray) -> Segmentation:
    """Finds what may be digits in a picture.

    Args:
        grey: (H, W), uint8, upright; dark on light or light on dark, in any light.

    Returns:
        The rows of candidates, and the strokes that they come from.

    Raises:
        ShapeError: the image is not a (H, W) array of uint8 with at least one pixel.

    Example:
        >>> page = np.full((100, 160), 230, dtype=np.uint8)
        >>> page[30:70, 40:44] = page[30:70, 100:104] = 40  # two upright strokes
        >>> [[digit.box for digit in row.lattice().candidates] for row in segment(page).rows]
        [[(40, 30, 44, 70), (100, 30, 104, 70)]]
    """
    check_grey("segment", grey)
    if min(grey.shape) < SMALLEST_PICTURE:
        return Segmentation((), None)
    small = _shrink(grey)
    margin = _missing_margin(small)
    height, width = grey.shape
    frame = Frame(width / small.shape[1], height / small.shape[0], margin, (width, height))
    if margin:
        small = np.pad(small, margin, constant_values=np.uint8(np.median(_edge(small))))
    strokes = find_ink(small)
    writing = strokes.writing
    if writing is None:
        return Segmentation((), strokes)
    marks = find_marks(strokes.components, writing.kept, writing.at_edge)
    marks = join_parts(marks, writing.height)
    rows = drop_cut_off(find_rows(marks, writing.height), writing.height)
    made = (Row(strokes, row, writing.height, writing.pen, frame) for row in rows)
    return Segmentation(tuple(made), strokes)


def _shrink(grey: ByteArray) -> ByteArray:
    factor = LONGEST / max(grey.shape)
    if factor >= 1:
        return grey
    height, width = (max(SMALLEST_PICTURE, round(side * factor)) for side in grey.shape)
    return resample(grey, (height, width))


def _missing_margin(grey: ByteArray) -> int:
    """How much paper to put round a picture that is cropped so tightly that writing crosses its edge.

    Only round small ones with an edge of one even grey: what crosses the edge of a photograph is the
    table or a shadow.
    """
    if max(grey.shape) > CLIPPING:
        return 0
    edge = _edge(grey)
    low, paper, high = np.quantile(edge, [0.3, 0.5, 0.7])
    crossed = np.abs(edge - paper).max() >= CROSSING
    return max(4, max(grey.shape) // 6) if crossed and high - low <= EVEN else 0


def _edge(grey: ByteArray) -> ByteArray:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
