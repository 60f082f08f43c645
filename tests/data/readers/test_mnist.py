"""Where MNIST is looked for, and that it is the right one."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import AnyArray
from inkling.data.readers.download import RemoteFile
from inkling.data.readers.mnist import (
    FILES,
    MIRRORS,
    WAYS_OUT,
    default_cache,
    idx_sha256,
    read_mnist,
)
from inkling.errors import DataError, DataUnavailableError

Mirrors = Any  # the server in conftest.py
WriteIdx = Callable[[Path, AnyArray], Path]
REAL = os.environ.get("INKLING_DATA")  # read before the tests put it aside
NAMES = [file.name for file in FILES]


@pytest.fixture
def arrays() -> dict[str, AnyArray]:
    """A tiny MNIST: seven images of 5 × 3 to train with, three to test with."""
    rng = np.random.default_rng(0)
    return {
        NAMES[0]: rng.integers(0, 256, (7, 5, 3), dtype=np.uint8),
        NAMES[1]: np.array([5, 0, 4, 1, 9, 2, 1], dtype=np.uint8),
        NAMES[2]: rng.integers(0, 256, (3, 5, 3), dtype=np.uint8),
        NAMES[3]: np.array([7, 2, 1], dtype=np.uint8),
    }


@pytest.fixture
def files(arrays: dict[str, AnyArray], tmp_path: Path, write_idx: WriteIdx) -> list[RemoteFile]:
    """What the four files of the tiny MNIST should be, by the bytes written by hand."""
    files = []
    for name, array in arrays.items():
        content = write_idx(tmp_path / "scratch", array).read_bytes()
        packed = len(gzip.compress(content))
        files.append(RemoteFile(name, hashlib.sha256(content).hexdigest(), len(content), packed))
    (tmp_path / "scratch").unlink()
    return files


@pytest.fixture
def folder(arrays: dict[str, AnyArray], tmp_path: Path, write_idx: WriteIdx) -> Path:
    """A folder with the four files, one of them packed and one in the other spelling."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    endings = {NAMES[1]: ".gz"}
    for name, array in arrays.items():
        write_idx(folder / f"{name}{endings.get(name, '')}", array)
    (folder / NAMES[2]).rename(folder / NAMES[2].replace("-idx", ".idx"))
    return folder


@pytest.mark.parametrize("how", ["data_dir", "INKLING_DATA", "cache"])
def test_it_is_found_where_it_is(
    folder: Path,
    files: list[RemoteFile],
    arrays: dict[str, AnyArray],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    how: str,
) -> None:
    """A named folder, INKLING_DATA and the cache each do; no mirror is asked, none is even given."""
    if how == "INKLING_DATA":
        monkeypatch.setenv(how, str(folder))
    source = read_mnist(
        folder if how == "data_dir" else None,
        cache=folder if how == "cache" else tmp_path / "empty",
        files=files,
        mirrors=[],
    )
    assert source.test is not None
    np.testing.assert_array_equal(source.train.images, arrays[NAMES[0]])
    np.testing.assert_array_equal(source.train.labels, arrays[NAMES[1]])
    np.testing.assert_array_equal(source.test.images, arrays[NAMES[2]])
    np.testing.assert_array_equal(source.test.labels, arrays[NAMES[3]])
    assert source.classes == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def test_the_nearer_name_wins(
    folder: Path, files: list[RemoteFile], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An argument goes before INKLING_DATA, which goes before the cache; empty means unset."""
    monkeypatch.setenv("INKLING_DATA", str(tmp_path / "nowhere"))
    assert len(read_mnist(folder, cache=tmp_path, files=files, mirrors=[]).train) == 7
    monkeypatch.setenv("INKLING_DATA", "")
    assert len(read_mnist(cache=folder, files=files, mirrors=[]).train) == 7


def test_it_is_downloaded_once(
    mirrors: Mirrors,
    files: list[RemoteFile],
    arrays: dict[str, AnyArray],
    tmp_path: Path,
    write_idx: WriteIdx,
) -> None:
    """The first time fills the cache, the second asks nobody; a lost file alone is asked for again."""
    for name, array in arrays.items():
        path = write_idx(tmp_path / "scratch.gz", array)
        mirrors.contents[f"{name}.gz"] = path.read_bytes()
    settings: Any = {
        "cache": tmp_path / "cache",
        "files": files,
        "mirrors": [mirrors.address("forbidden"), mirrors.address("right")],
    }
    first = read_mnist(**settings)
    np.testing.assert_array_equal(first.train.images, arrays[NAMES[0]])
    asked = len(mirrors.asked)
    second = read_mnist(**settings)
    np.testing.assert_array_equal(second.train.images, arrays[NAMES[0]])
    assert len(mirrors.asked) == asked
    (tmp_path / "cache" / f"{NAMES[2]}.gz").unlink()
    read_mnist(**settings)
    assert [path.rpartition("/")[2] for path in mirrors.asked[asked:]] == [f"{NAMES[2]}.gz"] * 2


def test_where_it_cannot_be_had_the_ways_out_are_named(
    mirrors: Mirrors, files: list[RemoteFile], tmp_path: Path
) -> None:
    """One sentence with all mirrors and three things to do."""
    addresses = [mirrors.address("forbidden"), mirrors.address("missing")]
    with pytest.raises(DataUnavailableError) as error:
        read_mnist(cache=tmp_path / "cache", files=files, mirrors=addresses)
    assert str(error.value) == (
        "MNIST is not on this machine and could not be downloaded "
        f"({addresses[0]}{NAMES[0]}.gz was refused with HTTP 403 Forbidden; "
        f"{addresses[1]}{NAMES[0]}.gz was refused with HTTP 404 Not Found); "
        "download the four files from a mirror by hand and name their folder with --data DIR or "
        "INKLING_DATA, train on data of your own with --data PATH, or on the digits that come with "
        "scikit-learn with --data digits."
    )
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("place", ["named", "cache"])
def test_a_file_that_is_another_is_never_passed_over(
    folder: Path,
    files: list[RemoteFile],
    arrays: dict[str, AnyArray],
    write_idx: WriteIdx,
    mirrors: Mirrors,
    place: str,
    ending: str,
) -> None:
    """A file of the right form with one wrong pixel is an error; nobody is asked for a better one."""
    other = arrays[NAMES[0]].copy()
    other[3, 1, 2] ^= 1
    (folder / NAMES[0]).unlink()
    path = write_idx(folder / f"{NAMES[0]}{ending}", other)
    got = hashlib.sha256(write_idx(folder / "scratch", other).read_bytes()).hexdigest()
    with pytest.raises(DataError) as error:
        read_mnist(
            folder if place == "named" else None,
            cache=folder,
            files=files,
            mirrors=[mirrors.address("right")],
        )
    assert not isinstance(error.value, DataUnavailableError)
    assert str(error.value) == (
        f"{path}: expected {NAMES[0]} of MNIST (SHA-256 {files[0].sha256[:8]}…), "
        f"got another file ({got[:8]}…); remove it and get it again, or, to train on it as it is, "
        "name the file as --data PATH."
    )
    assert mirrors.asked == []


def test_a_damaged_file_is_never_passed_over(
    folder: Path, files: list[RemoteFile], mirrors: Mirrors
) -> None:
    """A file cut off in the cache is an error with its name."""
    path = folder / NAMES[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError) as error:
        read_mnist(cache=folder, files=files, mirrors=[mirrors.address("right")])
    assert not isinstance(error.value, DataUnavailableError)
    assert str(error.value) == (
        f"{path}: expected 105 values, got 104; it is damaged or incomplete, get it again."
    )
    assert mirrors.asked == []


def test_a_named_folder_that_lacks_files_is_an_error(
    folder: Path, files: list[RemoteFile], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is missing is listed; the cache, where it is, is not looked at."""
    named = tmp_path / "named"
    expected = "expected the four files of MNIST, with or without .gz, got"
    cases = [
        ("no such folder", None),
        (f"no {', '.join(NAMES)}", ""),
        (f"no {', '.join(NAMES[1:])}", NAMES[0]),
    ]
    for got, present in cases:
        if present is not None:
            named.mkdir(exist_ok=True)
        if present:
            (named / present).write_bytes(b"")
        monkeypatch.setenv("INKLING_DATA", str(named))
        for argument, who in ((named, f"{named}"), (None, f"{named} (named by INKLING_DATA)")):
            with pytest.raises(DataError) as error:
                read_mnist(argument, cache=folder, files=files, mirrors=[])
            assert not isinstance(error.value, DataUnavailableError)
            assert str(error.value) == f"{who}: {expected} {got}."


def test_sha256_is_that_of_the_file(arrays: dict[str, AnyArray], files: list[RemoteFile]) -> None:
    """The sum computed from an array is that of the bytes of its file, and sees every change."""
    for file in files:
        assert idx_sha256(arrays[file.name]) == file.sha256
        assert idx_sha256(arrays[file.name][1:]) != file.sha256
    flat = arrays[NAMES[0]].reshape(7, 15)
    assert idx_sha256(flat) != files[0].sha256


def test_the_public_facts() -> None:
    """Two mirrors, reached safely; the cache is a folder of Inkling's own; the sizes fit the counts."""
    assert len(MIRRORS) == 2
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in MIRRORS)
    assert "inkling" in default_cache().parts
    assert [file.size for file in FILES] == [
        16 + 60_000 * 784,
        8 + 60_000,
        16 + 10_000 * 784,
        8 + 10_000,
    ]
    assert all(option in WAYS_OUT for option in ("--data DIR", "--data PATH", "--data digits"))


@pytest.mark.skipif(not REAL, reason="INKLING_DATA does not name a folder with MNIST")
def test_the_real_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published counts, first labels and the mean and deviation of all training pixels."""
    assert REAL is not None
    monkeypatch.setenv("INKLING_DATA", REAL)
    source = read_mnist(mirrors=[])
    assert source.test is not None
    assert source.train.images.shape == (60_000, 28, 28)
    assert source.test.images.shape == (10_000, 28, 28)
    assert source.train.labels[:4].tolist() == [5, 0, 4, 1]
    assert source.test.labels[:4].tolist() == [7, 2, 1, 0]
    assert source.train.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert source.train.images.std() / 255 == pytest.approx(0.3081, abs=5e-5)


@pytest.mark.skipif(not REAL, reason="INKLING_DATA does not name a folder with MNIST")
def test_the_real_mnist_is_told_from_another() -> None:
    """With one digit of the expected sum changed, the same files are refused."""
    assert REAL is not None
    wrong = [*FILES[:3], replace(FILES[3], sha256="0" * 64)]
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte of MNIST \(SHA-256 00000000…\)"):
        read_mnist(REAL, files=wrong, mirrors=[])
