"""Opening a data file, packed with gzip or not, as one stream of bytes.

Whether a file is packed is read from its first two bytes and not from its name. All that can go wrong
with a file on the way (absent, unreadable, cut off, damaged) is worded here, so that the readers of
``idx.py`` and ``csv.py`` only need to know their own format.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from inkling._checks import complain
from inkling.errors import DataError

MAX_BYTES = 2**30
"""The largest array of pixels that a reader accepts, in bytes: 1.3 million images of 28 × 28."""
BEST_PACKING = 1032
"""The most bytes that one byte of gzip can unpack to."""
AGAIN = "it is damaged or incomplete, get it again"


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    """Opens a file for reading and unpacks it on the way where it is packed with gzip.

    Args:
        path: the file.

    Yields:
        The stream of unpacked bytes. What the packed file claims about their number is not believed:
        read in bounded steps.

    Raises:
        DataError: the file is absent, unreadable, cut off or damaged; also while it is being read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "packed")
        ...     _ = path.write_bytes(gzip.compress(b"five"))
        ...     with open_unpacked(path) as stream:
        ...         stream.read(100)
        b'five'
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=file) as stream:
                    yield cast(BinaryIO, stream)
            else:
                yield file
    except EOFError as error:
        raise DataError(complain(str(path), "a whole gzip file", "one cut off", AGAIN)) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(complain(str(path), "a sound gzip file", error, AGAIN)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(complain(str(path), "a file that can be read", reason.lower())) from error
