"""Ruled paper: whether dark lines cross the image from side to side.

Faint ruling is weaker than the threshold near a stroke. Lines as dark as pencil are strokes for it, and
they connect everything that is written on them to one large component that is no digit.
"""

from __future__ import annotations

import numpy as np

from inkling._types import BoolArray
from inkling.image.page.components import Components

ACROSS = 0.7  # least share of the image's width that a line covers, beside a margin or a table
BAND = 70  # a line lies within two bands of a 70th of the image's height, because it slopes
THICK = 5  # bands from which on something is too thick for a line
FEWEST = 2  # lines of ruled paper; one alone may be a dash or the edge of a sheet


def is_ruled(found: Components, shape: tuple[int, ...]) -> bool:
    """Returns whether horizontal lines cross an image (H, W), and no vertical ones, as in a grid."""
    height, width = shape
    rows, starts, stops = found.rows, found.starts, found.stops
    step = max(1, height // BAND)
    changes = np.zeros((-(-height // step), width + 1), dtype=np.int32)
    np.add.at(changes, (rows // step, starts), 1)
    np.add.at(changes, (rows // step, stops), -1)
    covered = changes[:, :-1].cumsum(axis=1) > 0
    covered[:-1] |= covered[1:]
    level, upright = (_count_lines(covered.mean(axis=axis) >= ACROSS) for axis in (1, 0))
    return level >= FEWEST > upright


def _count_lines(crossed: BoolArray) -> int:
    borders = np.flatnonzero(np.diff(crossed, prepend=False, append=False))
    return int((np.diff(borders)[::2] < THICK).sum())
