"""Downloads, from a server on this machine that misbehaves in every way it can."""

from __future__ import annotations

import gzip
import hashlib
import logging
import socket
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.data.readers.download import RemoteFile, fetch
from inkling.errors import DataUnavailableError

ADVICE = "draw some yourself"
Mirrors = Any  # the server in conftest.py


class Diary:
    """A watcher that writes down what it is told, and when."""

    def __init__(self) -> None:
        self.announced: list[str] = []
        self.received: list[tuple[str, int, int]] = []

    def announce(self, text: str) -> None:
        """Writes it down; nothing may have been received yet from this mirror."""
        self.announced.append(text)

    def progress(self, file: str, received: int, total: int) -> None:
        """Writes it down."""
        assert self.announced
        self.received.append((file, received, total))


def publish(mirrors: Mirrors, name: str, seed: int) -> RemoteFile:
    """Puts a file on the server and says what it should be."""
    content = np.random.default_rng(seed).integers(0, 4, 3_000, dtype=np.uint8).tobytes()
    packed = gzip.compress(content)
    mirrors.contents[f"{name}.gz"] = packed
    return RemoteFile(name, hashlib.sha256(content).hexdigest(), 3_000, len(packed))


@pytest.fixture
def files(mirrors: Mirrors) -> list[RemoteFile]:
    """Three files on the server."""
    return [publish(mirrors, name, seed) for seed, name in enumerate(["images", "labels", "more"])]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "caches" / "inkling"


def bring(files: list[RemoteFile], addresses: list[str], cache: Path, **settings: Any) -> None:
    """Fetches with short limits."""
    limits = {"reach_seconds": 5.0, "total_seconds": 10.0, **settings}
    fetch(files, addresses, cache, title="Tiny", advice=ADVICE, **limits)


def assert_whole(cache: Path, files: list[RemoteFile]) -> None:
    """The folder holds these files, right to the last byte, and no other."""
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{f.name}.gz" for f in files)
    for file in files:
        content = gzip.decompress((cache / f"{file.name}.gz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == file.sha256


def test_a_right_mirror_fills_the_cache(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path
) -> None:
    """The folder is made, every file is in it, and each was asked for once."""
    bring(files, [mirrors.address("right"), mirrors.address("forbidden")], cache)
    assert_whole(cache, files)
    assert mirrors.asked == [f"/right/{file.name}.gz" for file in files]


def test_the_download_is_announced_before_anything_is_asked_for(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path
) -> None:
    """The sentence says what, how much, from where and to where; then every file's bytes are counted."""
    diary = Diary()
    asked_when_announced: list[int] = []
    announce = diary.announce

    def note(text: str) -> None:
        asked_when_announced.append(len(mirrors.asked))
        announce(text)

    diary.announce = note  # type: ignore[method-assign]
    large = [RemoteFile(f.name, f.sha256, f.size, 1_234_567) for f in files]
    bring(large, [mirrors.address("right")], cache, watcher=diary)
    assert asked_when_announced == [0]
    assert diary.announced == [
        f"Downloading Tiny (3 files, 3.7 MB) from {mirrors.address('right')} to {cache}."
    ]
    for file in files:
        counts = [count for name, count, _ in diary.received if name == file.name]
        assert counts == sorted(counts)
        assert counts[-1] == file.packed_size
    assert {total for _, _, total in diary.received} == {1_234_567}


def test_without_a_watcher_it_is_announced_in_the_log(
    mirrors: Mirrors,
    files: list[RemoteFile],
    cache: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The library itself prints nothing."""
    with caplog.at_level(logging.INFO, logger="inkling"):
        bring(files[:1], [mirrors.address("right")], cache)
    assert caplog.messages == [
        f"Downloading Tiny (1 file, 0.0 MB) from {mirrors.address('right')} to {cache}."
    ]
    assert capfd.readouterr() == ("", "")


def test_a_moved_mirror_is_followed(mirrors: Mirrors, files: list[RemoteFile], cache: Path) -> None:
    """A mirror may point elsewhere."""
    bring(files, [mirrors.address("moved")], cache)
    assert_whole(cache, files)


BAD = {
    "forbidden": "was refused with HTTP 403 Forbidden",
    "missing": "was refused with HTTP 404 Not Found",
    "truncated": "came incomplete",
    "short": "came incomplete",
    "empty": "is not the file it should be, by its SHA-256",
    "corrupted": "came damaged or is no gzip file",
    "other": "is not the file it should be, by its SHA-256",
    "page": "came damaged or is no gzip file",
    "garbage": "did not come: 220 mail ready",
    "hangup": "did not come: Remote end closed connection without response",
    "endless": "is longer than {limit} bytes",
    "silent": "did not come in time",
    "slow_to_begin": "did not come in time",
    "stalled": "did not come in time",
    "slow": "did not come in time",
}
"""How each bad mirror is spoken of."""


@pytest.mark.parametrize("behaviour", BAD)
def test_a_bad_mirror_is_one_sentence_and_leaves_nothing(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path, behaviour: str
) -> None:
    """One line says the address, what was wrong and what to do; not even an empty folder is left."""
    started = time.monotonic()
    with pytest.raises(DataUnavailableError) as error:
        bring(files, [mirrors.address(behaviour)], cache, reach_seconds=0.4, total_seconds=0.5)
    assert time.monotonic() - started < 3
    trouble = BAD[behaviour].format(limit=f"{2 * files[0].packed_size:,}")
    assert str(error.value) == (
        "Tiny is not on this machine and could not be downloaded "
        f"({mirrors.address(behaviour)}images.gz {trouble}); {ADVICE}."
    )
    assert list(cache.parent.parent.iterdir()) == []


@pytest.mark.parametrize("behaviour", BAD)
def test_the_next_mirror_is_asked(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path, behaviour: str
) -> None:
    """However bad the first one is, the second one gives everything, in the time that is left to it."""
    addresses = [mirrors.address(behaviour), mirrors.address("right")]
    diary = Diary()
    bring(files, addresses, cache, watcher=diary, reach_seconds=0.8, total_seconds=1.5)
    assert_whole(cache, files)
    assert len(diary.announced) == 2


def test_both_mirrors_are_named_when_both_fail(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path
) -> None:
    """The sentence says of each mirror what it did, once."""
    addresses = [mirrors.address("forbidden"), mirrors.address("page")]
    with pytest.raises(DataUnavailableError) as error:
        bring(files, addresses, cache)
    assert str(error.value) == (
        "Tiny is not on this machine and could not be downloaded "
        f"({addresses[0]}images.gz was refused with HTTP 403 Forbidden; "
        f"{addresses[1]}images.gz came damaged or is no gzip file); {ADVICE}."
    )


def test_a_port_where_nobody_listens(files: list[RemoteFile], cache: Path) -> None:
    """The system's own words are passed on."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        with pytest.raises(DataUnavailableError) as error:
            bring(files, [address], cache)
    assert str(error.value) == (
        "Tiny is not on this machine and could not be downloaded "
        f"({address}images.gz did not come: Connection refused); {ADVICE}."
    )


def test_looking_up_a_name_may_take_for_ever(
    files: list[RemoteFile], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a wait that has no time limit of its own is given up in time, all mirrors together."""
    release = threading.Event()

    def never(*_: object, **__: object) -> Any:
        release.wait(20)
        raise OSError("nobody knows the name")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    started = time.monotonic()
    with pytest.raises(DataUnavailableError, match=r"a\.invalid/images\.gz did not come in time"):
        bring(files, ["http://a.invalid/", "http://b.invalid/"], cache, reach_seconds=0.4)
    seconds = time.monotonic() - started
    release.set()
    assert 0.35 < seconds < 1.5


def test_the_reach_limit_counts_all_files_together(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path
) -> None:
    """Six waits of a silent pair of mirrors take no longer than the one limit."""
    started = time.monotonic()
    with pytest.raises(DataUnavailableError):
        bring(files, [mirrors.address("silent")] * 2, cache, reach_seconds=0.5, total_seconds=60)
    assert 0.45 < time.monotonic() - started < 1.5


def test_the_next_mirror_has_time_of_its_own(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path
) -> None:
    """A silent mirror uses up half of the time for reaching one, and no more."""
    addresses = [mirrors.address("silent"), mirrors.address("right")]
    bring(files, addresses, cache, reach_seconds=1.0, total_seconds=60)
    assert_whole(cache, files)


def test_a_bomb_is_not_unpacked(
    mirrors: Mirrors, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of packed bytes that would unpack to 20 MB, hardly more is unpacked than the file should have."""
    mirrors.contents["bomb.gz"] = gzip.compress(bytes(20_000_000))
    file = RemoteFile("bomb", "0" * 64, 3_000, len(mirrors.contents["bomb.gz"]))
    unpacked: list[int] = []
    read = gzip.GzipFile.read

    def count(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        content = read(self, size)
        unpacked.append(len(content))
        return content

    monkeypatch.setattr(gzip.GzipFile, "read", count)
    with pytest.raises(DataUnavailableError, match="is not the file it should be, by its SHA-256"):
        bring([file], [mirrors.address("right")], cache)
    assert 3_000 < sum(unpacked) < 100_000


def test_files_that_came_whole_are_kept(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path
) -> None:
    """What one file lacks is no reason to lose the others; the next run asks for that one alone."""
    del mirrors.contents["labels.gz"]
    with pytest.raises(DataUnavailableError, match=r"labels\.gz is not the file it should be"):
        bring(files, [mirrors.address("right")], cache)
    assert_whole(cache, [files[0], files[2]])


def test_ctrl_c_leaves_nothing(mirrors: Mirrors, files: list[RemoteFile], cache: Path) -> None:
    """An interrupt in the middle of a file goes through, and the cache is as it was."""

    class Interrupting(Diary):
        def progress(self, file: str, received: int, total: int) -> None:
            super().progress(file, received, total)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(files, [mirrors.address("right")], cache, watcher=Interrupting())
    assert list(cache.parent.parent.iterdir()) == []


def test_a_cache_that_cannot_be_written_to(
    mirrors: Mirrors, files: list[RemoteFile], tmp_path: Path
) -> None:
    """Where a file is in the place of the folder, the sentence says so and what to do."""
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataUnavailableError) as error:
        bring(files, [mirrors.address("right")], tmp_path / "taken")
    assert str(error.value) == (
        f"Tiny was downloaded but could not be kept in {tmp_path / 'taken'} (file exists); {ADVICE}."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
