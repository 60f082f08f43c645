"""Reading images without labels, such as those of a competition: CSV, npz or IDX."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from inkling._checks import complain
from inkling._files import expand
from inkling._types import ByteArray
from inkling.data.readers.csv import is_csv, read_csv
from inkling.data.readers.idx import check_idx_images, is_idx, read_idx
from inkling.data.readers.npz import is_npz, load_arrays, to_images
from inkling.data.readers.pixels import Pixels, to_common_scale
from inkling.errors import DataError


@dataclass(frozen=True, eq=False)
class Images:
    """Images to be classified."""

    images: ByteArray
    """(N, H, W), uint8, from 0 (paper) to 255 (ink)."""
    names: tuple[str, ...]
    """One per image: what the file numbers them with, otherwise "1", "2", ..."""
    notes: tuple[str, ...]
    """What the user should know about how the file was read."""


def holds_images(path: Path) -> bool:
    """Returns whether a file is one that ``read_images`` reads, by its name or its first bytes."""
    if is_csv(path) or is_npz(path):
        return True
    try:
        return path.is_file() and is_idx(path)
    except (OSError, DataError):  # it cannot be read at all
        return False


def read_images(path: str | Path) -> Images:
    r"""Reads all images of a file, in its order, already normalized as a model's training images are.

    Args:
        path: a CSV file with an image per line, gzipped or not; an npz archive with an array named
            ``x_test``, or with one array of images; or an IDX file of images. A column of labels is
            ignored, and one that numbers the images, such as ``id``, names them.

    Raises:
        DataError: if the file is not one of these, it or one of its lines is wrong, or the scale of its
            pixels is uncertain.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "test.csv")
        ...     _ = file.write_text("id,pixel0,pixel1,pixel2,pixel3\n7,0,255,0,0\n8,0,0,80,0\n")
        ...     table = read_images(file)
        >>> table.images.shape, table.names
        ((2, 2, 2), ('7', '8'))
    """
    path = expand(path)
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if is_csv(path):
        table = read_csv(path)
        pixels, names = table.pixels, table.names
        if table.columns.label is not None:
            notes = (f"{path}: the labels, in column {table.columns.label + 1}, are ignored.",)
    elif is_npz(path):
        pixels = _read_npz(path)
    elif is_idx(path):
        images = read_idx(path)
        check_idx_images(path, images)
        pixels = Pixels(images, fractions=False)
    else:
        expected = "images as .csv, .csv.gz, .npz or IDX"
        raise DataError(complain(str(path), expected, "a file of something else"))
    scaled, scale = to_common_scale({str(path): pixels})
    images = scaled[str(path)]
    if not any(names):
        names = tuple(str(number) for number in range(1, len(images) + 1))
    return Images(images, names, (*notes, *scale))


def _read_npz(path: Path) -> Pixels:
    arrays = load_arrays(path, ["x_test"]) or load_arrays(path)
    found = [name for name, array in arrays.items() if math.prod(array.shape[1:]) > 1]
    if len(found) != 1:
        expected = "an array named x_test, or one array of images"
        raise DataError(complain(str(path), expected, ", ".join(found) or "none"))
    pixels = to_images(f"{path}, {found[0]}", arrays[found[0]])
    if not len(pixels.values):
        raise DataError(complain(f"{path}, {found[0]}", "at least one image", "none"))
    return pixels
