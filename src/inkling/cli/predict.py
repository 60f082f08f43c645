"""``inkling predict``: read the digits in pictures, and draw what was read."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import complain
from inkling._files import MODEL, atomic_write
from inkling._text import printable
from inkling.cli.inputs import ModelOption, PathArgument, PathOption
from inkling.cli.output import (
    STDOUT,
    JsonOption,
    check_out,
    percent,
    print_json,
    say,
    show,
    show_for,
)
from inkling.errors import SettingError

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from inkling.recognize.reading import DigitTrace, PageTrace, Reading
    from inkling.recognize.recognizer import Recognizer

LONGEST_ROW = 10_000
"""The most characters of a row of digits that are shown; a class name may be of any length."""
REASONS = {"empty": "nothing drawn", "not_a_digit": "not a digit", "unsure": "unsure"}


def predict(
    images: Annotated[
        list[Path],
        PathArgument(help="Photographs, scans or drawings; or one CSV, npz or IDX file of images."),
    ],
    model: ModelOption = None,
    single: Annotated[
        bool, typer.Option("--single", help="Read each picture as one digit.")
    ] = False,
    annotate: Annotated[
        Path | None, PathOption(help="Write boxes, digits and confidence to this PNG file.")
    ] = None,
    stages: Annotated[
        Path | None, PathOption(help="Write every stage of reading to this PNG file.")
    ] = None,
    out: Annotated[
        Path | None,
        PathOption(help="Write the labels of a file of images to this CSV file (- by default)."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read the digits in pictures, row by row: in any light, dark on light or light on dark.

    The images in a CSV, npz or IDX file, normalized as MNIST's are, get a table of one label per image.
    """
    from inkling.cli.table import predict_table
    from inkling.data.images import holds_images
    from inkling.errors import ImageError
    from inkling.recognize.annotate import annotate as draw_boxes
    from inkling.recognize.recognizer import Recognizer
    from inkling.recognize.stages import draw_stages

    weights = [] if model is None else [model, model / MODEL]
    inputs = {"a picture to read": images, "the model": weights}
    if annotate is not None:
        check_out("--annotate", annotate, inputs)
    if stages is not None:
        check_out("--stages", stages, {**inputs, "--annotate": [annotate]})
    if any(holds_images(path) for path in images):
        _check_table(images, single=single, drawings={"--annotate": annotate, "--stages": stages})
        if out is not None and (json or str(out) not in STDOUT):
            check_out("--out", out, inputs)
        predict_table(images[0], model, out, json=json)
        return
    if out is not None:
        expected, advice = "a CSV, npz or IDX file to read", "for pictures use --json"
        raise SettingError(complain("--out", expected, str(images[0]), advice))
    recognizer = Recognizer(model)
    files: list[dict[str, Any]] = []
    boxes: list[PillowImage] = []
    steps: list[PillowImage] = []
    for path in images:
        try:
            trace = _read(recognizer, path, single=single)
        except ImageError as error:
            say(f"inkling: {error}")
            files.append({"file": str(path), "text": [], "digits": [], "error": str(error)})
            continue
        reading = trace.reading
        files.append({"file": str(path), **reading.to_dict()})
        if not json:
            _show(path, reading)
        if annotate:
            boxes.append(draw_boxes(trace.gray, reading.digits))
        if stages:
            steps.append(draw_stages(trace))
    _write_sheet(annotate, boxes)
    _write_sheet(stages, steps)
    if json:
        print_json({"files": files})
    if any("error" in file for file in files):
        raise typer.Exit(1)


def _check_table(images: list[Path], *, single: bool, drawings: Mapping[str, Path | None]) -> None:
    """Raises SettingError unless one file of images is to be read, without options for pictures."""
    if len(images) > 1:
        got = f"{len(images)} files"
        raise SettingError(complain("predict", "pictures, or a single CSV, npz or IDX file", got))
    options = [*(["--single"] if single else []), *(name for name, out in drawings.items() if out)]
    if options:
        raise SettingError(complain(options[0], "pictures", str(images[0])))


def _read(recognizer: Recognizer, path: Path, *, single: bool) -> PageTrace | DigitTrace:
    """Reads a picture; raises ImageError with its path."""
    from inkling.errors import ImageTooLargeError
    from inkling.image.open import open_image

    gray = open_image(path)
    if single:
        return recognizer.trace_digit(gray)
    try:
        return recognizer.trace(gray)
    except ImageTooLargeError as error:  # too many marks; the recognizer received only gray levels
        raise ImageTooLargeError(str(error).replace("picture", printable(path), 1)) from None


def _write_sheet(path: Path | None, drawings: Sequence[PillowImage]) -> None:
    """Writes drawings below each other into one PNG file, if a file was named and there are any."""
    from inkling.recognize.annotate import stack

    if path is not None and drawings:
        content = io.BytesIO()
        stack(drawings).save(content, format="PNG")
        atomic_write(path, content.getvalue())


def _show(path: Path, reading: Reading) -> None:
    """Prints one line for a picture of one digit, else the file name and one line per row."""
    if len(reading.digits) == 1:
        digit = reading.digits[0]
        words = percent(digit.confidence) if digit.reason is None else REASONS[digit.reason]
        between = f": {printable(digit.between)}" if digit.between else ""
        show_for(path, f"{printable(digit.text)}  {words}{between}")
        return
    accepted = [digit for digit in reading.digits if digit.reason is None]
    rejected = len(reading.digits) - len(accepted)
    count = f"{len(accepted)} digit{'s' * (len(accepted) != 1)}"
    show_for(path, f"{count}, {rejected} rejected" if rejected else count)
    for number, text in enumerate(reading.text):
        least = min((one.confidence for one in accepted if one.row == number), default=None)
        words = "" if least is None else f"  at least {percent(least)}"
        show(f"  {printable(text, LONGEST_ROW)}{words}")
