"""MNIST: where its four files are found, and the check that they are MNIST.

    data_dir → the folder named by INKLING_DATA → the user's cache → a download into the cache

A folder that you name must be complete: a missing or wrong file in it is an error and does not start a
download. Each file is identified by the SHA-256 of its uncompressed bytes, because other data sets,
such as Fashion-MNIST, use the same file names.

Reference:
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86 (1998), section III.
"""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import numpy as np

from inkling._checks import complain
from inkling._files import expand
from inkling._types import ByteArray
from inkling.data.readers.download import DownloadWatcher, RemoteFile, TransferError, fetch
from inkling.data.readers.idx import UNSIGNED_BYTE, find_idx, read_idx
from inkling.data.split import Source, Split
from inkling.errors import DataError, DataUnavailableError

FILES = (
    RemoteFile(
        "train-images-idx3-ubyte",
        sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        size=47_040_016,
        packed_size=9_912_422,
    ),
    RemoteFile(
        "train-labels-idx1-ubyte",
        sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        size=60_008,
        packed_size=28_881,
    ),
    RemoteFile(
        "t10k-images-idx3-ubyte",
        sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        size=7_840_016,
        packed_size=1_648_877,
    ),
    RemoteFile(
        "t10k-labels-idx1-ubyte",
        sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        size=10_008,
        packed_size=4_542,
    ),
)
"""The training images and labels, then the test images and labels."""
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
UNAVAILABLE = """\
MNIST is not on this machine and could not be downloaded ({reason}).
If you have its four files, set INKLING_DATA to their folder.
Or use other data: the path of your own, or 'pen', digits drawn by a program."""


def read_mnist(
    data_dir: str | Path | None = None, *, watcher: DownloadWatcher | None = None
) -> Source:
    """Finds MNIST or downloads it, and reads it.

    Raises:
        DataError: if a file is not the published one, or a named folder lacks a file.
        DataUnavailableError: if MNIST is neither on this machine nor available from a mirror.
    """
    folder = _find_folder(data_dir, watcher)
    images, labels, test_images, test_labels = (_read_verified(folder, file) for file in FILES)
    train = Split(images, labels.astype(np.int64))
    return Source(tuple("0123456789"), train, Split(test_images, test_labels.astype(np.int64)))


def folder_in_place() -> Path | None:
    """Returns the folder from which MNIST is read without a download, or None."""
    folder = _place_in(expand(os.environ.get("INKLING_DATA") or default_cache()))
    return None if _absent(folder) else folder


def default_cache() -> Path:
    """Returns the folder for downloads in the user's cache; it may not exist yet."""
    import platformdirs

    return platformdirs.user_cache_path("inkling", appauthor=False) / "mnist"


def _find_folder(data_dir: str | Path | None, watcher: DownloadWatcher | None) -> Path:
    """Returns a folder with the four files, after a download if necessary."""
    named = data_dir if data_dir is not None else os.environ.get("INKLING_DATA")
    folder = _place_in(expand(named or default_cache()))
    absent = _absent(folder)
    if named and absent:
        who = f"{folder}" if data_dir is not None else f"{folder} (named by INKLING_DATA)"
        missing = ", ".join(file.name for file in absent)
        got = (
            f"no {missing}"
            if folder.is_dir()
            else "a file"
            if folder.exists()
            else "no such folder"
        )
        raise DataError(complain(who, "the four files of MNIST, with or without .gz", got))
    if absent:
        try:
            fetch("MNIST", absent, MIRRORS, folder, watcher)
        except TransferError as error:
            reasons = "; ".join(dict.fromkeys(error.reasons.values()))
            raise DataUnavailableError(UNAVAILABLE.format(reason=reasons)) from error
        except OSError as error:
            raise DataUnavailableError(UNAVAILABLE.format(reason=error)) from error
    return folder


def _place_in(folder: Path) -> Path:
    """Returns where in a folder the files are: in it, or where torchvision puts them."""
    places = (folder, folder / "raw", folder / "MNIST" / "raw")
    return next((place for place in places if not _absent(place)), folder)


def _absent(folder: Path) -> list[RemoteFile]:
    return [file for file in FILES if find_idx(folder, file.name) is None]


def _read_verified(folder: Path, file: RemoteFile) -> ByteArray:
    path = find_idx(folder, file.name)
    assert path is not None, "the folder is complete"
    array = read_idx(path, max_bytes=file.size)
    header = struct.pack(f">2xBB{array.ndim}I", UNSIGNED_BYTE, array.ndim, *array.shape)
    digest = hashlib.sha256(header)
    digest.update(array.data)
    sha256 = digest.hexdigest()
    if sha256 != file.sha256:
        expected = f"{file.name} of MNIST (SHA-256 {file.sha256[:8]}…)"
        advice = "replace it, or load its folder by its path as a data set of its own"
        raise DataError(complain(str(path), expected, f"another file ({sha256[:8]}…)", advice))
    return array
