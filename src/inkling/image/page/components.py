"""Connected components: strokes that hang together become one thing with a box and an area.

A row of the mask is a few runs of true pixels; runs of neighbouring rows that touch, also by a corner,
belong together. Working with runs instead of pixels makes this a matter of a few sorted arrays, and a
picture full of noise takes no longer per run than a clean one. ``writing.py`` decides which components
are worth reading.

Reference:
    He, Chao and Suzuki, "A run-based two-scan labeling algorithm", IEEE Transactions on Image
    Processing 17(5), 2008; the union here follows Shiloach and Vishkin, "An O(log n) parallel
    connectivity algorithm", 1982, which turns into whole-array steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.image.page.light import BoolArray

Indices = NDArray[np.int64]
Box = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels; right and bottom are the first that no longer belong to it."""


@dataclass(frozen=True)
class Components:
    """The components of a mask, in no particular order.

    Attributes:
        rows: (R,), the row of each run; the runs of a component follow each other.
        starts: (R,), its first column.
        stops: (R,), the column after its last.
        first: (N + 1,), where the runs of each component begin, and R.
        boxes: (N, 4), left, top, right, bottom.
        areas: (N,), pixels.
        edges: (N,), length of the outline in pixel sides, holes included.
    """

    rows: Indices
    starts: Indices
    stops: Indices
    first: Indices
    boxes: Indices
    areas: Indices
    edges: Indices

    def __len__(self) -> int:
        """The number of components."""
        return len(self.areas)

    def mask(self, which: Iterable[int], box: Box) -> BoolArray:
        """Draws some components.

        Args:
            which: their numbers.
            box: the part of the picture to draw; holds all of them.

        Returns:
            (bottom − top, right − left), bool.
        """
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
    """Finds the components of a mask; diagonal neighbours are connected.

    Args:
        mask: (H, W), bool.

    Returns:
        The components.

    Example:
        >>> found = find_components(np.array([[1, 0, 0, 1], [0, 1, 0, 1]], dtype=bool))
        >>> sorted(map(tuple, found.boxes.tolist()))
        [(0, 0, 2, 2), (3, 0, 4, 2)]
    """
    width = mask.shape[1]
    bordered = np.zeros((mask.shape[0], width + 2), dtype=np.int8)
    bordered[:, 1:-1] = mask
    changes = np.diff(bordered, axis=1)
    rows, starts = np.nonzero(changes == 1)
    stops = np.nonzero(changes == -1)[1]
    above, below = _touching_runs(rows, starts, stops, width)
    shared = np.minimum(stops[above], stops[below]) - np.maximum(starts[above], starts[below])
    covered = np.zeros(
        len(rows), dtype=np.int64
    )  # pixels with a neighbour of the same run's next row
    np.add.at(covered, above, shared.clip(min=0))
    return _gather(_unite(len(rows), above, below), rows, starts, stops, covered)


def _touching_runs(
    rows: Indices, starts: Indices, stops: Indices, width: int
) -> tuple[Indices, Indices]:
    """All pairs of runs that touch, the upper and the lower one."""
    # One number for row and column lets a single sorted search find the runs of the next row.
    stride = width + 2
    begin = np.searchsorted(rows * stride + stops, (rows + 1) * stride + starts, side="left")
    end = np.searchsorted(rows * stride + starts, (rows + 1) * stride + stops, side="right")
    counts = np.maximum(end - begin, 0)
    above = np.arange(len(rows)).repeat(counts)
    earlier = (counts.cumsum() - counts).repeat(counts)
    return above, np.arange(counts.sum()) - earlier + begin.repeat(counts)


def _unite(count: int, above: Indices, below: Indices) -> Indices:
    """(R,): for each run the lowest-numbered run of its component."""
    root = np.arange(count)
    while len(above):
        one, other = root[above], root[below]
        apart = one != other
        above, below, one, other = above[apart], below[apart], one[apart], other[apart]
        np.minimum.at(root, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(root, root[root]):
            root = root[root]
    return root


def _gather(
    root: Indices, rows: Indices, starts: Indices, stops: Indices, covered: Indices
) -> Components:
    """Sorts the runs by component and measures each."""
    order = np.argsort(root, kind="stable")
    rows, starts, stops, covered = rows[order], starts[order], stops[order], covered[order]
    first = np.flatnonzero(np.diff(root[order], prepend=-1))
    if not len(first):
        nothing = np.zeros(0, dtype=np.int64)
        return Components(
            rows, starts, stops, np.zeros(1, dtype=np.int64), np.zeros((0, 4), dtype=np.int64),
            nothing, nothing,
        )  # fmt: skip
    left = np.minimum.reduceat(starts, first)
    top = rows[first]
    right = np.maximum.reduceat(stops, first)
    bounds = np.append(first, len(rows))
    bottom = rows[bounds[1:] - 1] + 1
    areas = np.add.reduceat(stops - starts, first)
    # Two sides a run to the left and right; above and below every pixel that is not covered.
    edges = 2 * (np.diff(bounds) + areas - np.add.reduceat(covered, first))
    boxes = np.stack([left, top, right, bottom], axis=1)
    return Components(rows, starts, stops, bounds, boxes, areas, edges)
