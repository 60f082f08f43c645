"""Choosing the reader for a file or folder by what is in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inkling._checks import complain
from inkling.data.readers.csv import is_csv, read_csv_files
from inkling.data.readers.folders import (
    IMAGE_NAME,
    holds_classes,
    list_classes,
    list_images,
    read_folder,
)
from inkling.data.readers.idx import is_idx, list_idx, read_idx_files
from inkling.data.readers.labels import LABELS_MISSING
from inkling.data.readers.names import part_of, visible
from inkling.data.readers.npz import is_npz, read_npz
from inkling.data.readers.unpack import unreadable
from inkling.data.split import Source
from inkling.errors import DataError

ACCEPTED = (
    "a folder of IDX files (or raw/ or MNIST/raw/ with them); of images with a subfolder per class, or "
    "train/, test/ and val/ with such subfolders; with one *train*.csv; or with one .npz; an IDX file; "
    "or a file that ends in .csv, .csv.gz or .npz"
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
    """Reads the one data set in a folder, or in raw/ (torchvision) or another subfolder of it."""
    inner = [path / name for name in list_classes(path) if part_of(name) is None]
    raw = [folder / "raw" for folder in (path, *inner) if (folder / "raw").is_dir()]
    for places in ([path], raw, inner):
        found = [data_set for place in places for data_set in _find_data_sets(place)]
        if len(found) > 1:
            got = ", ".join(str(data_set) for data_set in found)
            advice = "pass the path of one of them"
            raise DataError(complain(str(path), "one data set", got, advice))
        if found:
            return _read_found(found[0])
    advice = LABELS_MISSING if list_images(path) else ""
    raise DataError(complain(str(path), ACCEPTED, "a folder of something else", advice))


def _find_data_sets(folder: Path) -> list[Path]:
    """Returns what in a folder is a data set: a table, an archive, the folder itself."""
    if list_idx(folder):
        return [folder]
    found = _training_tables(folder) + ([folder] if holds_classes(folder) else [])
    return found or [entry for entry in visible(folder) if is_npz(entry) and entry.is_file()]


def _training_tables(folder: Path) -> list[Path]:
    """Returns the CSV files of training images; of a file that is there twice, the uncompressed one."""
    tables = {
        entry.name: entry
        for entry in visible(folder)
        if is_csv(entry) and "train" in entry.name.lower() and entry.is_file()
    }
    doubles = {f"{name}.gz" for name in tables}
    return [table for name, table in tables.items() if name not in doubles]


def _read_found(data_set: Path) -> Source:
    if data_set.is_file():
        return _read_file(data_set)
    if not list_idx(data_set):
        return read_folder(data_set)
    source, tables = (
        read_idx_files(data_set),
        _training_tables(data_set),
    )  # Fashion-MNIST comes as both
    notes = [f"{table} is not used, because there are IDX files next to it." for table in tables]
    return replace(source, notes=(*source.notes, *notes))


def _read_file(path: Path) -> Source:
    if is_csv(path):
        return read_csv_files(path)
    if is_npz(path):
        return read_npz(path)
    if is_idx(path):
        return read_idx_files(path)
    advice = LABELS_MISSING if IMAGE_NAME.fullmatch(path.name) else ""
    raise DataError(complain(str(path), ACCEPTED, "a file of something else", advice))
