"""The columns of a CSV file of images: which one has the labels, which one numbers the images.

    label, 1x1, …, 28x28        id, pixel0, …, pixel783        1, …, 784, class

A header is detected from the contents of the first line; a reader that assumes one drops the first
image of a file without one. Without a header the label comes first, and a file of H · H columns has
no labels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from inkling._checks import complain
from inkling.errors import DataError

LABELS = ("label", "labels", "class", "target", "digit", "letter", "character", "y")
"""Names of the column of labels; without one of them the label comes first."""
IDS = ("id", "imageid", "image_id", "index", "idx", "unnamed: 0", "")
"""Names of a column that numbers the images; pandas writes an empty one."""

EXPECTED = "a label and H · H pixels, separated by commas (785 columns for 28 × 28)"


@dataclass(frozen=True)
class Columns:
    """What the columns of a file are; positions count from 0."""

    header: bool
    count: int
    label: int | None
    number: int | None  # of the column that numbers the images
    names: tuple[str, ...]  # of the pixels; empty without a header

    @property
    def pixels(self) -> list[int]:
        """The positions of the pixels, in the order of the file."""
        return [column for column in range(self.count) if column not in (self.label, self.number)]

    @property
    def side(self) -> int:
        """H of the square images."""
        return math.isqrt(len(self.pixels))


def find_columns(who: str, fields: list[str]) -> Columns:
    """Returns the columns of a file from the fields of its first line.

    Raises:
        DataError: if the pixels are not those of a square image. The message begins with ``who``.
    """
    header, count = is_header(fields), len(fields)
    names = [field.strip().strip("\"'").strip().lower() for field in fields] if header else []
    label = next((names.index(name) for name in LABELS if name in names), None)
    number = next((names.index(name) for name in IDS if name in names), None)
    if label is None and not _is_square(count - (number is not None)):
        label = 1 if number == 0 else 0
    pixels = tuple(name for column, name in enumerate(names) if column not in (label, number))
    columns = Columns(header, count, label, number, pixels)
    if count == 1 or not _is_square(len(columns.pixels)):
        raise DataError(complain(who, EXPECTED, f"{count} columns"))
    return columns


def is_header(fields: list[str]) -> bool:
    """Returns whether the fields of the first line are column names.

    A header contains no number, or it counts its columns: 0, 1, 2, ... or 1, 2, 3, ..., with names
    before or after them, or these numbers alone if they exceed 255, which no pixel does.

    Example:
        >>> is_header(["label", "1x1", "1x2"]), is_header(["five", "0", "0", "18"])
        (True, False)
    """
    numbers = [to_number(field) for field in fields]
    counted = [place for place, number in enumerate(numbers) if number is not None]
    if not counted:
        return True
    run = numbers[counted[0] : counted[-1] + 1]
    counts = any(run == list(range(start, start + len(run))) for start in (0, 1))
    return counts and (len(numbers) / 2 <= len(run) < len(numbers) or len(run) > 256)


def to_number(field: str) -> float | None:
    """Returns the number in a field, or None."""
    try:
        return float(field)
    except ValueError:
        return None


def _is_square(count: int) -> bool:
    return count > 0 and math.isqrt(count) ** 2 == count
