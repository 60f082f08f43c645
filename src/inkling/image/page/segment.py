"""Segmentation: from a photograph to candidates for digits, in reading order.

    gray → inside_frame → shrink → polarity → find_strokes → join_parts → find_rows
         → rows, each with all ways to read it

Pixels alone do not distinguish a 4 that touches a 5 from an unusual 9. So a row offers candidates, whole
marks and parts of them, and ``recognize/`` chooses among them with the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._types import ByteArray
from inkling.image.margins import even_paper, has_margin, inside_frame
from inkling.image.normalize import check_gray
from inkling.image.page.candidates import Effort, Row
from inkling.image.page.cut_outs import Frame
from inkling.image.page.filters import resample
from inkling.image.page.frames import Frames
from inkling.image.page.ink import Strokes, find_strokes
from inkling.image.page.rows import Mark, drop_cut_off, find_marks, find_rows, join_parts
from inkling.image.polarity import is_light_on_dark

LONGEST = 1600  # longer side to which an image is shrunk; digits of 5 mm on A4 keep 27 pixels
SMALLEST = 8  # shorter side, in pixels, below which an image is too small for a digit
TALL = 2.2  # heights of a digit, from which on a cell may contain several rows


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
    inside = inside_frame(gray)
    small = gray[inside]
    height, width = small.shape
    if max(height, width) > LONGEST:
        factor = LONGEST / max(height, width)
        small = resample(small, tuple(max(SMALLEST, round(side * factor)) for side in small.shape))
    scale = (width / small.shape[1], height / small.shape[0])
    paper = even_paper(small)
    margin = 0
    if paper is not None and not has_margin(small):
        margin = max(4, max(small.shape) // 6)
        small = np.pad(small, margin, constant_values=paper)
    frame = Frame(*scale, margin, (inside[1].start, inside[0].start), (width, height))
    strokes = find_strokes(255 - small if _is_light_on_dark(small, paper) else small)
    writing = strokes.writing
    if writing is None:
        return Segmentation((), strokes)
    marks = find_marks(strokes.components, writing.kept, writing.at_edge)
    rows = _rows(marks, strokes.frames, writing.height)
    effort = Effort()
    read = (Row(strokes, writing, row, frame, effort, in_cells) for row, in_cells in rows)
    return Segmentation(tuple(read), strokes)


def _is_light_on_dark(gray: ByteArray, paper: int | None) -> bool:
    """Whether the writing is lighter than the paper, whose gray is known if it is even."""
    return is_light_on_dark(gray) if paper is None else int(gray.mean()) > paper


def _rows(marks: list[Mark], frames: Frames | None, height: float) -> list[tuple[list[Mark], bool]]:
    """Sorts marks into rows; a row of cells with writing is a row, and other writing has its own.

    Returns each row, and whether it is in cells.
    """
    if frames is None or not marks:
        rows = drop_cut_off(find_rows(join_parts(marks, height), height), height)
        return [(row, False) for row in rows]
    owners = frames.cell_of(np.array([mark.box for mark in marks], dtype=np.float64))
    within: dict[int, list[Mark]] = {}
    for owner, mark in zip(owners, marks, strict=True):
        within.setdefault(owner, []).append(mark)
    outside = find_rows(join_parts(within.pop(-1, []), height), height)
    inside = []
    for cells in frames.rows:
        parts = [find_rows(join_parts(within.get(cell, []), height), height) for cell in cells]
        line = [mark for part in parts for row in part for mark in row]
        several = any(len(part) > 1 for part in parts) and frames.height(cells) > TALL * height
        inside += find_rows(line, height) if several else [line]
    found = [(row, False) for row in drop_cut_off(outside, height)]
    found += [(row, True) for row in inside if row]
    return sorted(found, key=lambda row: _middle(row[0]))


def _middle(row: list[Mark]) -> float:
    return float(np.median([mark.box[1] + mark.box[3] for mark in row]))
