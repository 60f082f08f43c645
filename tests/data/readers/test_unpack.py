"""Opening files, gzipped or not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from inkling.data.readers.unpack import open_unpacked
from inkling.errors import DataError

CONTENT = bytes(range(256)) * 9


def read(path: Path) -> bytes:
    """All uncompressed bytes of a file."""
    with open_unpacked(path) as stream:
        return stream.read()


@pytest.mark.parametrize(
    "stored",
    [CONTENT, gzip.compress(CONTENT), gzip.compress(CONTENT[:9]) + gzip.compress(CONTENT[9:])],
    ids=["plain", "gzip", "two gzip files joined"],
)
@pytest.mark.parametrize("name", ["plain", "misleading.gz"])
def test_compression_is_detected_from_the_contents(
    tmp_path: Path, stored: bytes, name: str
) -> None:
    """The name of the file does not matter."""
    path = tmp_path / name
    path.write_bytes(stored)
    assert read(path) == CONTENT


DAMAGED = bytearray(gzip.compress(CONTENT, mtime=0))
DAMAGED[15] ^= 0xFF
CHECKSUM = bytearray(gzip.compress(CONTENT, mtime=0))
CHECKSUM[-6] ^= 0xFF


@pytest.mark.parametrize("content", [gzip.compress(CONTENT, mtime=0)[:-20], DAMAGED, CHECKSUM])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    """Missing bytes, changed bytes and a wrong checksum are found."""
    path = tmp_path / "damaged.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"^{path}: expected .* gzip file, got .*; .* again.$"):
        read(path)


@pytest.mark.parametrize(("name", "reason"), [("absent", "no such file"), ("", "is a directory")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, reason: str) -> None:
    """The message contains the reason of the operating system."""
    with pytest.raises(DataError, match=f"^{tmp_path / name} cannot be read: {reason}"):
        read(tmp_path / name)
