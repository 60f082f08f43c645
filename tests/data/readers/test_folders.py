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
    draw(folder / "__MACOSX" / "apple" / "b.png")
    source = read_folder(folder)
    assert (len(source.train), source.notes) == (6, ())


@pytest.mark.parametrize(
    "words",
    [
        ("train", "validation", "test"),
        ("training", "val", "testing"),
        ("Train", "Valid", "TEST"),
    ],
)
def test_a_folder_may_be_divided(tmp_path: Path, words: tuple[str, str, str]) -> None:
    """Subfolders of any common name contain the classes; training defines them."""
    for part, names in zip(words, ("abc", "b", "ca"), strict=True):
        for name in names:
            draw(tmp_path / part / name / "1.png")
    source = read_folder(tmp_path)
    assert source.test is not None
    assert source.validation is not None
    assert source.classes == ("a", "b", "c")
    assert source.train.labels.tolist() == [0, 1, 2]
    assert source.validation.labels.tolist() == [1]
    assert source.test.labels.tolist() == [0, 2]


@pytest.mark.parametrize(
    "names", [("train_images", "test_images"), ("testSet",), ("Data-Train", "Data-Val")]
)
def test_folders_named_like_parts_are_no_classes(tmp_path: Path, names: tuple[str, ...]) -> None:
    """The words before or after "train" are not read; two such folders must not become classes."""
    for name in names:
        draw(tmp_path / name / "1.png")
    with pytest.raises(DataError, match=f"named after classes, or train/.* got .*{names[0]}"):
        read_folder(tmp_path)


@pytest.mark.parametrize("inner", ["", "images"])
@pytest.mark.parametrize("part", ["test", "val"])
def test_a_part_without_labels_is_not_used(tmp_path: Path, part: str, inner: str) -> None:
    """Images to be labeled, as competitions have them, are noted."""
    for name in ("train/a/1.png", "train/b/1.png", f"{part}/{inner}/x.png"):
        draw(tmp_path / name)
    source = read_folder(tmp_path)
    assert (source.test, source.validation) == (None, None)
    (note,) = source.notes
    assert note.startswith(f"{tmp_path / part} has no folders of classes, so it is not used")


def test_images_that_are_not_read_are_noted(tmp_path: Path) -> None:
    """Next to the folders of classes, inside them, and folders next to the training images."""
    for name in ("a/1.png", "b/1.png", "loose.png", "b/deep/1.png"):
        draw(tmp_path / "train" / name)
    draw(tmp_path / "more" / "1.png")
    notes = read_folder(tmp_path).notes
    train = tmp_path / "train"
    assert [note.split(" is ")[0].split(",")[0] for note in notes] == [
        f"{tmp_path / 'more'}",
        f"1 image in {train}",
        f"{train / 'b' / 'deep'}",
    ]


def test_empty_images_are_noted(folder: Path) -> None:
    """The first three are named."""
    for number in range(4):
        Image.new("L", (9, 9), 255).save(folder / "sign2" / f"blank{number}.png")
    (note,) = read_folder(folder).notes
    names = ", ".join(f"sign2/blank{number}.png" for number in range(3))
    assert note == f"{folder}: 4 of 10 images are empty ({names}, …)."


def test_empty_test_images_are_noted(tmp_path: Path) -> None:
    """They count as wrong answers; if all are empty, the accuracy means nothing."""
    for name in ("train/a/1.png", "train/b/1.png", "test/a/1.png"):
        draw(tmp_path / name)
    Image.new("L", (9, 9), 255).save(tmp_path / "test/a/2.png")
    test = tmp_path / "test"
    assert read_folder(tmp_path).notes == (f"{test}: 1 of 2 images is empty (a/2.png).",)
    (test / "a/1.png").unlink()
    with pytest.raises(DataError, match=f"^{test}: expected images with ink"):
        read_folder(tmp_path)


def test_without_any_ink_there_is_nothing_to_learn(tmp_path: Path) -> None:
    """All images of all classes are empty, though not black."""
    for name, gray in (("a", 255), ("b", 90)):
        (tmp_path / name).mkdir()
        Image.new("L", (9, 9), gray).save(tmp_path / name / "1.png")
    with pytest.raises(DataError, match=f"^{tmp_path}: expected images with ink, got 2 empty ones"):
        read_folder(tmp_path)


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
        (["a", "b", "test"], "", "^{}: expected a folder named train next to test"),
        (["train/a", "train/b", "val/a", "valid/a"], "", "^{}: .* validation .* got val, valid"),
    ],
    ids=["one class", "no image", "a class of the test set alone", "no training", "two parts"],
)
def test_wrong_classes_are_named(tmp_path: Path, names: list[str], empty: str, reason: str) -> None:
    """The message names the folder."""
    for name in names:
        draw(tmp_path / name / "1.png")
    (tmp_path / empty).mkdir(exist_ok=True)
    with pytest.raises(DataError, match=reason.format(tmp_path)):
        read_folder(tmp_path)
