"""Straight thin lines: nearly level or upright, solid, dashed or double, also where strokes cross them.

    mask → thin parts → gaps closed → long runs → components → lines

A run is long if it continues over 16 pixels while it moves aside by at most one pixel, so a line may
tilt by a few degrees, and strokes of a pen, which bend, leave only short parts. The same is done at
several scales, because in an image of half the size lines are half as thick and have half as long gaps.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from inkling._types import BoolArray, FloatArray
from inkling.image.page.components import find_components

# All of these are in pixels of the scale at which a line is found, unless stated otherwise.
THICKEST = 8  # a digit's strokes at a scale at which its box is small are thicker
GAP = 6  # longest gap between dashes, or where a stroke crosses
LONG = 16  # shortest run
STEEPEST = 0.14  # slope, 8°
BENT = 3  # largest standard deviation of a line's pixels from a straight one; half is its width
ALIGNED, APART = 2.5, 30  # how far parts of one line are off it, and from each other
MOST_PARTS = 4_000  # of one direction, more than in a form of 20 × 20 boxes: a fabric
MOST = 1_000  # lines that these parts are joined to


@dataclass(frozen=True)
class Lines:
    """N lines y = offset + slope · x, from ``start`` to ``stop``; for upright ones x and y swap."""

    start: FloatArray  # (N,)
    stop: FloatArray
    offset: FloatArray
    slope: FloatArray

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.start)

    def without(self, numbers: Collection[int]) -> Lines:
        """Returns the other lines."""
        kept = np.setdiff1d(np.arange(len(self)), list(numbers))
        return Lines(self.start[kept], self.stop[kept], self.offset[kept], self.slope[kept])


def find_lines(mask: BoolArray, scale: float) -> Lines:
    """Finds the level lines in a mask (H, W), in pixels of an image that is ``scale`` times as large.

    Those of ``mask.T`` are the upright ones.
    """
    thin = mask & ~long_runs(mask, THICKEST + 1, axis=0)
    thick = thin.copy()
    thick[1:] |= thin[:-1]
    thick[:-1] |= thin[1:]
    closed = ~long_runs(~thick, GAP + 1, axis=1)
    found = find_components(long_runs(closed, LONG, axis=1))
    if not 0 < len(found) <= MOST_PARTS:
        return Lines(*np.zeros((4, 0)))
    lengths = (found.stops - found.starts).astype(np.float64)
    x, y = (found.starts + found.stops - 1) / 2, found.rows.astype(np.float64)
    squares = lengths * (x**2 + (lengths**2 - 1) / 12)  # Σ x² of the pixels of a run
    sums = np.stack([lengths, lengths * x, lengths * y, squares, lengths * x * y, lengths * y**2])
    sums = np.add.reduceat(sums, found.first[:-1], axis=1)
    start, stop, offset, slope = _joined(sums, found.boxes[:, 0] + 0.0, found.boxes[:, 2] - 1.0)
    if len(start) > MOST:
        return Lines(*np.zeros((4, 0)))
    # The middle of pixel i of the mask is at scale · (i + 1/2) − 1/2 in the image.
    middle = (scale - 1) / 2
    return Lines(
        start * scale + middle,
        stop * scale + middle,
        offset * scale + middle - slope * middle,
        slope,
    )


def long_runs(mask: BoolArray, length: int, axis: int) -> BoolArray:
    """Returns the pixels of a mask (H, W) in runs along an axis of at least ``length`` true pixels."""
    mask = np.moveaxis(mask, axis, 0)
    if len(mask) < length:
        return np.moveaxis(np.zeros_like(mask), 0, axis)
    starts = _combine(mask, length, np.logical_and)
    margin = np.zeros((length - 1, *mask.shape[1:]), dtype=np.bool_)
    runs = _combine(np.concatenate([margin, starts, margin]), length, np.logical_or)
    return np.moveaxis(runs, 0, axis)


def _combine(mask: BoolArray, length: int, ufunc: np.ufunc) -> BoolArray:
    """Combines each pixel with the ``length`` − 1 pixels below it, in steps that double."""
    covered = 1
    while covered < length:
        step = min(covered, length - covered)
        mask = ufunc(mask[:-step], mask[step:])
        covered += step
    return mask


def _fit(sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Returns offset, slope and standard deviation of lines, given sums of 1, x, y, x², xy, y²."""
    n, x, y, xx, xy, yy = sums
    spread, shared = xx - x * x / n, xy - x * y / n
    slope = shared / np.maximum(spread, 1e-9)
    bent = np.sqrt(np.maximum(yy - y * y / n - slope * shared, 0) / n)
    return (y - slope * x) / n, slope, bent


def _joined(
    sums: FloatArray, start: FloatArray, stop: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Joins parts that continue each other, from left to right.

    Returns start, stop, offset and slope of the lines that are straight.
    """
    order = np.argsort(start)
    sums, start, stop = sums[:, order], start[order], stop[order]
    offset, slope, _ = _fit(sums)
    lines = 0  # joined so far; they are in the first columns
    for number, (n, x, y, *_) in enumerate(sums.T.tolist()):
        off = np.abs(offset[:lines] + slope[:lines] * x / n - y / n)
        longer = np.maximum(stop[:lines] - start[:lines], stop[number] - start[number])
        near = (off <= ALIGNED) & (start[number] - stop[:lines] <= np.maximum(APART, longer))
        able = np.flatnonzero(near)
        able = able[_is_straight(sums[:, able] + sums[:, [number]])]
        if len(able):
            other = able[off[able].argmin()]
            sums[:, other] += sums[:, number]
            stop[other] = max(stop[other], stop[number])
            offset[other], slope[other], _ = _fit(sums[:, other])
        else:
            for values in (*sums, start, stop, offset, slope):
                values[lines] = values[number]
            lines += 1
    kept = np.flatnonzero(_is_straight(sums[:, :lines]))
    return start[kept], stop[kept], offset[kept], slope[kept]


def _is_straight(sums: FloatArray) -> BoolArray:
    _, slope, bent = _fit(sums)
    straight: BoolArray = (np.abs(slope) <= STEEPEST) & (bent <= BENT)
    return straight
