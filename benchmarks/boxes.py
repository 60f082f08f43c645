"""Measures how well digits in printed boxes are read: single boxes, rows of boxes, grids.

    python benchmarks/boxes.py FOLDER --count 200 --seed 0 --writers development
    python benchmarks/boxes.py FOLDER --seed 0 --writers development --pictures boxes.png

FOLDER holds ``unipen_strokes.json.gz``. Its legible digits are drawn into frames (``writing/frames.py``)
and read by ``Recognizer.read``, as a user's picture would be. A picture counts if its whole text is
right: every digit, the rows and their order, and nothing else. The same picture is also read without
its frames, with the same paper and light: the difference is what frames cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table

from inkling.plots.canvas import INK
from inkling.recognize.recognizer import Recognizer
from writing.frames import KINDS, Framed, draw_framed
from writing.nondigits import font
from writing.rows import Row, difference_row, share_row
from writing.strokes import Writers, read_unipen

TILE, COLUMNS = 200, 10
"""Side of a picture on the contact sheet, in pixels, and how many are side by side."""


@dataclass(frozen=True)
class Outcome:
    """A picture and what was read in it."""

    picture: Framed
    read: tuple[str, ...]
    alone: bool  # whether everything is right if the picture has no frames

    @property
    def right(self) -> bool:
        """Whether every digit and every row is right."""
        return self.read == self.picture.text


def read_pictures(recognizer: Recognizer, pictures: Sequence[Framed]) -> list[Outcome]:
    """Reads every picture with and without its frames."""
    outcomes = []
    for picture in pictures:
        read = recognizer.read(picture.gray).text
        alone = recognizer.read(picture.unframed).text
        # Without frames nothing tells which rows a grid has, so only the digits count.
        outcomes.append(Outcome(picture, read, "".join(alone) == "".join(picture.text)))
    return outcomes


def result_rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """Returns the rows of the table: one per kind, then all of them, then single digits."""
    right = np.array([one.right for one in outcomes])
    alone = np.array([one.alone for one in outcomes])
    kinds = np.array([one.picture.kind for one in outcomes])
    rows = [
        share_row(kind, "all right and in order", right[kinds == kind])
        for kind in KINDS
        if (kinds == kind).any()
    ]
    return [
        *rows,
        share_row("all", "all right and in order", right, "≥ 94"),
        share_row("all", "digits right without frames", alone),
        difference_row("all", "points lost to frames", alone, right),
    ]


def contact_sheet(outcomes: Sequence[Outcome]) -> Image.Image:
    """Draws every picture with what was read below it; wrong ones also with what is written."""
    high = TILE + 40
    size = (COLUMNS * TILE, -(-len(outcomes) // COLUMNS) * high)
    sheet = Image.new("RGB", size, "white")
    pen, small = ImageDraw.Draw(sheet), font("DejaVuSans", 12)
    for number, one in enumerate(outcomes):
        left, top = number % COLUMNS * TILE, number // COLUMNS * high
        tile = Image.fromarray(one.picture.gray)
        tile.thumbnail((TILE - 6, TILE - 6))
        sheet.paste(tile, (left, top))
        words, color = "/".join(one.read), INK
        if not one.right:
            words, color = f"{words}\nnot {'/'.join(one.picture.text)}", "#c24e00"
        pen.text((left, top + TILE - 4), words, fill=color, font=small)
    return sheet


def main(
    folder: Annotated[Path, typer.Argument(help="UNIPEN's strokes.")],
    count: Annotated[int, typer.Option(min=1, help="How many pictures.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Draws other pictures.")] = 0,
    writers: Annotated[Writers, typer.Option(help="Whose digits.")] = Writers.DEVELOPMENT,
    model: Annotated[Path | None, typer.Option(help="By default the model that ships.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="Contact sheet, a PNG file.")] = None,
) -> None:
    """Draws the pictures, reads them and prints the table."""
    written = read_unipen(folder / "unipen_strokes.json.gz", writers=writers)
    digits = [digit for digit in written if digit.legible]
    rng = np.random.default_rng(seed)
    kinds = list(KINDS)
    drawn = [draw_framed(kinds[number % len(kinds)], digits, rng) for number in range(count)]
    outcomes = read_pictures(Recognizer(model), drawn)
    if pictures is not None:
        contact_sheet(outcomes).save(pictures)
    table = Table("pictures", "measure", "target", "reached", "95 % interval", "n")
    for row in result_rows(outcomes):
        table.add_row(*row)
    Console(width=130).print(table)


if __name__ == "__main__":
    typer.run(main)
