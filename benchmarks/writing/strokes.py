"""UNIPEN's pen strokes, drawn as on a canvas and sorted by style.

    strokes (points, y up)  →  7/10 of a square pad, round brush  →  dark on white, 280 × 280

Half of the writers are for development: to see what they write, and which styles fail. The other half is
read only for final figures, which are thus of writers whose digits had no influence on anything.

A few digits are not legible; ``illegible.csv`` lists them with reasons. For this list alone, the digits
of all writers were looked at once.

The styles are ways of writing a digit that are rare in MNIST, which is American. Each is found by a rule
on the strokes alone; the rules are rough, and right for about nine in ten of the digits they find.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import label as label_parts

from inkling._types import ByteArray, FloatArray

PAD = 280
"""Side of the pad, in pixels."""
FINER = 2
"""The pad is drawn this much larger and averaged, for the soft edge of a canvas."""
HEIGHT = 0.7
"""Share of the pad that the longer side of a digit spans, without its brush."""
USUAL = 0.10
"""Width of the usual brush, as a share of the pad."""


@dataclass(frozen=True)
class Written:
    """A digit as it was written; a stroke is (N, 2), x to the right and y up, in units of the site."""

    label: int
    site: str
    writer: str  # the file it comes from, as a proxy for the writer
    strokes: tuple[FloatArray, ...]
    legible: bool  # whether a reader of the picture alone could name the label

    @property
    def scaled(self) -> list[FloatArray]:
        """The strokes in units of the digit's longer side, from the lower left corner of its box."""
        points = np.concatenate(self.strokes)
        low, size = points.min(axis=0), max(np.ptp(points, axis=0).max(), 1e-9)
        return [(stroke - low) / size for stroke in self.strokes]


class Writers(StrEnum):
    """Whose digits are read."""

    ALL = "all"
    DEVELOPMENT = "development"
    HELD_OUT = "held-out"


def is_held_out(writer: str) -> bool:
    """Whether a writer is kept for final figures: the first byte of the name's SHA-256 is odd."""
    return sha256(writer.encode()).digest()[0] % 2 == 1


def read_unipen(path: Path, every: int = 1, writers: Writers = Writers.ALL) -> list[Written]:
    """Reads every n-th of a list of {label, site, file, strokes} in gzipped JSON.

    ``writers`` are chosen first: all of them, or one of the halves that ``is_held_out`` makes.
    """
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(enumerate(json.load(file)))
    if writers != Writers.ALL:
        held_out = writers == Writers.HELD_OUT
        rows = [(index, row) for index, row in rows if is_held_out(row["file"]) == held_out]
    illegible = read_illegible().index
    digits = []
    for index, row in rows[::every]:
        strokes = tuple(np.array(stroke, dtype=float) for stroke in row["strokes"])
        legible = index not in illegible
        digits.append(Written(int(row["label"]), row["site"], row["file"], strokes, legible))
    return digits


def read_illegible() -> pd.DataFrame:
    """Reads the label and the reason of each illegible digit, by its position in UNIPEN's list.

    The list was made by looking at the strokes of all digits, drawn with a thin pen, without a model.
    A digit is in it only if a careful reader who sees the picture alone would not name its label:

    - ``part``: strokes are missing, as of a 4 of which one line is left;
    - ``label``: it is clearly another digit;
    - ``several``: it is more than one digit;
    - ``scribble``: no digit can be recognized.

    A digit that is ugly, in a rare style, or as much like its label as like another digit is not in it.
    """
    return pd.read_csv(Path(__file__).with_name("illegible.csv"), index_col="index")


def draw(strokes: tuple[FloatArray, ...], brush: float) -> ByteArray:
    """Draws strokes with a round brush, whose width is a share of the side of the pad.

    The result is (280, 280), uint8, 0 ink to 255 paper.
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


def crossed(written: Written) -> bool:
    """A 7 with a bar: a further stroke, twice as wide as high, in the middle of the height."""
    strokes = written.scaled
    top = max(stroke[:, 1].max() for stroke in strokes)
    for stroke in strokes[1:]:
        width, height = np.ptp(stroke, axis=0)
        middle = stroke[:, 1].mean() / max(top, 1e-9)
        if width > 0.15 and width > 2 * height and 0.25 < middle < 0.75:
            return True
    return False


def with_upstroke(written: Written) -> bool:
    """A 1 that begins a fifth of its height below its top, and climbs there first."""
    points = written.scaled[0]
    top = points[:, 1].argmax()
    climbed = points[top, 1] - points[0, 1]
    return bool(climbed > 0.2 and points[top, 0] > points[0, 0] and top < len(points) - 1)


def hooked(written: Written) -> bool:
    """A 9 whose tail ends left of its lowest point, and above it, as in a handwritten g."""
    points = np.concatenate(written.scaled)
    lowest = points[:, 1].argmin()
    end = points[-1]
    return bool(points[lowest, 0] - end[0] > 0.08 and end[1] - points[lowest, 1] > 0.02)


def closed(written: Written) -> bool:
    """A 4 that encloses paper, drawn with a thin pen: a part of the paper that touches no edge."""
    paper = draw(written.strokes, 0.03) > 127
    parts, count = label_parts(paper)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    return bool((np.sort(sizes)[:-1] > 0.005 * paper.size).any())


def slashed(written: Written) -> bool:
    """A 0 with a further stroke that is half as long as the digit, or longer."""
    return any(np.ptp(stroke, axis=0).max() > 0.5 for stroke in written.scaled[1:])


STYLES: dict[str, tuple[int, Callable[[Written], bool]]] = {
    "crossed 7": (7, crossed),
    "1 with an upstroke": (1, with_upstroke),
    "hooked 9": (9, hooked),
    "closed 4": (4, closed),
    "slashed 0": (0, slashed),
}
"""The digit of each style, and the rule that finds it."""


def find_styles(digits: list[Written]) -> dict[str, NDArray[np.bool_]]:
    """Returns masks (N,) of the digits in each style, and of the same digit in other styles."""
    found = {}
    labels = np.array([written.label for written in digits])
    for name, (digit, rule) in STYLES.items():
        found[name] = np.array([written.label == digit and rule(written) for written in digits])
        found[f"other {digit}s"] = (labels == digit) & ~found[name]
    return found
