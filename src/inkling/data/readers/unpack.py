"""Opening a data file, gzipped or not, as a stream of bytes.

Compression is detected from the first two bytes, not from the name. Missing, unreadable, truncated and
corrupted files raise here, so that ``idx.py`` and ``csv.py`` handle only their own format.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from inkling._checks import complain, printable
from inkling.errors import DataError

MAX_BYTES = 2**30  # the largest array that a reader accepts: 1.3 million images of 28 × 28
BEST_COMPRESSION = 1032  # the most bytes that one byte of gzip can unpack to
AGAIN = "the file is damaged or incomplete; download or copy it again"


def unreadable(path: Path, error: OSError) -> DataError:
    """Returns the error for a file that the operating system cannot read."""
    reason = error.strerror or str(error)
    return DataError(f"{printable(path)} cannot be read: {reason.lower()}.")


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    """Opens a file for reading and decompresses it if it is gzipped.

    A small file can unpack to any size: read the stream in bounded steps.

    Raises:
        DataError: if the file is missing, unreadable, truncated or corrupted; also during reading.
    """
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if gzipped:
                with gzip.GzipFile(fileobj=file) as stream:
                    yield cast(BinaryIO, stream)
            else:
                yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        expected = "a complete and valid gzip file"
        raise DataError(complain(str(path), expected, error, AGAIN)) from error
    except OSError as error:
        raise unreadable(path, error) from error
