"""Loading a data set: from a name or a path to disjoint training, validation and test sets.

    name or path → a reader → Source → splits → Dataset

Training fits the model to ``train``, makes its decisions on ``validation``, and reads ``test`` once, at
the end. Splits that a source lacks are made here with a seed of their own, so that they do not depend
on the seed of the training run.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkling._checks import check_range, check_shape, complain
from inkling.data.readers.digits import read_digits
from inkling.data.readers.download import DownloadWatcher
from inkling.data.readers.layouts import read_path
from inkling.data.readers.mnist import read_mnist
from inkling.data.split import Source, Split, divide
from inkling.errors import DataError, SettingError, ShapeError

SPLIT_SEED = 1998
"""The seed of every split, so that runs with different training seeds use the same test images."""
TEST_SHARE = 5
"""One image in five becomes the test set if the source has none."""
VALIDATION_SHARE, VALIDATION_MAX = 10, 5000
"""One training image in ten is held out for validation, but at most 5,000."""
NAMES = ("mnist", "digits")
"""The data sets that have a name."""
KNOWN = "'mnist', 'digits' or the path of a file or folder of images"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels in three disjoint sets, and the names of the classes.

    Args:
        name: "mnist", "digits", or the name of the file or folder.
        classes: the names of the C classes; label c means ``classes[c]``.
        train: the images that the network is fitted to.
        validation: the images for decisions during training; may be empty.
        test: the images for the final measurement.
        sha256: identifies the images, labels and classes of the source, independent of the file format
            and of the size of the validation set.
        source: the name or absolute path, so that a resumed run finds the data again; empty for a data
            set made from arrays.
        notes: what the user should know about the images, such as that pixels were rescaled; one
            sentence each, which the commands print.

    Raises:
        ShapeError: if a label has no class, or the image size differs between splits.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    sha256: str
    source: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = ("N", *self.train.images.shape[1:])
        for part in ("train", "validation", "test"):
            split: Split = getattr(self, part)
            who = f"data set {self.name!r}, {part}"
            check_shape(who, "images", split.images, shape, "as in training")
            if len(split) and split.labels.max() >= len(self.classes):
                expected = f"labels below {len(self.classes)}, the number of classes"
                raise ShapeError(complain(who, expected, split.labels.max()))


def load_dataset(
    source: str | Path = "mnist",
    *,
    data_dir: str | Path | None = None,
    validation: int | None = None,
    watcher: DownloadWatcher | None = None,
) -> Dataset:
    """Loads a data set by its name or from a path.

    Args:
        source: "mnist"; "digits", scikit-learn's small set; or a path: a folder of IDX files, a folder
            of images with a subfolder per class, a CSV file (label first; a file with "train" in its
            name is paired with the file that has "test" instead), a Keras npz archive, or a file of IDX
            images. A ``Path`` is never treated as a name.
        data_dir: the folder of the MNIST files; by default the folder named by INKLING_DATA, otherwise
            the user's cache, to which MNIST is downloaded if necessary.
        validation: how many training images to hold out, stratified by class; by default 5,000 or a
            tenth, whichever is smaller. 0 holds out none.
        watcher: receives the progress of a download.

    Returns:
        The data set. A source without a test set is divided 80 to 20, stratified by class.

    Raises:
        DataError: if the source is unknown or its files are wrong.
        ShapeError: if training and test images differ in size.
        DataUnavailableError: if MNIST is neither on this machine nor available from a mirror.
        SettingError: if ``validation`` is out of range, or the source has a validation set.
        MissingExtraError: if "digits" needs scikit-learn, which is not installed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "noise.npz")
        ...     images = np.arange(50 * 9, dtype=np.uint8).reshape(50, 3, 3)
        ...     np.savez(path, x_train=images, y_train=np.arange(50) % 10)
        ...     dataset = load_dataset(path)
        >>> dataset.name, len(dataset.train), len(dataset.validation), len(dataset.test)
        ('noise.npz', 36, 4, 10)
    """
    name, whole = _read(source, data_dir, watcher)
    rng = np.random.default_rng(SPLIT_SEED)
    train, test = whole.train, whole.test
    if test is None:
        train, test = divide(train, len(train) // TEST_SHARE, rng=rng)
    if whole.validation is None:
        if validation is None:
            validation = min(VALIDATION_MAX, len(train) // VALIDATION_SHARE)
        most = len(train) - 1
        check_range("load_dataset", "validation", validation, low=0, high=most, whole=True)
        train, held_out = divide(train, validation, rng=rng)
    elif validation is None:
        held_out = whole.validation
    else:
        expected = f"validation=None, because {name} has its own validation set"
        raise SettingError(complain("load_dataset", expected, validation))
    origin = name if source in ("mnist", "digits") else str(Path(source).expanduser().resolve())
    sha256 = identify(whole)
    return Dataset(name, whole.classes, train, held_out, test, sha256, origin, whole.notes)


def identify(source: Source) -> str:
    """Returns the SHA-256 of images, labels and classes in hexadecimal."""
    digest = hashlib.sha256(repr(source.classes).encode())
    for name in ("train", "validation", "test"):
        part: Split | None = getattr(source, name)
        if part is not None:
            digest.update(f"{name} {part.images.shape}".encode())
            digest.update(np.ascontiguousarray(part.images).reshape(-1).data)
            digest.update(part.labels.astype("<i8").data)
    return digest.hexdigest()


def _read(
    source: str | Path, data_dir: str | Path | None, watcher: DownloadWatcher | None
) -> tuple[str, Source]:
    """Returns the name of the data set and its parts."""
    if not isinstance(source, str | os.PathLike):
        raise DataError(complain("load_dataset", KNOWN, type(source).__name__))
    if source == "mnist":
        return "mnist", read_mnist(data_dir, watcher=watcher)
    if source == "digits":
        return "digits", read_digits()
    path = Path(source).expanduser()
    found = read_path(path) if source != "" else None  # Path("") is the current folder
    if found is None:
        message = complain("load_dataset", KNOWN, f"{str(source)!r}, which does not exist")
        close = difflib.get_close_matches(str(source), NAMES, n=1)
        raise DataError(message[:-1] + f"; did you mean {close[0]!r}?" if close else message)
    return path.resolve().name, found
