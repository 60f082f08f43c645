"""Reading CSV: one image per line, the label first, then the pixels row by row.

    label,1x1,1x2, ... ,28x28        a header is optional
    5,0,0,0,18,126, ... ,0

``columns.py`` finds what the columns are. NumPy parses the numbers in blocks. Only a block that fails to
parse is read again field by field, to report the line and the reason.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from inkling._checks import complain
from inkling._types import AnyArray, ByteArray, IntArray
from inkling.data.readers.assemble import Part, assemble
from inkling.data.readers.columns import EXPECTED, Columns, find_columns, to_number
from inkling.data.readers.labels import LABELS_MISSING
from inkling.data.readers.names import PARTS, visible
from inkling.data.readers.pixels import ROUNDING, Pixels, to_bytes
from inkling.data.readers.unpack import MAX_IMAGES, MAX_SIDE, check_images, open_unpacked
from inkling.data.split import Source
from inkling.errors import DataError

MAX_TEXT = 2**32  # the longest file that is read, in uncompressed bytes
MAX_LINES = 2 * MAX_IMAGES  # blank ones included, which cost time too
MAX_COLUMNS = MAX_SIDE**2 + 2  # pixels, label, number of the image
FIELD = 32  # the longest field, in bytes; np.savetxt writes 24 and a comma
MAX_LABEL = 10**9
BLOCK = 1000  # lines per call of the parser: enough to be fast, few enough to need little memory
BLOCK_BYTES = 2**23  # for the same reason, if lines are long

Line = tuple[int, bytes]
"""The number of a line, from 1, and its text."""


@dataclass(frozen=True, eq=False)
class Table:
    """The contents of a CSV file: N square images, with labels or without."""

    columns: Columns
    pixels: Pixels  # (N, H, H)
    labels: IntArray | None  # (N,)
    lines: IntArray  # (N,), the number of each image's line, from 1
    names: tuple[str, ...]  # of the images, in the column that numbers them; empty without one


def read_csv_files(path: Path) -> Source:
    """Reads a CSV file, and the files of the other splits in the same folder if there are any.

    A file with "train" in its name is paired with the files that have "test", "val", "valid" or
    "validation" instead: ``mnist_train.csv`` with ``mnist_test.csv``. One without labels, as in
    competitions, is not used, and a note says so.

    Raises:
        DataError: if a file is wrong; the message names the line.
    """
    files, notes = _files_of(path)
    tables = {"train": read_csv(path)}
    for part, file in files.items():
        if _lacks_labels(file):
            notes.append(f"{file} has no labels, so it is not used as the {part} set.")
            continue
        tables[part] = read_csv(file)
        _check_order(file, tables[part].columns.names, tables["train"].columns.names)
    paths = {"train": path, **files}
    return assemble({part: _part(paths[part], table) for part, table in tables.items()}, notes)


def _part(path: Path, table: Table) -> Part:
    if table.labels is None:
        got, who = f"{table.columns.count} columns", f"{path}, line {table.lines[0]}"
        raise DataError(complain(who, EXPECTED, got, LABELS_MISSING))
    lines = table.lines
    return Part(str(path), table.pixels, table.labels, lambda row: f"{path}, line {lines[row]}")


def read_csv(path: Path) -> Table:
    """Reads one CSV file of square images, gzipped or not.

    Raises:
        DataError: if the file is empty or too long, or a line is not a label and pixels: whole numbers
            from 0 to 255, or in all lines fractions from 0 to 1.
    """
    blocks: list[_Rows] = []
    numbers: list[int] = []
    fractions = whole = False
    with open_unpacked(path) as stream:
        columns, first = _find_columns(path, stream)
        lines = _numbered_lines(path, stream, columns.count, start=first[0] + 1)
        if not columns.header:
            lines = chain([first], lines)
        for block in _blocks(lines):
            rows = _parse(block, columns)
            if rows is None or (rows.fractions and whole) or (rows.whole and fractions):
                raise _find_fault(path, block, columns, fractions=fractions, whole=whole)
            fractions, whole = fractions or rows.fractions, whole or rows.whole
            blocks.append(rows)
            numbers += [number for number, _ in block]
            check_images(str(path), (len(numbers), columns.side, columns.side))
    if not numbers:
        raise DataError(complain(str(path), "one line per image", "none"))
    pixels = [
        rows.pixels * 255 if fractions and not rows.fractions else rows.pixels for rows in blocks
    ]
    images = np.concatenate(pixels).reshape(-1, columns.side, columns.side)
    labels = None
    if columns.label is not None:
        labels = np.concatenate([rows.labels for rows in blocks])
    names = tuple(name for rows in blocks for name in rows.names)
    return Table(columns, Pixels(images, fractions), labels, np.array(numbers), names)


class _Rows(NamedTuple):
    """The lines of a block."""

    labels: IntArray  # (N,); none without a column of labels
    pixels: ByteArray  # (N, H · H), as in ``Pixels``
    fractions: bool
    names: list[str]

    @property
    def whole(self) -> bool:
        """Whether the pixels cannot be fractions, because one is above 1."""
        return not self.fractions and bool((self.pixels > 1).any())


def _numbered_lines(path: Path, stream: BinaryIO, columns: int, start: int = 1) -> Iterator[Line]:
    """Yields the lines that are not blank, none longer than that many columns can be."""
    length, longest = 0, FIELD * columns
    for number, line in enumerate(iter(lambda: stream.readline(longest + 1), b""), start):
        length += len(line)
        if len(line) > longest:
            who = f"{path}, line {number}"
            raise DataError(complain(who, f"at most {longest:,} bytes per line", "more"))
        if length > MAX_TEXT or number > MAX_LINES:
            most = f"at most {MAX_LINES:,} lines and {MAX_TEXT:,} uncompressed bytes"
            raise DataError(complain(str(path), most, "more"))
        text = line.removeprefix(codecs.BOM_UTF8).strip()  # some editors write a byte order mark
        if text:
            yield number, text


def _blocks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Yields the lines in blocks for the parser."""
    block: list[Line] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line[1])
        if len(block) == BLOCK or size > BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _fields(line: Line) -> list[str]:
    return line[1].decode(errors="replace").split(",")


def _parse(block: list[Line], columns: Columns) -> _Rows | None:
    """Returns the rows of a block, or None if anything in it is wrong."""
    lines, names = [text for _, text in block], []
    count, label = columns.count, columns.label
    if columns.number is not None:  # it may contain any text
        place = columns.number
        pieces = [text.split(b",", place + 1) for text in lines]
        if min(map(len, pieces)) <= place:
            return None
        names = [piece.pop(place).decode(errors="replace").strip('"') for piece in pieces]
        lines = [b",".join(piece) for piece in pieces]
        count, label = count - 1, label - 1 if label is not None and label > place else label
    values = _to_numbers(lines)
    if values is None or values.shape[1] != count:
        return None
    with np.errstate(invalid="ignore"):  # NaN becomes some number here, and differs from it below
        rows = values.astype(np.uint8, copy=False)
    fractions = False
    if label is None:
        labels, pixels, ink = np.empty(0, np.int64), rows, values
    else:
        column = values[:, label]
        if not np.all((column >= 0) & (column <= MAX_LABEL)):  # also for NaN
            return None
        labels = column.astype(np.int64)
        if not np.array_equal(labels, column):
            return None
        pixels, ink = np.delete(rows, label, 1), np.delete(values, label, 1)
    if not np.array_equal(pixels, ink):
        fractions = bool(ink.min() >= 0 and ink.max() <= 1 + ROUNDING)  # not if one is NaN
        if not fractions:
            return None
        pixels = to_bytes(ink)
    return _Rows(labels, pixels, fractions, names)


def _to_numbers(lines: list[bytes]) -> AnyArray | None:
    """Returns the numbers in the lines (N, columns), or None if there is anything else."""
    digits_only = not b"".join(lines).translate(None, b"0123456789,")
    # Whole numbers may be written 12.0, and labels may exceed a byte; that takes twice the time.
    for dtype in (np.uint8, np.float64) if digits_only else (np.float64,):
        with suppress(ValueError):
            return np.loadtxt(lines, delimiter=",", dtype=dtype, ndmin=2, comments=None)
    return None


def _find_fault(
    path: Path, block: list[Line], columns: Columns, *, fractions: bool, whole: bool
) -> DataError:
    """Returns the error for the first wrong field of a block.

    ``fractions`` and ``whole`` are what the blocks before it contain; without either, the first pixel
    other than 0 and 1 decides.
    """
    for line in block:
        fields, who = _fields(line), f"{path}, line {line[0]}"
        if len(fields) != columns.count:
            expected = f"{columns.count} columns, as in the first line"
            return DataError(complain(who, expected, len(fields)))
        for column, field in enumerate(fields):
            if column == columns.number:
                continue
            number = to_number(field)
            if number is None or not field.isascii() or "_" in field:
                number = math.nan  # Python accepts 1_0 and ١٠, NumPy does not
            pixel = f"a pixel in column {column + 1}"
            if column != columns.label and not (fractions or whole):
                fractions, whole = 0 < number < 1, not 0 <= number <= 1
            if column == columns.label:
                expected = f"a label, a whole number from 0 to {MAX_LABEL:,}"
                fits = 0 <= number <= MAX_LABEL and number.is_integer()
            elif fractions:
                expected = f"{pixel}, a fraction from 0 to 1 like the pixels before"
                fits = 0 <= number <= 1 + ROUNDING
            else:
                expected = f"{pixel}, a whole number from 0 to 255"
                fits = 0 <= number <= 255 and number.is_integer()
            if not fits:
                return DataError(complain(who, expected, repr(field[:20])))
    who = f"{path}, lines {block[0][0]} to {block[-1][0]}"
    return DataError(complain(who, "whole numbers in plain digits", "something else"))


def _find_columns(path: Path, stream: BinaryIO) -> tuple[Columns, Line]:
    """Returns the columns of a file, and its first line, which may be a header."""
    first = next(_numbered_lines(path, stream, MAX_COLUMNS), None)
    if first is None:
        raise DataError(complain(str(path), "one line per image", "an empty file"))
    count, who = first[1].count(b",") + 1, f"{path}, line {first[0]}"
    if count > MAX_COLUMNS:
        expected = f"{EXPECTED}, H up to {MAX_SIDE}"
        raise DataError(complain(who, expected, f"{count} columns"))
    return find_columns(who, _fields(first)), first


def _lacks_labels(path: Path) -> bool:
    with open_unpacked(path) as stream:
        return _find_columns(path, stream)[0].label is None


def _check_order(path: Path, names: tuple[str, ...], training: tuple[str, ...]) -> None:
    """Raises DataError if the pixels have the names of those in training in another order."""
    if names != training and sorted(names) == sorted(training):
        place = next(place for place, name in enumerate(names) if name != training[place])
        expected = f"pixels in the order of the training file, where {training[place]} follows"
        raise DataError(complain(str(path), expected, names[place]))


def is_csv(path: Path) -> bool:
    """Returns whether a name is that of a CSV file, gzipped or not."""
    return path.name.lower().removesuffix(".gz").endswith(".csv")


def _files_of(path: Path) -> tuple[dict[str, Path], list[str]]:
    """Returns the files of the other splits next to a file of training images, and notes on others."""
    name = _plain(path)
    if "train" not in name:
        return {}, []
    files: dict[str, Path] = {}
    tables = [file for file in visible(path.parent) if is_csv(file) and file.is_file()]
    for part in ("test", "validation"):
        names = {re.sub("train(ing)?", word, name) for word in PARTS[part]}
        found = {_plain(file): file for file in reversed(tables) if _plain(file) in names}
        if len(found) > 1:
            got = ", ".join(file.name for file in found.values())
            raise DataError(complain(str(path), f"one {part} file next to it", got))
        if found:
            files[part] = next(iter(found.values()))
    notes = [
        f"{file} is not used: its name differs from {path.name} by more than the word for the part."
        for file in tables
        for part, word in (("test", "test"), ("validation", "val"))
        if part not in files and word in _plain(file)
    ]
    return files, notes


def _plain(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")
