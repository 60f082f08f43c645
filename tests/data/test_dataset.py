"""Loading data sets by name or path."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling._types import AnyArray
from inkling.data.dataset import Dataset, load_dataset
from inkling.data.hash_split import divide_by_hash, hash_images
from inkling.data.split import Source, Split, identify
from inkling.errors import DataError, SettingError, ShapeError

WriteIdx = Callable[[Path, AnyArray], Path]
REAL = os.environ.get("INKLING_DATA")  # read before the fixture hides it
PARTS = ("train", "validation", "test")


def example() -> Split:
    """60 different images of 3 × 3, of three classes in mixed order."""
    rng = np.random.default_rng(1)
    labels = rng.permutation(np.repeat([0, 1, 2], [30, 17, 13])).astype(np.int64)
    return Split(rng.integers(0, 256, (60, 3, 3), dtype=np.uint8), labels)


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """The example as an archive without a test set."""
    path = tmp_path / "example.npz"
    np.savez(path, x_train=example().images, y_train=example().labels)
    return path


def sizes(dataset: Dataset) -> list[int]:
    """The sizes of the three splits."""
    return [len(getattr(dataset, part)) for part in PARTS]


def assert_same_splits(one: Dataset, other: Dataset) -> None:
    """All images and labels are equal."""
    for part in PARTS:
        a, b = getattr(one, part), getattr(other, part)
        np.testing.assert_array_equal(a.images, b.images)
        np.testing.assert_array_equal(a.labels, b.labels)


def test_a_source_without_a_test_set_is_divided_by_hashes(npz: Path) -> None:
    """The parts are disjoint, and the rule is recorded."""
    dataset, expected = load_dataset(npz), divide_by_hash(example())
    assert (dataset.name, dataset.source, dataset.split) == ("example.npz", str(npz), "hash-1")
    assert sizes(dataset) == [len(part) for part in expected]
    np.testing.assert_array_equal(dataset.test.images, expected.test.images)


def test_the_size_of_the_validation_set_can_be_chosen(npz: Path) -> None:
    """Any number that leaves a training image; the test set does not depend on it."""
    test = load_dataset(npz).test
    rest = 60 - len(test)
    for validation in (0, 1, rest - 1):
        dataset = load_dataset(npz, validation=validation)
        assert sizes(dataset) == [rest - validation, validation, len(test)]
        np.testing.assert_array_equal(dataset.test.images, test.images)
    with pytest.raises(SettingError, match=rf"validation as a whole number in \[0, {rest - 1}\]"):
        load_dataset(npz, validation=rest)


def test_fewer_validation_images_than_wanted_are_noted(tmp_path: Path) -> None:
    """Of images that are there twice, an odd number cannot be held out."""
    images, labels = np.repeat(example().images, 2, axis=0), np.repeat(example().labels, 2)
    np.savez(tmp_path / "pairs.npz", x_train=images, y_train=labels)
    dataset = load_dataset(tmp_path / "pairs.npz", validation=7)
    assert len(dataset.validation) == 6
    (note,) = dataset.notes
    assert note.startswith("pairs.npz: 6 of 7 validation images, because copies")


def test_a_class_without_test_images_is_named(tmp_path: Path) -> None:
    """In a note; neither are classes of which there are no images at all."""
    images = np.zeros((4, 3, 3), np.uint8)
    images[:, 1, 1] = 255
    images[:, 0, 0] = [0, 1, 2, 3]  # only the last is a test image
    assert (hash_images(images) < 2**64 // 5).tolist() == [False, False, False, True]
    np.savez(tmp_path / "four.npz", x_train=images, y_train=[3, 5, 3, 5])
    assert load_dataset(tmp_path / "four.npz").notes == ("four.npz: no test images of 3.",)
    np.savez(tmp_path / "four.npz", x_train=images, y_train=[3, 3, 5, 7])
    expected = ("four.npz: no training images of 7.", "four.npz: no test images of 3, 5.")
    assert load_dataset(tmp_path / "four.npz").notes == expected


def test_a_test_set_is_not_changed(tmp_path: Path) -> None:
    """It keeps its order; validation images come from the training set."""
    images, labels = np.split(example().images, [50]), np.split(example().labels, [50])
    arrays = {"x_train": images[0], "y_train": labels[0], "x_test": images[1], "y_test": labels[1]}
    np.savez(tmp_path / "both.npz", allow_pickle=False, **arrays)
    dataset = load_dataset(tmp_path / "both.npz")
    np.testing.assert_array_equal(dataset.test.images, images[1])
    np.testing.assert_array_equal(dataset.test.labels, labels[1])
    assert sizes(dataset) == [45, 5, 10]


def test_every_format_gives_the_same_data(tmp_path: Path, write_idx: WriteIdx, npz: Path) -> None:
    """One set as npz, IDX and CSV, gzipped or not, by file or folder: same splits, same SHA-256."""
    split = example()
    (tmp_path / "idx").mkdir()
    (tmp_path / "tables").mkdir()
    write_idx(tmp_path / "idx" / "images-idx3-ubyte", split.images)
    write_idx(tmp_path / "idx" / "labels-idx1-ubyte.gz", split.labels)
    write_idx(tmp_path / "my-images.bin", split.images)
    write_idx(tmp_path / "my-labels.bin", split.labels)
    rows = np.column_stack([split.labels, split.images.reshape(60, 9)])
    text = "".join(",".join(map(str, row)) + "\n" for row in rows.tolist()).encode()
    (tmp_path / "tables" / "my_train.csv").write_bytes(text)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(text))
    reference = load_dataset(npz)
    names = ["idx", "idx/images-idx3-ubyte", "my-images.bin", "tables", "tables/my_train.csv"]
    for name in [*names, "packed.csv.gz"]:
        dataset = load_dataset(str(tmp_path / name))
        assert dataset.name == name.rpartition("/")[2]
        assert dataset.sha256 == reference.sha256
        assert dataset.classes == reference.classes
        assert_same_splits(dataset, reference)


def test_a_folder_of_images(tmp_path: Path) -> None:
    """Subfolders become classes; a validation set of the source is used and cannot be resized."""
    for part, count in {"train": 5, "validation": 3, "test": 2}.items():
        for name in ("cat", "dog"):
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                Image.fromarray(np.eye(9, dtype=np.uint8) * 255).save(folder / f"{number}.png")
    dataset = load_dataset(tmp_path)
    assert dataset.name == tmp_path.name
    assert dataset.classes == ("cat", "dog")
    assert sizes(dataset) == [10, 6, 4]
    with pytest.raises(SettingError, match="has its own validation set, got 0"):
        load_dataset(tmp_path, validation=0)


def test_digits_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name selects scikit-learn's digits."""
    digits = Source(("a", "b", "c"), example())
    monkeypatch.setattr("inkling.data.dataset.read_digits", lambda: digits)
    dataset = load_dataset("digits")
    assert (dataset.name, dataset.source, dataset.split) == ("digits", "digits", "seed-1998")
    assert dataset.sha256 == identify(digits)
    # Drawn as in version 0.1: 12 of 60 for the test, then a tenth, stratified by class.
    assert sizes(dataset) == [44, 4, 12]
    assert np.bincount(dataset.test.labels).tolist() == [6, 3, 3]  # of 6, 3.4 and 2.6
    assert np.bincount(dataset.validation.labels).tolist() == [2, 1, 1]  # of 2, 1.2 and 0.8


@dataclass
class Trained:
    """A model of which only the manifest counts."""

    manifest: dict[str, Any]


def trained_on(dataset: Dataset, **changes: object) -> Trained:
    """A model that was trained on a data set; None removes an entry of the manifest."""
    recorded = {"source": dataset.source, "sha256": dataset.sha256, "split": dataset.split}
    entries = {key: value for key, value in (recorded | changes).items() if value is not None}
    return Trained({"dataset": entries})


def test_a_model_is_tested_on_the_test_set_of_its_data(npz: Path) -> None:
    """The data may have moved to another path."""
    dataset = load_dataset(npz)
    for model in (trained_on(dataset), trained_on(dataset, source="/elsewhere")):
        assert dataset.unseen_by(model) is dataset


@pytest.mark.parametrize(
    "manifest", [{}, {"dataset": []}, {"dataset": {"sha256": 7, "source": []}}]
)
def test_a_model_is_tested_on_all_images_of_other_data(npz: Path, manifest: Any) -> None:
    """Each image once, and with its label; a note says so."""
    dataset = load_dataset(npz).unseen_by(Trained(manifest))
    assert sizes(dataset) == [0, 0, 60]
    expected = {
        (image.tobytes(), label) for image, label in zip(*vars(example()).values(), strict=True)
    }
    found = {
        (image.tobytes(), label) for image, label in zip(*vars(dataset.test).values(), strict=True)
    }
    assert found == expected
    (note,) = dataset.notes
    assert note.startswith(
        "All 60 images of example.npz are tested; the accuracy holds only if none"
    )


def test_other_data_with_a_test_set(npz: Path, tmp_path: Path) -> None:
    """Only that is tested."""
    arrays = dict(np.load(npz))
    np.savez(
        tmp_path / "b.npz", x_test=arrays["x_train"][:7], y_test=arrays["y_train"][:7], **arrays
    )
    dataset = load_dataset(tmp_path / "b.npz")
    assert dataset.split == "files"
    assert dataset.unseen_by(trained_on(load_dataset(npz))) is dataset


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sha256": "0" * 64}, "the images that the model was trained on, got others"),
        ({"split": "hash-0"}, "chosen by the rule 'hash-1', got one of the rule 'hash-0'; train"),
        ({"split": None}, "chosen by the rule 'hash-1', got one of version 0.1; train again"),
        ({"split": None, "source": "/elsewhere"}, "got one of version 0.1"),
        ({"split": None, "sha256": None}, "got one of version 0.1"),
    ],
)
def test_data_whose_test_images_may_be_training_images(
    npz: Path, changes: dict[str, Any], words: str
) -> None:
    """Changed since the training, or divided by another rule."""
    dataset = load_dataset(npz)
    with pytest.raises(DataError, match=rf"^data example\.npz: expected .*{words}"):
        dataset.unseen_by(trained_on(dataset, **changes))


def test_other_classes() -> None:
    """A class that is not among them is an error."""
    split = Split(example().images[:3], np.array([0, 1, 1]))
    letters = Dataset("letters", ("b", "a"), split, split, split, "")
    assert letters.with_classes(("a", "b")).train.labels.tolist() == [1, 0, 0]
    with pytest.raises(
        DataError, match=r"^data letters: expected images of the classes b, c, got a"
    ):
        letters.with_classes(("b", "c"))


@pytest.mark.parametrize("rule", ["files", "seed-1998"])
def test_models_of_version_0_1(npz: Path, rule: str) -> None:
    """They record no rule; where the test set is still the same, they are tested if the data are."""
    dataset = replace(load_dataset(npz), split=rule)
    assert dataset.unseen_by(trained_on(dataset, split=None)) is dataset
    assert dataset.unseen_by(trained_on(dataset, split=None, sha256=None)) is dataset
    with pytest.raises(DataError, match="the data have changed since"):
        dataset.unseen_by(trained_on(dataset, split=None, sha256="0" * 64))


def test_the_sha256_depends_on_everything() -> None:
    """A pixel, a label, a class name, the parts or the image shape: each makes another data set."""
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


@pytest.mark.parametrize("name", ["mnits", "no/such/file.csv", "", Path("mnist")])
def test_an_unknown_name_lists_the_known_ones(
    name: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ``Path`` is never a name."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        DataError,
        match=rf"'kmnist', 'mnist\+pen', 'pen', 'digits' or the path .*'{name}', which does",
    ):
        load_dataset(name)


def test_a_misspelled_name_is_corrected() -> None:
    """The closest of the names; nothing for a name that is like none."""
    with pytest.raises(DataError, match=r"does not exist; did you mean 'mnist'\?$"):
        load_dataset("mnits")
    with pytest.raises(DataError, match=r"does not exist; did you mean 'fashion-mnist'\?$"):
        load_dataset("FashionMNIST")
    with pytest.raises(DataError, match=r"does not exist; did you mean 'digits'\?$"):
        load_dataset("DIGITS")
    with pytest.raises(DataError, match=r"does not exist\.$"):
        load_dataset("letters")


@pytest.mark.parametrize("source", [None, 3, ["mnist"], np.zeros((5, 3, 3))])
def test_a_source_that_is_no_name_or_path_is_an_error(source: object) -> None:
    """The message contains the type."""
    with pytest.raises(
        DataError, match=f"^load_dataset: .* got {type(source).__name__}; make an inkling.Dataset"
    ):
        load_dataset(source)  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [None, b"", b"%PDF-1.7", gzip.compress(b"%PDF-1.7", mtime=0)])
def test_something_else_lists_the_accepted_formats(tmp_path: Path, content: bytes | None) -> None:
    """An empty folder, and files of other contents."""
    path = tmp_path if content is None else tmp_path / "paper.pdf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=rf"^{path}: expected .* IDX .*\.csv.*\.npz, got a "):
        load_dataset(path)


def test_a_path_that_cannot_be_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message contains the reason of the operating system."""

    def deny(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", deny)
    with pytest.raises(DataError, match="locked cannot be read: permission denied"):
        load_dataset("locked")


def test_a_dataset_checks_itself() -> None:
    """A label without a class and a split with another image size are errors."""
    split = example()
    small = Split(np.zeros((3, 2, 5), dtype=np.uint8), np.zeros(3, dtype=np.int64))
    with pytest.raises(ShapeError, match=r"'mine', train: expected labels below 2.*, got 2"):
        Dataset("mine", ("a", "b"), split, split, split, "")
    with pytest.raises(ShapeError, match=r"'mine', test: .* of shape \(N, 3, 3\), got \(3, 2, 5\)"):
        Dataset("mine", ("a", "b", "c"), split, split, small, "")


@pytest.mark.skipif(not REAL, reason="INKLING_DATA does not name a folder with MNIST")
def test_the_real_mnist_and_its_splits() -> None:
    """55,000 + 5,000 + 10,000; each class has its share of the validation set, within one image."""
    dataset = load_dataset(data_dir=REAL)
    assert (dataset.name, dataset.source) == ("mnist", "mnist")
    assert sizes(dataset) == [55_000, 5_000, 10_000]
    validation, train = np.bincount(dataset.validation.labels), np.bincount(dataset.train.labels)
    assert np.abs(validation - (validation + train) / 12).max() < 1
