"""Shows which allographs of the pen people write, and which of its drawings a model misreads.

    python benchmarks/allographs.py FOLDER

FOLDER holds ``unipen_strokes.json.gz``, of which the writers of the development half are read. Each of
their digits is compared with 150 drawings of every allograph of the same digit; the most similar one,
by the cosine between blurred images, counts for its allograph. One that is never the most similar is
either a style that these writers lack, or drawn as nobody writes; look at it before you keep it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from scipy.ndimage import gaussian_filter

from inkling._types import ByteArray, FloatArray, IntArray
from inkling.data.synthetic.pen import Pen
from inkling.image.normalize import normalize
from inkling.recognize.recognizer import Recognizer
from writing.strokes import USUAL, Writers, draw, read_unipen

DRAWINGS = 150
"""Of each allograph."""
BLUR = 1.0
"""Standard deviation, in pixels of 28 × 28: strokes that lie side by side are similar too."""


def directions(images: ByteArray) -> FloatArray:
    """Returns images (N, 28, 28), blurred, as vectors (N, 784) of length 1."""
    blurred = np.stack([gaussian_filter(image.astype(np.float32), BLUR) for image in images])
    flat = blurred.reshape(len(images), -1)
    unit: FloatArray = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    return unit


def count_nearest(pen: Pen, drawings: ByteArray, images: ByteArray, labels: IntArray) -> IntArray:
    """Returns of how many images (N, 28, 28) each allograph (A,) has the most similar drawing."""
    of_drawing = np.repeat(np.arange(len(pen.allographs)), DRAWINGS)
    digit_of = np.array([one.digit for one in pen.allographs])[of_drawing]
    drawn, written = directions(drawings), directions(images)
    counts = np.zeros(len(pen.allographs), np.int64)
    for digit in np.unique(labels):
        able, rows = np.flatnonzero(digit_of == digit), labels == digit
        nearest = able[(written[rows] @ drawn[able].T).argmax(axis=1)]
        counts += np.bincount(of_drawing[nearest], minlength=len(counts))
    return counts


def main(
    folder: Annotated[Path, typer.Argument(help="The folder with UNIPEN's strokes.")],
    model: Annotated[Path | None, typer.Option(help="By default the model that ships.")] = None,
) -> None:
    """Prints a row per allograph, the least written first."""
    digits = read_unipen(folder / "unipen_strokes.json.gz", 1, Writers.DEVELOPMENT)
    images = np.stack([normalize(draw(digit.strokes, USUAL)) for digit in digits])
    labels = np.array([digit.label for digit in digits])
    pen = Pen()
    numbers = np.repeat(np.arange(len(pen.allographs)), DRAWINGS)
    drawings = pen.draw(numbers, rng=np.random.default_rng(0))
    counts = count_nearest(pen, drawings, images, labels)
    answers = Recognizer(model).model.predict_proba(drawings).argmax(axis=1)
    misread = answers.reshape(-1, DRAWINGS) != [[one.digit] for one in pen.allographs]
    table = Table("digit", "allograph", "weight", "written by people", "its drawings misread")
    for number in np.argsort(counts, kind="stable"):
        one, share = pen.allographs[number], misread[number].mean()
        cells = (str(one.digit), one.name, f"{one.weight:g}", f"{counts[number]}", f"{share:.1%}")
        table.add_row(*cells)
    Console(width=100).print(table)


if __name__ == "__main__":
    typer.run(main)
