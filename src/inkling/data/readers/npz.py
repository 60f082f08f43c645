"""Reading ``.npz``, NumPy's archive of arrays.

``load_arrays`` opens an archive from an untrusted source: its size is bounded, and arrays of Python
objects are rejected, because unpickling them can run code. ``read_npz`` reads a data set under the four
names that Keras uses; the test set may be absent.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.lib.format as npy

from inkling._checks import complain
from inkling._types import AnyArray, ByteArray, IntArray
from inkling.data.readers.labels import name_numbered_classes
from inkling.data.readers.unpack import (
    AGAIN,
    MAX_BYTES,
    check_images,
    check_ratio,
    fill,
    unreadable,
)
from inkling.data.split import Source, Split
from inkling.errors import DataError

NAMES = ("x_train", "y_train", "x_test", "y_test")


def load_arrays(
    path: Path, names: Collection[str] | None = None, *, max_bytes: int = MAX_BYTES
) -> dict[str, AnyArray]:
    """Reads the arrays of an archive, or those of the given names, without trusting it.

    Nothing else is decompressed; ``max_bytes`` is the largest total size of these arrays.

    Raises:
        DataError: if the file is unreadable, not an archive or too large, or an array is damaged or
            contains Python objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {
                name: entry
                for entry in archive.infolist()
                if (name := entry.filename.removesuffix(".npy")) != entry.filename
                and (names is None or name in names)
            }
            size = sum(entry.file_size for entry in entries.values())
            if size > max_bytes:  # an entry cannot unpack to more than it declares here
                expected = f"arrays of at most {max_bytes:,} bytes"
                raise DataError(complain(str(path), expected, f"{size:,}"))
            check_ratio(path, size, path.stat().st_size, "if you trust it, save it with np.savez")
            return {
                name: _to_array(f"{path}, {name}", archive, entry)
                for name, entry in entries.items()
            }
    except DataError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # damaged archives raise many kinds of errors
        raise DataError(complain(str(path), "an npz archive", "something else", AGAIN)) from error


def _to_array(who: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> AnyArray:
    """Returns the array in an ``.npy`` file, whose header may declare more than the file contains."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(complain(who, "an array as NumPy stores it", "another kind of compression"))
    with archive.open(entry) as file:
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        shape, by_columns, dtype = read_header[npy.read_magic(file)](file)
        if dtype.hasobject:
            advice = "save the array with a numeric dtype"
            raise DataError(complain(who, "an array of numbers", "Python objects", advice))
        values = fill(file, entry.file_size - file.tell()).view(dtype)
    return values.reshape(shape, order="F" if by_columns else "C")


def read_npz(path: Path) -> Source:
    """Reads an archive of images and labels.

    Images may be (N, H, W), (N, H, W, 1) or, if they are square, (N, H · H), of any numeric dtype.

    Raises:
        DataError: if the file is not an archive, lacks an array, or an array is wrong.
    """
    arrays = load_arrays(path, NAMES)
    required = NAMES if "x_test" in arrays or "y_test" in arrays else NAMES[:2]
    missing = ", ".join(name for name in required if name not in arrays)
    if missing:
        expected = "arrays named x_train and y_train, and x_test and y_test for a test set"
        raise DataError(complain(str(path), expected, f"none named {missing}"))
    parts = ("train", "test")[: len(required) // 2]
    labels = {part: _to_labels(f"{path}, y_{part}", arrays[f"y_{part}"]) for part in parts}
    images = {part: _to_images(f"{path}, x_{part}", arrays[f"x_{part}"]) for part in parts}
    for part in parts:
        if len(images[part]) != len(labels[part]) or not len(labels[part]):
            expected = f"as many labels as images in x_{part}, at least one"
            got = f"{len(labels[part])} and {len(images[part])}"
            raise DataError(complain(f"{path}, y_{part}", expected, got))
    classes = name_numbered_classes(labels, lambda part, row: f"{path}, y_{part}[{row}]")
    splits = {part: Split(images[part], labels[part].astype(np.int64)) for part in parts}
    return Source(classes, splits["train"], splits.get("test"))


def _to_images(who: str, array: AnyArray) -> ByteArray:
    """Converts images of any accepted shape and dtype to (N, H, W), uint8."""
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    side = math.isqrt(array.shape[1]) if array.ndim == 2 else 0
    if side and side * side == array.shape[1]:
        array = array.reshape(-1, side, side)
    if array.ndim != 3 or 0 in array.shape[1:]:
        expected = "gray images (N, H, W), (N, H, W, 1) or (N, H · H)"
        raise DataError(complain(who, expected, f"shape {array.shape}"))
    if array.dtype.kind not in "uif":
        raise DataError(complain(who, "numbers", array.dtype))
    check_images(who, array.shape)
    with np.errstate(invalid="ignore"):  # NaN becomes some number here, and differs from it below
        images: ByteArray = array.astype(np.uint8, copy=False)
    if not np.array_equal(images, array):
        got = f"values from {array.min():g} to {array.max():g}"
        advice = "if they are in [0, 1], store np.rint(255 * x)"
        raise DataError(complain(who, "whole numbers from 0 to 255", got, advice))
    return images


def _to_labels(who: str, array: AnyArray) -> IntArray:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "ui":
        got = f"{array.dtype} of shape {array.shape}"
        raise DataError(complain(who, "labels (N,) of whole numbers", got))
    return array
