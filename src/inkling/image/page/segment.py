"""Segmentation: from a photograph to candidates for digits, in reading order.

    gray → shrink → find_strokes → join_parts → find_rows → rows, each with all ways to read it

Pixels alone do not distinguish a 4 that touches a 5 from an unusual 9. So a row offers candidates, whole
marks and parts of them, and ``recognize/`` chooses among them with the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._types import ByteArray
from inkling.image.normalize import check_gray, edge_pixels
from inkling.image.page.candidates import Effort, Row
from inkling.image.page.cut_outs import Frame
from inkling.image.page.filters import resample
from inkling.image.page.ink import Strokes, find_strokes
from inkling.image.page.rows import drop_cut_off, find_marks, find_rows, join_parts

LONGEST = 1600  # longer side to which an image is shrunk; digits of 5 mm on A4 keep 27 pixels
SMALLEST = 8  # shorter side, in pixels, below which an image is too small for a digit
CROPPED = 300  # longer side, in pixels, up to which an image may be a digit cropped by a program
EVEN = 8  # how many gray levels the middle of an even edge may span
CROSSING = 40  # gray levels by which what crosses an even edge differs from the paper


@dataclass(frozen=True)
class Segmentation:
    """What was found in an image."""

    rows: tuple[Row, ...]  # from top to bottom; none if there is no writing
    strokes: Strokes | None  # in the shrunk image; None if the image is too small for a digit


def segment(gray: ByteArray) -> Segmentation:
    """Finds candidates for digits in an image (H, W), in any light and polarity.

    Example:
        >>> page = np.full((100, 160), 230, dtype=np.uint8)
        >>> page[30:70, 40:44] = page[30:70, 100:104] = 40  # two upright strokes
        >>> [[digit.box for digit in row.lattice().candidates] for row in segment(page).rows]
        [[(40, 30, 44, 70), (100, 30, 104, 70)]]
    """
    check_gray("segment", gray)
    if min(gray.shape) < SMALLEST:
        return Segmentation((), None)
    small = gray
    if max(gray.shape) > LONGEST:
        factor = LONGEST / max(gray.shape)
        small = resample(gray, tuple(max(SMALLEST, round(side * factor)) for side in gray.shape))
    margin = _missing_margin(small)
    height, width = gray.shape
    frame = Frame(width / small.shape[1], height / small.shape[0], margin, (width, height))
    if margin:
        small = np.pad(small, margin, constant_values=np.uint8(np.median(edge_pixels(small))))
    strokes = find_strokes(small)
    writing = strokes.writing
    if writing is None:
        return Segmentation((), strokes)
    marks = find_marks(strokes.components, writing.kept, writing.at_edge)
    rows = find_rows(join_parts(marks, writing.height), writing.height)
    rows = drop_cut_off(rows, writing.height)
    effort = Effort()
    return Segmentation(tuple(Row(strokes, writing, row, frame, effort) for row in rows), strokes)


def _missing_margin(gray: ByteArray) -> int:
    """Returns how much paper to add around an image cropped so tightly that writing crosses its edge.

    Only small images with an edge of one even gray get a margin; what crosses the edge of a photograph
    is the table or a shadow.
    """
    if max(gray.shape) > CROPPED:
        return 0
    edge = edge_pixels(gray)
    low, paper, high = np.quantile(edge, [0.3, 0.5, 0.7])
    crossed = np.abs(edge - paper).max() >= CROSSING
    return max(4, max(gray.shape) // 6) if crossed and high - low <= EVEN else 0
