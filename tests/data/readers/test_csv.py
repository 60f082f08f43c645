"""Reading CSV files."""

from __future__ import annotations

import csv
import gzip
import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling._types import IntArray
from inkling.data.readers import csv as module
from inkling.data.readers.csv import BLOCK, Table, read_csv, read_csv_files
from inkling.errors import DataError

ROWS = np.array([[5, *range(0, 90, 10)], [0, *[255] * 9], [4, *[0] * 9]])
"""Three images of 3 × 3 with their labels."""
NAMES = "label," + ",".join(f"{row}x{column}" for row in (1, 2, 3) for column in (1, 2, 3))


def text_of(rows: IntArray, header: str | None = None, ending: str = "\n") -> str:
    """The rows as text, written by the standard library."""
    text = io.StringIO()
    csv.writer(text, lineterminator=ending).writerows(rows.tolist())
    return (f"{header}{ending}" if header is not None else "") + text.getvalue()


def write(path: Path, text: str | bytes) -> Path:
    """Writes a file."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def assert_reads(table: Table, rows: IntArray) -> None:
    """The table has these labels and whole pixels."""
    assert table.labels is not None
    assert not table.pixels.fractions
    np.testing.assert_array_equal(table.labels, rows[:, 0])
    np.testing.assert_array_equal(table.pixels.values.reshape(len(rows), -1), rows[:, 1:])


@pytest.mark.parametrize(
    "header",
    [
        None,
        NAMES,
        '"label",' + ",".join(f'"pixel{number}"' for number in range(9)),
        "label,0,1,2,3,4,5,6,7,8",
        "label,1,2,3,4,5,6,7,8,9",
        "\ufefflabel" + NAMES[5:],
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_no_row_is_lost_with_or_without_a_header(
    tmp_path: Path, header: str | None, ending: str
) -> None:
    """A header in any common form is detected, and all three images are read."""
    table = read_csv(write(tmp_path / "three.csv", text_of(ROWS, header, ending)))
    assert_reads(table, ROWS)
    assert table.lines.tolist() == ([1, 2, 3] if header is None else [2, 3, 4])


@given(
    rows=st.lists(st.lists(st.integers(0, 255), min_size=5, max_size=5), min_size=1, max_size=8),
    decimals=st.booleans(),
    blanks=st.booleans(),
)
def test_whole_numbers_in_any_notation(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]], decimals: bool, blanks: bool
) -> None:
    """12 and 12.0 are the same number; blank lines are ignored, but counted."""
    array = np.array(rows)
    texts = [",".join(f"{value:.1f}" if decimals else str(value) for value in row) for row in rows]
    text = ("\n\n" if blanks else "\n").join(texts)  # and no newline at the end
    table = read_csv(write(tmp_path_factory.mktemp("csv") / "rows.csv", text))
    assert_reads(table, array)
    lines = range(1, 2 * len(rows), 2) if blanks else range(1, len(rows) + 1)
    assert table.lines.tolist() == list(lines)


def test_several_blocks_and_gzip(tmp_path: Path) -> None:
    """A gzipped file of three blocks is read completely and in order."""
    rows = np.random.default_rng(0).integers(0, 256, (2 * BLOCK + 7, 10))
    path = write(tmp_path / "many.csv", gzip.compress(text_of(rows, NAMES).encode()))
    table = read_csv(path)
    assert_reads(table, rows)
    assert table.lines.tolist() == list(range(2, 2 * BLOCK + 9))


@pytest.mark.parametrize("decimals", [False, True])
def test_labels_may_exceed_a_byte(tmp_path: Path, decimals: bool) -> None:
    """They are the names of the classes, such as the numbers of characters, as in other formats."""
    rows = np.resize(ROWS, (BLOCK + 9, 10))
    rows[:, 0] = rows[:, 0] * 10_000 + 7
    text = text_of(rows.astype(float) if decimals else rows)
    path = write(tmp_path / "characters.csv", text)
    assert_reads(read_csv(path), rows)
    assert read_csv_files(path).classes == ("7", "40007", "50007")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("4,0,0,zero,0,0,0,0,0,0", "a pixel in column 4, .* got 'zero'"),
        ("4,0,0,0,0,0,0,0,0,", "a pixel in column 10, .* got ''"),
        *(
            (f"4,0,{field},0,0,0,0,0,0,0", f"a pixel in column 3, .* from 0 to 255, got '{field}'")
            for field in ("256", "-1", "0.5", "nan", "inf", "1_0", "١")
        ),
        ("300,0,0,0,0,0,0,0,0,0", "a label from 0 to 9, got 300"),
        *(
            (f"{label},0,0,0,0,0,0,0,0,0", f"a label, a whole number .* got '{label}'")
            for label in ("-1", "2.5", "nan", "1e10", "five")
        ),
        ("12,0,0,0,0,0,0,0,0,0", "a label from 0 to 9, got 12"),
        ("4" + ",0" * 8, "10 columns, as in the first line, got 9"),
        ("4" + ",0" * 10, "10 columns, as in the first line, got 11"),
    ],
)
@pytest.mark.parametrize(("header", "before"), [(None, 3), (NAMES, BLOCK + 2)])
def test_a_wrong_line_is_named(
    tmp_path: Path, line: str, reason: str, header: str | None, before: int
) -> None:
    """The message contains the file, the line number and what is wrong."""
    good = text_of(np.resize(ROWS, (before, 10)), header)
    path = write(tmp_path / "wrong.csv", f"{good}{line}\n{text_of(ROWS)}")
    number = before + 1 + (header is not None)
    with pytest.raises(DataError, match=f"^{path}, line {number}: expected {reason}"):
        read_csv_files(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ": expected one line per image, got an empty file"),
        ("\n \n\n", ": expected one line per image, got an empty file"),
        (NAMES, ": expected one line per image, got none"),
        ("\n4,0,0,0,0,0,0,0,0\n", ", line 2: expected a label and H · H pixels, .* got 9 columns"),
        ("4;0;0;0;0", ", line 1: expected a label and H · H pixels, .* got 1 columns"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe" + bytes(200), ", line 1: expected a label and H · H pixels"),
        (b"0," * 300_000, ", line 1: expected a label .*, H up to 512, got 300001 columns"),
        (b"5,0,0,0,0\n5,0,0,0,0" + b" " * 160, ", line 2: expected at most 160 bytes per line"),
    ],
    ids=["empty", "blank", "a header", "not square", "semicolons", "binary", "wide", "a long line"],
)
def test_a_file_of_something_else_is_an_error(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    """Files without images, without square images, or without lines."""
    path = write(tmp_path / "wrong.csv", text)
    with pytest.raises(DataError, match=f"^{path}{reason}"):
        read_csv_files(path)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_train_and_test_files_are_paired(tmp_path: Path, ending: str) -> None:
    """The file with "test" in its name is the test set; one of the two may have a header."""
    path = write(tmp_path / "mnist_train.csv", text_of(ROWS, NAMES))
    test = write(tmp_path / f"mnist_test.csv{ending}", text_of(ROWS[1:]))
    source = read_csv_files(path)
    assert source.test is not None
    np.testing.assert_array_equal(source.train.labels, [5, 0, 4])
    np.testing.assert_array_equal(source.test.labels, [0, 4])
    assert read_csv_files(test).test is None


PIXELS = NAMES.removeprefix("label,")


def numbered(text: str) -> str:
    """The text with a column that numbers the images in front."""
    return "".join(f"{number or 'id'},{line}\n" for number, line in enumerate(text.splitlines()))


@pytest.mark.parametrize(
    ("header", "with_ids"),
    [(None, False), (PIXELS, False), (PIXELS, True), ("a,b,c,d,e,f,g,h,i", True)],
)
def test_a_test_file_without_labels_is_not_used(
    tmp_path: Path, header: str | None, with_ids: bool
) -> None:
    """As in competitions; numbers of the images are no labels, and a note names the file."""
    path = write(tmp_path / "train.csv", text_of(ROWS, NAMES))
    text = text_of(ROWS[:, 1:], header)
    test = write(tmp_path / "test.csv", numbered(text) if with_ids else text)
    source = read_csv_files(path)
    assert source.test is None
    assert source.notes[0].startswith(f"{test} has no labels")


@pytest.mark.parametrize("header", [f"{PIXELS},label", f"{PIXELS},Class"])
@pytest.mark.parametrize("with_ids", [False, True])
def test_labels_in_another_column(tmp_path: Path, header: str, with_ids: bool) -> None:
    """The header of each file says where its labels are."""
    path = write(tmp_path / "my_train.csv", text_of(ROWS))
    text = text_of(np.roll(ROWS, -1, axis=1), header)
    write(tmp_path / "my_test.csv", numbered(text) if with_ids else text)
    source = read_csv_files(path)
    assert source.test is not None
    np.testing.assert_array_equal(source.test.images, source.train.images)
    np.testing.assert_array_equal(source.test.labels, source.train.labels)


def test_a_validation_file_is_read_and_others_are_noted(tmp_path: Path) -> None:
    """Files that belong to the training file, and one whose name does not fit."""
    path = write(tmp_path / "mnist_train_small.csv", text_of(ROWS))
    write(tmp_path / "mnist_val_small.csv", text_of(ROWS[1:]))
    test = write(tmp_path / "mnist_test.csv", text_of(ROWS))
    write(tmp_path / "._mnist_test_small.csv", b"\0\5\26\7")
    source = read_csv_files(path)
    assert source.validation is not None
    assert (len(source.validation), source.test) == (2, None)
    assert source.notes[0].startswith(f"{test} is not used")


def test_pixels_in_another_order_are_an_error(tmp_path: Path) -> None:
    """The header of the test file has the same names; 1x2 comes before 1x1."""
    path = write(tmp_path / "train.csv", text_of(ROWS, NAMES))
    names = NAMES.replace("1x1,1x2", "1x2,1x1")
    test = write(tmp_path / "test.csv", text_of(ROWS, names))
    with pytest.raises(
        DataError, match=f"^{test}: .* order of the training file, .* 1x1 .* got 1x2"
    ):
        read_csv_files(path)


def test_labels_are_missing(tmp_path: Path) -> None:
    """A file for a competition cannot be trained or tested on."""
    path = write(tmp_path / "images.csv", text_of(ROWS[:, 1:], PIXELS))
    with pytest.raises(DataError, match=f"^{path}, line 2: expected a label and .* without labels"):
        read_csv_files(path)


def test_fractions_after_whole_numbers_are_located(tmp_path: Path) -> None:
    """In both orders, and in different blocks."""
    for first, second, got in (("9", "0.5", "'0.5'"), ("0.5", "9", "'9'")):
        lines = [f"1,0,{first},0,0"] * BLOCK + [f"1,0,{second},1,1"]
        path = write(tmp_path / "mixed.csv", "\n".join(lines))
        with pytest.raises(
            DataError, match=f"line {BLOCK + 1}: .* pixel in column 3, .* got {got}"
        ):
            read_csv(path)


def test_a_wrong_line_of_the_test_file_is_named(tmp_path: Path) -> None:
    """The message names the test file, not the training file."""
    path = write(tmp_path / "train.csv", text_of(ROWS))
    test = write(tmp_path / "test.csv", text_of(ROWS, NAMES) + "11" + ",0" * 9)
    with pytest.raises(DataError, match=f"^{test}, line 5: expected a label from 0 to 9, got 11"):
        read_csv_files(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One endless line, or endless blank lines, are given up at their limits."""
    path = write(tmp_path / "bomb.csv", gzip.compress(b"0," * 50_000_000, 1))
    tracemalloc.start()
    with pytest.raises(DataError, match="bytes per line"):
        read_csv(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 25_000_000
    monkeypatch.setattr(module, "MAX_TEXT", 4_000)
    with pytest.raises(DataError, match="4,000 uncompressed bytes"):
        read_csv(write(path, gzip.compress(b"  \n" * 2_000)))
    monkeypatch.setattr(module, "MAX_LINES", 1_000)
    with pytest.raises(DataError, match="at most 1,000 lines"):
        read_csv(write(path, gzip.compress(b"\n" * 1_001)))
