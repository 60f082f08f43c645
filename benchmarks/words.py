"""Measures what is read of digits next to words, and which letters are read as digits.

    python benchmarks/words.py FOLDER
    python benchmarks/words.py FOLDER --seeds 3 --seeds 4 --pictures 40 --sheet words.png

FOLDER holds ``unipen_strokes.json.gz``; the digits are of the writers for development. The letters are
those of Matplotlib's fonts. A character is read as a digit if an accepted digit lies on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from rich.console import Console
from rich.table import Table

from inkling.recognize.annotate import annotate, stack
from inkling.recognize.reading import Digit
from inkling.recognize.recognizer import Recognizer
from writing.rows import Row, share_row
from writing.strokes import Writers, read_unipen
from writing.words import Character, write_pages


def is_on(digit: Digit, character: Character) -> bool:
    """Returns whether at least half of the box of one of the two lies on the other."""
    left, top = (max(digit.box[i], character.box[i]) for i in (0, 1))
    right, bottom = (min(digit.box[i], character.box[i]) for i in (2, 3))
    shared = max(right - left, 0) * max(bottom - top, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (digit.box, character.box)]
    return shared >= 0.5 * min(areas)


def count(
    digits: Sequence[Digit], characters: Sequence[Character]
) -> tuple[list[bool], list[bool], Counter[str]]:
    """Returns which digits are read right, which other characters as digits, and as which."""
    accepted = [digit for digit in digits if digit.reason is None]
    right, wrong, mistaken = [], [], Counter[str]()
    for character in characters:
        found = [digit.text for digit in accepted if is_on(digit, character)]
        if character.text.isdigit():
            right.append(found == [character.text])
        else:
            wrong.append(bool(found))
            mistaken.update(f"{character.text} → {text}" for text in found)
    return right, wrong, mistaken


def main(
    folder: Annotated[Path, typer.Argument(help="UNIPEN's strokes.")],
    model: Annotated[Path | None, typer.Option(help="By default the model that ships.")] = None,
    seeds: Annotated[
        list[int] | None, typer.Option(help="Seeds of the pictures; 0 by default.")
    ] = None,
    pictures: Annotated[int, typer.Option(min=1, help="Pictures per seed.")] = 40,
    sheet: Annotated[Path | None, typer.Option(help="PNG file for the pictures read.")] = None,
) -> None:
    """Measures everything."""
    recognizer = Recognizer(model)
    written = read_unipen(folder / "unipen_strokes.json.gz", 1, Writers.DEVELOPMENT)
    right: list[bool] = []
    wrong: list[bool] = []
    mistaken: Counter[str] = Counter()
    drawn: list[Image.Image] = []
    for seed in seeds or [0]:
        for gray, characters in write_pages(written, pictures, seed):
            digits = recognizer.read(gray).digits
            digits_right, others_read, mistakes = count(digits, characters)
            right += digits_right
            wrong += others_read
            mistaken += mistakes
            drawn.append(annotate(gray, digits))
    if sheet is not None:
        stack(drawn).save(sheet)
    rows: list[Row] = [
        share_row("digits next to words", "right", np.array(right)),
        share_row("everything else", "read as digits", np.array(wrong)),
    ]
    table = Table("material", "measure", "target", "reached", "95 % interval", "n")
    for row in rows:
        table.add_row(*row)
    Console(width=130).print(table)
    Console(width=130).print(", ".join(f"{what} ({n})" for what, n in mistaken.most_common(30)))


if __name__ == "__main__":
    typer.run(main)
