"""What an image set may be, for every reader alike: large sets pass, small files do not become large."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling.data.readers.csv import read_csv
from inkling.data.readers.idx import read_idx
from inkling.data.readers.unpack import check_images
from inkling.errors import DataError

MEASURE = """
import resource, sys, time
from inkling.data.dataset import load_dataset
from inkling.errors import InklingError
from inkling.model.file import load_model
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
for path in sys.argv[2:]:
    try:
        (load_model if sys.argv[1] == "model" else load_dataset)(path)
    except InklingError as error:
        print(error)
    else:
        sys.exit("was accepted")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, time.process_time() - start)
"""


def measure(kind: str, *paths: Path) -> tuple[list[str], float, float]:
    """The errors of loading some files in a process of its own, and the megabytes and seconds."""
    pytest.importorskip("resource", reason="Windows does not tell the memory of a process")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, kind, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    *errors, figures = done.stdout.splitlines()
    size, seconds = map(float, figures.split())
    return errors, size / (2**20 if sys.platform == "darwin" else 2**10), seconds


def csv_bomb(folder: Path, side: int) -> Path:
    """1.5 GB of blank images as text, in 1.5 MB."""
    line = b",0" * (side * side) + b"\n"
    part = b"".join(bytes([48 + label]) + line for label in range(10))
    member = gzip.compress(part, 9)
    path = folder / f"bomb{side}.csv.gz"
    path.write_bytes(member * (3 * 2**29 // len(part)))
    return path


def idx_bomb(folder: Path) -> Path:
    """A million blank images of 28 × 28 in 0.8 MB."""
    lengths = (1_000_000, 28, 28)
    header = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in lengths)
    member = gzip.compress(bytes(784_000), 9)
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(header) + member * 1000)
    labels = bytes([0, 0, 8, 1]) + lengths[0].to_bytes(4, "big") + bytes(lengths[0])
    (folder / "train-labels-idx1-ubyte").write_bytes(gzip.compress(labels))
    return path


def npz_bomb(folder: Path, *names: str) -> Path:
    """An archive whose first array is large and blank."""
    path = folder / f"{names[0]}.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for count, name in zip((400_000, 1), names, strict=True):
            with archive.open(f"{name}.npy", "w") as file:
                header = {"descr": "|u1", "fortran_order": False, "shape": (count, 28, 28)}
                np.lib.format.write_array_header_1_0(file, header)
                for _ in range(count // 1000):
                    file.write(bytes(784_000))
    return path


@pytest.mark.parametrize("make", [idx_bomb, lambda at: npz_bomb(at, "x_train", "y_train")])
def test_a_small_file_does_not_become_a_large_set(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    """It is rejected as soon as it has unpacked to more than any image set does."""
    (error,), megabytes, seconds = measure("data", make(tmp_path))
    assert "expected to unpack at most 64 MB and 30 bytes per byte, got" in error
    assert megabytes < 300
    assert seconds < 5


def test_neither_short_nor_long_lines_become_a_large_set(tmp_path: Path) -> None:
    """Text is parsed in blocks of few bytes."""
    errors, megabytes, seconds = measure("data", csv_bomb(tmp_path, 28), csv_bomb(tmp_path, 500))
    assert all(
        "expected to unpack at most 64 MB and 30 bytes per byte, got" in error for error in errors
    )
    assert megabytes < 300
    assert seconds < 10


def test_a_small_file_does_not_become_a_large_model(tmp_path: Path) -> None:
    """Nor does the description in it."""
    (error,), megabytes, seconds = measure("model", npz_bomb(tmp_path, "w1", "b1"))
    assert "expected to unpack at most 64 MB and 30 bytes per byte, got" in error
    assert megabytes < 300
    assert seconds < 5


@pytest.mark.parametrize(
    "shape", [(1_000_000, 28, 28), (2_000_000, 20, 20), (4_096, 512, 512), (1, 1, 1)]
)
def test_large_sets_are_accepted(shape: tuple[int, ...]) -> None:
    """A million images of MNIST's size, and a gigabyte of larger or smaller ones."""
    check_images("set", shape)


@pytest.mark.parametrize("shape", [(2_000_001, 8, 8), (1, 513, 1), (1, 1, 513), (4_097, 512, 512)])
def test_larger_sets_are_rejected(shape: tuple[int, ...]) -> None:
    """Too many images, too large ones, or too many pixels in all."""
    with pytest.raises(DataError, match=f"^set: expected at most .* got {shape[0]:,} of"):
        check_images("set", shape)


def test_real_sets_pack_less_than_the_limit(tmp_path: Path) -> None:
    """Black and white digits, which pack best, pass, though they unpack to more than 64 MB."""
    rng = np.random.default_rng(0)
    rows = np.where(rng.random((100, 785)) < 0.03, 255, 0)  # as random, each pixel takes 0.2 bits
    rows[:, 0] = np.arange(100) % 10
    text = "\n".join(",".join(map(str, row)) for row in rows.tolist()).encode() + b"\n"
    path = tmp_path / "sparse.csv.gz"
    path.write_bytes(gzip.compress(text) * (80 * 2**20 // len(text)))
    assert len(read_csv(path).lines) > 40_000
    images, count = rows[:, 1:].astype(np.uint8), 1_000
    header = bytes([0, 0, 8, 2]) + (100 * count).to_bytes(4, "big") + (784).to_bytes(4, "big")
    path.write_bytes(gzip.compress(header) + gzip.compress(images.tobytes()) * count)
    np.testing.assert_array_equal(read_idx(path)[-100:], images)
