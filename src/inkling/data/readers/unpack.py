"""Opening a data file, gzipped or not, as a stream of bytes; and the limits of what is read.

Compression is detected from the first two bytes, not from the name. Missing, unreadable, truncated and
corrupted files raise here, so that ``idx.py`` and ``csv.py`` handle only their own format. A small file
that unpacks to more than any image set would is given up as soon as that is seen.
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

import numpy as np

from inkling._checks import complain
from inkling._text import printable
from inkling._types import ByteArray
from inkling.errors import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_SIDE = 512  # pixels
MAX_IMAGES = 2_000_000
MAX_BYTES = 2**30  # of pixels: 1.3 million images of 28 × 28
ALWAYS = 64 * 2**20  # bytes that any file may unpack to: all of MNIST, however well it packs
MAX_RATIO = (
    30  # further bytes per compressed byte; MNIST packs 5:1, as CSV 9:1, in black and white 25:1
)
STEP = 2**20  # bytes that are read at once
AGAIN = "the file is damaged or incomplete; download or copy it again"
UNPACK = "if you trust the file, unpack it and read the unpacked one"


def check_images(who: str, shape: tuple[int, ...]) -> None:
    """Raises DataError if images of a shape (N, H, W) are too many or too large for an image set."""
    count, *sides = shape
    if count > MAX_IMAGES or max(sides) > MAX_SIDE or math.prod(shape) > MAX_BYTES:
        most = f"at most {MAX_IMAGES:,} images of at most {MAX_SIDE} × {MAX_SIDE} pixels"
        got = f"{count:,} of {' × '.join(map(str, sides))}"
        raise DataError(complain(who, f"{most} and {MAX_BYTES:,} pixels in all", got))


def check_ratio(path: Path, size: int, packed: int, advice: str = UNPACK) -> None:
    """Raises DataError if no image set and no model of ``size`` bytes packs so well."""
    if size > ALWAYS + MAX_RATIO * packed:
        expected = f"to unpack at most {ALWAYS // 2**20} MB and {MAX_RATIO} bytes per byte"
        got = f"{size:,} or more from {packed:,}"
        raise DataError(complain(str(path), expected, got, advice))


def unreadable(path: Path, error: OSError) -> DataError:
    """Returns the error for a file that the operating system cannot read."""
    reason = error.strerror or str(error)
    return DataError(f"{printable(path)} cannot be read: {reason.lower()}.")


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    """Opens a file for reading and decompresses it if it is gzipped.

    Read the stream in bounded steps, for example with ``fill``.

    Raises:
        DataError: if the file is missing, unreadable, truncated or corrupted, or unpacks to far more
            than it holds; also during reading.
    """
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if gzipped:
                with gzip.GzipFile(fileobj=file) as stream:
                    yield io.BufferedReader(_Unpacked(path, file, stream), 2**16)
            else:
                yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        expected = "a complete and valid gzip file"
        raise DataError(complain(str(path), expected, error, AGAIN)) from error
    except OSError as error:
        raise unreadable(path, error) from error


class _Unpacked(io.RawIOBase):
    """What a compressed file contains, as long as it is in proportion to what was read of the file."""

    def __init__(self, path: Path, packed: BinaryIO, stream: gzip.GzipFile) -> None:
        self._path, self._packed, self._stream = path, packed, stream
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self._stream.readinto(buffer)
        self._size += count
        check_ratio(self._path, self._size, self._packed.tell())
        return count


def fill(stream: IO[bytes], size: int) -> ByteArray:
    """Reads ``size`` bytes, or fewer if the stream ends; takes no more memory than what it reads."""
    content = bytearray()
    while part := stream.read(min(STEP, size - len(content))):
        content += part
    return np.frombuffer(content, np.uint8)
