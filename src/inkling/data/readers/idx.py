"""Reading IDX, the file format in which MNIST is published.

    byte    0  1   2     3      4 ...                     then
            0  0   type  axes   one 32-bit length each    the values, last axis fastest

Numbers in the header are big-endian. The type of MNIST's pixels and labels is 8, an unsigned byte, and
that is what is read here. One file holds one array; ``idx_files.py`` brings images and labels together.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.data.readers.unpack import AGAIN, BEST_PACKING, MAX_BYTES, open_unpacked
from inkling.errors import DataError

UNSIGNED_BYTE = 8


def read_idx(path: str | Path, *, max_bytes: int = MAX_BYTES) -> ByteArray:
    """Reads the array in an IDX file of unsigned bytes, packed with gzip or not.

    Args:
        path: the file.
        max_bytes: the largest array to accept, in bytes.

    Returns:
        uint8, of the one to three axes that the file declares: images (N, H, W), labels (N,).

    Raises:
        DataError: the file is not IDX, declares more than it can hold or than ``max_bytes``, or is
            shorter or longer than it declares.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "labels-idx1-ubyte")
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
        ...     read_idx(path)
        array([5, 0, 4], dtype=uint8)
    """
    path = Path(path)
    with open_unpacked(path) as stream:
        shape = _read_shape(path, stream)
        size = math.prod(shape)
        room = min(max_bytes, BEST_PACKING * path.stat().st_size)
        if size > room:  # before any memory is asked for: the lengths may be lies
            declared = f"{' × '.join(map(str, shape))} = {size:,}"
            raise DataError(complain(str(path), f"at most {room:,} values", declared, AGAIN))
        values = np.empty(shape, dtype=np.uint8)
        received = _fill(stream, values.reshape(-1).data)
        if received < size:
            raise DataError(complain(str(path), f"{size:,} values", f"{received:,}", AGAIN))
        if stream.read(1):
            raise DataError(complain(str(path), f"its end after {size:,} values", "more", AGAIN))
    return values


def _read_shape(path: Path, stream: BinaryIO) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        got = f"{magic.hex(' ')}" if magic else "an empty file"
        raise DataError(complain(str(path), "an IDX file, which begins with 00 00", got))
    kind, axes = magic[2], magic[3]
    if kind != UNSIGNED_BYTE:
        raise DataError(
            complain(str(path), "an IDX file of type 8 (unsigned bytes)", f"type {kind}")
        )
    if not 1 <= axes <= 3:
        raise DataError(complain(str(path), "an IDX file of one to three axes", axes))
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise DataError(complain(str(path), "an IDX header", "one cut off", AGAIN))
    return struct.unpack(f">{axes}I", lengths)


def _fill(stream: BinaryIO, room: memoryview) -> int:
    """Reads until the room is full or the stream ends; a packed stream gives a little at a time."""
    filled = 0
    while filled < len(room) and (count := stream.readinto(room[filled:])):  # type: ignore[attr-defined]
        filled += count
    return filled
