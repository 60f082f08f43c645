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
from inkling.data.readers.csv import BLOCK, is_header, read_csv, read_csv_files
from inkling.errors import DataError

ROWS = np.array([[5, *range(0, 90, 10)], [0, *[255] * 9], [4, *[0] * 9]])
"""Three images of 3 × 3 with their labels."""


def text_of(rows: IntArray, header: str | None = None, ending: str = "\n") -> str:
    """The rows as text, written by the standard library."""
    text = io.StringIO()
    csv.writer(text, lineterminator=ending).writerows(rows.tolist())
    return (f"{header}{ending}" if header is not None else "") + text.getvalue()


def write(path: Path, text: str | bytes) -> Path:
    """Writes a file."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


NAMES = "label," + ",".join(f"{row}x{column}" for row in (1, 2, 3) for column in (1, 2, 3))


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
    """Header names are seen to be names, in every common form; all three images are there."""
    split, lines = read_csv(write(tmp_path / "three.csv", text_of(ROWS, header, ending)))
    np.testing.assert_array_equal(split.labels, [5, 0, 4])
    np.testing.assert_array_equal(split.images, ROWS[:, 1:].reshape(3, 3, 3))
    assert lines == ([1, 2, 3] if header is None else [2, 3, 4])


def test_a_header_that_only_counts_runs_beyond_what_a_pixel_can_be() -> None:
    """0, 1, ..., 784 is a header; 0, 1, ..., 255 could be an image with its label and is kept."""
    assert is_header([str(number) for number in range(785)])
    assert is_header([str(number) for number in range(1, 786)])
    assert not is_header([str(number) for number in range(256)])


@pytest.mark.parametrize(
    "fields", [["5", "0", "x", "0"], ["five", "0", "0", "7"], ["", "0", "0", "9"], ["nan"] * 4]
)
def test_a_first_row_with_a_mistake_is_no_header(fields: list[str]) -> None:
    """A letter among numbers is a mistake to be told of, and not a reason to skip the row."""
    assert not is_header(fields)


@given(
    rows=st.lists(st.lists(st.integers(0, 255), min_size=5, max_size=5), min_size=1, max_size=8),
    decimals=st.booleans(),
    blanks=st.booleans(),
)
def test_whole_numbers_come_back_in_any_writing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]], decimals: bool, blanks: bool
) -> None:
    """12 and 12.0 are the same number, and blank lines are no images."""
    array = np.array(rows)
    lines = [",".join(f"{value:.1f}" if decimals else str(value) for value in row) for row in rows]
    text = ("\n\n" if blanks else "\n").join(lines)  # and no newline at the end
    split, numbers = read_csv(write(tmp_path_factory.mktemp("csv") / "rows.csv", text))
    np.testing.assert_array_equal(split.labels, array[:, 0])
    np.testing.assert_array_equal(split.images.reshape(len(rows), 4), array[:, 1:])
    assert numbers == list(range(1, 2 * len(rows), 2) if blanks else range(1, len(rows) + 1))


def test_several_blocks_and_gzip(tmp_path: Path) -> None:
    """A file of more than two blocks, packed under a plain name, comes back whole and in order."""
    rows = np.random.default_rng(0).integers(0, 256, (2 * BLOCK + 7, 10))
    path = write(tmp_path / "many.csv", gzip.compress(text_of(rows, NAMES).encode()))
    split, lines = read_csv(path)
    np.testing.assert_array_equal(split.labels, rows[:, 0])
    np.testing.assert_array_equal(split.images.reshape(-1, 9), rows[:, 1:])
    assert lines == list(range(2, 2 * BLOCK + 9))


BYTE = "a whole number from 0 to 255"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("4,0,0,zero,0,0,0,0,0,0", f"expected a pixel in column 4, {BYTE}, got 'zero'."),
        ("4,0,0,0,0,0,0,0,0,", f"expected a pixel in column 10, {BYTE}, got ''."),
        ("4,0,256,0,0,0,0,0,0,0", f"expected a pixel in column 3, {BYTE}, got '256'."),
        ("4,0,-1,0,0,0,0,0,0,0", f"expected a pixel in column 3, {BYTE}, got '-1'."),
        ("4,0,0.5,0,0,0,0,0,0,0", f"expected a pixel in column 3, {BYTE}, got '0.5'."),
        ("4,0,nan,0,0,0,0,0,0,0", f"expected a pixel in column 3, {BYTE}, got 'nan'."),
        ("4,0,inf,0,0,0,0,0,0,0", f"expected a pixel in column 3, {BYTE}, got 'inf'."),
        ("4,0,1_0,0,0,0,0,0,0,0", f"expected a pixel in column 3, {BYTE}, got '1_0'."),
        ("4,0,١,0,0,0,0,0,0,0", f"expected a pixel in column 3, {BYTE}, got '١'."),
        ("A,0,0,0,0,0,0,0,0,0", f"expected a label, {BYTE}, got 'A'."),
        ("-4,0,0,0,0,0,0,0,0,0", f"expected a label, {BYTE}, got '-4'."),
        ("300,0,0,0,0,0,0,0,0,0", f"expected a label, {BYTE}, got '300'."),
        ("nan,0,0,0,0,0,0,0,0,0", f"expected a label, {BYTE}, got 'nan'."),
        (
            "12,0,0,0,0,0,0,0,0,0",
            "expected a label from 0 to 9, got 12; "
            "more than ten classes are numbered from 0 without a gap.",
        ),
    ],
)
@pytest.mark.parametrize(
    ("header", "before"), [(None, 0), (None, 3), (NAMES, 3), (NAMES, BLOCK + 2)]
)
def test_a_wrong_line_is_named(
    tmp_path: Path, line: str, sentence: str, header: str | None, before: int
) -> None:
    """The sentence has the file, the number of the line as an editor shows it, and what is wrong."""
    good = text_of(np.resize(ROWS, (before, 10)), header)
    path = write(tmp_path / "wrong.csv", f"{good}{line}\n{text_of(ROWS)}")
    number = before + 1 + (header is not None)
    with pytest.raises(DataError) as error:
        read_csv_files(path)
    assert str(error.value) == f"{path}, line {number}: {sentence}"


@pytest.mark.parametrize(
    ("line", "columns"), [("4" + ",0" * 8, 9), ("4" + ",0" * 10, 11), ("4", 1)]
)
@pytest.mark.parametrize("header", [None, NAMES])
def test_a_line_of_another_length_is_named(
    tmp_path: Path, line: str, columns: int, header: str | None
) -> None:
    """A field too few, a field too many, and a line of one field."""
    path = write(tmp_path / "wrong.csv", f"{text_of(ROWS, header)}{line}\n{text_of(ROWS)}")
    number = 4 + (header is not None)
    with pytest.raises(DataError) as error:
        read_csv_files(path)
    assert str(error.value) == (
        f"{path}, line {number}: expected 10 columns, as in the first line, got {columns}."
    )


@pytest.mark.parametrize(
    ("line", "columns"), [("4" + ",0" * 8, 9), ("4" + ",0" * 10, 11), ("4", 1), ("4;0;0;0;0", 1)]
)
def test_images_are_square(tmp_path: Path, line: str, columns: int) -> None:
    """A number of columns that is no label and square image is named with the line that has it."""
    path = write(tmp_path / "wrong.csv", f"\n{line}\n{line}\n")
    with pytest.raises(DataError) as error:
        read_csv_files(path)
    assert str(error.value) == (
        f"{path}, line 2: expected a label and H · H pixels with commas between "
        f"(785 columns for 28 × 28), got {columns} columns."
    )


@pytest.mark.parametrize("text", ["", "\n \n\n"])
def test_an_empty_file_is_named(tmp_path: Path, text: str) -> None:
    """Nothing, or blank lines alone, is no data set."""
    path = write(tmp_path / "empty.csv", text)
    with pytest.raises(DataError) as error:
        read_csv_files(path)
    assert str(error.value) == f"{path}: expected a line for each image, got an empty file."


def test_a_header_alone_is_named(tmp_path: Path) -> None:
    """Names without a row are no data set."""
    path = write(tmp_path / "names.csv", NAMES)
    with pytest.raises(DataError) as error:
        read_csv_files(path)
    assert str(error.value) == f"{path}: expected a line for each image, got none."


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    """Some other file with the wrong name is one sentence too."""
    path = write(tmp_path / "picture.csv", b"\x89PNG\r\n\x1a\n\xff\xfe" + bytes(200))
    with pytest.raises(DataError) as error:
        read_csv_files(path)
    assert str(error.value).startswith(f"{path}, line 1: expected a label and H · H pixels")


@pytest.mark.parametrize(
    ("test_name", "packed"), [("mnist_test.csv", False), ("mnist_test.csv.gz", True)]
)
def test_train_and_test_go_together(tmp_path: Path, test_name: str, packed: bool) -> None:
    """The file with "test" in the place of "train" is the test set; one may have a header."""
    path = write(tmp_path / "mnist_train.csv", text_of(ROWS, NAMES))
    text = text_of(ROWS[1:]).encode()
    write(tmp_path / test_name, gzip.compress(text) if packed else text)
    source = read_csv_files(path)
    assert source.test is not None
    np.testing.assert_array_equal(source.train.labels, [5, 0, 4])
    np.testing.assert_array_equal(source.test.labels, [0, 4])
    assert read_csv_files(tmp_path / test_name).test is None


def test_a_test_file_without_labels_is_no_test_set(tmp_path: Path) -> None:
    """A competition's file, which lacks the column of labels, is passed over."""
    path = write(tmp_path / "train.csv", text_of(ROWS, NAMES))
    write(tmp_path / "test.csv", text_of(ROWS[:, 1:], NAMES.removeprefix("label,")))
    assert read_csv_files(path).test is None


def test_a_test_file_of_other_images_is_named(tmp_path: Path) -> None:
    """Images of another size in the test set are a mistake."""
    path = write(tmp_path / "train.csv", text_of(ROWS))
    test = write(tmp_path / "test.csv", text_of(ROWS[:, :5]))
    with pytest.raises(DataError) as error:
        read_csv_files(path)
    assert str(error.value) == (
        f"{test}, line 1: expected 10 columns, as in the training file, got 5."
    )


def test_a_wrong_line_of_the_test_file_is_named(tmp_path: Path) -> None:
    """The sentence names the file that has the wrong line, and not its partner."""
    path = write(tmp_path / "train.csv", text_of(ROWS))
    test = write(tmp_path / "test.csv", text_of(ROWS, NAMES) + "11" + ",0" * 9)
    with pytest.raises(DataError) as error:
        read_csv_files(path)
    assert str(error.value) == (
        f"{test}, line 5: expected a label from 0 to 9, got 11; "
        "more than ten classes are numbered from 0 without a gap."
    )


def test_a_line_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A small packed file that unpacks to one line of 60 MB is given up after a megabyte."""
    path = write(tmp_path / "bomb.csv", gzip.compress(b"0," * 30_000_000, 1))
    tracemalloc.start()
    with pytest.raises(DataError) as error:
        read_csv_files(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (
        str(error.value) == f"{path}, line 1: expected at most 1,048,576 bytes in a line, got more."
    )
    assert peak < 10_000_000


def test_the_length_of_the_text_is_bounded(tmp_path: Path) -> None:
    """Lines without end, be they blank, are given up at the bound."""
    path = write(tmp_path / "bomb.csv", gzip.compress(b"\n" * 5_000))
    with pytest.raises(DataError) as error:
        read_csv(path, max_text=4_000)
    assert str(error.value) == f"{path}: expected at most 4,000 bytes unpacked, got more."
