"""Reading IDX, the file format in which MNIST is published.

    byte    0  1   2     3      4 ...                          then
            0  0   type  axes   one 32-bit length per axis     the values, last axis fastest

Numbers in the header are big-endian. Only type 8, unsigned bytes, is read: MNIST's pixels and labels.
One file holds one array. The files of a set are found by their names, such as
``train-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, which may have a prefix, end in ``.gz``, be
written with ``.idx``, or have ``test`` for ``t10k``.
"""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from typing import BinaryIO

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.data.readers.assemble import Part, assemble
from inkling.data.readers.labels import LABELS_MISSING
from inkling.data.readers.names import visible
from inkling.data.readers.pixels import Pixels
from inkling.data.readers.unpack import AGAIN, MAX_BYTES, check_images, fill, open_unpacked
from inkling.data.split import Source
from inkling.errors import DataError

UNSIGNED_BYTE = 8
IDX_NAME = re.compile(r"(images[-.]idx3|labels[-.]idx1)-ubyte(\.gz)?$")
TEST = re.compile("t10k|test")


def read_idx_files(path: Path) -> Source:
    """Reads images with their labels, and the test images from the same folder if there are any.

    ``path`` is the file of training images, or a folder that contains one such file.

    Raises:
        DataError: if a file is missing or wrong, or images and labels do not match.
    """
    training = _training_images(path) if path.is_dir() else path
    images = {"train": training}
    for word in ("t10k", "test"):
        test = find_idx(training.parent, training.name.replace("train", word))
        if test is not None and "train" in training.name:
            images["test"] = test
    return assemble({part: _part(file, _labels_of(file)) for part, file in images.items()})


def is_idx(path: Path) -> bool:
    """Returns whether a file is IDX, by its first bytes or its name."""
    with open_unpacked(path) as stream:
        starts_like_idx = stream.read(3) == bytes([0, 0, UNSIGNED_BYTE])
    return starts_like_idx or IDX_NAME.search(path.name) is not None


def read_idx(path: Path, *, max_bytes: int = MAX_BYTES) -> ByteArray:
    """Reads the array in an IDX file, gzipped or not: images (N, H, W) or labels (N,), uint8.

    Raises:
        DataError: if the file is not IDX, declares more than ``max_bytes``, or is shorter or longer
            than it declares.
    """
    with open_unpacked(path) as stream:
        shape = _read_shape(path, stream)
        size = math.prod(shape)
        if size > max_bytes:  # the declared lengths may be false
            declared = f"{' × '.join(map(str, shape))} = {size:,}"
            raise DataError(complain(str(path), f"at most {max_bytes:,} values", declared, AGAIN))
        content = fill(stream, size)
        longer = bool(stream.read(1))
    if longer or len(content) != size:
        got = "more" if longer else f"{len(content):,}"
        raise DataError(complain(str(path), f"{size:,} values", got, AGAIN))
    return content.reshape(shape)


def _read_shape(path: Path, stream: BinaryIO) -> tuple[int, ...]:
    magic = stream.read(4)
    axes = magic[3] if magic[:3] == bytes([0, 0, UNSIGNED_BYTE]) and len(magic) == 4 else 0
    if not 1 <= axes <= 3:
        expected = "an IDX file of bytes, which begins with 00 00 08 and one to three axes"
        raise DataError(complain(str(path), expected, magic.hex(" ") or "an empty file"))
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise DataError(complain(str(path), "a complete IDX header", "part of one", AGAIN))
    return struct.unpack(f">{axes}I", lengths)


def _part(images_path: Path, labels_path: Path) -> Part:
    images, labels = read_idx(images_path), read_idx(labels_path)
    check_idx_images(images_path, images)
    if labels.shape != images.shape[:1]:
        expected = f"labels ({len(images)},), one per image in {images_path.name}"
        raise DataError(complain(str(labels_path), expected, labels.shape))
    pixels = Pixels(images, fractions=False)
    return Part(str(images_path), pixels, labels, lambda row: f"{labels_path}, label {row + 1}")


def check_idx_images(path: Path, images: ByteArray) -> None:
    """Raises DataError unless the array in a file is one of images (N, H, W), at least one."""
    if images.ndim != 3 or 0 in images.shape:
        raise DataError(complain(str(path), "images (N, H, W), at least one", images.shape))
    check_images(str(path), images.shape)


def find_idx(folder: Path, name: str) -> Path | None:
    """Returns the file with a name such as ``train-images-idx3-ubyte`` in any spelling, or None.

    The uncompressed file is preferred: it loads more than ten times faster.
    """
    plain = _plain(name)
    for spelling in (plain, plain.replace("-idx", ".idx")):
        for file in (folder / spelling, folder / f"{spelling}.gz"):
            if file.is_file():
                return file
    return None


def list_idx(folder: Path) -> list[str]:
    """Lists the IDX files of images or labels in a folder, by the plain spelling of their names."""
    files = [file for file in visible(folder) if IDX_NAME.search(file.name) and file.is_file()]
    return sorted({_plain(file.name) for file in files})


def _plain(name: str) -> str:
    return name.removesuffix(".gz").replace(".idx", "-idx")


def _labels_name(images_name: str) -> str:
    return images_name.replace("images", "labels").replace("idx3", "idx1")


def _labels_of(images: Path) -> Path:
    if "images" not in images.name:
        raise DataError(complain(str(images), "a file with 'images' in its name", "none"))
    name = _labels_name(_plain(images.name))
    found = find_idx(images.parent, name)
    if found is None:
        expected = f"labels next to it in {name}"
        raise DataError(complain(str(images), expected, "no such file", LABELS_MISSING))
    return found


def _training_images(folder: Path) -> Path:
    """Returns the one file of training images in a folder, if all files of its set are there."""
    present = list_idx(folder)
    images = {name.replace("labels", "images").replace("idx1", "idx3") for name in present}
    images |= {TEST.sub("train", name) for name in images}
    missing = sorted((images | {_labels_name(name) for name in images}) - set(present))
    if missing:
        raise DataError(complain(str(folder), "all files of the set", f"no {', '.join(missing)}"))
    training = sorted(name for name in images if not TEST.search(name))
    found = find_idx(folder, training[0])
    if len(training) > 1 or found is None:
        got = ", ".join(training)
        advice = "pass the path of the file instead of the folder"
        raise DataError(complain(str(folder), "one file of training images", got, advice))
    return found
