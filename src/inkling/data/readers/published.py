"""Published data sets such as MNIST: where the four files are found, and the check that they are its.

    data_dir → the folder named by INKLING_DATA → the user's cache → a download into the cache

A folder that you name must be complete: a missing or wrong file in it is an error and does not start a
download. Each file is identified by its SHA-256, because all sets of ``named.py`` use the same file
names. INKLING_DATA names the folder of MNIST; the others are found in a subfolder of it, named as by
torchvision (``FashionMNIST``), and otherwise in the cache, which has a folder for each.
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
from inkling.data.readers.download import DownloadWatcher, TransferError, fetch
from inkling.data.readers.idx import UNSIGNED_BYTE, find_idx, read_idx
from inkling.data.readers.named import PUBLISHED, PublishedSet, RemoteFile
from inkling.data.split import Source, Split
from inkling.errors import DataError, DataUnavailableError

IN_INKLING_DATA = "mnist"
"""The data set whose files are in the folder named by INKLING_DATA itself."""
UNAVAILABLE = """\
{title} is not on this machine and could not be downloaded ({reason}).
If you have its four files, {advice}.
Or use other data: the path of your own, or 'pen', digits drawn by a program."""


def read_published(
    name: str, data_dir: str | Path | None = None, *, watcher: DownloadWatcher | None = None
) -> Source:
    """Finds a data set of ``PUBLISHED`` or downloads it, and reads it.

    Raises:
        DataError: if a file is not the published one, or a named folder lacks a file.
        DataUnavailableError: if it is neither on this machine nor available from a mirror.
    """
    published = PUBLISHED[name]
    folder = _named_folder(name, data_dir)
    if folder is None:
        folder = default_cache(name)
        _download_missing(name, folder, watcher)
    images, labels, test_images, test_labels = (
        _read_verified(folder, file, published.title) for file in published.files
    )
    train = Split(images, labels.astype(np.int64))
    return Source(published.classes, train, Split(test_images, test_labels.astype(np.int64)))


def folder_in_place(name: str) -> Path | None:
    """Returns the folder from which a data set is read without a download, or None."""
    try:
        folder = _named_folder(name, None) or default_cache(name)
    except DataError:
        return None
    return None if _absent(folder, PUBLISHED[name]) else folder


def default_cache(name: str) -> Path:
    """Returns the folder for a download in the user's cache; it may not exist yet."""
    import platformdirs

    return platformdirs.user_cache_path("inkling", appauthor=False) / name


def _named_folder(name: str, data_dir: str | Path | None) -> Path | None:
    """Returns the folder with the four files that the caller or INKLING_DATA names, or None."""
    published, variable = PUBLISHED[name], os.environ.get("INKLING_DATA")
    if data_dir is not None:
        folder, who = _place_in(expand(data_dir), published), "{}"
    elif not variable:
        return None
    elif name == IN_INKLING_DATA:
        folder, who = _place_in(expand(variable), published), "{} (named by INKLING_DATA)"
    else:
        folder = _place_in(expand(variable) / published.torchvision, published)
        return None if _absent(folder, published) else folder
    absent = _absent(folder, published)
    if not absent:
        return folder
    missing = ", ".join(absent)
    got = f"no {missing}" if folder.is_dir() else "a file" if folder.exists() else "no such folder"
    packed = published.files[0].hashed_as_served
    expected = f"the four files of {published.title}, {'as' if packed else 'with or without'} .gz"
    raise DataError(complain(who.format(folder), expected, got))


def _place_in(folder: Path, published: PublishedSet) -> Path:
    """Returns where in a folder the files are: in it, or where torchvision puts them."""
    places = (folder, folder / "raw", folder / published.torchvision / "raw")
    return next((place for place in places if not _absent(place, published)), folder)


def _download_missing(name: str, folder: Path, watcher: DownloadWatcher | None) -> None:
    """Downloads the files that are not in the cache."""
    published = PUBLISHED[name]
    missing = [file for file in published.files if _find(folder, file) is None]
    if not missing:
        return
    try:
        fetch(published.title, missing, published.mirrors, folder, watcher)
    except (TransferError, OSError) as error:
        reasons = error.reasons.values() if isinstance(error, TransferError) else [str(error)]
        reason, is_mnist = "; ".join(dict.fromkeys(reasons)), name == IN_INKLING_DATA
        advice = (
            "set INKLING_DATA to their folder" if is_mnist else f"put them, as .gz, in {folder}"
        )
        text = UNAVAILABLE.format(title=published.title, reason=reason, advice=advice)
        raise DataUnavailableError(text) from error


def _absent(folder: Path, published: PublishedSet) -> list[str]:
    """Returns the names of the files that are not in a folder."""
    return [file.name for file in published.files if _find(folder, file) is None]


def _find(folder: Path, file: RemoteFile) -> Path | None:
    """Returns a file that can be verified: the compressed one, if its hash is that of this."""
    if not file.hashed_as_served:
        return find_idx(folder, file.name)
    path = folder / f"{file.name}.gz"
    return path if path.is_file() else None


def _read_verified(folder: Path, file: RemoteFile, title: str) -> ByteArray:
    path = _find(folder, file)
    assert path is not None, "the folder is complete"
    array = read_idx(path, max_bytes=file.size)
    if file.hashed_as_served:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256")
    else:
        header = struct.pack(f">2xBB{array.ndim}I", UNSIGNED_BYTE, array.ndim, *array.shape)
        digest = hashlib.sha256(header)
        digest.update(array.data)
    sha256 = digest.hexdigest()
    if sha256 != file.sha256:
        expected = f"{file.name} of {title} (SHA-256 {file.sha256[:8]}…)"
        advice = "replace it, or load its folder by its path as a data set of its own"
        raise DataError(complain(str(path), expected, f"another file ({sha256[:8]}…)", advice))
    return array
