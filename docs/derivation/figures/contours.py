"""Lines of equal height, and the regions of a yes-or-no answer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from drawing import Panel

POINTS = 61
"""Points of a grid in each direction."""
SPACING = 4
"""Pixels between the points of a line, which keeps files small."""


def grid(panel: Panel, points: int = POINTS) -> tuple[Any, Any]:
    """Returns the coordinates of a grid over a panel, each (points, points)."""
    return np.meshgrid(np.linspace(*panel.x, points), np.linspace(*panel.y, points))


def contour(panel: Panel, heights: Any, level: float, kind: str) -> None:
    """Draws the line where the heights (points, points) over a grid are equal to a level.

    In each triangle of the grid the heights are taken as a plane, so that the line is straight there.
    """
    xs, ys = grid(panel, len(heights))
    corners = np.stack([xs, ys, heights - level], axis=-1)
    squares = [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]]
    pieces = []
    for triangle in ((0, 1, 2), (0, 2, 3)):
        points = np.stack([squares[i] for i in triangle], axis=2).reshape(-1, 3, 3)
        signs = points[:, :, 2] > 0
        for a, b, c in points[signs.any(axis=1) & ~signs.all(axis=1)]:
            pieces.append([_crossing(p, q) for p, q in ((a, b), (b, c), (c, a)) if _between(p, q)])
    for line in _joined(pieces):
        points = [panel.at(*point) for point in line]
        kept = points[:1]
        for point in points:
            if math.dist(point, kept[-1]) > SPACING:
                kept.append(point)
        panel.drawing.line([*kept, points[-1]], kind)


def region(panel: Panel, inside: Any, kind: str) -> None:
    """Fills the cells (rows, columns) of a panel that are inside; the first row is the lowest."""
    rows, columns = inside.shape
    width, height = panel.width / columns, panel.height / rows
    path = []
    for i, row in enumerate(inside):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]]).astype(int)))
        for start, end in edges.reshape(-1, 2):
            left, top = panel.left + start * width, panel.top + (rows - 1 - i) * height
            path.append(
                f"M{left:g} {top:g}h{(end - start) * width:g}v{height:g}h{(start - end) * width:g}"
            )
    panel.drawing.parts.append(f'<path class="{kind}" d="{"".join(path)}"/>')


def _between(p: Any, q: Any) -> bool:
    return bool((p[2] > 0) != (q[2] > 0))


def _crossing(p: Any, q: Any) -> tuple[float, float]:
    """Returns where the height is 0 between two points."""
    share = p[2] / (p[2] - q[2])
    x, y = p[:2] + share * (q[:2] - p[:2])
    return round(float(x), 6), round(float(y), 6)


def _joined(pieces: list[Any]) -> list[list[tuple[float, float]]]:
    """Returns long lines made of short ones that have ends in common."""
    ends: dict[tuple[float, float], list[int]] = {}
    for i, piece in enumerate(pieces):
        for point in piece:
            ends.setdefault(point, []).append(i)
    free, lines = set(range(len(pieces))), []
    while free:
        line = list(pieces[free.pop()])
        for _ in range(2):  # on at one end, then at the other
            while follow := [i for i in ends[line[-1]] if i in free]:
                free.remove(follow[0])
                line.append(next(p for p in pieces[follow[0]] if p != line[-1]))
            line.reverse()
        lines.append(line)
    return lines
