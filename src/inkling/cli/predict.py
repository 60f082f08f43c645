"""``inkling predict``: read the digits in pictures, and draw what was read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._files import MODEL
from inkling.cli.inputs import ModelOption
from inkling.cli.output import JsonOption, check_out, percent, print_json, say_error, show

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from inkling.recognize.recognizer import Reading

REASONS = {"empty": "nothing drawn", "not_a_digit": "not a digit", "unsure": "unsure"}


def predict(
    images: Annotated[list[Path], typer.Argument(help="Photographs, scans or drawings.")],
    model: ModelOption = None,
    single: Annotated[
        bool, typer.Option("--single", help="Read each picture as one digit.")
    ] = False,
    annotate: Annotated[
        Path | None, typer.Option(help="Write boxes, digits and confidence to this PNG file.")
    ] = None,
    stages: Annotated[
        Path | None, typer.Option(help="Write every stage of reading to this PNG file.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read the digits in pictures, row by row: in any light, dark on light or light on dark."""
    from inkling._files import atomic_write
    from inkling.errors import ImageError
    from inkling.image.open import open_image
    from inkling.recognize.annotate import annotate as draw_boxes
    from inkling.recognize.annotate import stack
    from inkling.recognize.recognizer import Reading, Recognizer
    from inkling.recognize.stages import draw_digit_stages, draw_page_stages

    weights = [] if model is None else [model, model / MODEL]
    inputs = {"a picture to read": images, "the model": weights}
    if annotate is not None:
        check_out("--annotate", annotate, inputs)
    if stages is not None:
        check_out("--stages", stages, {**inputs, "--annotate": [annotate]})
    recognizer = Recognizer(model)
    files: list[dict[str, Any]] = []
    boxes: list[PillowImage] = []
    steps: list[PillowImage] = []
    for path in images:
        try:
            gray = open_image(path)
        except ImageError as error:
            say_error(str(error))
            files.append({"file": str(path), "text": [], "digits": [], "error": str(error)})
            continue
        if single:
            digit = recognizer.read_digit(gray)
            reading = Reading((digit.text,), (digit,))
        else:
            reading = recognizer.read(gray)
        files.append({"file": str(path), **reading.to_dict()})
        if not json:
            _show(path, reading)
        if annotate:
            boxes.append(draw_boxes(gray, reading.digits))
        if stages:
            drawing = (
                draw_digit_stages(gray, digit) if single else draw_page_stages(gray, reading.digits)
            )
            steps.append(drawing)
    for out, drawings in ((annotate, boxes), (stages, steps)):
        if out and drawings:
            content = io.BytesIO()
            stack(drawings).save(content, format="PNG")
            atomic_write(out, content.getvalue())
    if json:
        print_json({"files": files})
    if any("error" in file for file in files):
        raise typer.Exit(1)


def _show(path: Path, reading: Reading) -> None:
    """Prints one line for a picture of one digit, else the file name and one line per row."""
    if len(reading.digits) == 1:
        digit = reading.digits[0]
        words = percent(digit.confidence) if digit.reason is None else REASONS[digit.reason]
        show(f"{path}  {digit.text}  {words}{f': {digit.between}' if digit.between else ''}")
        return
    show(f"{path}  {len(reading.digits)} digits")
    for number, text in enumerate(reading.text):
        least = min(digit.confidence for digit in reading.digits if digit.row == number)
        show(f"  {text}  at least {percent(least)}")
