"""Opening files, packed or not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from inkling.data.readers.unpack import open_unpacked
from inkling.errors import DataError


def read(path: Path) -> bytes:
    """All bytes of a file, unpacked."""
    with open_unpacked(path) as stream:
        return stream.read()


@pytest.mark.parametrize("name", ["plain", "misleading.gz"])
def test_packing_is_seen_in_the_content(tmp_path: Path, name: str) -> None:
    """A packed and an unpacked file read the same, whatever their names say."""
    path = tmp_path / name
    path.write_bytes(b"\x00\x00\x08\x01 bytes")
    assert read(path) == b"\x00\x00\x08\x01 bytes"
    path.write_bytes(gzip.compress(b"\x00\x00\x08\x01 bytes"))
    assert read(path) == b"\x00\x00\x08\x01 bytes"


def test_files_packed_in_pieces_read_as_one(tmp_path: Path) -> None:
    """Gzip files may be joined; the content is that of all pieces."""
    path = tmp_path / "joined"
    path.write_bytes(gzip.compress(b"one ") + gzip.compress(b"two"))
    assert read(path) == b"one two"


def test_a_file_cut_off_is_named(tmp_path: Path) -> None:
    """A packed file that ends too early is said to be cut off."""
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 9)[:-20])
    with pytest.raises(DataError) as error:
        read(path)
    assert str(error.value) == (
        f"{path}: expected a whole gzip file, got one cut off; "
        "it is damaged or incomplete, get it again."
    )


@pytest.mark.parametrize("place", [15, -6])
def test_a_damaged_file_is_named(tmp_path: Path, place: int) -> None:
    """Damage in the packed bytes, or only in their checksum, is found."""
    content = bytearray(gzip.compress(bytes(range(256)) * 9))
    content[place] ^= 0xFF
    path = tmp_path / "damaged.gz"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read(path)
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: expected a sound gzip file, got ")
    assert sentence.endswith("; it is damaged or incomplete, get it again.")
    assert "\n" not in sentence


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    """A path without a file is one sentence."""
    with pytest.raises(DataError) as error:
        read(tmp_path / "absent")
    assert str(error.value) == (
        f"{tmp_path / 'absent'}: expected a file that can be read, got no such file or directory."
    )


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    """A folder in the place of a file is one sentence."""
    with pytest.raises(DataError) as error:
        read(tmp_path)
    assert str(error.value) == f"{tmp_path}: expected a file that can be read, got is a directory."
