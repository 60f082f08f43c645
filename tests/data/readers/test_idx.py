"""Reading IDX files."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling._types import AnyArray, ByteArray
from inkling.data.readers.idx import read_idx
from inkling.errors import DataError

AGAIN = "it is damaged or incomplete, get it again."


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("shape", [(7,), (7, 5), (7, 5, 3), (0, 5, 3)])
def test_reads_what_was_written(
    tmp_path: Path,
    write_idx: Callable[[Path, AnyArray], Path],
    shape: tuple[int, ...],
    ending: str,
) -> None:
    """Values, shape and dtype of one to three axes come back, packed or not; also of no images."""
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    path = write_idx(tmp_path / f"array{ending}", array)
    result = read_idx(path)
    assert result.dtype == np.uint8
    assert result.shape == shape
    np.testing.assert_array_equal(result, array)


def test_the_result_may_be_written_to(
    tmp_path: Path, write_idx: Callable[[Path, AnyArray], Path], images: ByteArray
) -> None:
    """The array is the caller's own, not a view of a read-only buffer."""
    result = read_idx(write_idx(tmp_path / "images", images))
    result[0, 0, 0] = 99
    assert result[0, 0, 0] == 99


def test_reads_the_numbers_of_the_header_big_endian(tmp_path: Path) -> None:
    """A length above 255 is read with its highest byte first, as written by hand here."""
    path = tmp_path / "long"
    path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 1, 2]) + bytes(258))
    assert read_idx(path).shape == (258,)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "expected an IDX file, which begins with 00 00, got an empty file."),
        (b"\x00\x00\x08", "expected an IDX file, which begins with 00 00, got 00 00 08."),
        (b"PNG\x00 and", "expected an IDX file, which begins with 00 00, got 50 4e 47 00."),
        (
            bytes([0, 0, 13, 1, 0, 0, 0, 1]) + bytes(4),
            "expected an IDX file of type 8 (unsigned bytes), got type 13.",
        ),
        (bytes([0, 0, 8, 0]), "expected an IDX file of one to three axes, got 0."),
        (bytes([0, 0, 8, 200]) + bytes(800), "expected an IDX file of one to three axes, got 200."),
        (bytes([0, 0, 8, 3, 0, 0, 0, 7, 0]), f"expected an IDX header, got one cut off; {AGAIN}"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 7]) + bytes(5), f"expected 7 values, got 5; {AGAIN}"),
        (
            bytes([0, 0, 8, 1, 0, 0, 0, 7]) + bytes(8),
            f"expected its end after 7 values, got more; {AGAIN}",
        ),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_wrong_file_is_one_sentence(
    tmp_path: Path, content: bytes, sentence: str, packed: bool
) -> None:
    """Magic, type, axes and length are each checked, in packed files too."""
    path = tmp_path / "wrong"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError) as error:
        read_idx(path)
    assert str(error.value) == f"{path}: {sentence}"


def test_lengths_that_are_lies_ask_for_no_memory(tmp_path: Path) -> None:
    """A header of 16 bytes that declares 1,000 gigabytes is refused before memory is asked for."""
    path = tmp_path / "lies"
    path.write_bytes(bytes([0, 0, 8, 3]) + (10_000).to_bytes(4, "big") * 3)
    tracemalloc.start()
    with pytest.raises(DataError) as error:
        read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(error.value) == (
        f"{path}: expected at most 16,512 values, "
        f"got 10000 × 10000 × 10000 = 1,000,000,000,000; {AGAIN}"
    )
    assert peak < 1_000_000


def test_the_largest_array_can_be_limited(
    tmp_path: Path, write_idx: Callable[[Path, AnyArray], Path], images: ByteArray
) -> None:
    """An honest file larger than ``max_bytes`` is refused; one as large is read."""
    path = write_idx(tmp_path / "images", images)
    assert read_idx(path, max_bytes=105).shape == (7, 5, 3)
    with pytest.raises(DataError) as error:
        read_idx(path, max_bytes=104)
    assert str(error.value) == f"{path}: expected at most 104 values, got 7 × 5 × 3 = 105; {AGAIN}"


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Of a small file that unpacks to 100 MB no more is unpacked than it declares to hold."""
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 7]) + bytes(100_000_000), 1))
    tracemalloc.start()
    with pytest.raises(DataError) as error:
        read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(error.value) == f"{path}: expected its end after 7 values, got more; {AGAIN}"
    assert peak < 5_000_000
