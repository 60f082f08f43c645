"""The ways to write each digit, read from ``allographs.toml``, which people can read and add to."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from inkling._checks import complain
from inkling.errors import DataError

TABLE = Path(__file__).with_name("allographs.toml")
DIGITS = tuple("0123456789")
CORNER = "|"
"""Between two runs of a stroke, which meet in the last point before it."""

Run = tuple[tuple[float, float], ...]
"""The points x, y of a smooth part of a stroke; its last one is the first one of the next run."""


@dataclass(frozen=True)
class Allograph:
    """One way to write a digit.

    Attributes:
        digit: 0 to 9.
        name: what is special about it.
        where: where it is written that way.
        weight: how often it is drawn, relative to the others of its digit.
        strokes: what the pen writes between two lifts, in the order of writing.
    """

    digit: int
    name: str
    where: str
    weight: float
    strokes: tuple[tuple[Run, ...], ...]


@lru_cache(maxsize=1)
def read_allographs(path: Path = TABLE) -> tuple[Allograph, ...]:
    """Reads the table of allographs, in the order of the file.

    Raises:
        DataError: if an entry is wrong; the message names it.

    Example:
        >>> seven = next(one for one in read_allographs() if one.digit == 7)
        >>> seven.name, seven.strokes
        ('plain', ((((4.0, 6.0), (54.0, 4.0)), ((54.0, 4.0), (22.0, 98.0))),))
    """
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(complain(path.name, "TOML", str(error))) from error
    return tuple(
        _allograph(digit, entry)
        for digit, entries in sections.items()
        for entry in (entries if isinstance(entries, list) else [entries])
    )


def _allograph(digit: str, entry: Any) -> Allograph:
    """Returns an entry of the table as an allograph."""
    who = f"allographs, [[{digit}]]"
    entry = {"weight": 1, **entry} if isinstance(entry, dict) else {}
    kinds: dict[str, Any] = {"name": str, "where": str, "weight": int | float, "strokes": list}
    fits = entry.keys() == kinds.keys() and all(
        isinstance(entry[key], kind) for key, kind in kinds.items()
    )
    if not (fits and digit in DIGITS and entry["weight"] > 0 and entry["strokes"]):
        expected = "the section of a digit with name, where, strokes and perhaps a weight above 0"
        raise DataError(complain(who, expected, entry))
    name, where, weight, strokes = (entry[key] for key in kinds)
    parsed = tuple(parse_stroke(stroke, f"{who}, {name}") for stroke in strokes)
    return Allograph(int(digit), name, where, float(weight), parsed)


def parse_stroke(text: str, who: str = "stroke") -> tuple[Run, ...]:
    """Returns the runs of a stroke such as "8,30 36,0 | 36,100".

    Raises:
        DataError: if that is not a row of points x,y with a | at each corner; it begins with ``who``.

    Example:
        >>> parse_stroke("8,30 36,0 | 36,100")
        (((8.0, 30.0), (36.0, 0.0)), ((36.0, 0.0), (36.0, 100.0)))
    """
    runs: list[Run] = []
    try:
        for part in text.split(CORNER):
            points = [(float(x), float(y)) for x, y in (point.split(",") for point in part.split())]
            runs.append((*(runs[-1][-1:] if runs else ()), *points))
    except (AttributeError, ValueError):
        runs = [()]
    steps = [pairwise(run) for run in runs]
    if min(map(len, runs)) < 2 or any(a == b for step in steps for a, b in step):
        expected = f"different points x,y in a row, with {CORNER} where the pen turns sharply"
        raise DataError(complain(who, expected, repr(text)))
    return tuple(runs)
