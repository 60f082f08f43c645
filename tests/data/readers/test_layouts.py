"""What competitions and libraries leave on a disk, and what lies next to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling._types import AnyArray
from inkling.data.readers.layouts import read_path
from inkling.errors import DataError

WriteIdx = Callable[[Path, AnyArray], Path]
Layout = Callable[[Path, WriteIdx], None]
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
LABELS = np.arange(6) % 2


def pictures(folder: Path, *names: str) -> None:
    """Writes six pictures to each folder."""
    for name in names:
        (folder / name).mkdir(parents=True)
        for number, image in enumerate(IMAGES):
            Image.fromarray(image).save(folder / name / f"{number}.png")


def idx(folder: Path, write_idx: WriteIdx, prefix: str = "") -> None:
    """Writes the four files of a set."""
    folder.mkdir(parents=True)
    for part, images, labels in (("train", IMAGES, LABELS), ("t10k", IMAGES[:4], LABELS[:4])):
        write_idx(folder / f"{prefix}{part}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{prefix}{part}-labels-idx1-ubyte.gz", labels)


def table(path: Path, *, labels: bool = True, names: bool = True) -> None:
    """Writes a table of the images."""
    rows = np.column_stack([LABELS, IMAGES.reshape(6, -1)])[:, not labels :]
    header = ["label", *(f"pixel{number}" for number in range(784))][not labels :]
    lines = [",".join(map(str, row)) for row in ([header] if names else []) + rows.tolist()]
    path.write_text("\n".join(lines))


def torchvision(folder: Path, write_idx: WriteIdx) -> None:
    """The root that is given to ``torchvision.datasets.MNIST``."""
    idx(folder / "MNIST" / "raw", write_idx)


def torchvision_set(folder: Path, write_idx: WriteIdx) -> None:
    """The folder of one of its sets."""
    idx(folder / "raw", write_idx)


def emnist(folder: Path, write_idx: WriteIdx) -> None:
    """One of EMNIST's sets, next to what macOS writes."""
    idx(folder / "gzip", write_idx, "emnist-letters-")
    for file in list((folder / "gzip").iterdir()):
        file.with_name(f"._{file.name}").write_bytes(b"\0\5\26\7")


def keras(folder: Path, _: WriteIdx) -> None:
    """Keras' folder of data sets."""
    test = {"x_test": IMAGES[:4], "y_test": LABELS[:4]}
    np.savez(folder / "mnist.npz", x_train=IMAGES, y_train=LABELS, **test)  # type: ignore[arg-type]
    (folder / ".DS_Store").write_bytes(b"\0")


def mnist_png(folder: Path, _: WriteIdx) -> None:
    """The set of pictures that fastai downloads, as it is unpacked."""
    pictures(folder / "mnist_png", "training/0", "training/1", "testing/0", "testing/1")


@pytest.mark.parametrize("layout", [torchvision, torchvision_set, emnist, keras, mnist_png])
def test_layouts_with_a_test_set(tmp_path: Path, write_idx: WriteIdx, layout: Layout) -> None:
    """Two classes of digits, and a test set."""
    layout(tmp_path, write_idx)
    source = read_path(tmp_path)
    assert source is not None
    assert source.test is not None
    assert source.classes in (tuple("0123456789"), ("0", "1"))
    assert len(source.train) == (12 if layout is mnist_png else 6)
    assert source.notes == ()


def test_a_competition(tmp_path: Path) -> None:
    """Kaggle's Digit Recognizer: the test images have no labels, and a note says so."""
    table(tmp_path / "train.csv")
    table(tmp_path / "test.csv", labels=False)
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n2,0\n")
    source = read_path(tmp_path)
    assert source is not None
    assert (len(source.train), source.test) == (6, None)
    (note,) = source.notes
    assert note.startswith(f"{tmp_path / 'test.csv'} has no labels")


def test_fastai(tmp_path: Path) -> None:
    """Its small sample: train and valid, a table of names, models; and unlabeled test images."""
    pictures(tmp_path, "train/3", "train/7", "valid/3", "valid/7", "test")
    (tmp_path / "labels.csv").write_text("name,label\ntrain/3/7463.png,0\n")
    (tmp_path / "models").mkdir()
    source = read_path(tmp_path)
    assert source is not None
    assert source.validation is not None
    assert (len(source.train), len(source.validation), source.test) == (12, 12, None)
    assert source.classes == ("3", "7")
    assert len(source.notes) == 2


def test_a_set_in_two_formats(tmp_path: Path, write_idx: WriteIdx) -> None:
    """Fashion-MNIST comes as IDX and CSV in one folder; a table is often left next to its gzip file."""
    idx(tmp_path / "both", write_idx)
    table(tmp_path / "both" / "fashion-mnist_train.csv")
    source = read_path(tmp_path / "both")
    assert source is not None
    assert source.test is not None
    (note,) = source.notes
    assert note.startswith(f"{tmp_path / 'both' / 'fashion-mnist_train.csv'} is not used")
    (tmp_path / "packed").mkdir()
    table(tmp_path / "packed" / "train.csv")
    (tmp_path / "packed" / "train.csv.gz").write_bytes(b"left over")
    packed = read_path(tmp_path / "packed")
    assert packed is not None
    assert len(packed.train) == 6


def test_several_data_sets_are_listed(tmp_path: Path, write_idx: WriteIdx) -> None:
    """In torchvision's root, and as table and pictures next to each other."""
    idx(tmp_path / "torch" / "MNIST" / "raw", write_idx)
    idx(tmp_path / "torch" / "FashionMNIST" / "raw", write_idx)
    pictures(tmp_path / "both", "train/0", "train/1")
    table(tmp_path / "both" / "train.csv")
    for name, got in (("torch", "FashionMNIST/raw, .*/MNIST/raw"), ("both", "train.csv, .*/both")):
        with pytest.raises(
            DataError, match=f"^{tmp_path / name}: expected one data set, got .*/{got}; "
        ):
            read_path(tmp_path / name)


@pytest.mark.parametrize("name", ["trainingSet/trainingSet/0", "notes", "Test/0"])
def test_an_unknown_layout_lists_the_known_ones(tmp_path: Path, name: str) -> None:
    """Folders within folders, without images where they are expected, or without training images."""
    pictures(tmp_path, name)
    if name == "notes":
        for file in (tmp_path / name).iterdir():
            file.rename(file.with_suffix(".txt"))
    expected = "IDX files .*raw/.* subfolder per class, .*train/, test/ and val/.*train.*csv.*npz"
    with pytest.raises(DataError, match=f"^{tmp_path}: expected a folder of {expected}"):
        read_path(tmp_path)
