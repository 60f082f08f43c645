"""Where MNIST is found, and that it is MNIST."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import AnyArray
from inkling.data.readers import mnist
from inkling.data.readers.download import RemoteFile
from inkling.data.readers.mnist import FILES, MIRRORS, default_cache, folder_in_place, read_mnist
from inkling.errors import DataError, DataUnavailableError

Mirrors = Any  # the server in conftest.py
WriteIdx = Callable[[Path, AnyArray], Path]
REAL = os.environ.get("INKLING_DATA")  # read before the fixture hides it
NAMES = [file.name for file in FILES]


@pytest.fixture
def arrays() -> dict[str, AnyArray]:
    """A tiny MNIST: seven training images and three test images of 5 × 3."""
    rng = np.random.default_rng(0)
    return {
        NAMES[0]: rng.integers(0, 256, (7, 5, 3), dtype=np.uint8),
        NAMES[1]: np.array([5, 0, 4, 1, 9, 2, 1], dtype=np.uint8),
        NAMES[2]: rng.integers(0, 256, (3, 5, 3), dtype=np.uint8),
        NAMES[3]: np.array([7, 2, 1], dtype=np.uint8),
    }


@pytest.fixture
def folder(arrays: dict[str, AnyArray], tmp_path: Path, write_idx: WriteIdx) -> Path:
    """A folder with the four files, one gzipped and one in the other spelling."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, array in arrays.items():
        write_idx(folder / (f"{name}.gz" if name == NAMES[1] else name), array)
    (folder / NAMES[2]).rename(folder / NAMES[2].replace("-idx", ".idx"))
    return folder


@pytest.fixture(autouse=True)
def cache(
    arrays: dict[str, AnyArray],
    mirrors: Mirrors,
    tmp_path: Path,
    write_idx: WriteIdx,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """An absent cache; the tiny MNIST stands for the real one, on one bad and one good mirror."""
    files = []
    for name, array in arrays.items():
        content = write_idx(tmp_path / "scratch", array).read_bytes()
        packed = mirrors.contents[f"{name}.gz"] = gzip.compress(content)
        sha256 = hashlib.sha256(content).hexdigest()
        files.append(RemoteFile(name, sha256, len(content), len(packed)))
    (tmp_path / "scratch").unlink()
    monkeypatch.setattr(mnist, "FILES", tuple(files))
    monkeypatch.setattr(mnist, "MIRRORS", [mirrors.address("forbidden"), mirrors.address("right")])
    monkeypatch.setattr(mnist, "default_cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.mark.parametrize("place", ["raw", "MNIST/raw"])
def test_torchvision_puts_it_into_a_subfolder(
    folder: Path,
    tmp_path: Path,
    arrays: dict[str, AnyArray],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """Its root may be named, and nothing is downloaded."""
    root = tmp_path / "root"
    (root / place).parent.mkdir(parents=True)
    folder.rename(root / place)
    np.testing.assert_array_equal(read_mnist(root).train.images, arrays[NAMES[0]])
    monkeypatch.setenv("INKLING_DATA", str(root))
    assert folder_in_place() == root / place


@pytest.mark.parametrize("how", ["data_dir", "INKLING_DATA", "cache"])
def test_it_is_read_from_where_it_is(
    folder: Path,
    cache: Path,
    arrays: dict[str, AnyArray],
    mirrors: Mirrors,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """A named folder, else INKLING_DATA, else the cache; no mirror is contacted."""
    assert folder_in_place() is None
    named = {"data_dir": "/nowhere", "INKLING_DATA": str(folder), "cache": ""}
    monkeypatch.setenv("INKLING_DATA", named[how])
    if how == "cache":
        folder.rename(cache)
    source = read_mnist(folder if how == "data_dir" else None)
    assert source.test is not None
    read = (source.train.images, source.train.labels, source.test.images, source.test.labels)
    for array, name in zip(read, NAMES, strict=True):
        np.testing.assert_array_equal(array, arrays[name])
    assert source.classes == tuple("0123456789")
    assert mirrors.asked == []
    assert folder_in_place() == {"data_dir": None, "INKLING_DATA": folder, "cache": cache}[how]


def test_it_is_downloaded_once(mirrors: Mirrors, cache: Path, arrays: dict[str, AnyArray]) -> None:
    """The first call fills the cache; later only a lost file is downloaded again."""
    np.testing.assert_array_equal(read_mnist().train.images, arrays[NAMES[0]])
    asked = len(mirrors.asked)
    (cache / f"{NAMES[2]}.gz").unlink()
    read_mnist()
    assert [path.rpartition("/")[2] for path in mirrors.asked[asked:]] == [f"{NAMES[2]}.gz"] * 2


def test_if_it_is_unavailable_the_alternatives_are_named(
    mirrors: Mirrors, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In three short lines, each reason once; a cache that cannot be written to is named."""
    address = mirrors.address("forbidden")
    monkeypatch.setattr(mnist, "MIRRORS", [address, address.replace("127.0.0.1", "localhost")])
    with pytest.raises(DataUnavailableError) as error:
        read_mnist()
    reason, files, others = str(error.value).splitlines()
    assert reason.endswith(" could not be downloaded (HTTP 403 Forbidden).")
    assert "INKLING_DATA" in files
    assert "'pen'" in others
    assert max(map(len, (reason, files, others))) < 90
    assert not cache.exists()
    cache.write_text("a file")
    monkeypatch.setattr(mnist, "MIRRORS", [mirrors.address("right")])
    with pytest.raises(DataUnavailableError, match=f"exists: '{cache}'"):
        read_mnist()


def test_another_file_is_an_error(
    folder: Path, cache: Path, arrays: dict[str, AnyArray], write_idx: WriteIdx, mirrors: Mirrors
) -> None:
    """One wrong pixel is found, in the cache too, and the file is not downloaded again."""
    arrays[NAMES[0]][3, 1, 2] ^= 1
    write_idx(folder / NAMES[0], arrays[NAMES[0]])
    folder.rename(cache)
    with pytest.raises(DataError, match=rf"{NAMES[0]}: expected .* \(SHA-256") as error:
        read_mnist()
    assert not isinstance(error.value, DataUnavailableError)
    assert mirrors.asked == []


def test_a_named_folder_must_be_complete(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The missing files are listed, and a complete cache is not used instead."""
    folder.rename(cache)
    named = tmp_path / "named"
    with pytest.raises(DataError, match=f"^{named}: .* no such folder"):
        read_mnist(named)
    named.mkdir()
    (named / NAMES[0]).write_bytes(b"")
    monkeypatch.setenv("INKLING_DATA", str(named))
    with pytest.raises(DataError, match=rf"by INKLING_DATA\): .* no {', '.join(NAMES[1:])}\.$"):
        read_mnist()


def test_the_mirrors_and_the_cache() -> None:
    """The mirrors use TLS, and the cache is Inkling's own."""
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in MIRRORS)
    assert "inkling" in default_cache().parts


@pytest.mark.skipif(not REAL, reason="INKLING_DATA does not name a folder with MNIST")
def test_the_real_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published counts, first labels, mean and deviation."""
    monkeypatch.setattr(mnist, "FILES", FILES)
    source = read_mnist(REAL)
    assert source.test is not None
    assert source.train.images.shape == (60_000, 28, 28)
    assert source.test.images.shape == (10_000, 28, 28)
    assert source.train.labels[:4].tolist() == [5, 0, 4, 1]
    assert source.test.labels[:4].tolist() == [7, 2, 1, 0]
    assert source.train.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert source.train.images.std() / 255 == pytest.approx(0.3081, abs=5e-5)
