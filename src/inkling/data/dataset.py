"""The one door to all data: a name or a path goes in, three disjoint sets of images come out.

    name or path → a reader → Source → splits → Dataset

Training learns from ``train``, decides by ``validation``, and opens ``test`` once, at the end. Where a
source does not come divided it is divided here, always in the same way: the splits have a seed of their
own, which no training seed touches. From here the images go to ``batches.py``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inkling._checks import check_range, check_shape, complain
from inkling.data.readers.csv import read_csv_files
from inkling.data.readers.digits import read_digits
from inkling.data.readers.download import DownloadWatcher
from inkling.data.readers.folders import list_classes, read_folder
from inkling.data.readers.idx_files import IDX_NAME, list_idx, read_idx_files
from inkling.data.readers.mnist import read_mnist
from inkling.data.readers.npz import read_npz
from inkling.data.readers.unpack import open_unpacked
from inkling.data.split import Source, Split, divide
from inkling.errors import DataError, SettingError, ShapeError

__all__ = ["Dataset", "Split", "load_dataset"]

SPLIT_SEED = 1998
"""The seed of every split, so that two people who train differently are tested on the same images."""
TEST_SHARE = 5
"""One image in this many becomes the test set where a source has none."""
VALIDATION_SHARE = 10
"""One training image in this many is held out for validation ..."""
VALIDATION_MOST = 5000
"""... but no more than this."""
ACCEPTED = (
    "a folder of IDX files, of pictures with a sub-folder for each class, or with a *train*.csv; "
    "an IDX file; or a file that ends in .csv, .csv.gz or .npz"
)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels in three disjoint sets, with what they are called.

    Args:
        name: "mnist", "digits", or the name of the file or folder.
        classes: the names of the C classes; label c means ``classes[c]``.
        train: what the network learns from.
        validation: what decides about it on the way; may be empty.
        test: what it is measured on, once.
        sha256: identifies the images, labels and classes as the source has them, whatever the format of
            the file and the size of the validation set.
        source: what ``load_dataset`` was given, a name or an absolute path, so that a resumed run finds
            the data again; empty for a data set made by hand.

    Raises:
        ShapeError: a label has no class, or the images of two splits differ in size.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    sha256: str
    source: str = ""

    def __post_init__(self) -> None:
        height, width = self.train.images.shape[1:]
        for part, split in vars(self).items():
            if not isinstance(split, Split):
                continue
            who = f"data set {self.name!r}, {part}"
            check_shape(who, "images", split.images, ("N", height, width), "as in training")
            if len(split) and split.labels.max() >= len(self.classes):
                expected = f"labels below {len(self.classes)}, one class each"
                raise ShapeError(complain(who, expected, split.labels.max()))

    def without_first(self, count: int) -> Dataset:
        """Returns the data set without the first images of its training and of its test set.

        This is what is left when a file's first row is taken for a header that it does not have.

        Args:
            count: how many images each of the two loses; 0 gives the data set itself.

        Raises:
            SettingError: none would be left.
        """
        if count == 0:
            return self
        most = min(len(self.train), len(self.test)) - 1
        check_range("Dataset", "count", count, low=0, high=most, whole=True)
        train, test = (
            Split(split.images[count:], split.labels[count:]) for split in (self.train, self.test)
        )
        return replace(self, train=train, test=test)


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
            of pictures with a sub-folder for each class, a CSV file (the label first; a file with
            "train" in its name goes with the one that has "test" there), a Keras npz archive, a file
            of IDX images. A ``Path`` is never taken for a name.
        data_dir: the folder of the MNIST files; by default the one named by INKLING_DATA, else the
            user's cache, which is filled by a download if need be.
        validation: how many training images to hold out, stratified; 5,000 or a tenth, whichever is
            smaller, by default. 0 holds out none.
        watcher: is told about a download.

    Returns:
        The data set. A source without a test set is divided 80 to 20, stratified.

    Raises:
        DataError: what is there is not what it should be, or the source is unknown.
        DataUnavailableError: MNIST is neither here nor to be had from the mirrors.
        SettingError: ``validation`` does not fit.
        MissingExtraError: "digits" needs scikit-learn, which is not installed.

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
        train, held_out = divide(train, _validation_size(validation, len(train)), rng=rng)
    elif validation is None:
        held_out = whole.validation
    else:
        expected = f"no number for validation, since {name} has a validation set of its own"
        raise SettingError(complain("load_dataset", expected, validation))
    known = (
        str(source) if source in ("mnist", "digits") else str(Path(source).expanduser().resolve())
    )
    return Dataset(name, whole.classes, train, held_out, test, identify(whole), known)


def _validation_size(validation: int | None, available: int) -> int:
    if validation is None:
        return min(VALIDATION_MOST, available // VALIDATION_SHARE)
    check_range(
        "load_dataset", "validation", validation, low=0, high=available, open_high=True, whole=True
    )
    return validation


def identify(source: Source) -> str:
    """Computes the SHA-256 of images, labels and classes; 0.04 s for MNIST.

    Args:
        source: the parts as their files hold them.

    Returns:
        64 hexadecimal digits; the same for the same images, labels and classes in another format.
    """
    digest = hashlib.sha256(repr(source.classes).encode())
    for name, part in source.parts().items():
        digest.update(f"{name} {part.images.shape}".encode())
        digest.update(np.ascontiguousarray(part.images).reshape(-1).data)
        digest.update(part.labels.astype("<i8").data)
    return digest.hexdigest()


def _read(
    source: str | Path, data_dir: str | Path | None, watcher: DownloadWatcher | None
) -> tuple[str, Source]:
    """The name of the data set and its parts."""
    if source == "mnist":
        return "mnist", read_mnist(data_dir, watcher=watcher)
    if source == "digits":
        return "digits", read_digits()
    path = Path(source).expanduser()
    try:
        if path.is_dir() and source != "":
            return path.resolve().name, _read_folder(path)
        if path.is_file():
            return path.name, _read_file(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(complain(str(path), "data that can be read", reason)) from error
    expected = "'mnist', 'digits' or the path of a file or folder of images"
    raise DataError(complain("load_dataset", expected, f"{str(source)!r}, which does not exist"))


def _read_folder(path: Path) -> Source:
    if list_idx(path):
        return read_idx_files(path)
    tables = sorted(path.glob("*train*.csv")) or sorted(path.glob("*train*.csv.gz"))
    if len(tables) == 1:
        return read_csv_files(tables[0])
    if list_classes(path):
        return read_folder(path)
    raise DataError(complain(str(path), ACCEPTED, "a folder of something else"))


def _read_file(path: Path) -> Source:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".csv"):
        return read_csv_files(path)
    if name.endswith(".npz"):
        return read_npz(path)
    if IDX_NAME.search(path.name):
        return read_idx_files(path)
    with open_unpacked(path) as stream:
        if stream.read(3) == b"\0\0\x08":
            return read_idx_files(path)
    raise DataError(complain(str(path), ACCEPTED, "a file of something else"))
