"""Reading a folder of images that has one subfolder per class, named after it.

    letters/a/*.png   letters/b/*.jpg   ...                 or, already divided,
    letters/train/a/*.png   ...   letters/test/a/*.png   ...   letters/validation/a/*.png   ...

Every image, of any size and either polarity, is normalized to 28 × 28 like any other input of a model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.data.readers.assemble import note_empty
from inkling.data.readers.names import LIKE_A_PART, PARTS, part_of, visible
from inkling.data.readers.pixels import find_factor, multiply
from inkling.data.split import Source, Split
from inkling.errors import DataError, ImageError
from inkling.image.normalize import FIELD, normalize
from inkling.image.open import open_image

IMAGE_NAME = re.compile(r"[^.].*\.(png|jpe?g|gif|bmp|tiff?|webp|p[bgp]m|heic)", re.IGNORECASE)
"""The name of an image file. Other files in a folder, and hidden ones, are ignored."""


def read_folder(path: Path) -> Source:
    """Reads the images of a folder as (N, 28, 28), and its classes in natural order ("2" before "10").

    A folder that contains ``train`` may contain ``test`` and ``val`` or ``validation``. If one of these
    has no subfolders of classes, its images are not used, and a note says so.

    Raises:
        DataError: if there are fewer than two classes, a class has no image or is named like a part, an
            image cannot be read, or no image of a part has ink; the message names it.
    """
    folders, notes = _find_parts(path)
    classes = tuple(list_classes(folders["train"]))
    unusual = ", ".join(name for name in classes if LIKE_A_PART.fullmatch(name))
    if unusual:
        expected = "subfolders named after classes, or train/, test/ and val/ with such subfolders"
        raise DataError(complain(str(folders["train"]), expected, unusual))
    if len(classes) < 2:
        expected = "at least two subfolders of images, one per class"
        raise DataError(complain(str(folders["train"]), expected, len(classes)))
    files: dict[str, list[Path]] = {}
    for part, folder in folders.items():
        if part != "train" and _lacks_classes(folder, classes):
            notes.append(
                f"{folder} has no folders of classes, so it is not used as the {part} set."
            )
            continue
        files[part] = _list_files(folder, classes)
        notes += _note_unread(folder, files[part])
    splits, scale = _read(files, classes)
    notes += scale
    for part, paths in files.items():
        names = [f"{path.parent.name}/{path.name}" for path in paths]
        notes += note_empty(str(folders[part]), splits[part].images, names.__getitem__)
    return Source(
        classes, splits["train"], splits.get("test"), splits.get("validation"), tuple(notes)
    )


def list_classes(folder: Path) -> list[str]:
    """Returns the names of the subfolders that are not hidden, in natural order."""
    return [entry.name for entry in visible(folder) if entry.is_dir()]


def holds_classes(folder: Path) -> bool:
    """Returns whether a folder, or its folder of training images, has a subfolder with images."""
    names = list_classes(folder)
    training = [folder / name for name in names if part_of(name) == "train"]
    inner = [place / name for place in training for name in list_classes(place)]
    inner += [folder / name for name in names if part_of(name) is None]
    return any(list_images(place) for place in inner)


def list_images(folder: Path) -> list[Path]:
    """Returns the image files directly in a folder, in natural order."""
    return [entry for entry in visible(folder) if IMAGE_NAME.fullmatch(entry.name)]


def _find_parts(path: Path) -> tuple[dict[str, Path], list[str]]:
    """Returns the folder of each split, all training if there are none, and notes on other folders."""
    names = list_classes(path)
    parts: dict[str, Path] = {}
    for part in PARTS:
        found = [name for name in names if part_of(name) == part]
        if len(found) > 1:
            expected = f"one folder of {part} images"
            raise DataError(complain(str(path), expected, ", ".join(found)))
        if found:
            parts[part] = path / found[0]
    if not parts:
        return {"train": path}, []
    if "train" not in parts:
        expected = f"a folder named train next to {next(iter(parts.values())).name}"
        raise DataError(complain(str(path), expected, "none"))
    others = [path / name for name in names if path / name not in parts.values()]
    return parts, [f"{other} is not used, because train is next to it." for other in others]


def _lacks_classes(folder: Path, classes: Sequence[str]) -> bool:
    """Returns whether a folder has no subfolder, or only one that is no class, as Keras needs it."""
    found = list_classes(folder)
    return not found or (len(found) == 1 and found[0] not in classes)


def _list_files(folder: Path, classes: Sequence[str]) -> list[Path]:
    """Returns the image files of all classes, class by class."""
    found = list_classes(folder)
    unknown = ", ".join(name for name in found if name not in classes)
    if unknown:
        expected = f"the same subfolders as for training, {', '.join(classes)}"
        raise DataError(complain(str(folder), expected, unknown))
    files = []
    for name in found:
        images = list_images(folder / name)
        if not images:
            raise DataError(complain(str(folder / name), "at least one image", "none"))
        files += images
    return files


def _note_unread(folder: Path, files: Sequence[Path]) -> list[str]:
    """Returns notes on images that are in no class, and on folders inside the folder of a class."""
    loose = len(list_images(folder))
    inner = [file / name for file in {file.parent for file in files} for name in list_classes(file)]
    what = f"{loose:,} image{'s' if loose > 1 else ''} in {folder}" if loose else ""
    return ([f"{what}, but in no subfolder of a class: not used."] if loose else []) + [
        f"{name} is inside the folder of a class and is not used." for name in sorted(inner)
    ]


def _read(
    files: Mapping[str, Sequence[Path]], classes: Sequence[str]
) -> tuple[dict[str, Split], tuple[str, ...]]:
    """Reads and normalizes images, a second time if their gray levels are not on the scale to 255."""
    images, peaks = {}, {}
    for part, paths in files.items():
        images[part], peaks[str(paths[0].parent.parent)] = _normalize_all(paths)
    factor, notes = find_factor(peaks, sum(map(len, files.values())))
    if factor != 1:
        images = {part: _normalize_all(paths, factor)[0] for part, paths in files.items()}
    numbers = {name: number for number, name in enumerate(classes)}
    labels = {part: [numbers[path.parent.name] for path in paths] for part, paths in files.items()}
    splits = {part: Split(images[part], np.array(labels[part], dtype=np.int64)) for part in files}
    return splits, notes


def _normalize_all(paths: Sequence[Path], factor: float = 1.0) -> tuple[ByteArray, int]:
    """Returns images (N, 28, 28), their gray levels times a factor, and the highest gray level."""
    images, peak = np.empty((len(paths), FIELD, FIELD), dtype=np.uint8), 0
    for row, path in enumerate(paths):
        try:
            gray = open_image(path)
        except ImageError as error:
            raise DataError(str(error)) from error
        peak = max(peak, int(gray.max()))
        images[row] = normalize(gray if factor == 1 else multiply(gray, factor))
    return images, peak
