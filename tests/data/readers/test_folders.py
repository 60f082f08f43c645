"""Reading folders of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling.data.readers.folders import natural, read_folder
from inkling.errors import DataError
from inkling.image.normalize import normalize


def draw(path: Path, offset: int = 0, *, dark_on_light: bool = True) -> Path:
    """Draws a slanted stroke of a different place and length for each offset."""
    path.parent.mkdir(parents=True, exist_ok=True)
    paper, ink = (255, 0) if dark_on_light else (0, 255)
    picture = Image.new("L", (60 + offset, 90), paper)
    ImageDraw.Draw(picture).line((20, 20, 30 + offset, 70), fill=ink, width=5)
    picture.save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three classes with 1, 3 and 2 pictures, whose names sort differently as text."""
    draw(tmp_path / "sign2" / "a.png", 0)
    for number in (1, 2, 10):
        draw(tmp_path / "sign10" / f"{number}.png", number)
    draw(tmp_path / "apple" / "b.bmp", 20)
    draw(tmp_path / "apple" / "c.PNG", 25)
    return tmp_path


def test_sub_folders_are_classes_in_natural_order(folder: Path) -> None:
    """Names and counts other than ten digits work; 2 comes before 10 in classes and in files."""
    source = read_folder(folder)
    assert source.classes == ("apple", "sign2", "sign10")
    assert source.train.labels.tolist() == [0, 0, 1, 2, 2, 2]
    assert source.test is None
    expected = [
        normalize(np.asarray(Image.open(folder / "sign10" / f"{number}.png")))
        for number in (1, 2, 10)
    ]
    np.testing.assert_array_equal(source.train.images[3:], expected)


def test_either_polarity_gives_the_same_image(tmp_path: Path) -> None:
    """Dark on light and light on dark come out the same: paper 0, ink 255, 28 × 28."""
    draw(tmp_path / "a" / "1.png")
    draw(tmp_path / "b" / "1.png", dark_on_light=False)
    train = read_folder(tmp_path).train
    assert train.images.shape == (2, 28, 28)
    assert (train.images[0].min(), train.images[0].max()) == (0, 255)
    np.testing.assert_array_equal(train.images[0], train.images[1])


def test_other_files_are_passed_over(folder: Path) -> None:
    """Notes, thumbnails' indexes and hidden files and folders are no pictures."""
    (folder / "README.txt").write_text("letters")
    (folder / "apple" / "Thumbs.db").write_bytes(b"index")
    (folder / "apple" / "._b.png").write_bytes(b"shadow")
    (folder / ".cache").mkdir()
    assert len(read_folder(folder).train) == 6


def test_a_folder_may_come_divided(tmp_path: Path) -> None:
    """Sub-folders train, validation and test hold the classes; those of training count."""
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


def test_a_damaged_picture_is_named(folder: Path) -> None:
    """One line says which of all the pictures it is."""
    path = folder / "sign10" / "2.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError) as error:
        read_folder(folder)
    assert str(error.value).startswith(f"{path}: expected a whole picture, got a damaged one")
    assert "\n" not in str(error.value)


def test_a_picture_of_another_kind_is_named(folder: Path) -> None:
    """Text under the name of a picture is no picture."""
    path = folder / "apple" / "d.jpg"
    path.write_text("no picture")
    with pytest.raises(DataError) as error:
        read_folder(folder)
    assert str(error.value) == (
        f"{path}: expected a picture (PNG, JPEG, GIF, BMP, TIFF, WebP or PPM), "
        "got a file of another kind."
    )


def test_a_class_without_a_picture_is_named(folder: Path) -> None:
    """An empty sub-folder is a mistake and no class."""
    (folder / "berry").mkdir()
    with pytest.raises(DataError) as error:
        read_folder(folder)
    assert str(error.value) == f"{folder / 'berry'}: expected at least one picture, got none."


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    """There must be something to tell apart."""
    draw(tmp_path / "a" / "1.png")
    with pytest.raises(DataError) as error:
        read_folder(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: expected a sub-folder of pictures for each class, two or more, got 1."
    )


def test_the_test_set_has_no_classes_of_its_own(tmp_path: Path) -> None:
    """A class that occurs in the test set alone cannot have been learnt."""
    for name in ("train/a", "train/b", "test/b", "test/c"):
        draw(tmp_path / name / "1.png")
    with pytest.raises(DataError) as error:
        read_folder(tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'test'}: expected sub-folders named as those for training, a, b, got c."
    )


def test_natural_order() -> None:
    """Numbers within names count by value, and a name may begin with one."""
    names = ["b", "a10", "10", "a9b", "9", "a9", "1a"]
    assert sorted(names, key=natural) == ["1a", "9", "10", "a9", "a9b", "a10", "b"]
