"""Which components are writing: how large the digits are, how wide the pen, and what is only dirt.

A photograph holds more than digits: specks, ruled lines, the table's edge, the tip of a shadow. Digits
are many of one height and of the strongest ink. So the common height and the pen are measured first,
weighted so that neither a hundred specks nor one long line decides, and the rest is judged by them.
``rows.py`` puts what remains in order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling._types import ByteArray
from inkling.image.page.components import Components, Indices
from inkling.image.page.light import BoolArray

Numbers = NDArray[np.float64]

SMALLEST = 5
"""Longer side, in pixels, of what can be a part of a digit."""
ABOVE_GRAIN = 1.8
"""How far above the grain's threshold the strongest ink of a stroke lies; dark grain stays below."""
WEAKEST = 0.45
"""Share of the picture's pen that a stroke's mean ink must have; ruling and shadows have less."""
BLOB = 0.4
"""A component whose mean thickness is more than this share of its longer side is no pen stroke."""
EDGE = 150
"""What is within a 150th of the longer side counts as touching the picture's edge."""
MOST = 2_000
"""Most components that are read, the largest: a full page of digits, and a bound on noise."""


@dataclass(frozen=True)
class Writing:
    """What the components of a picture say about its writing.

    Attributes:
        kept: (K,), the components that may be digits or parts of them.
        at_edge: (N,), bool, those at the picture's edge.
        height: the digits' common height in pixels.
        pen: the pen's width in pixels.
        ruled: the share of all ink that lies in long lines.
    """

    kept: Indices
    at_edge: BoolArray
    height: float
    pen: float
    ruled: float


def find_writing(ink: ByteArray, floor: ByteArray, found: Components) -> Writing | None:
    """Tells writing from dirt.

    Args:
        ink: (H, W), uint8.
        floor: (H, W), uint8, the grain's threshold.
        found: the components of the strokes.

    Returns:
        What is writing, or None where there is none.
    """
    left, top, right, bottom = found.boxes.T
    wide, high = right - left, bottom - top
    longer = np.maximum(wide, high)
    thickness = 2 * found.areas / (0.8 * found.edges)  # 0.8: an outline's steps are longer than it
    before, behind = _edges_touched(found.boxes, ink.shape)
    at_edge: BoolArray = np.asarray((before | behind).any(axis=1))
    mean, strongest = _strength(ink, found)
    grain = floor[(top + bottom) // 2, (left + right) // 2]
    strokes = (longer >= SMALLEST) & (thickness < BLOB * longer)
    strokes &= strongest >= ABOVE_GRAIN * grain
    if not strokes.any():
        return None
    sample = _prefer(strokes & ~at_edge, strokes)
    strong = strokes & (mean >= WEAKEST * _pen_strength(mean[sample], found.areas[sample]))
    sample = sample & strong
    weights = found.areas * mean**2 / np.sqrt(longer)
    large_line = (longer > 0.5 * max(ink.shape)) & (np.minimum(wide, high) < 0.25 * longer)
    if weights[sample & ~large_line].sum() > 0.05 * weights[sample].sum():
        sample = sample & ~large_line
    height = common_height(high[sample], weights[sample])
    pen = _weighted_median(thickness[sample], (found.edges * mean**2)[sample])
    # From one edge of the picture to the other runs the rim of a table or of a shadow.
    dirt = _is_dirt(wide, high, at_edge, height) | (before & behind).any(axis=1)
    kept = np.flatnonzero(strong & ~dirt)
    kept = kept[np.argsort(-found.areas[kept], kind="stable")[:MOST]]
    lines = strokes & (longer > 4 * height) & (thickness < 0.3 * height)
    ruled = float(found.areas[lines].sum() / found.areas.sum())
    return Writing(kept, at_edge, height, pen, ruled)


def _prefer(some: BoolArray, otherwise: BoolArray) -> BoolArray:
    return some if some.any() else otherwise


def _edges_touched(boxes: Indices, shape: tuple[int, ...]) -> tuple[BoolArray, BoolArray]:
    """Whether components touch the left and top edge, and the right and bottom one, (N, 2) each.

    Or nearly: a table shows up to a few pixels inside.
    """
    near = max(shape) // EDGE
    far = np.array([shape[1] - near, shape[0] - near])
    return boxes[:, :2] <= near, boxes[:, 2:] >= far


def _is_dirt(wide: Indices, high: Indices, at_edge: BoolArray, height: float) -> BoolArray:
    """Lines, what is far too large, and what the picture's edge cuts and does not look like a digit."""
    line = (np.maximum(wide, high) > 3 * height) & (np.minimum(wide, high) < 0.5 * height)
    huge = (high > 3 * height) | (wide > 12 * height)
    digit_sized = (high < 1.6 * height) & (high > 0.5 * height) & (wide < 1.5 * height)
    return line | huge | (at_edge & ~digit_sized)


def common_height(heights: Indices, weights: Numbers) -> float:
    """Finds the height that most of the writing has.

    Heights count as equal within ± 45 %: a row holds zeros as well as nines with long tails.

    Args:
        heights: (N,), in pixels, at least 1.
        weights: (N,), not negative, not all 0.

    Returns:
        The weighted median of the heights in the heaviest such range.

    Example:
        >>> common_height(np.array([40, 44, 3, 3, 3, 3, 400]), np.array([9, 9, 1, 1, 1, 1, 9.0]))
        40.0
    """
    steps = np.round(np.log(heights) / np.log(1.1)).astype(np.int64)
    steps -= steps.min()
    totals = np.bincount(steps, weights=weights)
    near = np.convolve(totals, np.ones(9))[4:-4]  # four steps of 10 % on either side
    inside = np.abs(steps - int(near.argmax())) <= 4
    return _weighted_median(heights[inside].astype(np.float64), weights[inside])


def _weighted_median(values: Numbers, weights: Numbers) -> float:
    order = np.argsort(values, kind="stable")
    totals = weights[order].cumsum()
    return float(values[order][np.searchsorted(totals, totals[-1] / 2)])


def _pen_strength(mean: Numbers, areas: Indices) -> float:
    """The mean ink of the strong components: a fourth power, so that faint ruling hardly counts."""
    weights = areas * mean**4
    return float((weights @ mean) / weights.sum())


def _strength(ink: ByteArray, found: Components) -> tuple[Numbers, Numbers]:
    """Mean and largest ink of each component, (N,) each."""
    width = ink.shape[1]
    begin, end = found.rows * width + found.starts, found.rows * width + found.stops
    totals = np.concatenate([[0], ink.ravel().cumsum(dtype=np.int64)])
    mean = np.add.reduceat(totals[end] - totals[begin], found.first[:-1]) / found.areas
    # reduceat wants its places sorted: back to picture order, every second stretch is between runs.
    order = np.argsort(begin, kind="stable")
    places = np.stack([begin[order], end[order]], axis=1).ravel()
    largest = np.empty(len(order))
    largest[order] = np.maximum.reduceat(np.append(ink.ravel(), 0), places)[::2]
    return mean, np.maximum.reduceat(largest, found.first[:-1])
