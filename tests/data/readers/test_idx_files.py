"""Which IDX files belong together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling._types import AnyArray, ByteArray
from inkling.data.readers.idx_files import find_idx, read_idx_files
from inkling.errors import DataError

WriteIdx = Callable[[Path, AnyArray], Path]
LABELS = np.array([5, 0, 4, 1, 9, 2, 1])
MNIST = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]


@pytest.fixture
def folder(tmp_path: Path, write_idx: WriteIdx, images: ByteArray) -> Path:
    """A folder with MNIST's four names: seven images to train with, the first three for the test."""
    for name, array in zip(MNIST, (images, LABELS, images[:3], LABELS[:3]), strict=True):
        write_idx(tmp_path / f"{name}.gz", array)
    return tmp_path


def test_a_folder_gives_both_sets(folder: Path, images: ByteArray) -> None:
    """Images and labels of the training and the test set come from their files; ten classes."""
    source = read_idx_files(folder)
    assert source.test is not None
    assert source.validation is None
    np.testing.assert_array_equal(source.train.images, images)
    np.testing.assert_array_equal(source.train.labels, LABELS)
    np.testing.assert_array_equal(source.test.images, images[:3])
    np.testing.assert_array_equal(source.test.labels, LABELS[:3])
    assert source.train.labels.dtype == np.int64
    assert source.classes == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def test_a_file_of_training_images_finds_the_others(folder: Path) -> None:
    """The path of the training images does as well as the path of their folder."""
    source = read_idx_files(folder / "train-images-idx3-ubyte.gz")
    assert source.test is not None
    assert (len(source.train), len(source.test)) == (7, 3)


def test_a_file_of_test_images_stands_for_itself(folder: Path) -> None:
    """Named on its own, the file of test images is all there is, with its own labels."""
    source = read_idx_files(folder / "t10k-images-idx3-ubyte.gz")
    assert source.test is None
    np.testing.assert_array_equal(source.train.labels, LABELS[:3])


def test_other_spellings_are_found(tmp_path: Path, write_idx: WriteIdx, images: ByteArray) -> None:
    """Names with something in front, a point before idx, and "test" for the test set are understood."""
    write_idx(tmp_path / "kana-train-images.idx3-ubyte", images)
    write_idx(tmp_path / "kana-train-labels-idx1-ubyte.gz", LABELS)
    write_idx(tmp_path / "kana-test-images-idx3-ubyte", images[:3])
    write_idx(tmp_path / "kana-test-labels.idx1-ubyte", LABELS[:3])
    source = read_idx_files(tmp_path)
    assert source.test is not None
    assert (len(source.train), len(source.test)) == (7, 3)


def test_images_without_a_test_set(tmp_path: Path, write_idx: WriteIdx, images: ByteArray) -> None:
    """A pair of files that is no training half of anything is read on its own."""
    write_idx(tmp_path / "images-idx3-ubyte", images)
    write_idx(tmp_path / "labels-idx1-ubyte", LABELS)
    source = read_idx_files(tmp_path)
    assert source.test is None
    assert len(source.train) == 7


@pytest.mark.parametrize("missing", MNIST[1:])
def test_a_folder_that_lacks_a_file_is_an_error(folder: Path, missing: str) -> None:
    """A set that is not whole is never taken for a smaller one; the missing file is named."""
    (folder / f"{missing}.gz").unlink()
    with pytest.raises(DataError) as error:
        read_idx_files(folder)
    assert str(error.value) == f"{folder}: expected all files of the set, got no {missing}."


def test_a_test_set_alone_is_not_trained_on(folder: Path) -> None:
    """Where only the test files are, the training files are missing."""
    for name in MNIST[:2]:
        (folder / f"{name}.gz").unlink()
    with pytest.raises(DataError) as error:
        read_idx_files(folder)
    assert str(error.value) == (
        f"{folder}: expected all files of the set, got no {MNIST[0]}, {MNIST[1]}."
    )


def test_two_sets_in_a_folder_are_not_guessed_between(
    folder: Path, write_idx: WriteIdx, images: ByteArray
) -> None:
    """Two files of training images are listed, for the reader to choose."""
    write_idx(folder / "kana-train-images-idx3-ubyte", images)
    write_idx(folder / "kana-train-labels-idx1-ubyte", LABELS)
    with pytest.raises(DataError) as error:
        read_idx_files(folder)
    assert str(error.value) == (
        f"{folder}: expected one file of training images, "
        "got kana-train-images-idx3-ubyte, train-images-idx3-ubyte; "
        "name the file instead of the folder."
    )
    assert len(read_idx_files(folder / "kana-train-images-idx3-ubyte").train) == 7


def test_labels_must_be_as_many_as_images(folder: Path, write_idx: WriteIdx) -> None:
    """One label too few is an error that names both files."""
    write_idx(folder / "train-labels-idx1-ubyte.gz", LABELS[:6])
    with pytest.raises(DataError) as error:
        read_idx_files(folder)
    assert str(error.value) == (
        f"{folder / 'train-labels-idx1-ubyte.gz'}: expected labels (7,), "
        "one for each image in train-images-idx3-ubyte.gz, got (6,)."
    )


@pytest.mark.parametrize("shape", [(7,), (0, 5, 3)])
def test_images_must_be_images(folder: Path, write_idx: WriteIdx, shape: tuple[int, ...]) -> None:
    """A file of labels under the name of images, and one without any image, are refused."""
    write_idx(folder / "train-images-idx3-ubyte.gz", np.zeros(shape))
    with pytest.raises(DataError) as error:
        read_idx_files(folder)
    assert str(error.value) == (
        f"{folder / 'train-images-idx3-ubyte.gz'}: expected images (N, H, W), at least one, got {shape}."
    )


def test_a_label_out_of_range_is_named(folder: Path, write_idx: WriteIdx) -> None:
    """A wrong label among the digits is named by its file and place."""
    labels = LABELS.copy()
    labels[3] = 77
    write_idx(folder / "train-labels-idx1-ubyte.gz", labels)
    with pytest.raises(DataError) as error:
        read_idx_files(folder)
    assert str(error.value) == (
        f"{folder / 'train-labels-idx1-ubyte.gz'}, label 4: expected a label from 0 to 9, got 77; "
        "more than ten classes are numbered from 0 without a gap."
    )


def test_a_file_without_labels_is_told_which_are_looked_for(
    tmp_path: Path, write_idx: WriteIdx, images: ByteArray
) -> None:
    """The sentence gives the name that the labels should have."""
    path = write_idx(tmp_path / "my-images-idx3-ubyte", images)
    with pytest.raises(DataError) as error:
        read_idx_files(path)
    assert str(error.value) == (
        f"{path}: expected its labels beside it as my-labels-idx1-ubyte, got no such file."
    )


def test_a_file_of_another_name_is_told_how_to_be_named(
    tmp_path: Path, write_idx: WriteIdx, images: ByteArray
) -> None:
    """A name that does not say "images" gives no way to find the labels."""
    path = write_idx(tmp_path / "pictures.idx", images)
    with pytest.raises(DataError) as error:
        read_idx_files(path)
    assert str(error.value) == (
        f"{path}: expected a file with 'images' in its name, got none; "
        "the file of labels is found by putting 'labels' in its place."
    )


def test_the_unpacked_file_is_preferred(
    tmp_path: Path, write_idx: WriteIdx, images: ByteArray
) -> None:
    """Of a file that is there twice, the one that need not be unpacked is found."""
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", images)
    plain = write_idx(tmp_path / "train-images-idx3-ubyte", images)
    assert find_idx(tmp_path, "train-images-idx3-ubyte") == plain
    assert find_idx(tmp_path, "t10k-images-idx3-ubyte") is None
