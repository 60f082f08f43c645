"""Reading IDX files, alone and as a set."""

from __future__ import annotations

import gzip
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling._types import AnyArray, ByteArray
from inkling.data.readers.idx import find_idx, read_idx, read_idx_files
from inkling.errors import DataError

WriteIdx = Callable[[Path, AnyArray], Path]
LABELS = np.array([5, 0, 4, 1, 9, 2, 1])
MNIST = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]


@pytest.mark.parametrize("shape", [(258,), (7, 5), (7, 5, 3), (0, 5, 3)])
def test_reads_what_was_written(
    tmp_path: Path, write_idx: WriteIdx, shape: tuple[int, ...]
) -> None:
    """One to three axes, a length of two bytes; the array can be written to."""
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    result = read_idx(write_idx(tmp_path / "array", array))
    np.testing.assert_array_equal(result, array, strict=True)
    result += 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "begins with 00 00 08 .*, got an empty file"),
        (b"\x00\x00\x08", r"got 00 00 08\.$"),
        (b"PNG\x00 and", "got 50 4e 47 00"),
        (bytes([0, 0, 13, 1, 0, 0, 0, 1]) + bytes(4), "got 00 00 0d 01"),
        (bytes([0, 0, 8, 0]), "one to three axes, got 00 00 08 00"),
        (bytes([0, 0, 8, 200]) + bytes(800), "one to three axes, got 00 00 08 c8"),
        (bytes([0, 0, 8, 3, 0, 0, 0, 7, 0]), "complete IDX header"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 7]) + bytes(5), "7 values, got 5"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 7]) + bytes(8), "7 values, got more"),
    ],
)
def test_a_wrong_file_is_an_error(tmp_path: Path, content: bytes, reason: str) -> None:
    """Magic number, type, axes and length are each checked."""
    path = tmp_path / "wrong"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"^{path}: expected .*{reason}"):
        read_idx(path)


TERABYTE = bytes([0, 0, 8, 3]) + (10_000).to_bytes(4, "big") * 3
SHORT = TERABYTE[:-4] + (10).to_bytes(4, "big")
BOMB = gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 7]) + bytes(50_000_000), 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (TERABYTE, "at most 1,073,741,824 values"),
        (SHORT, "00 values, got 0"),
        (BOMB, "7 values, got more"),
    ],
    ids=["a terabyte", "a gigabyte", "a gzip bomb"],
)
def test_false_lengths_need_no_memory(tmp_path: Path, content: bytes, reason: str) -> None:
    """A header that declares too much, or a file that unpacks to more than it declares."""
    path = tmp_path / "false"
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError, match=reason):
        read_idx(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_the_size_can_be_limited(tmp_path: Path, write_idx: WriteIdx, images: ByteArray) -> None:
    """A correct file of more than ``max_bytes`` is rejected."""
    path = write_idx(tmp_path / "images", images)
    assert read_idx(path, max_bytes=105).shape == (7, 5, 3)
    with pytest.raises(DataError, match="at most 104 values, got 7 × 5 × 3 = 105"):
        read_idx(path, max_bytes=104)


@pytest.fixture
def folder(tmp_path: Path, write_idx: WriteIdx, images: ByteArray) -> Path:
    """A folder with MNIST's four names: seven training images, the first three also for the test."""
    for name, array in zip(MNIST, (images, LABELS, images[:3], LABELS[:3]), strict=True):
        write_idx(tmp_path / f"{name}.gz", array)
    return tmp_path


@pytest.mark.parametrize("name", ["", f"{MNIST[0]}.gz"])
def test_a_folder_or_its_training_images_give_both_sets(
    folder: Path, images: ByteArray, name: str
) -> None:
    """Images and labels of training and test set come from their files."""
    source = read_idx_files(folder / name)
    assert source.test is not None
    np.testing.assert_array_equal(source.train.images, images)
    np.testing.assert_array_equal(source.train.labels, LABELS)
    np.testing.assert_array_equal(source.test.images, images[:3])
    np.testing.assert_array_equal(source.test.labels, LABELS[:3])
    assert source.classes == tuple("0123456789")


def test_a_path_to_test_images_is_a_set_of_its_own(folder: Path) -> None:
    """It has its own labels and no test set."""
    source = read_idx_files(folder / f"{MNIST[2]}.gz")
    assert source.test is None
    np.testing.assert_array_equal(source.train.labels, LABELS[:3])


def test_other_spellings_are_found(tmp_path: Path, write_idx: WriteIdx, images: ByteArray) -> None:
    """A prefix, a dot before idx, and "test" for the test set."""
    write_idx(tmp_path / "kana-train-images.idx3-ubyte", images)
    write_idx(tmp_path / "kana-train-labels-idx1-ubyte.gz", LABELS)
    write_idx(tmp_path / "kana-test-images-idx3-ubyte", images[:3])
    write_idx(tmp_path / "kana-test-labels.idx1-ubyte", LABELS[:3])
    source = read_idx_files(tmp_path)
    assert source.test is not None
    assert (len(source.train), len(source.test)) == (7, 3)


@pytest.mark.parametrize("missing", [MNIST[1:2], MNIST[2:3], MNIST[3:], MNIST[:2]])
def test_a_folder_must_be_complete(folder: Path, missing: list[str]) -> None:
    """Missing files are named; a test set alone is not used for training."""
    for name in missing:
        (folder / f"{name}.gz").unlink()
    with pytest.raises(DataError, match=f"^{folder}: .* no {', '.join(missing)}"):
        read_idx_files(folder)


def test_two_sets_in_a_folder_are_listed(
    folder: Path, write_idx: WriteIdx, images: ByteArray
) -> None:
    """The path of a file then selects one."""
    write_idx(folder / "kana-train-images-idx3-ubyte", images)
    write_idx(folder / "kana-train-labels-idx1-ubyte", LABELS)
    with pytest.raises(DataError, match=f"got kana-{MNIST[0]}, {MNIST[0]}; pass the path"):
        read_idx_files(folder)
    assert len(read_idx_files(folder / "kana-train-images-idx3-ubyte").train) == 7


WRONG_LABEL = np.where(np.arange(7) == 3, 77, LABELS)


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        (MNIST[1], LABELS[:6], rf"labels (7,), one per image in {MNIST[0]}.gz, got (6,)"),
        (MNIST[1], WRONG_LABEL, "label 4: expected a label from 0 to 9, got 77"),
        (MNIST[0], LABELS, "expected images (N, H, W), at least one, got (7,)"),
        (MNIST[0], np.zeros((0, 5, 3)), "expected images (N, H, W), at least one, got (0, 5, 3)"),
    ],
)
def test_images_and_labels_must_match(
    folder: Path, write_idx: WriteIdx, name: str, array: AnyArray, reason: str
) -> None:
    """The message names the wrong file."""
    path = write_idx(folder / f"{name}.gz", array)
    with pytest.raises(DataError, match=f"^{path}.*{re.escape(reason)}"):
        read_idx_files(folder)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("my-images-idx3-ubyte", "labels next to it in my-labels-idx1-ubyte, got no such file"),
        ("pictures.idx", "a file with 'images' in its name"),
    ],
)
def test_labels_are_found_by_their_name(
    tmp_path: Path, write_idx: WriteIdx, images: ByteArray, name: str, reason: str
) -> None:
    """Without them the message gives the name that they should have."""
    path = write_idx(tmp_path / name, images)
    with pytest.raises(DataError, match=f"^{path}: expected {reason}"):
        read_idx_files(path)


def test_the_uncompressed_file_is_preferred(folder: Path) -> None:
    """Of a file that exists twice, the faster one is read."""
    (folder / MNIST[0]).touch()
    assert find_idx(folder, MNIST[0]) == folder / MNIST[0]
