"""``inkling predict``: read the digit in a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from inkling.cli.output import JsonOption, percent, print_json, say_error, show


def predict(
    images: Annotated[list[Path], typer.Argument(help="Pictures of one digit each.")],
    model: Annotated[
        Path | None,
        typer.Option(help="A model file or run directory; the newest run by default."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read the digit in each picture: any size, dark on light or light on dark."""
    from inkling.cli.models import load_chosen
    from inkling.errors import ImageError
    from inkling.recognize import Recognizer

    recognizer = Recognizer(load_chosen(model))
    files: list[dict[str, Any]] = []
    failed = 0
    for path in images:
        try:
            digit = recognizer.read_digit(path)
        except ImageError as error:
            failed += 1
            say_error(str(error))
            continue
        answer = digit.to_dict()
        text = "?" if digit.digit is None else str(digit.digit)
        files.append({"file": str(path), "text": [text], "digits": [answer]})
        if not json:
            words = "nothing drawn" if digit.digit is None else percent(digit.confidence)
            show(f"{path}  {text}  {words}")
    if json:
        print_json({"files": files})
    if failed:
        raise typer.Exit(1)
