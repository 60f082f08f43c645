"""Cells: the rectangles that level and upright lines enclose on all four sides.

    lines → where they cross or bend → corners → for each, the nearest opposite one with four walls

Next: ``frames.py``, which keeps the cells with writing and removes their lines.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from inkling._types import BoolArray, FloatArray
from inkling.image.page.lines import Lines

SMALLEST = 28  # side of a cell, in pixels of the scale at which its lines are found
MEET = 4  # how far two lines may end from each other, in pixels
ROUND = 0.35  # how far they may both end from a round corner, in lengths of the shorter one
SQUARE = 0.03  # slope by which lines may differ from a right angle; more if they are short
WALL = 0.8  # share of a side, without round corners, that is ink
BROKEN = (
    4  # longest gap in a side, in pixels, beside what dilation closes; between boxes it is longer
)
NEAREST = 12  # corners along a line among which the next one of a cell is searched
MOST_CORNERS = 4_000  # more than in any form, as in a fabric; A4 in squares of 5 mm has 2,500

Cell = tuple[tuple[int, int, int, int], FloatArray]
"""The numbers of the lines at the top, bottom, left and right of a cell, and its corners (4, 2)."""
Place = tuple[int, int]
"""The numbers of a level and an upright line that cross."""


def find_cells(level: Lines, upright: Lines, near: BoolArray, scale: float) -> list[Cell]:
    """Returns for each cell its lines (top, bottom, left, right) and its corners (4, 2).

    ``near`` is the mask of what is near ink, at the scale.
    """
    x, y, meet, bend = _crossings(level, upright, scale)
    corner = (meet | bend) & _is_square(level, upright, scale)
    if corner.sum() > MOST_CORNERS:
        return []

    @cache  # neighboring cells share walls
    def is_wall(one: Place, other: Place) -> bool:
        ends = np.array([(x[place], y[place]) for place in (one, other)])
        return _is_wall(near, scale, ends, ~np.array([meet[one], meet[other]]))

    cells = []
    for top, left in np.argwhere(corner).tolist():
        rights = _nearest(corner[top], x[top] - x[top, left], scale)
        bottoms = _nearest(corner[:, left], y[:, left] - y[top, left], scale)
        end = _opposite((top, left), rights, bottoms, corner, is_wall)
        if end is not None:
            bottom, right = end
            at = [top, top, bottom, bottom], [left, right, left, right]
            cells.append(((top, bottom, left, right), np.stack([x[at], y[at]], axis=1)))
    return cells


def _opposite(
    start: Place,
    rights: list[int],
    bottoms: list[int],
    corner: BoolArray,
    is_wall: Callable[[Place, Place], bool],
) -> Place | None:
    """Returns the corner opposite to a top left one, so that there are walls on all four sides."""
    top, left = start
    for right in rights:
        if not is_wall(start, (top, right)):
            continue
        for bottom in bottoms:
            end = bottom, right
            sides = (start, (bottom, left)), ((bottom, left), end), ((top, right), end)
            if corner[end] and all(is_wall(*side) for side in sides):
                return end
    return None


def _nearest(corner: BoolArray, distances: FloatArray, scale: float) -> list[int]:
    """Returns the numbers of the corners that may be the next one of a cell, the nearest first."""
    able = np.flatnonzero(corner & (distances >= SMALLEST * scale))
    nearest: list[int] = able[np.argsort(distances[able])][:NEAREST].tolist()
    return nearest


def _crossings(
    level: Lines, upright: Lines, scale: float
) -> tuple[FloatArray, FloatArray, BoolArray, BoolArray]:
    """Returns x and y where each level line crosses each upright one, and whether they meet there.

    They meet at a point, or with a bend: both end at the same distance from the point.
    """
    # x = a + b · y and y = c + d · x
    a, b = upright.offset, upright.slope
    c, d = level.offset[:, None], level.slope[:, None]
    x = (a + b * c) / (1 - b * d)
    y = c + d * x
    beyond = np.maximum(level.start[:, None] - x, x - level.stop[:, None]).clip(min=0)
    above = np.maximum(upright.start - y, y - upright.stop).clip(min=0)
    nearer, farther = np.minimum(beyond, above), np.maximum(beyond, above)
    shorter = np.minimum((level.stop - level.start)[:, None], upright.stop - upright.start)
    tolerance = MEET * scale
    return (
        x,
        y,
        farther <= tolerance,
        farther <= np.minimum(ROUND * shorter, 2 * nearer + tolerance),
    )


def _is_square(level: Lines, upright: Lines, scale: float) -> BoolArray:
    """Whether level and upright lines are at a right angle, as exactly as their slopes are known."""
    unsure = scale / (level.stop - level.start)[:, None] + scale / (upright.stop - upright.start)
    square: BoolArray = np.abs(level.slope[:, None] + upright.slope) <= SQUARE + unsure
    return square


def _is_wall(near: BoolArray, scale: float, ends: FloatArray, is_round: BoolArray) -> bool:
    """Whether there is ink between two corners (2, 2), except near those that are round."""
    one, other = (ends + 0.5) / scale - 0.5
    start, stop = np.where(is_round, 0.2, 0.0)
    along = np.linspace(start, 1 - stop, max(2, int(np.abs(other - one).max())))[:, None]
    x, y = np.rint(one + (other - one) * along).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < near.shape[1]) & (y < near.shape[0])
    if not inside.all():
        return False
    ink, end = near[y, x], max(1, len(x) // 10)
    if min(ink.mean(), ink[:end].mean(), ink[-end:].mean()) < WALL:
        return False
    gaps = np.diff(np.flatnonzero(ink)) - 1
    return bool(gaps.max(initial=0) <= BROKEN)
