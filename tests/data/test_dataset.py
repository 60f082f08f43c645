"""The one door to all data."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inkling.data.readers.mnist
from inkling._types import AnyArray
from inkling.data.dataset import Dataset, Split, identify, load_dataset
from inkling.data.split import Source
from inkling.errors import (
    DataError,
    DataUnavailableError,
    MissingExtraError,
    SettingError,
    ShapeError,
)

WriteIdx = Callable[[Path, AnyArray], Path]
REAL = os.environ.get("INKLING_DATA")  # read before the tests put it aside
COUNTS = [30, 17, 13]
"""How many images the classes of the example have: 60 in all."""


def example(rows: int = 60) -> Split:
    """Images of 3 × 3, no two alike, of three classes in mixed order."""
    rng = np.random.default_rng(1)
    labels = rng.permutation(np.repeat([0, 1, 2], COUNTS)).astype(np.int64)
    images = rng.integers(0, 256, (60, 3, 3), dtype=np.uint8)
    return Split(images[:rows], labels[:rows])


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """The example as an archive without a test set."""
    path = tmp_path / "example.npz"
    split = example()
    np.savez(path, x_train=split.images, y_train=split.labels)
    return path


def pixels(split: Split) -> set[bytes]:
    """The images of a split, as something that can be counted."""
    return {image.tobytes() for image in split.images}


def test_a_source_without_a_test_set_is_divided_80_to_20(npz: Path) -> None:
    """12 of 60 test; of the 48 others a tenth, 4, validates; every class has its share in each."""
    dataset = load_dataset(npz)
    assert dataset.name == "example.npz"
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [44, 4, 12]
    assert np.bincount(dataset.test.labels).tolist() == [6, 3, 3]  # of 6, 3.4 and 2.6
    assert np.bincount(dataset.validation.labels).tolist() == [2, 1, 1]  # of 2, 1.2 and 0.8


def test_the_splits_are_disjoint_and_complete(npz: Path) -> None:
    """Every image is in exactly one of the three, with its own label."""
    dataset = load_dataset(npz)
    parts = [dataset.train, dataset.validation, dataset.test]
    assert sum(len(pixels(part)) for part in parts) == 60
    assert set.union(*map(pixels, parts)) == pixels(example())
    label_of = dict(zip((i.tobytes() for i in example().images), example().labels, strict=True))
    for part in parts:
        for image, label in zip(part.images, part.labels, strict=True):
            assert label_of[image.tobytes()] == label


def test_the_splits_do_not_depend_on_any_other_seed(npz: Path) -> None:
    """Loaded again, whatever random numbers were drawn in between, they are the same."""
    first = load_dataset(npz)
    np.random.default_rng(5).random(9)
    second = load_dataset(npz)
    for part in ("train", "validation", "test"):
        np.testing.assert_array_equal(getattr(first, part).images, getattr(second, part).images)
    other = load_dataset(npz, validation=20)
    np.testing.assert_array_equal(first.test.images, other.test.images)


@pytest.mark.parametrize("validation", [0, 1, 47])
def test_the_size_of_the_validation_set_can_be_chosen(npz: Path, validation: int) -> None:
    """Any whole number that leaves an image to train with; 0 gives an empty set of the right shape."""
    dataset = load_dataset(npz, validation=validation)
    assert len(dataset.validation) == validation
    assert len(dataset.train) == 48 - validation
    assert dataset.validation.images.shape == (validation, 3, 3)
    assert dataset.validation.labels.dtype == np.int64


@pytest.mark.parametrize("validation", [-1, 48, 4.5, True])
def test_an_impossible_validation_set_is_refused(npz: Path, validation: int) -> None:
    """The sentence has the interval."""
    with pytest.raises(SettingError) as error:
        load_dataset(npz, validation=validation)
    assert str(error.value) == (
        f"load_dataset: expected validation as a whole number in [0, 48), got {validation}."
    )


def test_a_test_set_is_left_alone(tmp_path: Path) -> None:
    """Where a source has a test set, it is that, in its order; validation is cut from training alone."""
    split = example()
    np.savez(
        tmp_path / "both.npz",
        x_train=split.images[:50],
        y_train=split.labels[:50],
        x_test=split.images[50:],
        y_test=split.labels[50:],
    )
    dataset = load_dataset(tmp_path / "both.npz")
    np.testing.assert_array_equal(dataset.test.images, split.images[50:])
    np.testing.assert_array_equal(dataset.test.labels, split.labels[50:])
    assert (len(dataset.train), len(dataset.validation)) == (45, 5)


def test_every_format_gives_the_same_data(tmp_path: Path, write_idx: WriteIdx, npz: Path) -> None:
    """One set as npz, IDX and CSV, packed or not, by file or folder: same images, same SHA-256."""
    split = example()
    idx = tmp_path / "idx"
    idx.mkdir()
    write_idx(idx / "images-idx3-ubyte", split.images)
    write_idx(idx / "labels-idx1-ubyte.gz", split.labels)
    rows = np.column_stack([split.labels, split.images.reshape(60, 9)])
    text = "".join(",".join(map(str, row)) + "\n" for row in rows.tolist()).encode()
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "my_train.csv").write_bytes(text)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(text))
    reference = load_dataset(npz)
    for path, name in [
        (idx, "idx"),
        (idx / "images-idx3-ubyte", "images-idx3-ubyte"),
        (tables, "tables"),
        (tables / "my_train.csv", "my_train.csv"),
        (tmp_path / "packed.csv.gz", "packed.csv.gz"),
    ]:
        dataset = load_dataset(str(path))
        assert dataset.name == name
        assert dataset.sha256 == reference.sha256
        assert dataset.classes == reference.classes
        for part in ("train", "validation", "test"):
            expected, got = getattr(reference, part), getattr(dataset, part)
            np.testing.assert_array_equal(got.images, expected.images)
            np.testing.assert_array_equal(got.labels, expected.labels)


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    """Sub-folders become classes with their names; a validation set of its own is used as it is."""
    for part, count in {"train": 5, "validation": 3, "test": 2}.items():
        for name in ("cat", "dog"):
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                picture = np.full((9, 9), 255, dtype=np.uint8)
                picture[2:7, 3 : 5 + number % 3] = 0
                Image.fromarray(picture).save(folder / f"{number}.png")
    dataset = load_dataset(tmp_path)
    assert dataset.name == tmp_path.name
    assert dataset.classes == ("cat", "dog")
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [10, 6, 4]
    with pytest.raises(SettingError) as error:
        load_dataset(tmp_path, validation=0)
    assert str(error.value) == (
        "load_dataset: expected no number for validation, "
        f"since {tmp_path.name} has a validation set of its own, got 0."
    )


def test_digits_by_name() -> None:
    """scikit-learn's digits, divided: 1,797 = 1,295 + 143 + 359."""
    pytest.importorskip("sklearn")
    dataset = load_dataset("digits")
    assert dataset.name == "digits"
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [
        1295,
        143,
        359,
    ]
    assert dataset.train.images.shape[1:] == (28, 28)


def test_the_sha256_sees_everything() -> None:
    """A pixel, a label, a class name or the border between the parts: each makes another data set."""
    split = example()
    image, label = split.images.copy(), split.labels.copy()
    image[7, 1, 1] ^= 1
    label[7] = (label[7] + 1) % 3
    front, back = split.take(np.arange(50)), split.take(np.arange(50, 60))
    classes = ("a", "b", "c")
    sources = [
        Source(classes, split),
        Source(("a", "b", "d"), split),
        Source(classes, Split(image, split.labels)),
        Source(classes, Split(split.images, label)),
        Source(classes, front, back),
        Source(classes, front, validation=back),
        Source(classes, Split(split.images.reshape(60, 1, 9), split.labels)),
    ]
    assert len({identify(source) for source in sources}) == len(sources)
    assert identify(Source(classes, example())) == identify(sources[0])


NEITHER = "'mnist', 'digits' or the path of a file or folder of images"
ACCEPTED = (
    "a folder of IDX files, of pictures with a sub-folder for each class, or with a *train*.csv; "
    "an IDX file; or a file that ends in .csv, .csv.gz or .npz"
)


@pytest.mark.parametrize("name", ["mnits", "fashion", "no/such/file.csv", ""])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    """A name that is no path either is told what there is."""
    with pytest.raises(DataError) as error:
        load_dataset(name)
    assert str(error.value) == (
        f"load_dataset: expected {NEITHER}, got {name!r}, which does not exist."
    )


def test_a_path_is_never_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Path("mnist") is the file or folder of that name and nothing else."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="'mnist', which does not exist"):
        load_dataset(Path("mnist"))


def test_a_folder_of_something_else_is_told_what_is_accepted(tmp_path: Path) -> None:
    """An empty folder lists the accepted forms."""
    with pytest.raises(DataError) as error:
        load_dataset(tmp_path)
    assert str(error.value) == f"{tmp_path}: expected {ACCEPTED}, got a folder of something else."


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", gzip.compress(b"%PDF-1.7")], ids=["empty", "PDF", "PDF, packed"]
)  # gzip writes the time down, and a test's name must not hang on it
def test_a_file_of_something_else_is_told_what_is_accepted(tmp_path: Path, content: bytes) -> None:
    """A file that is no data lists the accepted forms."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        load_dataset(path)
    assert str(error.value) == f"{path}: expected {ACCEPTED}, got a file of something else."


def test_idx_is_known_by_its_content_too(tmp_path: Path, write_idx: WriteIdx) -> None:
    """A file of another name that begins as IDX does is read as IDX."""
    write_idx(tmp_path / "my-images.bin", example().images)
    write_idx(tmp_path / "my-labels.bin", example().labels)
    assert len(load_dataset(tmp_path / "my-images.bin").test) == 12


def test_mnist_that_is_wrong_is_no_reason_to_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_idx: WriteIdx
) -> None:
    """Files of the right names that are not MNIST are an error, and the network is not touched."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("asked the network")

    monkeypatch.setattr(inkling.data.readers.mnist, "fetch", fail)
    for part in ("train", "t10k"):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte", example().images)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", example().labels)
    with pytest.raises(DataError, match="expected train-images-idx3-ubyte of MNIST") as error:
        load_dataset("mnist", data_dir=tmp_path)
    assert not isinstance(error.value, DataUnavailableError)
    assert len(load_dataset(tmp_path).test) == 60  # as data of one's own they are welcome


def test_a_watcher_reaches_the_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever loads MNIST for the first time can see it come."""

    class Watcher:
        def announce(self, text: str) -> None:
            """Does nothing."""

        def progress(self, file: str, received: int, total: int) -> None:
            """Does nothing."""

    seen: list[object] = []

    def fetch(*_: object, watcher: object, **__: object) -> None:
        seen.append(watcher)
        raise DataUnavailableError("no network in tests")

    monkeypatch.setattr(inkling.data.readers.mnist, "fetch", fetch)
    monkeypatch.setattr(inkling.data.readers.mnist, "default_cache", lambda: tmp_path)
    watcher = Watcher()
    with pytest.raises(DataUnavailableError):
        load_dataset(watcher=watcher)
    assert seen == [watcher]


def test_a_dataset_checks_itself() -> None:
    """A label without a class and a split of other images are refused."""
    split = example()
    small = Split(np.zeros((3, 2, 5), dtype=np.uint8), np.zeros(3, dtype=np.int64))
    with pytest.raises(ShapeError) as error:
        Dataset("mine", ("a", "b"), split, split, split, "")
    assert str(error.value) == (
        "data set 'mine', train: expected labels below 2, one class each, got 2."
    )
    with pytest.raises(ShapeError) as error:
        Dataset("mine", ("a", "b", "c"), split, split, small, "")
    assert str(error.value) == (
        "data set 'mine', test: expected images of shape (N, 3, 3), got (3, 2, 5); as in training."
    )


def test_what_is_missing_for_digits_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without scikit-learn the sentence is the one that names the command."""
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r"type: pip install '\.\[sklearn\]'"):
        load_dataset("digits")


@pytest.mark.skipif(not REAL, reason="INKLING_DATA does not name a folder with MNIST")
def test_the_real_mnist_and_its_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    """55,000 + 5,000 + 10,000; each class has its share of the validation set, within one image."""
    assert REAL is not None
    monkeypatch.setenv("INKLING_DATA", REAL)
    dataset = load_dataset()
    assert dataset.name == "mnist"
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [
        55_000,
        5_000,
        10_000,
    ]
    assert dataset.test.labels[:4].tolist() == [7, 2, 1, 0]
    validation, train = np.bincount(dataset.validation.labels), np.bincount(dataset.train.labels)
    due = (validation + train) / 12
    assert np.abs(validation - due).max() < 1
    assert len(dataset.sha256) == 64
