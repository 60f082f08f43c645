"""Reading ``.npz``, NumPy's archive of arrays, with the four names that Keras uses.

    x_train (N, H, W)   y_train (N,)   x_test (N', H, W)   y_test (N',)

The test set may be absent. Arrays of Python objects are refused: to load one is to run whatever program
its author put into it. Next: ``dataset.py``.
"""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np
import numpy.lib.format as npy

from inkling._checks import complain
from inkling._types import AnyArray, ByteArray, IntArray
from inkling.data.readers.labels import name_numbered_classes
from inkling.data.readers.unpack import AGAIN, MAX_BYTES
from inkling.data.split import Source, Split
from inkling.errors import DataError

NAMES = ("x_train", "y_train", "x_test", "y_test")


def read_npz(path: Path, *, max_bytes: int = MAX_BYTES) -> Source:
    """Reads an archive of images and labels.

    Args:
        path: the file.
        max_bytes: how large the arrays may be when unpacked, in bytes and all together.

    Returns:
        The training set, the test set where there is one, and the classes. Images may be (N, H, W),
        (N, H, W, 1) or, for square ones, (N, H · W).

    Raises:
        DataError: the file is not an archive, lacks an array, or an array is not what it should be.
    """
    arrays = _load(path, max_bytes)
    wanted = NAMES if "x_test" in arrays or "y_test" in arrays else NAMES[:2]
    missing = ", ".join(name for name in wanted if name not in arrays)
    if missing:
        expected = "arrays named x_train and y_train, and x_test and y_test for a test set"
        raise DataError(complain(str(path), expected, f"none named {missing}"))
    parts = ("train", "test")[: len(wanted) // 2]
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


def _load(path: Path, max_bytes: int) -> dict[str, AnyArray]:
    """The arrays of the archive that have one of the four names."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
            wanted = {name: entries[name] for name in NAMES if name in entries}
            size = sum(entry.file_size for entry in wanted.values())
            if size > max_bytes:  # an entry cannot unpack to more than it declares here
                expected = f"arrays of at most {max_bytes:,} bytes"
                raise DataError(complain(str(path), expected, f"{size:,}"))
            return {name: _read_array(path, archive, entry) for name, entry in wanted.items()}
    except DataError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(complain(str(path), "a file that can be read", reason)) from error
    except Exception as error:  # damage raises a dozen kinds of error, down to the tokenizer's own
        raise DataError(complain(str(path), "an npz archive", "something else", AGAIN)) from error


def _read_array(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> AnyArray:
    headers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    with archive.open(entry) as member:  # first the header alone: it may declare more than there is
        shape, _, dtype = headers[npy.read_magic(member)](member)
        room = entry.file_size - member.tell()
    if dtype.hasobject:
        advice = "save it as uint8 (images) or int64 (labels)"
        who = f"{path}, {entry.filename.removesuffix('.npy')}"
        raise DataError(complain(who, "an array of numbers", "Python objects", advice))
    if math.prod(shape) * dtype.itemsize != room:
        raise EOFError
    with archive.open(entry) as member:
        return npy.read_array(member, allow_pickle=False)


def _to_images(who: str, array: AnyArray) -> ByteArray:
    """Brings images of any shape and kind of number that means the same to (N, H, W), uint8."""
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    side = math.isqrt(array.shape[1]) if array.ndim == 2 else 0
    if side and side * side == array.shape[1]:
        array = array.reshape(-1, side, side)
    if array.ndim != 3 or 0 in array.shape[1:]:
        expected = "grey images (N, H, W), (N, H, W, 1) or (N, H · H)"
        raise DataError(complain(who, expected, f"shape {array.shape}"))
    if array.dtype.kind not in "uif":
        raise DataError(complain(who, "numbers", array.dtype))
    with np.errstate(invalid="ignore"):  # NaN becomes some number here, and differs from it below
        images: ByteArray = array.astype(np.uint8, copy=False)
    if not np.array_equal(images, array):
        got = f"values from {array.min():g} to {array.max():g}"
        advice = "if they are shares of 1, store np.rint(255 * x)"
        raise DataError(complain(who, "whole numbers from 0 to 255", got, advice))
    return images


def _to_labels(who: str, array: AnyArray) -> IntArray:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "ui":
        got = f"{array.dtype} of shape {array.shape}"
        raise DataError(complain(who, "labels (N,) of whole numbers", got))
    return array
