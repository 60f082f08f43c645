"""Reading npz archives."""

from __future__ import annotations

import re
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from inkling._types import AnyArray, ByteArray
from inkling.data.readers.npz import load_arrays, read_npz
from inkling.errors import DataError

LABELS = np.array([5, 0, 4, 1, 9, 2, 1], dtype=np.uint8)
IMAGES = np.full((7, 5, 3), 90, dtype=np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the archive of a test is written."""
    return tmp_path / "set.npz"


def test_the_four_arrays(path: Path, images: ByteArray) -> None:
    """Training and test set are read, labels as int64."""
    np.savez(path, x_train=images, y_train=LABELS, x_test=images[:3], y_test=LABELS[:3])
    source = read_npz(path)
    assert source.test is not None
    np.testing.assert_array_equal(source.train.images, images)
    np.testing.assert_array_equal(source.train.labels, LABELS)
    np.testing.assert_array_equal(source.test.images, images[:3])
    assert source.test.labels.dtype == np.int64
    assert len(source.classes) == 10


@pytest.mark.parametrize("word", ["val", "valid", "validation"])
def test_a_validation_set_is_read(path: Path, images: ByteArray, word: str) -> None:
    """Under any of its three names."""
    arrays = {
        "x_train": images,
        "y_train": LABELS,
        f"x_{word}": images[:2],
        f"y_{word}": LABELS[:2],
    }
    np.savez(path, allow_pickle=False, **arrays)
    source = read_npz(path)
    assert source.validation is not None
    np.testing.assert_array_equal(source.validation.images, images[:2])


def test_a_compressed_archive_without_a_test_set(path: Path) -> None:
    """The test set may be absent; other arrays, here one of objects, are not opened."""
    other = np.array([{"any": "object"}], dtype=object)
    np.savez_compressed(path, x_train=IMAGES, y_train=LABELS, notes=other)
    assert read_npz(path).test is None


@pytest.mark.parametrize("dtype", [np.int16, np.uint32, np.float32, np.float64, ">i4"])
@pytest.mark.parametrize("shape", [(7, 3, 3), (7, 3, 3, 1), (7, 1, 3, 3), (7, 9)])
def test_equivalent_dtypes_and_shapes(path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    """Any numeric dtype, an axis of length 1, flattened square images, labels in a column."""
    square = np.arange(7 * 9, dtype=np.uint8).reshape(7, 3, 3)
    labels = LABELS.astype(dtype).reshape(7, 1)
    np.savez(path, x_train=square.astype(dtype).reshape(shape), y_train=labels)
    source = read_npz(path)
    assert source.train.images.dtype == np.uint8
    np.testing.assert_array_equal(source.train.images, square)
    np.testing.assert_array_equal(source.train.labels, LABELS)


PIXELS = "x_train: expected whole numbers from 0 to 255, or fractions from 0 to 1, got values from "
SHAPE = (
    "x_train: expected gray images (N, H, W), (N, H, W, 1), (N, 1, H, W) or (N, H · H), got shape "
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x_train": None, "y_train": None}, "got none named x_train, y_train"),
        ({"x_test": IMAGES}, "got none named y_test"),
        ({"x_train": np.array([{}, 2], dtype=object)}, "x_train: expected an array of numbers"),
        ({"x_train": np.zeros((7, 8, 8, 3), np.uint8)}, f"{SHAPE}(7, 8, 8, 3)"),
        ({"x_train": np.zeros((7, 15), np.uint8)}, f"{SHAPE}(7, 15)"),
        ({"x_train": np.full((7, 5, 3), "ink")}, "x_train: expected numbers, got <U3"),
        ({"x_train": IMAGES + np.float32(0.5)}, f"{PIXELS}90.5 to 90.5"),
        ({"x_train": IMAGES.astype(np.int16) + 256}, f"{PIXELS}346 to 346"),
        ({"x_train": IMAGES + np.float32(np.nan)}, f"{PIXELS}nan to nan"),
        ({"y_train": LABELS[:6]}, "y_train: expected as many labels as images in x_train"),
        ({"x_val": IMAGES}, "got none named y_val"),
        (
            {"x_val": IMAGES, "y_val": LABELS, "x_valid": IMAGES, "y_valid": LABELS},
            "expected one validation set, got x_val, x_valid",
        ),
        ({"x_train": IMAGES * np.uint8(0)}, "x_train: expected images with ink, got 7 empty ones"),
        ({"x_test": IMAGES * 0, "y_test": LABELS}, "x_test: expected images with ink"),
        ({"x_train": IMAGES[:0], "y_train": LABELS[:0]}, "at least one, got 0 and 0"),
        ({"y_train": np.eye(7)}, "y_train: expected labels (N,) of whole numbers, got float64"),
        ({"y_train": LABELS + 0.5}, "y_train: expected labels (N,) of whole numbers, got float64"),
        ({"y_train": LABELS + np.inf}, "y_train: expected labels (N,) of whole numbers"),
        ({"y_train": np.array([5, 0, -4, 1, 9, 2, 1])}, "y_train[2]: expected a label from 0"),
        ({"x_test": IMAGES[:3], "y_test": LABELS[:3] + 5}, "y_test[0]: expected a label from 0"),
    ],
)
def test_a_wrong_archive_is_an_error(
    path: Path, changes: dict[str, AnyArray | None], reason: str
) -> None:
    """Names, dtypes, shapes, values and labels are each checked, and the array is named."""
    arrays = {"x_train": IMAGES, "y_train": LABELS, **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})  # type: ignore[arg-type]
    with pytest.raises(DataError, match=f"^{path}.*{re.escape(reason)}"):
        read_npz(path)


@pytest.mark.parametrize("array", [np.asfortranarray(IMAGES), np.array("text"), np.array([])])
def test_arrays_come_back_writable(path: Path, array: AnyArray) -> None:
    """In either memory order, without axes, and empty."""
    np.savez(path, any=array)
    loaded = load_arrays(path)["any"]
    np.testing.assert_array_equal(loaded, array)
    assert loaded.flags.writeable


def member(shape: str, content: bytes) -> bytes:
    """An array file that declares a shape, written by hand after the published format."""
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
def test_a_damaged_array_is_an_error(path: Path, content: bytes) -> None:
    """False lengths (10 TB, too few) need no memory; invalid headers are one sentence."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", content)
    tracemalloc.start()
    with pytest.raises(DataError, match=f"^{path}: expected an npz archive, .* damaged"):
        load_arrays(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["<u4", ">u4"])
def test_text_of_numbers_that_are_no_characters(path: Path, dtype: str) -> None:
    """Python would raise a SystemError where the text is used; the last character is U+10FFFF."""
    codes = np.array([0x61, 0x10FFFF], dtype)
    np.savez(path, text=codes.view(f"{dtype[0]}U2"))
    assert load_arrays(path)["text"].tolist() == ["a\U0010ffff"]
    np.savez(path, text=(codes + 1).astype(dtype).view(f"{dtype[0]}U2"))
    with pytest.raises(DataError, match="text: expected text, got numbers that stand for no char"):
        load_arrays(path)


def test_records_are_no_array(path: Path) -> None:
    """Neither a data set nor a model has them."""
    np.savez(path, records=np.zeros(3, [("a", "U2"), ("b", "f4")]))
    with pytest.raises(DataError, match="records: expected an array of numbers or text, got"):
        load_arrays(path)


def test_a_file_that_is_no_archive_is_an_error(path: Path) -> None:
    """A truncated archive has no table of contents; a missing file has none either."""
    np.savez(path, labels=LABELS)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=f"^{path}: expected an npz archive"):
        load_arrays(path)
    path.unlink()
    with pytest.raises(DataError, match=f"^{path} cannot be read: no such file"):
        load_arrays(path)


def test_a_zip_bomb_is_not_unpacked(path: Path) -> None:
    """The declared size of the selected arrays is bounded before anything is unpacked."""
    np.savez_compressed(path, large=np.zeros((100, 100, 100), np.uint8), small=LABELS)
    with pytest.raises(DataError, match="at most 1,000,000 bytes, got 1,000,263"):
        load_arrays(path, max_bytes=1_000_000)
    np.testing.assert_array_equal(load_arrays(path, ["small"], max_bytes=1000)["small"], LABELS)
