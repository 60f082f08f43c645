"""Which IDX files belong together: images with their labels, a training set with its test set.

They are found by their names, as MNIST and its many relatives use them:

    train-images-idx3-ubyte   train-labels-idx1-ubyte   t10k-images-idx3-ubyte   t10k-labels-idx1-ubyte

Each may have something in front, end in ``.gz``, or be written ``train-images.idx3-ubyte``; the test
set may be called ``test-`` too. The files themselves are read by ``idx.py``; ``mnist.py`` asks for the
four of MNIST and no others. Next: ``dataset.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.data.readers.idx import read_idx
from inkling.data.readers.labels import name_numbered_classes
from inkling.data.split import Source, Split
from inkling.errors import DataError

IDX_NAME = re.compile(r"(images[-.]idx3|labels[-.]idx1)-ubyte(\.gz)?$")
TEST = re.compile("t10k|test")


def read_idx_files(path: Path) -> Source:
    """Reads images with their labels, and the test images where they lie beside.

    Args:
        path: the file of training images, or a folder that holds one such file.

    Returns:
        The training set, the test set where there is one, and the classes.

    Raises:
        DataError: a file is missing, wrong, or does not go with its partner.
    """
    training = _training_images(path) if path.is_dir() else path
    images = {"train": training}
    for word in ("t10k", "test"):
        test = find_idx(training.parent, training.name.replace("train", word))
        if test is not None and "train" in training.name:
            images["test"] = test
    labels = {part: _labels_beside(file) for part, file in images.items()}
    splits = {
        part: pair(file, read_idx(file), labels[part], read_idx(labels[part]))
        for part, file in images.items()
    }
    classes = name_numbered_classes(
        {part: split.labels for part, split in splits.items()},
        lambda part, row: f"{labels[part]}, label {row + 1}",
    )
    return Source(classes, splits["train"], splits.get("test"))


def pair(images_path: Path, images: ByteArray, labels_path: Path, labels: ByteArray) -> Split:
    """Joins the arrays of two IDX files, once they are seen to belong together.

    Args:
        images_path: the file that the images are from, for the sentence.
        images: (N, H, W), uint8.
        labels_path: the file that the labels are from.
        labels: (N,), uint8.

    Returns:
        Both as one split.

    Raises:
        DataError: they are not images and labels, there are none, or not one label for each image.
    """
    if images.ndim != 3 or 0 in images.shape:
        raise DataError(complain(str(images_path), "images (N, H, W), at least one", images.shape))
    if labels.shape != images.shape[:1]:
        expected = f"labels ({len(images)},), one for each image in {images_path.name}"
        raise DataError(complain(str(labels_path), expected, labels.shape))
    return Split(images, labels.astype(np.int64))


def find_idx(folder: Path, name: str) -> Path | None:
    """Finds an IDX file under any spelling of its name.

    Args:
        folder: where to look.
        name: such as ``train-images-idx3-ubyte``.

    Returns:
        The file, or None. Where it is there unpacked as well as packed, the unpacked one: it is read
        more than ten times faster.
    """
    plain = _plain(name)
    for spelling in (plain, plain.replace("-idx", ".idx")):
        for file in (folder / spelling, folder / f"{spelling}.gz"):
            if file.is_file():
                return file
    return None


def list_idx(folder: Path) -> list[str]:
    """Lists, in the plain spelling, the IDX files of images or labels that a folder holds."""
    return sorted({_plain(file.name) for file in folder.iterdir() if IDX_NAME.search(file.name)})


def _plain(name: str) -> str:
    return name.removesuffix(".gz").replace(".idx", "-idx")


def _labels_beside(images: Path) -> Path:
    name = _plain(images.name).replace("images", "labels").replace("idx3", "idx1")
    found = find_idx(images.parent, name)
    if "images" not in images.name:
        advice = "the file of labels is found by putting 'labels' in its place"
        raise DataError(complain(str(images), "a file with 'images' in its name", "none", advice))
    if found is None:
        raise DataError(complain(str(images), f"its labels beside it as {name}", "no such file"))
    return found


def _training_images(folder: Path) -> Path:
    """The one file of training images in a folder, where none that goes with it is missing."""
    present = list_idx(folder)
    images = {name.replace("labels", "images").replace("idx1", "idx3") for name in present}
    images |= {TEST.sub("train", name) for name in images}
    labels = {name.replace("images", "labels").replace("idx3", "idx1") for name in images}
    missing = sorted((images | labels) - set(present))
    if missing:
        raise DataError(complain(str(folder), "all files of the set", f"no {', '.join(missing)}"))
    training = sorted(name for name in images if not TEST.search(name))
    found = find_idx(folder, training[0])
    if len(training) > 1 or found is None:
        advice = "name the file instead of the folder"
        got = ", ".join(training)
        raise DataError(complain(str(folder), "one file of training images", got, advice))
    return found
