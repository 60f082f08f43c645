"""Reading folders of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling.data.readers.folders import read_folder
from inkling.errors import DataError
from inkling.image.normalize import normalize


def draw(path: Path, offset: int = 0) -> None:
    """Draws a slanted stroke; place and length depend on the offset."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", (60 + offset, 90), 255)
    ImageDraw.Draw(image).line((20, 20, 30 + offset, 70), width=5)
    image.save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three classes with 1, 3 and 2 images, whose names sort differently as text."""
    draw(tmp_path / "sign2" / "a.png", 0)
    for number in (1, 2, 10):
        draw(tmp_path / "sign10" / f"{number}.png", number)
    draw(tmp_path / "apple" / "b.bmp", 20)
    draw(tmp_path / "apple" / "c.PNG", 25)
    return tmp_path


def test_subfolders_are_classes_in_natural_order(folder: Path) -> None:
    """2 comes before 10 in classes and in files; each image is normalized."""
    source = read_folder(folder)
    assert source.classes == ("apple", "sign2", "sign10")
    assert source.train.labels.tolist() == [0, 0, 1, 2, 2, 2]
    assert source.test is None
    files = [folder / "sign10" / f"{number}.png" for number in (1, 2, 10)]
    expected = [normalize(np.asarray(Image.open(file))) for file in files]
    np.testing.assert_array_equal(source.train.images[3:], expected)


def test_other_files_are_ignored(folder: Path) -> None:
    """Notes and hidden files and folders are no images."""
    (folder / "README.txt").write_text("letters")
    (folder / "apple" / "Thumbs.db").write_bytes(b"index")
    (folder / "apple" / "._b.png").write_bytes(b"shadow")
    (folder / ".cache").mkdir()
    assert len(read_folder(folder).train) == 6


def test_a_folder_may_be_divided(tmp_path: Path) -> None:
    """Subfolders train, validation and test contain the classes; training defines them."""
    for part, names in {"train": "abc", "validation": "b", "test": "ca"}.items():
        for name in names:
            draw(tmp_path / part / name / "1.png")
    source = read_folder(tmp_path)
    assert source.test is not None
    assert source.validation is not None
    assert source.classes == ("a", "b", "c")
    assert source.train.labels.tolist() == [0, 1, 2]
    assert source.validation.labels.tolist() == [1]
    assert source.test.labels.tolist() == [0, 2]


def test_a_file_that_is_no_image_is_named(folder: Path) -> None:
    """The error of ``open_image`` becomes an error of the data set, in one line."""
    path = folder / "sign10" / "2.png"
    path.write_text("no image")
    with pytest.raises(DataError, match=f"^{path}: .*$"):
        read_folder(folder)


@pytest.mark.parametrize(
    ("names", "empty", "reason"),
    [
        (["a"], "", "^{}: .* at least two subfolders"),
        (["a", "b"], "c", "^{}/c: expected at least one image"),
        (["train/a", "train/b", "test/b", "test/c"], "", "^{}/test: .* a, b, got c"),
    ],
    ids=["one class", "a class without an image", "a class of the test set alone"],
)
def test_wrong_classes_are_named(tmp_path: Path, names: list[str], empty: str, reason: str) -> None:
    """The message names the folder."""
    for name in names:
        draw(tmp_path / name / "1.png")
    (tmp_path / empty).mkdir(exist_ok=True)
    with pytest.raises(DataError, match=reason.format(tmp_path)):
        read_folder(tmp_path)
