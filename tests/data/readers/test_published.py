"""Where published data sets are found, and that they are what was published."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import AnyArray
from inkling.data.readers import published
from inkling.data.readers.named import PUBLISHED, RemoteFile
from inkling.data.readers.published import default_cache, folder_in_place, read_published
from inkling.errors import DataError, DataUnavailableError

Mirrors = Any  # the server in conftest.py
WriteIdx = Callable[[Path, AnyArray], Path]
REAL = os.environ.get("INKLING_DATA")  # read before the fixture hides it
FILES = PUBLISHED["mnist"].files
NAMES = [file.name for file in FILES]
SERVED = "kmnist"
"""A set whose hashes are those of the compressed files."""


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
    files, served = [], []
    for name, array in arrays.items():
        content = write_idx(tmp_path / "scratch", array).read_bytes()
        packed = mirrors.contents[f"{name}.gz"] = gzip.compress(content)
        sizes = len(content), len(packed)
        files.append(RemoteFile(name, hashlib.sha256(content).hexdigest(), *sizes))
        served.append(RemoteFile(name, hashlib.sha256(packed).hexdigest(), *sizes, True))
    (tmp_path / "scratch").unlink()
    addresses = mirrors.address("forbidden"), mirrors.address("right")
    for name, listed in (("mnist", files), (SERVED, served)):
        tiny = replace(PUBLISHED[name], files=tuple(listed), mirrors=addresses)
        monkeypatch.setitem(PUBLISHED, name, tiny)
    monkeypatch.setattr(published, "default_cache", lambda _: tmp_path / "cache")
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
    np.testing.assert_array_equal(read_published("mnist", root).train.images, arrays[NAMES[0]])
    monkeypatch.setenv("INKLING_DATA", str(root))
    assert folder_in_place("mnist") == root / place


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
    assert folder_in_place("mnist") is None
    named = {"data_dir": "/nowhere", "INKLING_DATA": str(folder), "cache": ""}
    monkeypatch.setenv("INKLING_DATA", named[how])
    if how == "cache":
        folder.rename(cache)
    source = read_published("mnist", folder if how == "data_dir" else None)
    assert source.test is not None
    read = (source.train.images, source.train.labels, source.test.images, source.test.labels)
    for array, name in zip(read, NAMES, strict=True):
        np.testing.assert_array_equal(array, arrays[name])
    assert source.classes == tuple("0123456789")
    assert mirrors.asked == []
    assert (
        folder_in_place("mnist") == {"data_dir": None, "INKLING_DATA": folder, "cache": cache}[how]
    )


def test_it_is_downloaded_once(mirrors: Mirrors, cache: Path, arrays: dict[str, AnyArray]) -> None:
    """The first call fills the cache; later only a lost file is downloaded again."""
    np.testing.assert_array_equal(read_published("mnist").train.images, arrays[NAMES[0]])
    asked = len(mirrors.asked)
    (cache / f"{NAMES[2]}.gz").unlink()
    read_published("mnist")
    assert [path.rpartition("/")[2] for path in mirrors.asked[asked:]] == [f"{NAMES[2]}.gz"] * 2


def test_if_it_is_unavailable_the_alternatives_are_named(
    mirrors: Mirrors, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In three short lines, each reason once; a cache that cannot be written to is named."""
    address = mirrors.address("forbidden")
    twice = address, address.replace("127.0.0.1", "localhost")
    monkeypatch.setitem(PUBLISHED, "mnist", replace(PUBLISHED["mnist"], mirrors=twice))
    with pytest.raises(DataUnavailableError) as error:
        read_published("mnist")
    reason, files, others = str(error.value).splitlines()
    assert reason.endswith(" could not be downloaded (HTTP 403 Forbidden).")
    assert "INKLING_DATA" in files
    assert "'pen'" in others
    assert max(map(len, (reason, files, others))) < 90
    assert not cache.exists()
    cache.write_text("a file")
    right = (mirrors.address("right"),)
    monkeypatch.setitem(PUBLISHED, "mnist", replace(PUBLISHED["mnist"], mirrors=right))
    with pytest.raises(DataUnavailableError, match=f"exists: '{cache}'"):
        read_published("mnist")


def test_another_file_is_an_error(
    folder: Path, cache: Path, arrays: dict[str, AnyArray], write_idx: WriteIdx, mirrors: Mirrors
) -> None:
    """One wrong pixel is found, in the cache too, and the file is not downloaded again."""
    arrays[NAMES[0]][3, 1, 2] ^= 1
    write_idx(folder / NAMES[0], arrays[NAMES[0]])
    folder.rename(cache)
    with pytest.raises(DataError, match=rf"{NAMES[0]}: expected .* \(SHA-256") as error:
        read_published("mnist")
    assert not isinstance(error.value, DataUnavailableError)
    assert mirrors.asked == []


def test_a_named_folder_must_be_complete(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The missing files are listed, and a complete cache is not used instead."""
    folder.rename(cache)
    named = tmp_path / "named"
    with pytest.raises(DataError, match=f"^{named}: .* no such folder"):
        read_published("mnist", named)
    named.mkdir()
    (named / NAMES[0]).write_bytes(b"")
    monkeypatch.setenv("INKLING_DATA", str(named))
    with pytest.raises(DataError, match=rf"by INKLING_DATA\): .* no {', '.join(NAMES[1:])}\.$"):
        read_published("mnist")


def test_a_set_whose_hashes_are_those_of_the_served_files(
    mirrors: Mirrors, cache: Path, arrays: dict[str, AnyArray], write_idx: WriteIdx
) -> None:
    """The same pixels, compressed otherwise, cannot be verified, and unpacked ones are not looked at."""
    source = read_published(SERVED)
    np.testing.assert_array_equal(source.train.images, arrays[NAMES[0]])
    assert source.classes[:2] == ("お", "き")
    asked = len(mirrors.asked)
    read_published(SERVED, cache)  # now its folder can also be named
    (cache / f"{NAMES[1]}.gz").rename(cache / "away")
    write_idx(cache / NAMES[1], arrays[NAMES[1]])
    with pytest.raises(DataError, match=rf"of Kuzushiji-MNIST, as \.gz, got no {NAMES[1]}\.$"):
        read_published(SERVED, cache)
    (cache / f"{NAMES[1]}.gz").write_bytes(gzip.compress((cache / NAMES[1]).read_bytes(), 1))
    with pytest.raises(DataError, match=rf"{NAMES[1]}\.gz: expected .* \(SHA-256"):
        read_published(SERVED)
    assert len(mirrors.asked) == asked


def test_another_file_of_a_mirror_is_not_kept(mirrors: Mirrors, cache: Path) -> None:
    """Compressed otherwise, it is another file than the one that was published."""
    name = f"{NAMES[0]}.gz"
    mirrors.contents[name] = gzip.compress(gzip.decompress(mirrors.contents[name]), 1)
    with pytest.raises(DataUnavailableError, match=rf"put them, as \.gz, in {cache}\."):
        read_published(SERVED)
    assert not cache.exists()
    assert read_published("mnist").classes[0] == "0"  # whose unpacked files are verified


def test_inkling_data_has_mnist_and_the_others_below_it(
    folder: Path, cache: Path, mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of MNIST have the same names, and are not taken for those of another set."""
    monkeypatch.setenv("INKLING_DATA", str(folder))
    assert folder_in_place("mnist") == folder
    assert folder_in_place(SERVED) is None
    read_published(SERVED)  # into the cache
    asked = len(mirrors.asked)
    (folder / "KMNIST").mkdir()
    cache.rename(folder / "KMNIST" / "raw")
    assert folder_in_place(SERVED) == folder / "KMNIST" / "raw"
    read_published(SERVED)
    assert len(mirrors.asked) == asked


def test_the_table() -> None:
    """Every set has classes, mirrors and hashes, and a cache of its own."""
    caches = {default_cache(name) for name in PUBLISHED}
    assert len(caches) == len(PUBLISHED)
    assert all("inkling" in cache.parts for cache in caches)
    for one in PUBLISHED.values():
        assert all(re.fullmatch(r"https?://[^?]+/", mirror) for mirror in one.mirrors)
        assert len(set(one.classes)) == 10
        assert len({file.sha256 for file in one.files}) == 4
        assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in one.files)


@pytest.mark.skipif(not REAL, reason="INKLING_DATA does not name a folder with MNIST")
def test_the_real_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published counts, first labels, mean and deviation."""
    monkeypatch.setitem(PUBLISHED, "mnist", replace(PUBLISHED["mnist"], files=FILES))
    source = read_published("mnist", REAL)
    assert source.test is not None
    assert source.train.images.shape == (60_000, 28, 28)
    assert source.test.images.shape == (10_000, 28, 28)
    assert source.train.labels[:4].tolist() == [5, 0, 4, 1]
    assert source.test.labels[:4].tolist() == [7, 2, 1, 0]
    assert source.train.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert source.train.images.std() / 255 == pytest.approx(0.3081, abs=5e-5)
