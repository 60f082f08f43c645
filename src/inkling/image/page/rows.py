"""Reading order: parts of one digit come together, digits stand in rows, rows follow each other.

Handwriting climbs and falls, and so does a page in a photograph that was not held straight. A row is
therefore followed from digit to digit, never cut out of the page by its height. ``segment.py`` then
takes each row from left to right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.image.page.components import Box, Components

FLAT = 0.33
"""Height, in digits, below which something is a bar or a dot and never a digit of its own."""
DOT = 0.12
"""Longer side, in digits, below which something is a speck."""
ASIDE = 0.15
"""Gap to the left or right, in digits, across which a bar still belongs to a digit."""
ABOVE = 0.3
"""Gap above or below, in digits, across which it does."""
OVERLAP = 0.45
"""Share of the lower one's height by which two neighbours of a row overlap."""
STACKED, STACKED_GAP = 0.5, 0.08
"""Two halves of a digit, one above the other, share at least half of the narrower one's width, and the
gap between them is at most this share of both together."""
LONELY = 2.0
"""Something cut off by the picture's edge counts only this near, in digits, to a whole digit."""


@dataclass(frozen=True)
class Mark:
    """One or a few components that are read together.

    Attributes:
        parts: the numbers of the components.
        box: (left, top, right, bottom) around all of them.
        at_edge: whether it touches the picture's edge.
    """

    parts: tuple[int, ...]
    box: Box
    at_edge: bool = False

    @property
    def width(self) -> int:
        """Its width in pixels."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        """Its height in pixels."""
        return self.box[3] - self.box[1]

    def joined(self, other: Mark) -> Mark:
        """Returns both as one."""
        (left, top, right, bottom), (x, y, to_x, to_y) = self.box, other.box
        box = (min(left, x), min(top, y), max(right, to_x), max(bottom, to_y))
        return Mark(self.parts + other.parts, box, self.at_edge or other.at_edge)


def find_marks(
    found: Components, numbers: NDArray[np.int64], at_edge: NDArray[np.bool_]
) -> list[Mark]:
    """Makes a mark of each component that is writing."""
    boxes = found.boxes[numbers].tolist()
    edges = at_edge[numbers].tolist()
    return [
        Mark((int(number),), (box[0], box[1], box[2], box[3]), edge)
        for number, box, edge in zip(numbers, boxes, edges, strict=True)
    ]


def join_parts(marks: list[Mark], height: float) -> list[Mark]:
    """Adds bars and dots to the nearest digit, such as the bar of a 5; drops the others.

    Args:
        marks: what is writing.
        height: the digits' common height.

    Returns:
        Marks that can be digits.

    Example:
        >>> five, bar = Mark((0,), (10, 20, 25, 50)), Mark((1,), (24, 18, 34, 21))
        >>> speck = Mark((2,), (90, 90, 92, 92))
        >>> [mark.box for mark in join_parts([five, bar, speck], 30)]
        [(10, 18, 34, 50)]
    """
    digits = [mark for mark in marks if mark.height >= FLAT * height]
    if not digits:
        return []
    boxes = np.array([mark.box for mark in digits], dtype=np.float64)
    for mark in marks:
        if mark.height >= FLAT * height or max(mark.width, mark.height) < DOT * height:
            continue
        nearest = _nearest(boxes, mark.box, height)
        if nearest is not None:
            digits[nearest] = digits[nearest].joined(mark)
            boxes[nearest] = digits[nearest].box
    return _join_halves(digits, height)


def _join_halves(digits: list[Mark], height: float) -> list[Mark]:
    """Joins two marks, one upon the other, that make one digit: an 8 of two loops, a 5 with a steep bar.

    Two rows that touch look alike, but are as high as two digits. Where nothing else is on the page,
    there is nothing to compare with, and two halves are likelier than two rows of one digit.
    """
    alone = len(digits) == 2
    boxes = np.array([digit.box for digit in digits], dtype=np.float64)
    joined: list[Mark | None] = list(digits)
    for number, digit in enumerate(digits):
        left, top, right, bottom = digit.box
        shared = np.minimum(boxes[:, 2], right) - np.maximum(boxes[:, 0], left)
        narrower = np.minimum(boxes[:, 2] - boxes[:, 0], right - left)
        together = np.maximum(boxes[:, 3], bottom) - top
        gap = boxes[:, 1] - bottom
        fits = (
            (shared >= STACKED * narrower) & (boxes[:, 1] > top) & (gap <= STACKED_GAP * together)
        )
        fits &= (together <= 1.6 * height) | alone
        upper = joined[number]
        for other in np.flatnonzero(fits).tolist():
            lower = joined[other]
            if other != number and upper is not None and lower is not None and lower is not upper:
                joined[number], joined[other] = None, upper.joined(lower)
                break
    return [mark for mark in joined if mark is not None]


def _nearest(boxes: NDArray[np.float64], box: Box, height: float) -> int | None:
    """The digit to which a bar belongs, unless it would become far taller than a digit."""
    left, top, right, bottom = boxes.T
    aside = np.maximum(left, box[0]) - np.minimum(right, box[2])
    above = np.maximum(top, box[1]) - np.minimum(bottom, box[3])
    together = np.maximum(bottom, box[3]) - np.minimum(top, box[1])
    fits = (together < 1.6 * height) | (together <= 1.1 * (bottom - top))
    fits &= (aside < ASIDE * height) & (above < ABOVE * height)
    if not fits.any():
        return None
    # Of two digits equally near, the one that it overlaps more.
    distance = aside.clip(min=0) + above.clip(min=0) + 0.2 * aside.clip(min=-0.3 * height)
    return int(np.where(fits, distance, np.inf).argmin())


def find_rows(marks: list[Mark], height: float) -> list[list[Mark]]:
    """Sorts marks into rows, top to bottom, and each row from left to right.

    The common slope of neighbours is taken out first. Then marks are taken from left to right, and each
    joins the row whose end overlaps it most, or begins a new one.

    Args:
        marks: what can be digits.
        height: the digits' common height.

    Returns:
        The rows; no row is empty.

    Example:
        >>> boxes = [(60, 12, 70, 32), (0, 0, 10, 20), (30, 6, 40, 26), (0, 50, 10, 70)]
        >>> rows = find_rows([Mark((0,), box) for box in boxes], 20)
        >>> [[mark.box[:2] for mark in row] for row in rows]
        [[(0, 0), (30, 6), (60, 12)], [(0, 50)]]
    """
    if not marks:
        return []
    boxes = np.array([mark.box for mark in marks], dtype=np.float64)
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    slope = _common_slope(boxes, height)
    tops, bottoms = boxes[:, 1] - slope * middle, boxes[:, 3] - slope * middle
    rows: list[list[int]] = []
    ends = np.zeros((len(marks), 2))  # top and bottom of each row where it ends so far
    for number in np.argsort(middle, kind="stable").tolist():
        top, bottom = tops[number], bottoms[number]
        used = ends[: len(rows)]
        overlap = np.minimum(used[:, 1], bottom) - np.maximum(used[:, 0], top)
        share = overlap / np.minimum(used[:, 1] - used[:, 0], bottom - top)
        if len(rows) and share.max() > OVERLAP:
            best = int(share.argmax())
            rows[best].append(number)
            ends[best] = (ends[best] + (top, bottom)) / 2  # follows the row, not one digit's tail
        else:
            ends[len(rows)] = top, bottom
            rows.append([number])
    rows.sort(key=lambda row: float(np.median(tops[row] + bottoms[row])))
    return [[marks[number] for number in row] for row in rows]


def _common_slope(boxes: NDArray[np.float64], height: float) -> float:
    """The median slope from each mark to its nearest neighbour on the right; 0 for fewer than three."""
    middle, center = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    slopes = []
    for number, (_, top, _, bottom) in enumerate(boxes):
        away = middle - middle[number]
        overlap = np.minimum(boxes[:, 3], bottom) - np.maximum(boxes[:, 1], top)
        beside = (away > 0.2 * height) & (away < 3 * height) & (overlap > 0.3 * height)
        if beside.any():
            next_one = int(np.where(beside, away, np.inf).argmin())
            slopes.append((center[next_one] - center[number]) / away[next_one])
    return float(np.median(slopes)) if len(slopes) >= 3 else 0.0


def drop_cut_off(rows: list[list[Mark]], height: float) -> list[list[Mark]]:
    """Drops what the picture's edge cuts off and has no whole digit beside it.

    In a picture that is cropped to its digits they touch the edge too: where nothing stands free, all
    stays.
    """
    if all(mark.at_edge for row in rows for mark in row):
        return rows
    kept = [[mark for mark in row if _has_company(mark, row, height)] for row in rows]
    return [row for row in kept if row]


def _has_company(mark: Mark, row: list[Mark], height: float) -> bool:
    left, _, right, _ = mark.box
    return not mark.at_edge or any(
        max(other.box[0] - right, left - other.box[2]) < LONELY * height
        for other in row
        if not other.at_edge
    )
