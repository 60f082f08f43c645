"""Frames: printed boxes and grids around digits. Their cells give the reading order; their lines go.

    strokes → level and upright lines, at several scales → corners → cells → the lines' pixels

A form and a sudoku have frames. A cell is what two level and two upright lines enclose on all four
sides; its corners may be round. Frames without any writing inside are none: the four sides of a square 0
and the loops of an angular 8 stay what they are. Of a line, only what is as thin as the line itself is
removed, so strokes that cross or touch it stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._types import BoolArray, FloatArray
from inkling.image.page.cells import Cell, find_cells
from inkling.image.page.components import Components, Indices, find_components
from inkling.image.page.filters import blocks, dilate
from inkling.image.page.lines import GAP, THICKEST, Lines, find_lines
from inkling.image.page.rows import Mark, find_rows

# All of these are in sides of a cell, unless stated otherwise.
FINE = 500  # longer side, in pixels, up to which an image is also searched at twice its size
COARSEST = 60  # longer side, in pixels, of the coarsest scale
LOWEST = 0.2  # height of the lowest writing
MIDDLE = 0.3  # largest distance of writing from the middle of its cell; a 0's corners are farther
INSET = 0.1  # what is within this distance from a wall only is a rest of the line, if it is small
CORNER = 0.3  # side of the square that contains a round corner
USUAL = 0.65  # width and height of the smallest cell, in those of most cells
REST = 0.01  # largest area of a rest, in areas of a cell
SEVERAL = 0.2  # how far the side of several cells may be from a multiple of the usual side
OUTSIDE = 0.06  # how far the middle of a digit may be outside of its cell


@dataclass(frozen=True)
class Frames:
    """The frames of an image (H, W)."""

    cells: list[FloatArray]  # (4, 2) each: x, y of the corners: top left, top right, bottom left, …
    rows: list[list[int]]  # the numbers of the cells, from top to bottom and from left to right
    lines: BoolArray  # (H, W), the pixels of the lines

    def cell_of(self, boxes: FloatArray) -> list[int]:
        """Returns for each of the boxes (N, 4) the cell that contains its middle; −1 if none does."""
        return [int(cell) for cell in _cell_of(self.cells, boxes)]

    def height(self, row: list[int]) -> float:
        """Returns the height of the cells of a row in pixels."""
        return float(np.median([np.ptp(self.cells[number][:, 1]) for number in row]))


def find_frames(mask: BoolArray) -> Frames | None:
    """Finds frames with writing in them among the strokes of an image (H, W); None if there are none.

    Of all scales, the one is chosen at which the most cells with writing are found and, if
    that is the same, the most cells.
    """
    best, most = None, (0, 0)
    scale = 0.5 if max(mask.shape) <= FINE else 1.0
    while max(mask.shape) / scale >= COARSEST:
        frames, filled, found = _find_at(scale, mask)
        if filled and (filled, found) > most:
            best, most = frames, (filled, found)
        scale *= 2
    return best


def _find_at(scale: float, mask: BoolArray) -> tuple[Frames | None, int, int]:
    """Finds frames at one scale; returns them, how many cells have writing, and how many were found."""
    scaled = _rescaled(mask, scale)
    level = find_lines(scaled, scale)
    if len(level) < 2:
        return None, 0, 0
    upright = find_lines(np.ascontiguousarray(scaled.T), scale)
    if len(upright) < 2:
        return None, 0, 0
    near = dilate(scaled.astype(np.uint8), GAP // 2) > 0
    found = find_cells(level, upright, near, scale)
    if not found:
        return None, 0, 0
    strokes = _find_strokes(found)
    if any(strokes):
        level, upright = level.without(strokes[0]), upright.without(strokes[1])
        found = find_cells(level, upright, near, scale)
    removed = np.zeros_like(mask)
    numbers = np.array([lines for lines, _ in found])
    for line in np.unique(numbers[:, :2]).tolist():
        _remove(mask, removed, level, line, scale)
    for line in np.unique(numbers[:, 2:]).tolist():
        _remove(mask.T, removed.T, upright, line, scale)
    whole = _innermost([corners for _, corners in found])
    cells = _innermost(_split(whole))
    filled = _clear(mask, removed, cells)
    marks = [Mark((number,), _box(cell)) for number, cell in enumerate(cells)]
    height = float(np.median([mark.height for mark in marks]))
    rows = [[mark.parts[0] for mark in row] for row in find_rows(marks, height)]
    return Frames(cells, rows, removed), filled, len(whole)


def _find_strokes(found: list[Cell]) -> tuple[set[int], set[int]]:
    """Returns the lines, level and upright, that only cells far smaller than most have as sides.

    They are strokes of a pen, such as a 1 from one line of a grid to the next.
    """
    sizes = np.array([np.ptp(corners, axis=0) for _, corners in found])
    usual = (sizes >= USUAL * np.median(sizes, axis=0)).all(axis=1)
    numbers = np.array([lines for lines, _ in found])
    level, upright = (
        set(numbers[~usual][:, sides].ravel().tolist())
        - set(numbers[usual][:, sides].ravel().tolist())
        for sides in (slice(0, 2), slice(2, 4))
    )
    return level, upright


def _rescaled(mask: BoolArray, scale: float) -> BoolArray:
    """Returns a mask at another scale, in which everything that is thin is still visible."""
    if scale < 1:
        return mask.repeat(round(1 / scale), axis=0).repeat(round(1 / scale), axis=1)
    if scale == 1:
        return mask
    smaller: BoolArray = blocks(mask, int(scale)).max(axis=(1, 3))
    return smaller


def _remove(mask: BoolArray, removed: BoolArray, lines: Lines, number: int, scale: float) -> None:
    """Marks the pixels of one level line in ``removed``: runs across it that are as thin as it is."""
    margin = int(4 * scale) + 8
    left = max(int(lines.start[number]) - margin, 0)
    right = min(int(lines.stop[number]) + margin, mask.shape[1])
    slope, offset = float(lines.slope[number]), float(lines.offset[number])
    ends = offset + slope * left, offset + slope * right
    top, bottom = max(int(min(ends)) - margin, 0), min(int(max(ends)) + margin, mask.shape[0])
    part = mask[top:bottom, left:right]
    changes = np.diff(part.T.astype(np.int8), axis=1, prepend=0, append=0)
    columns, begin = np.nonzero(changes == 1)
    end = np.nonzero(changes == -1)[1]
    away = np.abs((begin + end - 1) / 2 + top - offset - slope * (columns + left))
    thick = end - begin
    on_line = (away <= 1.5 * scale + 1.5) & (thick <= THICKEST * scale)
    if not on_line.any():
        return
    on_line &= thick <= 1.5 * float(np.quantile(thick[on_line], 0.3)) + 1
    runs = (values[on_line].tolist() for values in (columns, begin, end))
    for column, first, last in zip(*runs, strict=True):
        removed[top + first : top + last, left + column] = True


def _innermost(cells: list[FloatArray]) -> list[FloatArray]:
    """Drops the outer one of two cells whose middles are in the same place, as of a double line."""
    cells = sorted(cells, key=_area)
    middles = np.array([cell.mean(axis=0) for cell in cells])
    kept = np.ones(len(cells), dtype=np.bool_)
    for number, cell in enumerate(cells[1:], start=1):
        away = np.abs(middles[:number][kept[:number]] - middles[number])
        kept[number] = (away > 0.25 * np.sqrt(_area(cell))).any(axis=1).all()
    return [cells[number] for number in np.flatnonzero(kept).tolist()]


def _split(cells: list[FloatArray]) -> list[FloatArray]:
    """Splits cells that are as high or as wide as several others, whose common wall was not found."""
    for start, end in ((0, 2), (0, 1)):  # from the top left corner down, then to the right
        sides = np.array([np.linalg.norm(cell[end] - cell[start]) for cell in cells])
        ratios = sides / np.median(sides)
        whole = np.abs(ratios - ratios.round()) <= SEVERAL
        counts = np.where(whole, ratios.round().clip(min=1), 1).astype(int)
        parts = []
        for cell, count in zip(cells, counts.tolist(), strict=True):
            step = (cell[[end, 3]] - cell[[start, 3 - end]]) / count
            for number in range(count):
                part = cell.copy()
                part[[start, 3 - end]] = cell[[start, 3 - end]] + number * step
                part[[end, 3]] = cell[[start, 3 - end]] + (number + 1) * step
                parts.append(part)
        cells = parts
    return cells


def _area(cell: FloatArray) -> float:
    (x, y), (to_x, to_y) = cell[3] - cell[0], cell[2] - cell[1]
    return float(abs(x * to_y - y * to_x)) / 2


def _box(cell: FloatArray) -> tuple[int, int, int, int]:
    left, top = cell.min(axis=0).tolist()
    right, bottom = cell.max(axis=0).tolist()
    return int(left), int(top), int(right), int(bottom)


def _place_in(cell: FloatArray, points: FloatArray) -> FloatArray:
    """Returns points (N, 2) in sides of a cell, from its top left corner (0, 0) to (1, 1)."""
    across = (cell[1] - cell[0] + cell[3] - cell[2]) / 2
    down = (cell[2] - cell[0] + cell[3] - cell[1]) / 2
    start = cell.mean(axis=0) - (across + down) / 2
    placed: FloatArray = (points - start) @ np.linalg.inv(np.stack([across, down]))
    return placed


def _cell_of(cells: list[FloatArray], boxes: FloatArray) -> Indices:
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    found = np.full(len(boxes), -1)
    for number, cell in enumerate(cells):
        places = _place_in(cell, middles)
        found[((places >= -OUTSIDE) & (places <= 1 + OUTSIDE)).all(axis=1)] = number
    return found


def _clear(mask: BoolArray, removed: BoolArray, cells: list[FloatArray]) -> int:
    """Adds the rests of lines along the walls to ``removed``; returns how many cells have writing."""
    rest = find_components(mask & ~removed)
    if not len(rest):
        return 0
    boxes = rest.boxes.astype(np.float64)
    owner = _cell_of(cells, boxes)
    filled = 0
    for number, cell in enumerate(cells):
        own = np.flatnonzero(owner == number)
        if not len(own):
            continue
        low, high = _place_in(cell, boxes[own, :2]), _place_in(cell, boxes[own, 2:])
        along = (high < INSET) | (low > 1 - INSET)
        in_corner = ((high < CORNER) & (low < INSET)) | ((low > 1 - CORNER) & (high > 1 - INSET))
        debris = along.any(axis=1) | in_corner.all(axis=1)
        debris &= rest.areas[own] <= REST * _area(cell)
        for component in own[debris].tolist():
            _add(rest, component, removed)
        inner = (np.abs((low + high) / 2 - 0.5) <= MIDDLE).all(axis=1)
        filled += bool((inner & ~debris & ((high - low)[:, 1] >= LOWEST)).any())
    return filled


def _add(rest: Components, component: int, removed: BoolArray) -> None:
    left, top, right, bottom = rest.boxes[component].tolist()
    removed[top:bottom, left:right] |= rest.mask([component], (left, top, right, bottom))
