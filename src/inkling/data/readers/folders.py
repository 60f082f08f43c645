"""Reading a folder of pictures, with a sub-folder for each class named after it.

    letters/a/*.png   letters/b/*.jpg   ...                 or, ready divided,
    letters/train/a/*.png   ...   letters/test/a/*.png   ...   letters/validation/a/*.png   ...

Every picture, of any size and either polarity, passes through the one normalisation
(``image/normalize.py``) and comes out as 28 × 28. Next: ``dataset.py``.
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

ENDINGS = (
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".webp",
    ".ppm",
    ".pgm",
    ".pbm",
    ".heic",
)
"""What the name of a picture ends in. Other files in a folder are passed over, and hidden ones."""
PARTS = ("train", "validation", "test")


def read_folder(path: Path) -> Source:
    """Reads the pictures of a folder.

    Args:
        path: a folder with a sub-folder for each class; or with sub-folders ``train`` and, optionally,
            ``validation`` and ``test``, which have the sub-folders of the classes in them.

    Returns:
        The images (N, 28, 28), and the classes in natural order ("2" before "10").

    Raises:
        DataError: there are fewer than two classes, one without a picture, or a picture that cannot be
            read; the sentence names it.
    """
    names = [name for name in PARTS if (path / name).is_dir()] if (path / "train").is_dir() else []
    folders = {name: path / name for name in names} or {"train": path}
    classes = tuple(list_classes(folders["train"]))
    if len(classes) < 2:
        expected = "a sub-folder of pictures for each class, two or more"
        raise DataError(complain(str(folders["train"]), expected, len(classes)))
    splits = {name: _read_part(folder, classes) for name, folder in folders.items()}
    return Source(classes, splits["train"], splits.get("test"), splits.get("validation"))


def list_classes(folder: Path) -> list[str]:
    """Lists the sub-folders of a folder, in the order in which one would count them.

    Args:
        folder: where to look; hidden sub-folders are passed over.

    Returns:
        Their names.
    """
    names = [entry.name for entry in folder.iterdir() if entry.is_dir()]
    return sorted((name for name in names if not name.startswith(".")), key=natural)


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Turns a name into a key that sorts the numbers in it by their value.

    Args:
        name: any name.

    Returns:
        The key.

    Example:
        >>> sorted(["page10", "page9", "cover"], key=natural)
        ['cover', 'page9', 'page10']
    """
    pieces = re.split(r"([0-9]+)", name)
    return tuple((int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces)


def _read_part(folder: Path, classes: tuple[str, ...]) -> Split:
    found = list_classes(folder)
    unknown = ", ".join(name for name in found if name not in classes)
    if unknown:
        expected = f"sub-folders named as those for training, {', '.join(classes)}"
        raise DataError(complain(str(folder), expected, unknown))
    images, labels = [], []
    for name in found:
        files = [file for file in (folder / name).iterdir() if _is_picture(file)]
        if not files:
            raise DataError(complain(str(folder / name), "at least one picture", "none"))
        for file in sorted(files, key=lambda file: natural(file.name)):
            try:
                images.append(normalize(open_image(file)))
            except ImageError as error:
                raise DataError(str(error)) from error
            labels.append(classes.index(name))
    return Split(np.stack(images), np.array(labels, dtype=np.int64))


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in ENDINGS and not file.name.startswith(".")
