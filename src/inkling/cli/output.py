"""What commands print: results to standard output, messages to standard error, JSON on request."""

from __future__ import annotations

import json
import math
import os
import sys
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO

import typer

from inkling._checks import complain
from inkling._text import escape_controls, printable
from inkling.cli.streams import naming_errors
from inkling.errors import SettingError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object; messages go to standard error.")
]

WIDTH = 80
"""Columns of a terminal whose width is unknown."""
STDOUT = ("-", "/dev/stdout")
"""The names of standard output."""


def check_out(
    option: str,
    path: Path,
    others: Mapping[str, Sequence[Path | None]] | None = None,
    *,
    stdout: bool = False,
) -> None:
    """Raises SettingError, before any work, if a file must not be written.

    Its folder does not exist, or it is one of the ``others``: inputs and other outputs, by what they
    are. If ``stdout``, it may be ``-`` for standard output, unless that is a terminal.
    """
    if str(path) in STDOUT:
        if not stdout:
            advice = "standard output has the results"
            raise SettingError(complain(option, "a file name", repr(str(path)), advice))
        if sys.stdout.isatty():
            expected, advice = "a file or a pipe for -", "append: > FILE"
            raise SettingError(complain(option, expected, "a terminal", advice))
        return
    if path.is_dir() or not path.parent.is_dir():
        raise SettingError(complain(option, "a file name in an existing folder", repr(str(path))))
    for name, files in (others or {}).items():
        if any(file is not None and _are_same(path, file) for file in files):
            raise SettingError(complain(option, f"another file than {name}", repr(str(path))))


def _are_same(path: Path, other: Path) -> bool:
    """Returns whether two names are one regular file, over links too, or will be one."""
    if path.exists() and other.exists():
        return path.is_file() and path.samefile(other)
    return os.path.realpath(path) == os.path.realpath(other)


@contextmanager
def out_file(path: Path) -> Iterator[Path]:
    """Yields the file to write; for ``-``, a temporary one whose content goes to standard output."""
    if str(path) not in STDOUT:
        yield path
        return
    with TemporaryDirectory() as folder:
        file = Path(folder, "content")
        yield file
        with naming_errors():
            sys.stdout.buffer.write(file.read_bytes())
            sys.stdout.buffer.flush()


def console() -> Console:
    """Returns the console for messages and progress: standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str, *, whole: bool = False) -> None:
    """Prints a message on standard error; in a terminal, long lines end between two words.

    ``whole`` keeps a line as it is: a path or a command to copy may have spaces in it.
    """
    _print(text, sys.stderr, whole=whole)


def say_file(what: str, path: Path) -> None:
    """Prints where a file is, on a line of its own."""
    say(f"{what:8} {printable(path)}", whole=True)


def _width(stream: TextIO) -> int | None:
    """Returns the columns of the terminal that a stream is; None for a file or a pipe."""
    stream = getattr(stream, "rich_proxied_file", stream)  # what a progress bar stands in for
    if not stream.isatty():
        return None
    try:
        width = int(os.environ.get("COLUMNS") or os.get_terminal_size(stream.fileno()).columns)
    except (ValueError, OSError):
        return WIDTH
    return width if width > 0 else WIDTH


def _wrap(text: str, stream: TextIO) -> str:
    """Returns a text with lines that fit into the terminal that a stream is; never cuts a word."""
    width = _width(stream)
    if width is None:
        return text
    lines = []
    for line in text.split("\n"):
        start = line[: len(line) - len(line.lstrip(" "))]
        lines += textwrap.wrap(
            line, width, subsequent_indent=start, break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "\n".join(lines)


def _print(text: str, stream: TextIO, *, whole: bool) -> None:
    text = escape_controls(text)
    print(text if whole else _wrap(text, stream), file=stream, flush=True)


def show(result: str | Text | Table, *, whole: bool = False) -> None:
    """Prints a result on standard output, a text like ``say``; nothing in it is parsed as markup."""
    if isinstance(result, str):
        _print(result, sys.stdout, whole=whole)
        return
    from rich.console import Console
    from rich.segment import Segments
    from rich.table import Table

    plain = Console(highlight=False, markup=False, emoji=False)
    terminal, plain.width = plain.width, 10_000
    if sys.stdout.isatty():
        keeps = isinstance(result, Table) and all(column.no_wrap for column in result.columns)
        plain.width = max(terminal, plain.measure(result).maximum) if keeps else terminal
    parts = [part._replace(text=escape_controls(part.text)) for part in plain.render(result)]
    plain.print(Segments(parts), end="")


def show_for(path: Path, text: str) -> None:
    """Prints a path and a text about it; in a narrow terminal, the text is on the next line."""
    width, name = _width(sys.stdout), printable(path)
    if width is None or len(f"{name}  {text}") <= width:
        show(f"{name}  {text}", whole=True)
    else:
        show(name, whole=True)
        show(f"  {text}")


def results_table(*columns: str, left: Collection[str] = ()) -> Table:
    """Returns an empty table: numbers to the right, the columns named in ``left`` to the left.

    It has no frame, so that seven columns fit into 80 characters; no cell is cut or wrapped.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 0, 0, 1))
    for column in columns:
        words: Literal["left", "right"] = "left" if column in left else "right"
        table.add_column(column, justify=words, no_wrap=True)
    return table


def print_json(result: dict[str, Any]) -> None:
    """Prints a result as one JSON object on standard output.

    It is pure ASCII, so that the encoding of a pipe does not matter. NaN and infinity, which JSON does
    not have, become null.
    """
    sys.stdout.write(json.dumps(_without_nan(result), allow_nan=False) + "\n")


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def percent(share: float) -> str:
    """Returns a share in percent, with two decimals."""
    return f"{100 * share:.2f} %"


def with_interval(accuracy: float, interval: tuple[float, float], n: int) -> str:
    """Returns an accuracy with its interval and the number of images."""
    return f"{percent(accuracy)} (95 % interval {percent_range(*interval)}, n = {n:,})"


def percent_range(low: float, high: float) -> str:
    """Returns an interval in percent: ``98.24 to 98.72 %``."""
    return f"{100 * low:.2f} to {percent(high)}"
