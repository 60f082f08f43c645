"""Choosing the reader for a file or folder by what is in it."""

from __future__ import annotations

from pathlib import Path

from inkling._checks import complain
from inkling.data.readers.csv import read_csv_files
from inkling.data.readers.folders import list_classes, read_folder
from inkling.data.readers.idx import IDX_NAME, list_idx, read_idx_files
from inkling.data.readers.npz import read_npz
from inkling.data.readers.unpack import open_unpacked, unreadable
from inkling.data.split import Source
from inkling.errors import DataError

ACCEPTED = (
    "a folder of IDX files, of images with a subfolder per class, or with a *train*.csv; "
    "an IDX file; or a file that ends in .csv, .csv.gz or .npz"
)


def read_path(path: Path) -> Source | None:
    """Reads the data set in a file or folder; None if there is no such file or folder.

    Raises:
        DataError: if it is not a data set, or one of its files is wrong.
    """
    try:
        if path.is_dir():
            return _read_folder(path)
        return _read_file(path) if path.is_file() else None
    except OSError as error:
        raise unreadable(path, error) from error


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
    with open_unpacked(path) as stream:
        starts_like_idx = stream.read(3) == b"\0\0\x08"
    if starts_like_idx or IDX_NAME.search(path.name):
        return read_idx_files(path)
    raise DataError(complain(str(path), ACCEPTED, "a file of something else"))
