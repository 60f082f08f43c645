"""``inkling predict``: read the digits in pictures, and draw what was read."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling.cli.output import JsonOption, check_out, percent, print_json, say_error, show

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from inkling._types import ByteArray
    from inkling.recognize.recognizer import Reading, Recognizer

REASONS = {"empty": "nothing drawn", "not_a_digit": "not a digit", "unsure": "unsure"}


def predict(
    images: Annotated[list[Path], typer.Argument(help="Photographs, scans or drawings.")],
    model: Annotated[
        Path | None,
        typer.Option(help="A model file or run directory; the model that ships by default."),
    ] = None,
    single: Annotated[
        bool, typer.Option("--single", help="Each picture is one digit, whatever it looks like.")
    ] = False,
    annotate: Annotated[
        Path | None,
        typer.Option(help="Draw boxes, digits and confidence into this PNG file.", dir_okay=False),
    ] = None,
    stages: Annotated[
        Path | None,
        typer.Option(help="Draw every stage of reading into this PNG file.", dir_okay=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read the digits in pictures, row by row: in any light, dark on light or light on dark."""
    from inkling.errors import ImageError
    from inkling.image.open import open_image
    from inkling.recognize.recognizer import Recognizer

    for option, out in (("--annotate", annotate), ("--stages", stages)):
        if out is not None:
            check_out(option, out)
    recognizer = Recognizer(model)
    files: list[dict[str, Any]] = []
    drawn: dict[Path, list[PillowImage]] = {out: [] for out in (annotate, stages) if out}
    for path in images:
        try:
            grey = open_image(path)
        except ImageError as error:
            say_error(str(error))
            files.append({"file": str(path), "text": [], "digits": [], "error": str(error)})
            continue
        reading = _read(recognizer, grey, single)
        files.append({"file": str(path), **reading.to_dict()})
        if not json:
            _show(path, reading)
        if annotate:
            drawn[annotate].append(_annotated(grey, reading))
        if stages:
            drawn[stages].append(_staged(grey, reading, single))
    _save(drawn)
    if json:
        print_json({"files": files})
    if any("error" in file for file in files):
        raise typer.Exit(1)


def _read(recognizer: Recognizer, grey: ByteArray, single: bool) -> Reading:
    from inkling.recognize.recognizer import Reading

    if not single:
        return recognizer.read(grey)
    digit = recognizer.read_digit(grey)
    return Reading((digit.text,), (digit,))


def _show(path: Path, reading: Reading) -> None:
    """A line for a picture of one digit; else its name, and a line for each row."""
    if len(reading.digits) == 1:
        digit = reading.digits[0]
        words = percent(digit.confidence) if digit.reason is None else REASONS[digit.reason]
        show(f"{path}  {digit.text}  {words}{f': {digit.between}' if digit.between else ''}")
        return
    show(f"{path}  {len(reading.digits)} digits")
    for number, text in enumerate(reading.text):
        least = min(digit.confidence for digit in reading.digits if digit.row == number)
        show(f"  {text}  at least {percent(least)}")


def _annotated(grey: ByteArray, reading: Reading) -> PillowImage:
    from inkling.recognize.annotate import annotate

    return annotate(grey, reading.digits)


def _staged(grey: ByteArray, reading: Reading, single: bool) -> PillowImage:
    from inkling.recognize.stages import draw_digit_stages, draw_page_stages

    if single:
        return draw_digit_stages(grey, reading.digits[0])
    return draw_page_stages(grey, reading.digits)


def _save(drawn: dict[Path, list[PillowImage]]) -> None:
    """Writes the drawings of all pictures, under each other, into one file each."""
    from inkling._files import atomic_write
    from inkling.recognize.annotate import stack

    for out, pictures in drawn.items():
        if pictures:
            atomic_write(out, partial(stack(pictures).save, format="PNG"))
