"""The scale of pixels, which must not be guessed."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling._types import AnyArray, ByteArray
from inkling.data.dataset import load_dataset
from inkling.data.readers.pixels import BLOCK, Pixels, to_common_scale, to_pixels
from inkling.errors import DataError

WriteIdx = Callable[[Path, AnyArray], Path]
Save = Callable[[Path, AnyArray, AnyArray, WriteIdx], Path]
LABELS = np.arange(20) % 2


@pytest.fixture
def gray() -> ByteArray:
    """Twenty images of 4 × 4 with every level of 0 to 255 among them, in random order."""
    levels = np.resize(np.arange(256), 320).astype(np.uint8)
    return np.random.default_rng(0).permutation(levels).reshape(20, 4, 4)


def save_npz(folder: Path, train: AnyArray, test: AnyArray, _: WriteIdx) -> Path:
    """Writes an archive of training and test images."""
    labels = {"y_train": LABELS, "y_test": LABELS[: len(test)]}
    np.savez(folder / "set.npz", allow_pickle=False, x_train=train, x_test=test, **labels)
    return folder / "set.npz"


def save_csv(folder: Path, train: AnyArray, test: AnyArray, _: WriteIdx) -> Path:
    """Writes two tables, the second one gzipped."""
    for part, images in (("train", train), ("test", test)):
        rows = [
            ",".join([str(label), *map(str, image.ravel().tolist())])
            for label, image in zip(LABELS, images, strict=False)
        ]
        (folder / f"{part}.csv").write_text("\n".join(rows))
    test_csv = folder / "test.csv"
    (folder / "test.csv.gz").write_bytes(gzip.compress(test_csv.read_bytes()))
    test_csv.unlink()
    return folder / "train.csv"


def save_idx(folder: Path, train: AnyArray, test: AnyArray, write_idx: WriteIdx) -> Path:
    """Writes the four files of IDX."""
    for part, images in (("train", train), ("t10k", test)):
        write_idx(folder / f"{part}-images-idx3-ubyte", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", LABELS[: len(images)])
    return folder


@pytest.mark.parametrize("factor", [1, 255])
def test_dark_ink_is_noted(factor: int) -> None:
    """A model reads ink that is bright, in images of any scale; other images are wrong answers."""
    strokes = np.zeros((3, 9, 9), np.uint8)
    strokes[:, 2:7, 4] = factor
    full = np.full((3, 9, 9), factor, np.uint8)
    pixels = {"ours": strokes, "theirs": full - strokes, "blots": full}
    images, notes = to_common_scale({name: Pixels(array, False) for name, array in pixels.items()})
    assert images["theirs"].max() == 255
    assert [note for note in notes if "bright" in note] == [
        "theirs: the edges of the images are bright, as ink should be; "
        "if the ink is darker, replace each pixel by 255 minus the pixel."
    ]


@pytest.mark.parametrize("save", [save_npz, save_csv, save_idx])
@pytest.mark.parametrize(
    ("levels", "multiplied"),
    [(1, "0 or 1; they were multiplied by 255"), (16, "0 to 16; .* by 255 / 16"), (255, None)],
)
def test_whole_numbers_on_any_known_scale(
    tmp_path: Path,
    write_idx: WriteIdx,
    gray: ByteArray,
    save: Save,
    levels: int,
    multiplied: str | None,
) -> None:
    """0 to the darkest becomes 0 to 255, in a test set too that has no ink as dark; a note says so."""
    coarse = np.rint(gray * (levels / 255)).astype(np.uint8)
    darkest = coarse.reshape(20, -1).max(axis=1).argsort(kind="stable")
    coarse = coarse[darkest[::-1]]
    dataset = load_dataset(save(tmp_path, coarse, coarse[-2:], write_idx), validation=0)
    expected = np.rint(coarse * (255 / levels))
    np.testing.assert_array_equal(dataset.train.images, expected)
    np.testing.assert_array_equal(dataset.test.images, expected[-2:])
    if multiplied is None:
        assert dataset.notes == ()
    else:
        (note,) = dataset.notes
        assert re.search(f"^{tmp_path}.* {multiplied}", note)


@pytest.mark.parametrize("save", [save_npz, save_csv])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fractions_of_1_give_the_bytes_they_were_made_of(
    tmp_path: Path, write_idx: WriteIdx, gray: ByteArray, save: Save, dtype: type
) -> None:
    """x / 255 is the most common preparation; a part of zeros and ones alone is on the same scale."""
    fractions: AnyArray = (gray / 255).astype(dtype)
    extremes: AnyArray = (gray[:3] > 127).astype(dtype)
    dataset = load_dataset(save(tmp_path, fractions, extremes, write_idx), validation=0)
    np.testing.assert_array_equal(dataset.train.images, gray)
    np.testing.assert_array_equal(dataset.test.images, 255 * extremes)
    (note,) = dataset.notes
    assert "fractions of 1" in note


def test_masks_are_black_and_white(gray: ByteArray) -> None:
    """A binarized data set may be stored as bool."""
    images, notes = to_common_scale({"x": to_pixels("x", gray > 127)})
    np.testing.assert_array_equal(images["x"], np.where(gray > 127, 255, 0))
    assert len(notes) == 1


def test_gray_levels_of_pictures(tmp_path: Path, gray: ByteArray) -> None:
    """Pictures saved as 0 and 1, which are black to the eye, are read like those of 0 and 255."""
    for folder, factor in (("one", 1), ("full", 255)):
        for number, image in enumerate((gray > 127).astype(np.uint8)):
            path = tmp_path / folder / "ab"[number % 2] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image * np.uint8(factor)).save(path)
    one, full = (load_dataset(tmp_path / folder, validation=0) for folder in ("one", "full"))
    assert full.train.images.any()
    assert one.sha256 == full.sha256
    assert any("0 or 1" in note for note in one.notes)


@pytest.mark.parametrize("peak", [2, 7, 15])
@pytest.mark.parametrize("save", [save_npz, save_csv, save_idx])
def test_an_uncertain_scale_is_an_error(
    tmp_path: Path, write_idx: WriteIdx, save: Save, peak: int
) -> None:
    """Four bits of gray, or very faint images: only the user knows."""
    images = np.resize(np.arange(peak + 1), (20, 4, 4))
    path = save(tmp_path, images, images[:5], write_idx)
    with pytest.raises(DataError, match=f"got none above {peak}; .* by 255 / {peak} and round"):
        load_dataset(path)


@pytest.mark.parametrize(
    ("train", "test", "reason"),
    [
        (255, 1, "test: .* pixels up to 255, got pixels up to 1"),
        (1, 255, "train: .* pixels up to 255, got pixels up to 1"),
        (0.5, 255, "test: .* fractions of 1, got pixels up to 255"),
        (200, 16, "test: .* pixels up to 200, got pixels up to 16"),
    ],
)
def test_parts_with_different_scales_are_an_error(train: float, test: float, reason: str) -> None:
    """A program that divided only the training images by 255."""
    parts = {
        name: to_pixels(name, np.full((5, 2, 2), value))
        for name, value in (("train", train), ("test", test))
    }
    with pytest.raises(DataError, match=reason):
        to_common_scale(parts)


def test_faint_images_are_read_as_they_are_with_a_note() -> None:
    """A maximum from 17 to 127 may be real; a set without any ink has no scale."""
    faint = np.full((5, 2, 2), 63, np.uint8)
    images, notes = to_common_scale({"set": Pixels(faint, fractions=False)})
    np.testing.assert_array_equal(images["set"], 63)
    assert "at most 63 of 255" in notes[0]
    assert to_common_scale({"set": Pixels(faint * np.uint8(0), fractions=False)})[1] == ()


def test_one_image_does_not_show_a_scale_of_16() -> None:
    """Its darkest pixel may just be faint."""
    with pytest.raises(DataError, match="got none above 16"):
        to_common_scale({"one": Pixels(np.full((1, 2, 2), 16, np.uint8), fractions=False)})


@pytest.mark.parametrize("value", [-0.5, 1.5, 255.5, np.nan, np.inf])
def test_other_numbers_are_an_error(value: float) -> None:
    """Standardized inputs, fractions of 255, and what is no number, also in the last of many images."""
    array = np.full((2 * BLOCK // 4 + 1, 2, 2), 0.25)
    array[-1, 1, 1] = value
    with pytest.raises(DataError, match=r"whole numbers from 0 to 255, or fractions from 0 to 1"):
        to_pixels("x", array)
