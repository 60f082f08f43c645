"""Reading images without labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling._types import AnyArray, ByteArray
from inkling.data.images import holds_images, read_images
from inkling.errors import DataError

WriteIdx = Callable[[Path, AnyArray], Path]


@pytest.fixture
def square() -> ByteArray:
    """Seven images of 3 × 3."""
    return np.random.default_rng(0).integers(0, 256, (7, 3, 3), dtype=np.uint8)


def table(images: AnyArray, *before: AnyArray, header: str = "") -> str:
    """The images as lines of text, with other columns before them."""
    rows = np.column_stack([*before, images.reshape(len(images), -1)]).tolist()
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)])


def test_every_format_gives_the_same_images(
    tmp_path: Path, write_idx: WriteIdx, square: ByteArray
) -> None:
    """CSV without labels, npz of a competition, npz of one array, IDX, gzipped."""
    (tmp_path / "test.csv").write_text(table(square))
    np.savez(tmp_path / "keras.npz", x_train=square[:2], y_train=[0, 1], x_test=square)
    np.savez(
        tmp_path / "one.npz",
        arr_0=square.reshape(7, 1, 3, 3),
        weights=np.ones(7),
        y=np.ones((7, 1)),
    )
    write_idx(tmp_path / "t10k-images-idx3-ubyte.gz", square)
    write_idx(tmp_path / "anything", square)
    for path in tmp_path.iterdir():
        assert holds_images(path)
        read = read_images(path)
        np.testing.assert_array_equal(read.images, square)
        assert read.names == ("1", "2", "3", "4", "5", "6", "7")
        assert read.notes == ()


def test_labels_are_ignored_and_numbers_name_the_images(tmp_path: Path, square: ByteArray) -> None:
    """A note says which column the labels were; the numbers need not count."""
    numbers, labels = np.arange(70, 0, -10), np.arange(7)
    header = "id,label," + ",".join(f"p{number}" for number in range(9))
    path = tmp_path / "some.csv"
    path.write_text(table(square, numbers, labels, header=header))
    read = read_images(path)
    np.testing.assert_array_equal(read.images, square)
    assert read.names == tuple(map(str, numbers))
    assert read.notes == (f"{path}: the labels, in column 2, are ignored.",)


@pytest.mark.parametrize(("number", "expected"), [('"{}"', "34567"), ("", "12345")])
def test_numbers_as_other_programs_write_them(tmp_path: Path, number: str, expected: str) -> None:
    """R quotes the names of rows; a column without names and contents numbers nothing."""
    lines = [f"{number.format(row)},0,{row},0,255" for row in range(3, 8)]
    path = tmp_path / "some.csv"
    path.write_text("\n".join([",p1,p2,p3,p4", *lines]))
    assert read_images(path).names == tuple(expected)


def test_the_scale_is_recognized(tmp_path: Path, square: ByteArray) -> None:
    """As in a data set, with a note."""
    np.savez(tmp_path / "unit.npz", images=square / 255)
    read = read_images(tmp_path / "unit.npz")
    np.testing.assert_array_equal(read.images, square)
    assert len(read.notes) == 1


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"a": np.ones((2, 3, 3)), "b": np.ones((2, 3, 3))}, "one array of images, got a, b"),
        ({"labels": np.ones(5)}, "one array of images, got none"),
        ({"x_test": np.ones((0, 3, 3))}, "x_test: expected at least one image, got none"),
    ],
)
def test_an_archive_must_say_which_images(
    tmp_path: Path, arrays: dict[str, AnyArray], reason: str
) -> None:
    """Several arrays, or none."""
    np.savez(tmp_path / "set.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=f"^{tmp_path / 'set.npz'}.*{reason}"):
        read_images(tmp_path / "set.npz")


def test_something_else_is_an_error(tmp_path: Path, write_idx: WriteIdx) -> None:
    """Labels, a picture, and a missing file."""
    labels = write_idx(tmp_path / "labels-idx1-ubyte", np.arange(5))
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    for path, reason in (
        (labels, r"expected images \(N, H, W\)"),
        (picture, "expected images as .csv, .csv.gz, .npz or IDX"),
        (tmp_path / "no.csv", "cannot be read: no such file"),
    ):
        with pytest.raises(DataError, match=f"^{path}:? {reason}"):
            read_images(path)
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(b"\x1f\x8b\x08 no gzip")
    for path in (picture, tmp_path, damaged, tmp_path / "no.png", tmp_path / ("x" * 300)):
        assert not holds_images(path)
