"""Reading a folder of images that has one subfolder per class, named after it.

    letters/a/*.png   letters/b/*.jpg   ...                 or, already divided,
    letters/train/a/*.png   ...   letters/test/a/*.png   ...   letters/validation/a/*.png   ...

Every image, of any size and either polarity, is normalized to 28 × 28 like any other input of a model.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from inkling._checks import complain
from inkling.data.split import Source, Split
from inkling.errors import DataError, ImageError
from inkling.image.normalize import normalize
from inkling.image.open import open_image

IMAGE_NAME = re.compile(r"[^.].*\.(png|jpe?g|gif|bmp|tiff?|webp|p[bgp]m|heic)", re.IGNORECASE)
"""The name of an image file. Other files in a folder, and hidden ones, are ignored."""
PARTS = ("train", "validation", "test")


def read_folder(path: Path) -> Source:
    """Reads the images of a folder as (N, 28, 28), and its classes in natural order ("2" before "10").

    Raises:
        DataError: if there are fewer than two classes, a class has no image, or an image cannot be
            read; the message names it.
    """
    names = [name for name in PARTS if (path / name).is_dir()] if (path / "train").is_dir() else []
    folders = {name: path / name for name in names} or {"train": path}
    classes = tuple(list_classes(folders["train"]))
    if len(classes) < 2:
        expected = "at least two subfolders of images, one per class"
        raise DataError(complain(str(folders["train"]), expected, len(classes)))
    splits = {name: _read_part(folder, classes) for name, folder in folders.items()}
    return Source(classes, splits["train"], splits.get("test"), splits.get("validation"))


def list_classes(folder: Path) -> list[str]:
    """Returns the names of the subfolders that are not hidden, in natural order."""
    names = [entry.name for entry in folder.iterdir() if entry.is_dir()]
    return sorted((name for name in names if not name.startswith(".")), key=natural)


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Returns a key that sorts the numbers in names by their value: page9 before page10."""
    pieces = re.split(r"([0-9]+)", name)
    return tuple((int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces)


def _read_part(folder: Path, classes: tuple[str, ...]) -> Split:
    found = list_classes(folder)
    unknown = ", ".join(name for name in found if name not in classes)
    if unknown:
        expected = f"the same subfolders as for training, {', '.join(classes)}"
        raise DataError(complain(str(folder), expected, unknown))
    images, labels = [], []
    for name in found:
        files = [file for file in (folder / name).iterdir() if IMAGE_NAME.fullmatch(file.name)]
        if not files:
            raise DataError(complain(str(folder / name), "at least one image", "none"))
        for file in sorted(files, key=lambda file: natural(file.name)):
            try:
                images.append(normalize(open_image(file)))
            except ImageError as error:
                raise DataError(str(error)) from error
            labels.append(classes.index(name))
    return Split(np.stack(images), np.array(labels, dtype=np.int64))
