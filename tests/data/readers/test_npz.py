"""Reading npz archives."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from inkling._types import AnyArray, ByteArray
from inkling.data.readers.npz import read_npz
from inkling.errors import DataError

LABELS = np.array([5, 0, 4, 1, 9, 2, 1], dtype=np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the archive of a test is written."""
    return tmp_path / "set.npz"


def test_reads_the_four_arrays(path: Path, images: ByteArray) -> None:
    """Training and test set come back, labels as int64."""
    np.savez(path, x_train=images, y_train=LABELS, x_test=images[:3], y_test=LABELS[:3])
    source = read_npz(path)
    assert source.test is not None
    np.testing.assert_array_equal(source.train.images, images)
    np.testing.assert_array_equal(source.train.labels, LABELS)
    np.testing.assert_array_equal(source.test.images, images[:3])
    assert source.test.labels.dtype == np.int64
    assert len(source.classes) == 10


def test_a_packed_archive_without_a_test_set(path: Path, images: ByteArray) -> None:
    """The test set may be absent; arrays of other names are not looked at, not even opened."""
    other = np.array([{"any": "object"}], dtype=object)
    np.savez_compressed(path, x_train=images, y_train=LABELS, notes=other)
    source = read_npz(path)
    assert source.test is None
    np.testing.assert_array_equal(source.train.images, images)


@pytest.mark.parametrize("dtype", [np.int16, np.uint32, np.float32, np.float64, ">i4"])
def test_whole_numbers_of_any_kind_are_pixels(path: Path, images: ByteArray, dtype: str) -> None:
    """What counts is the value and not the type it is stored as."""
    np.savez(path, x_train=images.astype(dtype), y_train=LABELS.astype(np.int32))
    result = read_npz(path).train.images
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, images)


def test_shapes_that_mean_the_same(path: Path) -> None:
    """A last axis of one grey value, flattened square images, and labels in a column."""
    square = np.arange(7 * 9, dtype=np.uint8).reshape(7, 3, 3)
    for shape in [(7, 3, 3, 1), (7, 9)]:
        np.savez(path, x_train=square.reshape(shape), y_train=LABELS.reshape(7, 1))
        source = read_npz(path)
        np.testing.assert_array_equal(source.train.images, square)
        np.testing.assert_array_equal(source.train.labels, LABELS)


def test_fortran_order_is_undone(path: Path, images: ByteArray) -> None:
    """An archive may hold its arrays with the first axis fastest."""
    np.savez(path, x_train=np.asfortranarray(images), y_train=LABELS)
    np.testing.assert_array_equal(read_npz(path).train.images, images)


IMAGES = np.zeros((7, 5, 3), dtype=np.uint8)
NAN = np.full((7, 5, 3), np.nan, dtype=np.float32)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (
            {"images": IMAGES},
            ": expected arrays named x_train and y_train, and x_test and y_test for a test set, "
            "got none named x_train, y_train.",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES},
            ": expected arrays named x_train and y_train, and x_test and y_test for a test set, "
            "got none named y_test.",
        ),
        (
            {"x_train": np.array([{}, 2], dtype=object), "y_train": LABELS},
            ", x_train: expected an array of numbers, got Python objects; "
            "save it as uint8 (images) or int64 (labels).",
        ),
        (
            {"x_train": np.zeros((7, 8, 8, 3), np.uint8), "y_train": LABELS},
            ", x_train: expected grey images (N, H, W), (N, H, W, 1) or (N, H · H), "
            "got shape (7, 8, 8, 3).",
        ),
        (
            {"x_train": np.zeros((7, 15), np.uint8), "y_train": LABELS},
            ", x_train: expected grey images (N, H, W), (N, H, W, 1) or (N, H · H), "
            "got shape (7, 15).",
        ),
        (
            {"x_train": np.full((7, 5, 3), "ink"), "y_train": LABELS},
            ", x_train: expected numbers, got <U3.",
        ),
        (
            {"x_train": IMAGES + np.float32(0.5), "y_train": LABELS},
            ", x_train: expected whole numbers from 0 to 255, got values from 0.5 to 0.5; "
            "if they are shares of 1, store np.rint(255 * x).",
        ),
        (
            {"x_train": IMAGES.astype(np.int16) + 256, "y_train": LABELS},
            ", x_train: expected whole numbers from 0 to 255, got values from 256 to 256; "
            "if they are shares of 1, store np.rint(255 * x).",
        ),
        (
            {"x_train": NAN, "y_train": LABELS},
            ", x_train: expected whole numbers from 0 to 255, got values from nan to nan; "
            "if they are shares of 1, store np.rint(255 * x).",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS[:6]},
            ", y_train: expected as many labels as images in x_train, at least one, got 6 and 7.",
        ),
        (
            {"x_train": IMAGES[:0], "y_train": LABELS[:0]},
            ", y_train: expected as many labels as images in x_train, at least one, got 0 and 0.",
        ),
        (
            {"x_train": IMAGES, "y_train": np.eye(7)},
            ", y_train: expected labels (N,) of whole numbers, got float64 of shape (7, 7).",
        ),
        (
            {"x_train": IMAGES, "y_train": np.array([5, 0, -4, 1, 9, 2, 1])},
            ", y_train[2]: expected a label from 0 to 9, got -4; "
            "more than ten classes are numbered from 0 without a gap.",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:3], "y_test": LABELS[:3] + 5},
            ", y_test[0]: expected a label from 0 to 9, got 10; "
            "more than ten classes are numbered from 0 without a gap.",
        ),
    ],
)
def test_a_wrong_archive_is_one_sentence(
    path: Path, arrays: dict[str, AnyArray], sentence: str
) -> None:
    """Names, kinds, shapes, values and labels are each checked, and the array is named."""
    np.savez(path, **arrays)  # type: ignore[arg-type]
    with pytest.raises(DataError) as error:
        read_npz(path)
    assert str(error.value) == f"{path}{sentence}"


def member(shape: str, content: bytes) -> bytes:
    """An array file that declares a shape, written by hand after the published description."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


@pytest.mark.parametrize(
    "content",
    [
        member("(100000, 100000, 1000)", b"few"),
        member("(2,)", b"more than two"),
        member("((((", b""),
        b"\x93NUMPY\x09\x00junk",
        b"not an array",
        b"",
    ],
)
def test_a_damaged_array_is_one_sentence(path: Path, content: bytes) -> None:
    """Declared lengths that are lies (10,000 GB, too few) and headers that are none."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", content)
        archive.writestr("y_train.npy", member("(3,)", b"\x01\x02\x03"))
    with pytest.raises(DataError) as error:
        read_npz(path)
    assert str(error.value) == (
        f"{path}: expected an npz archive, got something else; "
        "it is damaged or incomplete, get it again."
    )


def test_an_archive_cut_off_is_one_sentence(path: Path, images: ByteArray) -> None:
    """Without its end an archive has no list of contents."""
    whole = io.BytesIO()
    np.savez(whole, x_train=images, y_train=LABELS)
    path.write_bytes(whole.getvalue()[:-30])
    with pytest.raises(DataError) as error:
        read_npz(path)
    assert str(error.value) == (
        f"{path}: expected an npz archive, got something else; "
        "it is damaged or incomplete, get it again."
    )


def test_a_zip_bomb_is_not_unpacked(path: Path) -> None:
    """Arrays that declare more than the bound are refused before anything is unpacked."""
    np.savez_compressed(path, x_train=np.zeros((100, 100, 100), np.uint8), y_train=LABELS)
    with pytest.raises(DataError) as error:
        read_npz(path, max_bytes=1_000_000)
    assert str(error.value) == f"{path}: expected arrays of at most 1,000,000 bytes, got 1,000,263."


def test_an_absent_archive_is_named(path: Path) -> None:
    """A path without a file is one sentence."""
    with pytest.raises(DataError) as error:
        read_npz(path)
    assert str(error.value) == (
        f"{path}: expected a file that can be read, got no such file or directory."
    )
