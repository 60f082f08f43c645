"""Writing: which components belong to it, the height of its digits and the width of the pen.

A photograph contains more than digits: specks, ruled lines, the table's edge, the tip of a shadow.
Digits are many, of one height and of the strongest ink. So the common height and the pen are measured
first, weighted so that neither a hundred specks nor one long line decides, and the components are
compared with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._types import BoolArray, ByteArray, FloatArray
from inkling.image.page.components import Components, Indices

SMALLEST = 5  # longer side, in pixels, of the smallest part of a digit
ABOVE_GRAIN = 1.8  # factor by which a stroke's strongest ink exceeds the grain's threshold
WEAKEST = 0.45  # share of the pen's usual ink that a stroke has, but not ruling or a shadow
BLOB = 0.4  # a component thicker than this share of its longer side is no pen stroke
EDGE = 150  # what is within a 150th of the longer side from the image's edge touches it
MOST = 2_000  # most components that are read, the largest ones; a full page of digits has fewer


@dataclass(frozen=True)
class Writing:
    """The writing of an image."""

    kept: Indices  # (K,), the components that may be digits or parts of them
    at_edge: BoolArray  # (N,), which components touch the image's edge
    height: float  # the digits' common height in pixels
    pen: float  # the pen's width in pixels
    ruled: float  # the share of all ink that lies in long lines


def find_writing(ink: ByteArray, floor: ByteArray, found: Components) -> Writing | None:
    """Separates writing from dirt among the components found in an ink map (H, W).

    ``floor`` (H, W) is the threshold due to the grain. Returns None if there is no writing.
    """
    left, top, right, bottom = found.boxes.T
    wide, high = right - left, bottom - top
    longer = np.maximum(wide, high)
    thickness = 2 * found.areas / (0.8 * found.edges)  # 0.8: steps make an outline longer
    near = max(ink.shape) // EDGE  # a table is visible up to a few pixels inside
    before = (left <= near, top <= near)
    behind = (right >= ink.shape[1] - near, bottom >= ink.shape[0] - near)
    at_edge: BoolArray = np.logical_or.reduce((*before, *behind))
    mean, strongest = _strength(ink, found)
    grain = floor[(top + bottom) // 2, (left + right) // 2]
    strokes = (longer >= SMALLEST) & (thickness < BLOB * longer)
    strokes &= strongest >= ABOVE_GRAIN * grain
    if not strokes.any():
        return None
    inner = strokes & ~at_edge
    sample = inner if inner.any() else strokes
    power = found.areas[sample] * mean[sample] ** 4  # so that faint ruling hardly counts
    strong = strokes & (mean >= WEAKEST * float((power @ mean[sample]) / power.sum()))
    sample = sample & strong
    weights = found.areas * mean**2 / np.sqrt(longer)
    large_line = (longer > 0.5 * max(ink.shape)) & (np.minimum(wide, high) < 0.25 * longer)
    if weights[sample & ~large_line].sum() > 0.05 * weights[sample].sum():
        sample = sample & ~large_line
    height = common_height(high[sample], weights[sample])
    pen = _weighted_median(thickness[sample], (found.edges * mean**2)[sample])
    # What extends from one edge of the image to the other is the rim of a table or of a shadow.
    across = (before[0] & behind[0]) | (before[1] & behind[1])
    dirt = _is_dirt(wide, high, at_edge, height) | across
    kept = np.flatnonzero(strong & ~dirt)
    kept = kept[np.argsort(-found.areas[kept], kind="stable")[:MOST]]
    lines = strokes & (longer > 4 * height) & (thickness < 0.3 * height)
    ruled = float(found.areas[lines].sum() / found.areas.sum())
    return Writing(kept, at_edge, height, pen, ruled)


def _is_dirt(wide: Indices, high: Indices, at_edge: BoolArray, height: float) -> BoolArray:
    """Finds lines, what is far too large, and what the edge cuts off and is not the size of a digit."""
    line = (np.maximum(wide, high) > 3 * height) & (np.minimum(wide, high) < 0.5 * height)
    huge = (high > 3 * height) | (wide > 12 * height)
    digit_sized = (high < 1.6 * height) & (high > 0.5 * height) & (wide < 1.5 * height)
    return line | huge | (at_edge & ~digit_sized)


def common_height(heights: Indices, weights: FloatArray) -> float:
    """Returns the weighted median of the heights (N,) within the range that has the most weight.

    A range extends ± 45 %, because a row contains zeros as well as nines with long tails.
    """
    steps = np.round(np.log(heights) / np.log(1.1)).astype(np.int64)
    steps -= steps.min()
    totals = np.bincount(steps, weights=weights)
    near = np.convolve(totals, np.ones(9))[4:-4]  # four steps of 10 % on either side
    inside = np.abs(steps - int(near.argmax())) <= 4
    return _weighted_median(heights[inside].astype(np.float64), weights[inside])


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values, kind="stable")
    totals = weights[order].cumsum()
    return float(values[order][np.searchsorted(totals, totals[-1] / 2)])


def _strength(ink: ByteArray, found: Components) -> tuple[FloatArray, FloatArray]:
    """Returns the mean and the largest ink of each component, (N,) each."""
    width = ink.shape[1]
    begin, end = found.rows * width + found.starts, found.rows * width + found.stops
    totals = np.concatenate([[0], ink.ravel().cumsum(dtype=np.int64)])
    mean = np.add.reduceat(totals[end] - totals[begin], found.first[:-1]) / found.areas
    # reduceat needs sorted positions: in image order, every second stretch lies between two runs.
    order = np.argsort(begin, kind="stable")
    places = np.stack([begin[order], end[order]], axis=1).ravel()
    largest = np.empty(len(order))
    largest[order] = np.maximum.reduceat(np.append(ink.ravel(), 0), places)[::2]
    return mean, np.maximum.reduceat(largest, found.first[:-1])
