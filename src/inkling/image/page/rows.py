"""Reading order: joins the parts of a digit, sorts digits into rows, and rows from top to bottom.

Rows of handwriting slope, and so does a page that was not held straight. A row is therefore followed
from digit to digit, not cut out of the page at a fixed height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling._types import BoolArray
from inkling.image.page.components import Box, Components, Indices

# All of these are in heights of a digit, unless stated otherwise.
FLAT = 0.33  # height below which a mark is a bar or a dot and never a digit of its own
DOT = 0.12  # longer side below which a mark is a speck
ASIDE = 0.15  # gap to the side up to which a bar belongs to a digit
ABOVE = 0.3  # gap above or below up to which it does
OVERLAP = 0.45  # share of the lower one's height by which two neighbors of a row overlap
STACKED = 0.5  # share of the narrower one's width that two halves of a digit have in common
STACKED_GAP = 0.08  # largest gap between two halves, as a share of the height of both
LONELY = 2.0  # a mark cut off by the image's edge counts only if a whole digit is this near


@dataclass(frozen=True)
class Mark:
    """One or several components that are read together."""

    parts: tuple[int, ...]  # the numbers of the components
    box: Box  # around all of them
    at_edge: bool = False  # whether it touches the image's edge

    @property
    def width(self) -> int:
        """Its width in pixels."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        """Its height in pixels."""
        return self.box[3] - self.box[1]

    def joined(self, other: Mark) -> Mark:
        """Returns both as one mark."""
        (left, top, right, bottom), (x, y, to_x, to_y) = self.box, other.box
        box = (min(left, x), min(top, y), max(right, to_x), max(bottom, to_y))
        return Mark(self.parts + other.parts, box, self.at_edge or other.at_edge)


def find_marks(found: Components, numbers: Indices, at_edge: BoolArray) -> list[Mark]:
    """Makes a mark of each component that is writing."""
    marks = []
    for number in numbers.tolist():
        left, top, right, bottom = found.boxes[number].tolist()
        marks.append(Mark((number,), (left, top, right, bottom), bool(at_edge[number])))
    return marks


def join_parts(marks: list[Mark], height: float) -> list[Mark]:
    """Joins bars and dots with the nearest digit, such as the bar of a 5; drops the others.

    What remains can be digits; ``height`` is their common height.
    """
    digits = [mark for mark in marks if mark.height >= FLAT * height]
    if not digits:
        return []
    boxes = np.array([mark.box for mark in digits], dtype=np.float64)
    for mark in marks:
        bar = mark.height < FLAT * height and max(mark.width, mark.height) >= DOT * height
        nearest = _nearest(boxes, mark.box, height) if bar else None
        if nearest is not None:
            digits[nearest] = digits[nearest].joined(mark)
            boxes[nearest] = digits[nearest].box
    return _join_halves(digits, height)


def _join_halves(digits: list[Mark], height: float) -> list[Mark]:
    """Joins two marks, one above the other, that form one digit, such as an 8 of two loops.

    Two rows that touch look similar, but are as high as two digits. If nothing else is on the page,
    there is nothing to compare with, and two halves are more likely than two rows of one digit.
    """
    alone = len(digits) == 2
    boxes = np.array([digit.box for digit in digits], dtype=np.float64)
    lefts, tops, rights, bottoms = boxes.T
    joined: dict[int, Mark] = dict(enumerate(digits))
    for number, (left, top, right, bottom) in enumerate(boxes):
        shared = np.minimum(rights, right) - np.maximum(lefts, left)
        narrower = np.minimum(rights - lefts, right - left)
        together = np.maximum(bottoms, bottom) - top
        fits = (shared >= STACKED * narrower) & (tops > top)
        fits &= tops - bottom <= STACKED_GAP * together
        fits &= (together <= 1.6 * height) | alone
        for other in np.flatnonzero(fits).tolist():
            if number in joined and other in joined:
                joined[other] = joined.pop(number).joined(joined[other])
    return list(joined.values())


def _nearest(boxes: NDArray[np.float64], box: Box, height: float) -> int | None:
    """Returns the digit to which a bar belongs, unless it would become far taller than a digit."""
    left, top, right, bottom = boxes.T
    aside = np.maximum(left, box[0]) - np.minimum(right, box[2])
    above = np.maximum(top, box[1]) - np.minimum(bottom, box[3])
    together = np.maximum(bottom, box[3]) - np.minimum(top, box[1])
    fits = (together < 1.6 * height) | (together <= 1.1 * (bottom - top))
    fits &= (aside < ASIDE * height) & (above < ABOVE * height)
    if not fits.any():
        return None
    # Of two digits at the same distance, the one that it overlaps more.
    distance = aside.clip(min=0) + above.clip(min=0) + 0.2 * aside.clip(min=-0.3 * height)
    return int(np.where(fits, distance, np.inf).argmin())


def find_rows(marks: list[Mark], height: float) -> list[list[Mark]]:
    """Sorts marks into rows, top to bottom, and each row from left to right.

    The common slope of neighbors is removed first. Then, from left to right, each mark joins the row
    whose end overlaps it most, or begins a new row.
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
            ends[best] = (ends[best] + (top, bottom)) / 2  # the mean, not one digit's tail
        else:
            ends[len(rows)] = top, bottom
            rows.append([number])
    rows.sort(key=lambda row: float(np.median(tops[row] + bottoms[row])))
    return [[marks[number] for number in row] for row in rows]


def _common_slope(boxes: NDArray[np.float64], height: float) -> float:
    """Returns the median slope from a mark to its right neighbor; 0 if there are fewer than three."""
    middle, center = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    slopes = []
    for number, (_, top, _, bottom) in enumerate(boxes):
        away = middle - middle[number]
        overlap = np.minimum(boxes[:, 3], bottom) - np.maximum(boxes[:, 1], top)
        beside = (away > 0.2 * height) & (away < 3 * height) & (overlap > 0.3 * height)
        if beside.any():
            neighbor = int(np.where(beside, away, np.inf).argmin())
            slopes.append((center[neighbor] - center[number]) / away[neighbor])
    return float(np.median(slopes)) if len(slopes) >= 3 else 0.0


def drop_cut_off(rows: list[list[Mark]], height: float) -> list[list[Mark]]:
    """Drops marks that the image's edge cuts off and that have no whole digit near them.

    In an image cropped to its digits all marks touch the edge; then nothing is dropped.
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
