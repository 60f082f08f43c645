"""Reading ``.npz``, NumPy's archive of arrays.

``load_arrays`` opens an archive from an untrusted source: its size is bounded, and arrays of Python
objects are rejected, because unpickling them can run code. ``read_npz`` reads a data set under the four
names that Keras uses; the test set may be absent, and ``x_val`` and ``y_val`` may be there.
"""

from __future__ import annotations

import math
import sys
import zipfile
from collections.abc import Collection, Mapping
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.lib.format as npy

from inkling._checks import complain
from inkling._types import AnyArray, IntArray
from inkling.data.readers.assemble import Part, assemble
from inkling.data.readers.labels import LABELS_MISSING
from inkling.data.readers.names import PARTS
from inkling.data.readers.pixels import Pixels, to_pixels
from inkling.data.readers.unpack import (
    AGAIN,
    MAX_BYTES,
    check_images,
    check_ratio,
    fill,
    unreadable,
)
from inkling.data.split import Source
from inkling.errors import DataError

NAMES: dict[str, tuple[str, ...]] = {
    "train": ("train",),
    "test": ("test",),
    "validation": PARTS["validation"],
}
"""What follows x_ and y_ in the names of the arrays."""


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
        if dtype.kind == "V":
            raise DataError(complain(who, "an array of numbers or text", dtype))
        values = fill(file, entry.file_size - file.tell()).view(dtype)
    if dtype.kind == "U":  # NumPy does not check it, and Python raises a SystemError for it later
        codes = values.view(np.dtype(np.uint32).newbyteorder(dtype.byteorder))
        if codes.max(initial=0) > sys.maxunicode:
            raise DataError(complain(who, "text", "numbers that stand for no characters", AGAIN))
    return values.reshape(shape, order="F" if by_columns else "C")


def is_npz(path: Path) -> bool:
    """Returns whether a name is that of an archive."""
    return path.suffix.lower() == ".npz"


def read_npz(path: Path) -> Source:
    """Reads an archive of images and labels.

    Images may be (N, H, W), (N, H, W, 1), (N, 1, H, W) or, if they are square, (N, H · H), of any
    numeric dtype; labels are whole numbers, of any too.

    Raises:
        DataError: if the file is not an archive, lacks an array, or an array is wrong.
    """
    arrays = load_arrays(path, [f"{x}_{word}" for word in chain(*NAMES.values()) for x in "xy"])
    parts = {}
    for part, words in NAMES.items():
        found = [word for word in words if {f"x_{word}", f"y_{word}"} & set(arrays)]
        if len(found) > 1:
            got = ", ".join(f"x_{word}" for word in found)
            raise DataError(complain(str(path), f"one {part} set", got))
        if found or part == "train":
            parts[part] = _part(path, arrays, (found or NAMES["train"])[0])
    return assemble(parts)


def _part(path: Path, arrays: Mapping[str, AnyArray], word: str) -> Part:
    """Returns the images x_word and labels y_word."""
    x, y = f"x_{word}", f"y_{word}"
    missing = ", ".join(name for name in (x, y) if name not in arrays)
    if missing:
        expected = "arrays named x_train and y_train, and x_test and y_test for a test set"
        unlabeled = any(name[0] == "x" and f"y{name[1:]}" not in arrays for name in arrays)
        advice = LABELS_MISSING if unlabeled else ""
        raise DataError(complain(str(path), expected, f"none named {missing}", advice))
    labels, images = _to_labels(f"{path}, {y}", arrays[y]), to_images(f"{path}, {x}", arrays[x])
    if len(images.values) != len(labels) or not len(labels):
        expected = f"as many labels as images in {x}, at least one"
        got = f"{len(labels)} and {len(images.values)}"
        raise DataError(complain(f"{path}, {y}", expected, got))
    return Part(f"{path}, {x}", images, labels, lambda row: f"{path}, {y}[{row}]")


def to_images(who: str, array: AnyArray) -> Pixels:
    """Returns images of any accepted shape and dtype as (N, H, W).

    Raises:
        DataError: if they are not gray images, or their values are on no known scale.
    """
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):  # as in PyTorch, and in Keras
        array = array[..., 0] if array.shape[3] == 1 else array[:, 0]
    side = math.isqrt(array.shape[1]) if array.ndim == 2 else 0
    if side and side * side == array.shape[1]:
        array = array.reshape(-1, side, side)
    if array.ndim != 3 or 0 in array.shape[1:]:
        expected = "gray images (N, H, W), (N, H, W, 1), (N, 1, H, W) or (N, H · H)"
        raise DataError(complain(who, expected, f"shape {array.shape}"))
    if array.dtype.kind not in "buif":
        raise DataError(complain(who, "numbers", array.dtype))
    check_images(who, array.shape)
    return to_pixels(who, array)


def _to_labels(who: str, array: AnyArray) -> IntArray:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 1 and array.dtype.kind == "f":  # what is read with np.loadtxt
        with np.errstate(invalid="ignore"):  # NaN becomes some number, and differs from it
            whole = array.astype(np.int64)
        array = whole if np.array_equal(whole, array) else array
    if array.ndim != 1 or array.dtype.kind not in "ui":
        got = f"{array.dtype} of shape {array.shape}"
        raise DataError(complain(who, "labels (N,) of whole numbers", got))
    return array
