"""Touching digits: where a component that is too wide might be cut.

A cut runs from the top of a component to its bottom, moves aside by one pixel a row at most, and
enters as few strokes as it can. It need not be straight: digits lean, and reach over each other.
Whether to cut at all is not decided here, since pixels do not know what a digit is; ``segment.py``
offers the pieces as candidates and the network chooses.

Reference:
    Casey and Lecolinet, "A survey of methods and strategies in character segmentation", IEEE PAMI
    18(7), 1996, section 3; the path is found by dynamic programming.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.image.page.light import BoolArray

ROWS = 48
"""Height, in pixels, of a digit in the copy on which cuts are sought."""
REACH = 0.25
"""How far a cut may wander from its middle, in digits."""
STEP = 0.08
"""Distance of the middles that are tried, in digits."""
APART = 0.12
"""Smallest distance of two cuts, in digits."""
DEEPEST = 4.5
"""Most that a cut may cross, in strokes."""
ENTERING = 0.9
"""Share of a cut's depth that is for entering strokes; the rest is for the way inside of them. Where
two rings touch, a cut runs along their walls, which is better than through one ring twice."""


@dataclass(frozen=True)
class Cut:
    """One way to cut a component in two.

    Attributes:
        columns: (H,), for each row the first column to the right of the cut.
        depth: what it crosses, in strokes.
    """

    columns: NDArray[np.int64]
    depth: float


def find_cuts(mask: BoolArray, height: float, pen: float) -> list[Cut]:
    """Proposes cuts through a component.

    Args:
        mask: (H, W), bool, the component.
        height: height of the digits around, in pixels.
        pen: width of the pen, in pixels.

    Returns:
        Cuts from left to right, none crossing another; the shallowest ones, about five for each height
        that it is wide.

    Example:
        >>> mask = np.zeros((40, 60), dtype=bool)
        >>> mask[:, 5:20] = mask[:, 40:55] = True  # two blocks
        >>> mask[30:33, 20:40] = True  # and a thin bridge
        >>> cut = find_cuts(mask, 40, 3)[0]
        >>> cut.depth, bool(20 <= cut.columns[31] <= 40)
        (1.0, True)
    """
    factor = max(1, round(height / ROWS))
    coarse = _coarse(mask, factor)
    digit = height / factor
    middles = np.arange(1, coarse.shape[1], max(1, int(STEP * digit)))[1:-1]
    if not len(middles):
        return []
    paths, costs = _cheapest_paths(coarse, middles, max(2, int(REACH * digit)), pen / factor)
    depths = _depths(np.take_along_axis(coarse, paths.T, axis=1), pen / factor)
    chosen: list[int] = []
    places = paths.mean(axis=1)
    for number in np.argsort(costs, kind="stable").tolist():
        if 0 < depths[number] <= DEEPEST and all(
            abs(places[number] - places[other]) > APART * digit for other in chosen
        ):
            chosen.append(number)
    most = max(3, int(5 * mask.shape[1] / height))
    left_to_right = sorted(chosen[:most], key=lambda number: places[number])
    return _in_order(
        [(paths[number], float(depths[number])) for number in left_to_right], factor, mask
    )


def _coarse(mask: BoolArray, factor: int) -> NDArray[np.float32]:
    """The share of ink in blocks of ``factor`` × ``factor`` pixels."""
    height, width = mask.shape
    rows, columns = -(-height // factor), -(-width // factor)
    padded = np.pad(mask, ((0, rows * factor - height), (0, columns * factor - width)))
    blocks = padded.reshape(rows, factor, columns, factor)
    share: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return share


def _depths(crossed: NDArray[np.float32], pen: float) -> NDArray[np.float32]:
    """The depth (M,) of cuts from the ink (H, M) that they meet from top to bottom."""
    entered = np.diff(crossed, axis=0, prepend=np.float32(0)).clip(min=0).sum(axis=0)
    depths: NDArray[np.float32] = ENTERING * entered + (1 - ENTERING) * crossed.sum(axis=0) / pen
    return depths


def _cheapest_paths(
    ink: NDArray[np.float32], middles: NDArray[np.int64], reach: int, pen: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each middle the path (M, H) of least cost through the columns near it, and its cost (M,).

    The cost of a path is its depth, a hundredth of a pixel for each step aside, and a little for being
    far from the middle, so that a path through bare paper is straight; all in pixels.
    """
    aside = np.arange(-reach, reach + 1)
    columns = middles[:, None] + aside
    outside = (columns < 1) | (columns >= ink.shape[1])
    pull = np.where(outside, np.inf, 0.02 * (aside / reach) ** 2)
    columns = columns.clip(0, ink.shape[1] - 1)
    here = ink[0, columns]
    total = ENTERING * pen * here + (1 - ENTERING) * here + pull
    steps = np.zeros((len(ink), *columns.shape), dtype=np.int8)
    for row in range(1, len(ink)):
        above, here = here, ink[row, columns]
        ways = []
        for step in (0, -1, 1):
            entered = (here - _shift(above, step, 1.0)).clip(min=0)
            ways.append(_shift(total, step, np.inf) + ENTERING * pen * entered + 0.01 * abs(step))
        best = np.argmin(ways, axis=0)
        steps[row] = np.array([0, -1, 1], dtype=np.int8)[best]
        total = np.take_along_axis(np.array(ways), best[None], axis=0)[0]
        total = total + (1 - ENTERING) * here + pull
    every = np.arange(len(middles))
    at = total.argmin(axis=1)
    costs = total[every, at]
    paths = np.empty((len(middles), len(ink)), dtype=np.int64)
    for row in range(len(ink) - 1, -1, -1):
        paths[:, row] = columns[every, at]
        at = at + steps[row, every, at]
    return paths, costs


def _shift(values: NDArray[Any], step: int, beyond: float) -> NDArray[Any]:
    """(M, K): for each place the value ``step`` places to its right; ``beyond`` where there is none."""
    if step == 0:
        return values
    shifted = np.roll(values, -step, axis=1)
    shifted[:, -1 if step > 0 else 0] = beyond
    return shifted


def _in_order(
    cuts: list[tuple[NDArray[np.int64], float]], factor: int, mask: BoolArray
) -> list[Cut]:
    """Brings cuts back to the mask's own pixels and keeps each to the right of the one before."""
    ordered = []
    before = np.zeros(len(mask), dtype=np.int64)
    for path, depth in cuts:
        columns = (path * factor + factor // 2).repeat(factor)[: len(mask)]
        before = np.maximum(columns, before)
        ordered.append(Cut(before, depth))
    return ordered
