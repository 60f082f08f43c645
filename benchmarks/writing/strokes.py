"""UNIPEN's pen strokes, drawn as a canvas would draw them.

    strokes (points, y up)  →  7/10 of a square pad, round brush  →  dark on white, 280 × 280

Read next: ``styles.py``, which looks at the strokes themselves.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from inkling._types import ByteArray, FloatArray

PAD = 280
"""Side of the pad, in pixels."""
FINER = 2
"""Drawn so many times larger, then averaged: the soft edge of a canvas."""
HEIGHT = 0.7
"""Share of the pad that a digit's longer side takes, its brush not counted."""


@dataclass(frozen=True)
class Written:
    """One digit as it was written.

    Attributes:
        label: what its writer was asked to write, 0 to 9.
        site: where it was collected.
        writer: the file it comes from, which stands for a writer.
        strokes: one (N, 2) a stroke, x to the right, y up, in units of the site.
    """

    label: int
    site: str
    writer: str
    strokes: tuple[FloatArray, ...]

    @property
    def points(self) -> FloatArray:
        """All points (N, 2) in units of the height or width of the digit, whichever is larger.

        (0, 0) is the lower left corner of its box.
        """
        points = np.concatenate(self.strokes)
        low = points.min(axis=0)
        scaled: FloatArray = (points - low) / max(np.ptp(points, axis=0).max(), 1e-9)
        return scaled


def read_unipen(path: Path, every: int = 1) -> list[Written]:
    """Reads a list of {label, site, file, strokes} in gzipped JSON; every n-th of them."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = json.load(file)[::every]
    return [
        Written(
            int(row["label"]),
            row["site"],
            row["file"],
            tuple(np.array(stroke, dtype=float) for stroke in row["strokes"]),
        )
        for row in rows
    ]


def draw(strokes: tuple[FloatArray, ...], brush: float) -> ByteArray:
    """Draws strokes with a round brush.

    Args:
        strokes: one (N, 2) a stroke, y up.
        brush: its width as a share of the pad's side.

    Returns:
        (280, 280), uint8, 0 ink to 255 paper.
    """
    side = PAD * FINER
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = side * HEIGHT / max((high - low).max(), 1e-9)
    page = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(page)
    radius = brush * side / 2
    for stroke in strokes:
        placed = (stroke - (low + high) / 2) * scale * [1, -1] + side / 2
        line = [(float(x), float(y)) for x, y in placed]
        if len(line) > 1:
            pen.line(line, fill=0, width=round(2 * radius))
        for x, y in line:  # round ends and corners
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return np.asarray(page.reduce(FINER))
