"""What all commands share: words to standard error, results to standard output, JSON on request."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import complain
from inkling.errors import SettingError

if TYPE_CHECKING:
    from rich.console import Console

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object; words go to standard error.")
]


def check_out(option: str, path: Path) -> None:
    """Refuses a file that cannot be written, before the work that would go into it.

    Raises:
        SettingError: it is a folder, or in a folder that is not there.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise SettingError(
            complain(option, "a file name in a folder that is there", repr(str(path)))
        )


def console() -> Console:
    """Returns the console for words and progress: standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Prints words for a person on standard error."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def say_error(sentence: str) -> None:
    """Prints the one line that says why a command failed."""
    say(f"inkling: {sentence}")


def show(renderable: Any) -> None:
    """Prints a result for a person, a table for example, on standard output.

    Names of files and classes come out as they are: nothing in brackets or colons is taken for markup,
    and only a terminal has a width to which lines are cut.
    """
    from rich.console import Console

    width = None if sys.stdout.isatty() else 10_000
    plain = Console(highlight=False, markup=False, emoji=False, width=width)
    plain.print(renderable, soft_wrap=isinstance(renderable, str))


def print_json(result: dict[str, Any]) -> None:
    """Prints a result for a program: one JSON object on standard output.

    It is pure ASCII, so that it arrives whole whatever the encoding of the pipe. JSON has no NaN and
    no infinity: they become null.
    """
    sys.stdout.write(json.dumps(_without_nan(result), allow_nan=False) + "\n")


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def printable(name: str) -> str:
    r"""Returns a name that can be drawn: undecodable bytes of a file's name are written out.

    Example:
        >>> printable("caf\udce9")
        'caf\\udce9'
    """
    return name.encode(errors="backslashreplace").decode()


def percent(share: float) -> str:
    """Returns a share as per cent, with two decimals.

    Example:
        >>> percent(0.98312)
        '98.31 %'
    """
    return f"{100 * share:.2f} %"


def with_interval(accuracy: float, interval: tuple[float, float], n: int) -> str:
    """Returns an accuracy with its interval in words.

    Example:
        >>> with_interval(0.985, (0.9824, 0.9872), 10000)
        '98.50 % (95 % interval 98.24 to 98.72 %) of 10,000 images'
    """
    low, high = (f"{100 * bound:.2f}" for bound in interval)
    return f"{percent(accuracy)} (95 % interval {low} to {high} %) of {n:,} images"
