"""Reading CSV: one image per line, the label first, then the pixels row by row.

    label,1x1,1x2, ... ,28x28        a header is optional
    5,0,0,0,18,126, ... ,0

A header is detected from the contents of the first line; a reader that assumes one drops the first
image of a file without one. NumPy parses the numbers in blocks. Only a block that fails to parse is read
again field by field, to report the line and the reason.
"""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.data.readers.labels import name_numbered_classes
from inkling.data.readers.unpack import MAX_IMAGES, MAX_SIDE, check_images, open_unpacked
from inkling.data.split import Source, Split
from inkling.errors import DataError

MAX_TEXT = 2**32  # the longest file that is read, in uncompressed bytes
MAX_LINES = 2 * MAX_IMAGES  # blank ones included, which cost time too
MAX_COLUMNS = MAX_SIDE**2 + 1
FIELD = 32  # the longest field, in bytes; np.savetxt writes 24 and a comma
BLOCK = 1000  # lines per call of the parser: enough to be fast, few enough to need little memory
BLOCK_BYTES = 2**23  # for the same reason, if lines are long

Line = tuple[int, bytes]
"""The number of a line, from 1, and its text."""


def read_csv_files(path: Path) -> Source:
    """Reads a CSV file, and the test file in the same folder if there is one.

    A file with "train" in its name is paired with the file that has "test" instead: ``mnist_train.csv``
    with ``mnist_test.csv``. A test file with one column fewer has no labels, as in competitions, and is
    ignored.

    Raises:
        DataError: if a file is wrong; the message names the line.
    """
    paths = {"train": path}
    splits, lines = {}, {}
    splits["train"], lines["train"] = read_csv(path)
    test = _test_file_of(path)
    if test is not None and not _lacks_labels(test, splits["train"]):
        paths["test"] = test
        splits["test"], lines["test"] = read_csv(test)
    classes = name_numbered_classes(
        {part: split.labels for part, split in splits.items()},
        lambda part, row: f"{paths[part]}, line {lines[part][row]}",
    )
    return Source(classes, splits["train"], splits.get("test"))


def read_csv(path: Path) -> tuple[Split, list[int]]:
    """Reads one CSV file of square images (N, H, H), gzipped or not, and the line number of each image.

    Raises:
        DataError: if the file is empty or too long, or a line is not a label and pixels from 0 to 255.
    """
    blocks: list[ByteArray] = []
    numbers: list[int] = []
    with open_unpacked(path) as stream:
        first = next(_numbered_lines(path, stream, MAX_COLUMNS), None)
        if first is None:
            raise DataError(complain(str(path), "one line per image", "an empty file"))
        columns = _count_columns(path, first)
        side = math.isqrt(columns - 1)
        lines = _numbered_lines(path, stream, columns, start=first[0] + 1)
        if not is_header(_fields(first)):
            lines = chain([first], lines)
        for block in _blocks(lines):
            rows = _parse(block, columns)
            if rows is None:
                raise _find_fault(path, block, columns)
            blocks.append(rows)
            numbers += [number for number, _ in block]
            check_images(str(path), (len(numbers), side, side))
    if not numbers:
        raise DataError(complain(str(path), "one line per image", "none"))
    images = np.concatenate([rows[:, 1:] for rows in blocks]).reshape(-1, side, side)
    labels = np.concatenate([rows[:, 0] for rows in blocks]).astype(np.int64)
    return Split(images, labels), numbers


def is_header(fields: list[str]) -> bool:
    """Returns whether the fields of the first line are column names.

    A header contains no number, or it counts its columns: a name followed by 0, 1, 2, ... or by
    1, 2, 3, ..., or these numbers alone if they exceed 255, which no pixel does.

    Example:
        >>> is_header(["label", "1x1", "1x2"]), is_header(["five", "0", "0", "18"])
        (True, False)
    """
    numbers = [_number(field) for field in fields]
    if all(number is None for number in numbers):
        return True
    named = numbers[0] is None
    counted = numbers[1:] if named else numbers
    counts = any(counted == list(range(start, start + len(counted))) for start in (0, 1))
    return counts and (named or len(counted) > 256)


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


def _number(field: str) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None


def _count_columns(path: Path, first: Line) -> int:
    found = first[1].count(b",") + 1
    if found > MAX_COLUMNS or found < 2 or math.isqrt(found - 1) ** 2 != found - 1:
        expected = "a label and H · H pixels, separated by commas (785 columns for 28 × 28)"
        expected += f", H up to {MAX_SIDE}" if found > MAX_COLUMNS else ""
        raise DataError(complain(f"{path}, line {first[0]}", expected, f"{found} columns"))
    return found


def _parse(block: list[Line], columns: int) -> ByteArray | None:
    """Returns the rows (N, columns) of a block, or None if anything in it is wrong."""
    lines = [text for _, text in block]
    digits_only = not b"".join(lines).translate(None, b"0123456789,")
    try:  # whole numbers may be written 12.0, at half the speed
        dtype = np.uint8 if digits_only else np.float64
        values = np.loadtxt(lines, delimiter=",", dtype=dtype, ndmin=2, comments=None)
    except ValueError:
        return None
    with np.errstate(invalid="ignore"):  # NaN becomes some number here, and differs from it below
        rows = values.astype(np.uint8, copy=False)
    return rows if rows.shape[1] == columns and np.array_equal(rows, values) else None


def _find_fault(path: Path, block: list[Line], columns: int) -> DataError:
    """Returns the error for the first wrong field of a block."""
    for line in block:
        fields, who = _fields(line), f"{path}, line {line[0]}"
        if len(fields) != columns:
            return DataError(complain(who, f"{columns} columns, as in the first line", len(fields)))
        for column, field in enumerate(fields, start=1):
            number = _number(field)
            byte = number is not None and 0 <= number <= 255 and number.is_integer()
            # Python accepts 1_0 and ١٠, NumPy does not.
            if not byte or not field.isascii() or "_" in field:
                what = "a label" if column == 1 else f"a pixel in column {column}"
                expected = f"{what}, a whole number from 0 to 255"
                return DataError(complain(who, expected, repr(field[:20])))
    who = f"{path}, lines {block[0][0]} to {block[-1][0]}"
    return DataError(complain(who, "whole numbers in plain digits", "something else"))


def _test_file_of(path: Path) -> Path | None:
    name = path.name.removesuffix(".gz")
    if "train" not in name:
        return None
    test = path.with_name(name.replace("train", "test"))
    gzipped = test.with_name(f"{test.name}.gz")
    return test if test.is_file() else gzipped if gzipped.is_file() else None


def _lacks_labels(test: Path, train: Split) -> bool:
    with open_unpacked(test) as stream:
        line = stream.readline(FIELD * MAX_COLUMNS)
        return line.count(b",") + 1 == math.prod(train.images.shape[1:])
