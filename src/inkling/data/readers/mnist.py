"""MNIST: which four files it is, where they are looked for, and that they are the right ones.

    the folder you name → INKLING_DATA → the cache → a download into the cache (download.py)

A folder that you name is taken at your word: what is missing or wrong in it is an error and no reason to
look elsewhere. Right means that the SHA-256 of the unpacked bytes is that of the published file; other
sets (Fashion-MNIST, for one) come under the same names. Next: ``dataset.py``.

Reference:
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86 (1998), section III.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.data.readers.download import DownloadWatcher, RemoteFile, fetch
from inkling.data.readers.idx import read_idx
from inkling.data.readers.idx_files import find_idx, pair
from inkling.data.readers.labels import name_numbered_classes
from inkling.data.split import Source
from inkling.errors import DataError

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
WAYS_OUT = (
    "download the four files from a mirror by hand and name their folder with --data DIR or "
    "INKLING_DATA, train on data of your own with --data PATH, or on the digits that come with "
    "scikit-learn with --data digits"
)


def read_mnist(
    data_dir: str | Path | None = None,
    *,
    cache: Path | None = None,
    files: Sequence[RemoteFile] = FILES,
    mirrors: Sequence[str] = MIRRORS,
    watcher: DownloadWatcher | None = None,
) -> Source:
    """Finds MNIST, or downloads it, and reads it.

    Args:
        data_dir: the folder with the four files; by default what INKLING_DATA names, else the cache.
        cache: the folder to download to; by default this user's cache.
        files: the four files as they should be.
        mirrors: where they can be had.
        watcher: is told about a download.

    Returns:
        The training and the test set.

    Raises:
        DataError: a file that is there is not the right one, or a named folder lacks one.
        DataUnavailableError: MNIST is neither here nor to be had from the mirrors.
    """
    paths = _locate(data_dir, cache or default_cache(), files, mirrors, watcher)
    arrays = [_read_right(path, file) for path, file in zip(paths, files, strict=True)]
    train = pair(paths[0], arrays[0], paths[1], arrays[1])
    test = pair(paths[2], arrays[2], paths[3], arrays[3])
    labels = {"train": train.labels, "test": test.labels}
    classes = name_numbered_classes(labels, lambda part, row: f"{part} label {row + 1} of MNIST")
    return Source(classes, train, test)


def folder_in_place() -> Path | None:
    """Returns the folder from which MNIST is read without a download; None where there is none."""
    folder = Path(os.environ.get("INKLING_DATA") or default_cache()).expanduser()
    return None if _absent(folder, FILES) else folder


def default_cache() -> Path:
    """Says where downloads are kept: the folder that the system has for this user's caches.

    Returns:
        The folder, which may not exist yet.
    """
    import platformdirs

    return platformdirs.user_cache_path("inkling", appauthor=False) / "mnist"


def _locate(
    data_dir: str | Path | None,
    cache: Path,
    files: Sequence[RemoteFile],
    mirrors: Sequence[str],
    watcher: DownloadWatcher | None,
) -> list[Path]:
    """The paths of the four files, in order, downloaded if need be."""
    environment = os.environ.get("INKLING_DATA")
    named = data_dir if data_dir is not None else environment
    if named:
        folder = Path(named).expanduser()
        found = [find_idx(folder, file.name) for file in files]
        missing = [file.name for file, path in zip(files, found, strict=True) if path is None]
        if missing:
            who = f"{folder}" if data_dir is not None else f"{folder} (named by INKLING_DATA)"
            got = "no such folder" if not folder.is_dir() else f"no {', '.join(missing)}"
            raise DataError(complain(who, "the four files of MNIST, with or without .gz", got))
    else:
        absent = _absent(cache, files)
        if absent:
            fetch(absent, mirrors, cache, title="MNIST", advice=WAYS_OUT, watcher=watcher)
        found = [find_idx(cache, file.name) for file in files]
    return [path for path in found if path is not None]


def _absent(folder: Path, files: Sequence[RemoteFile]) -> list[RemoteFile]:
    return [file for file in files if find_idx(folder, file.name) is None]


def _read_right(path: Path, file: RemoteFile) -> ByteArray:
    array = read_idx(path, max_bytes=file.size)
    sha256 = idx_sha256(array)
    if sha256 != file.sha256:
        expected = f"{file.name} of MNIST (SHA-256 {file.sha256[:8]}…)"
        advice = (
            "remove it and get it again, or, to train on it as it is, name the file as --data PATH"
        )
        raise DataError(complain(str(path), expected, f"another file ({sha256[:8]}…)", advice))
    return array


def idx_sha256(array: ByteArray) -> str:
    """Computes the SHA-256 of the IDX file that holds an array.

    Args:
        array: uint8, of any shape.

    Returns:
        64 hexadecimal digits.
    """
    header = struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape)
    digest = hashlib.sha256(header)
    digest.update(np.ascontiguousarray(array).reshape(-1).data)
    return digest.hexdigest()
