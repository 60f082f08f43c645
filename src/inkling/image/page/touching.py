"""Touching digits: where a component that is too wide may be cut.

A cut runs from the top of a component to its bottom, moves aside by at most one pixel per row, and
enters as few strokes as possible. It need not be straight: digits lean, and reach over each other. But
where the stem of a 9 touches a 0 along its wall, a path through the stem is cheaper than one along it,
so straight cuts are proposed too. The pieces are only offered as candidates; the network decides whether
the component is cut at all.

Reference:
    Casey and Lecolinet, "A survey of methods and strategies in character segmentation", IEEE PAMI
    18(7), 1996, section 3; the path is found by dynamic programming.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling._types import AnyArray, BoolArray
from inkling.image.page.components import Indices
from inkling.image.page.filters import blocks

ROWS = 48  # height, in pixels, of a digit in the copy in which cuts are searched
STEP = 0.08  # distance of the middles that are tried, in digits
REACH = 0.25  # how far a cut may deviate from its middle, in digits
STRAIGHT = 0.06  # how far a straight cut may deviate from its middle, in digits
APART = 0.12  # smallest distance of two cuts, in digits, unless there is a stroke between them
BETWEEN = 0.25  # least length of such a stroke, in digits: the stem of a 9 that touches a 0
DEEPEST = 4.5  # most that a cut may cross, in strokes
# Share of a cut's depth that counts entering strokes; the rest counts the path inside of them. Where two
# rings touch, a cut runs along their walls, which is better than through one ring twice.
ENTERING = 0.9


@dataclass(frozen=True)
class Cut:
    """One way to cut a component in two."""

    columns: Indices  # (H,), for each row the first column to the right of the cut
    depth: float  # what it crosses, in strokes


def find_cuts(mask: BoolArray, height: float, pen: float) -> list[Cut]:
    """Proposes cuts through the mask (H, W) of a component, from left to right; no two cross.

    ``height`` is that of the digits around it, ``pen`` the width of the pen, in pixels. Only the
    shallowest cuts are returned, about five per height of the component's width.
    """
    factor = max(1, round(height / ROWS))
    coarse = blocks(mask, factor).mean(axis=(1, 3), dtype=np.float32)  # the share of ink
    digit = height / factor
    middles = np.arange(1, coarse.shape[1], max(1, int(STEP * digit)))[1:-1]
    if not len(middles):
        return []
    reaches = max(2, int(REACH * digit)), max(1, int(STRAIGHT * digit))
    found = [_cheapest_paths(coarse, middles, reach, pen / factor) for reach in reaches]
    paths, costs = (np.concatenate(each) for each in zip(*found, strict=True))
    crossed = np.take_along_axis(coarse, paths.T, axis=1)  # the ink on each path
    entered = np.diff(crossed, axis=0, prepend=np.float32(0)).clip(min=0).sum(axis=0)
    depths = ENTERING * entered + (1 - ENTERING) * crossed.sum(axis=0) / (pen / factor)
    chosen: list[int] = []
    places = paths.mean(axis=1)
    ink = coarse.cumsum(axis=1, dtype=np.float64)
    before = np.take_along_axis(ink, paths.T, axis=1)  # the ink to the left of each path
    stroke = BETWEEN * digit * pen / factor
    for number in np.argsort(costs, kind="stable").tolist():
        if 0 < depths[number] <= DEEPEST and all(
            abs(places[number] - places[other]) > APART * digit
            or np.abs(before[:, number] - before[:, other]).sum() > stroke
            for other in chosen
        ):
            chosen.append(number)
    most = max(3, int(5 * mask.shape[1] / height))
    cuts = []
    columns = np.zeros(len(mask), dtype=np.int64)
    for number in sorted(chosen[:most], key=lambda number: places[number]):
        path = (paths[number] * factor + factor // 2).repeat(factor)[: len(mask)]
        columns = np.maximum(path, columns)  # not to the left of the cut before
        cuts.append(Cut(columns, float(depths[number])))
    return cuts


def _cheapest_paths(
    ink: NDArray[np.float32], middles: Indices, reach: int, pen: float
) -> tuple[Indices, NDArray[np.float64]]:
    """Returns for each middle the cheapest path (M, H) through the columns near it, and its cost (M,).

    The cost of a path, in pixels, is its depth, 0.01 per step aside, and a little for its distance from
    the middle, so that a path through blank paper is straight.
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


def _shift(values: AnyArray, step: int, beyond: float) -> AnyArray:
    """Returns (M, K): for each place the value ``step`` places to its right; ``beyond`` if none."""
    if step == 0:
        return values
    shifted = np.roll(values, -step, axis=1)
    shifted[:, -1 if step > 0 else 0] = beyond
    return shifted
