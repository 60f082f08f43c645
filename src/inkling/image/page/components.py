"""Connected components: connected strokes become one object with a box and an area.

A row of the mask consists of a few runs of true pixels; runs of adjacent rows that touch, also at a
corner, are connected. With runs instead of pixels this takes a few sorted arrays, and the time per run
does not grow in an image full of noise.

Reference:
    He, Chao and Suzuki, "A run-based two-scan labeling algorithm", IEEE Transactions on Image
    Processing 17(5), 2008; the union follows Shiloach and Vishkin, "An O(log n) parallel connectivity
    algorithm", 1982, whose steps are whole-array operations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling._types import BoolArray

Indices = NDArray[np.int64]
Box = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels; right and bottom are exclusive."""


@dataclass(frozen=True)
class Components:
    """The N components of a mask, in no particular order, and the R runs that they consist of."""

    rows: Indices  # (R,), the row of each run; the runs of a component are adjacent
    starts: Indices  # (R,), its first column
    stops: Indices  # (R,), the column after its last
    first: Indices  # (N + 1,), where the runs of each component begin, and R
    boxes: Indices  # (N, 4), left, top, right, bottom
    areas: Indices  # (N,), in pixels
    edges: Indices  # (N,), length of the outline in pixel sides, holes included

    def __len__(self) -> int:
        """The number of components."""
        return len(self.areas)

    def mask(self, which: Iterable[int], box: Box) -> BoolArray:
        """Draws some components into a box that contains all of them, (bottom − top, right − left)."""
        left, top, right, bottom = box
        changes = np.zeros((bottom - top, right - left + 1), dtype=np.int8)
        for number in which:
            runs = slice(self.first[number], self.first[number + 1])
            rows = self.rows[runs] - top
            changes[rows, self.starts[runs] - left] += 1  # runs of a row never share an end
            changes[rows, self.stops[runs] - left] -= 1
        inside: BoolArray = changes[:, :-1].cumsum(axis=1) > 0
        return inside


def find_components(mask: BoolArray) -> Components:
    """Finds the components of a mask (H, W); diagonal neighbors are connected."""
    framed = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    framed[:, 1:-1] = mask
    changes = framed[:, 1:] - framed[:, :-1]
    rows, starts = np.nonzero(changes == 1)
    stops = np.nonzero(changes == -1)[1]
    above, below = _touching_runs(rows, starts, stops, mask.shape[1])
    shared = np.minimum(stops[above], stops[below]) - np.maximum(starts[above], starts[below])
    covered = np.zeros(len(rows), dtype=np.int64)  # how many pixels of a run have one below
    np.add.at(covered, above, shared.clip(min=0))
    root = _unite(len(rows), above, below)
    order = np.argsort(root, kind="stable")
    rows, starts, stops, covered = rows[order], starts[order], stops[order], covered[order]
    first = np.flatnonzero(np.diff(root[order], prepend=-1))
    bounds = np.append(first, len(rows))
    left, right = np.minimum.reduceat(starts, first), np.maximum.reduceat(stops, first)
    top, bottom = rows[first], rows[bounds[1:] - 1] + 1
    areas = np.add.reduceat(stops - starts, first)
    # Two sides per run to the left and right; above and below every pixel that is not covered.
    edges = 2 * (np.diff(bounds) + areas - np.add.reduceat(covered, first))
    boxes = np.stack([left, top, right, bottom], axis=1)
    return Components(rows, starts, stops, bounds, boxes, areas, edges)


def _touching_runs(
    rows: Indices, starts: Indices, stops: Indices, width: int
) -> tuple[Indices, Indices]:
    """Returns all pairs of runs that touch: the upper and the lower ones."""
    # One number for row and column, so that a single sorted search finds the runs of the next row.
    stride = width + 2
    begin = np.searchsorted(rows * stride + stops, (rows + 1) * stride + starts, side="left")
    end = np.searchsorted(rows * stride + starts, (rows + 1) * stride + stops, side="right")
    counts = np.maximum(end - begin, 0)
    above = np.arange(len(rows)).repeat(counts)
    earlier = (counts.cumsum() - counts).repeat(counts)
    return above, np.arange(counts.sum()) - earlier + begin.repeat(counts)


def _unite(count: int, above: Indices, below: Indices) -> Indices:
    """Returns (R,): for each run the lowest-numbered run of its component."""
    root = np.arange(count)
    while len(above):
        one, other = root[above], root[below]
        apart = one != other
        above, below, one, other = above[apart], below[apart], one[apart], other[apart]
        np.minimum.at(root, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(root, root[root]):
            root = root[root]
    return root
