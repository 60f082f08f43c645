"""Downloads from a local server that misbehaves."""

from __future__ import annotations

import gzip
import hashlib
import logging
import re
import socket
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.data.readers import download
from inkling.data.readers.download import TransferError, fetch
from inkling.data.readers.named import RemoteFile

Mirrors = Any  # the server in conftest.py


class Diary:
    """A watcher that records what it receives."""

    def __init__(self) -> None:
        self.announced: list[str] = []
        self.received: list[tuple[str, int, int]] = []

    def announce(self, text: str) -> None:
        """Records the sentence."""
        self.announced.append(text)

    def progress(self, file: str, received: int, total: int) -> None:
        """Records the numbers, which must come after an announcement."""
        assert self.announced
        self.received.append((file, received, total))


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortens all time limits."""
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.8)
    monkeypatch.setattr(download, "STALL_SECONDS", 0.8)
    monkeypatch.setattr(download, "TOTAL_SECONDS", 1.2)


@pytest.fixture
def files(mirrors: Mirrors) -> list[RemoteFile]:
    """Three files on the server."""
    files = []
    for seed, name in enumerate(["images", "labels", "more"]):
        content = np.random.default_rng(seed).integers(0, 4, 3_000, dtype=np.uint8).tobytes()
        packed = mirrors.contents[f"{name}.gz"] = gzip.compress(content)
        files.append(RemoteFile(name, hashlib.sha256(content).hexdigest(), 3_000, len(packed)))
    return files


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A folder that does not exist yet."""
    return tmp_path / "caches" / "inkling"


def assert_complete(cache: Path, files: list[RemoteFile]) -> None:
    """The folder contains exactly these files, correct to the last byte."""
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{f.name}.gz" for f in files)
    for file in files:
        content = gzip.decompress((cache / f"{file.name}.gz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == file.sha256


@pytest.mark.parametrize("behavior", ["right", "moved"])
def test_the_first_mirror_that_works_is_enough(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path, behavior: str
) -> None:
    """The folder is created with every file, also through a redirect."""
    fetch("Tiny", files, [mirrors.address(behavior), mirrors.address("forbidden")], cache)
    assert_complete(cache, files)
    assert not any("forbidden" in path for path in mirrors.asked)


def test_a_download_is_announced_before_it_starts(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path
) -> None:
    """The sentence gives content, size, origin and destination; then bytes are counted per file."""
    watcher = Diary()
    large = [RemoteFile(f.name, f.sha256, f.size, 1_234_567) for f in files]
    fetch("Tiny", large, [mirrors.address("right")], cache, watcher)
    assert watcher.announced == [
        f"Downloading Tiny (3 files, 3.7 MB) from {mirrors.address('right')} to {cache}."
    ]
    for file in files:
        counts = [count for name, count, _ in watcher.received if name == file.name]
        assert counts == sorted(counts)
        assert counts[-1] == file.packed_size
    assert {total for _, _, total in watcher.received} == {1_234_567}


def test_without_a_watcher_the_announcement_is_logged(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes to the log "inkling"."""
    with caplog.at_level(logging.INFO, logger="inkling"):
        fetch("Tiny", files[:1], [mirrors.address("right")], cache)
    assert [text[:33] for text in caplog.messages] == ["Downloading Tiny (1 file, 0.0 MB)"]


BAD = {
    "forbidden": "HTTP 403 Forbidden",
    "truncated": "incomplete or damaged",
    "corrupted": "incomplete or damaged",
    "hangup": "closed connection",
    "endless": "more than [0-9,]+ bytes",
    "silent": "timed out",
    "slow_to_begin": "timed out",
    "stalled": "timed out",
    "slow": "timed out",
}
"""Each bad mirror, and the reason in the message."""


@pytest.mark.parametrize("behavior", BAD)
def test_a_bad_mirror_leaves_nothing_and_the_next_one_is_tried(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path, behavior: str
) -> None:
    """The reason is given in one line and in time; another mirror then provides everything."""
    bad, started = mirrors.address(behavior), time.monotonic()
    with pytest.raises(TransferError, match=f"^{bad}images.gz: .*{BAD[behavior]}.*$"):
        fetch("Tiny", files, [bad], cache)
    assert time.monotonic() - started < 4
    assert not cache.parent.exists()
    diary = Diary()
    fetch("Tiny", files, [bad, mirrors.address("right")], cache, diary)
    assert_complete(cache, files)
    assert len(diary.announced) == 2


def test_if_all_mirrors_fail_each_is_named(
    mirrors: Mirrors, files: list[RemoteFile], cache: Path
) -> None:
    """One reason per mirror, also for a port without a server."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        addresses = [mirrors.address("corrupted"), f"http://127.0.0.1:{closed.getsockname()[1]}/"]
        reasons = [f"{re.escape(address)}images.gz: .+" for address in addresses]
        with pytest.raises(TransferError, match="; ".join(reasons)):
            fetch("Tiny", files, addresses, cache)


def test_a_name_lookup_without_end_is_abandoned(
    files: list[RemoteFile], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wait that has no time limit of its own is given up too."""
    release = threading.Event()

    def never(*_: object, **__: object) -> Any:
        release.wait(20)
        raise OSError("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    started = time.monotonic()
    with pytest.raises(TransferError, match=r"a\.invalid/images\.gz: timed out"):
        fetch("Tiny", files, ["http://a.invalid/", "http://b.invalid/"], cache)
    release.set()
    assert time.monotonic() - started < 4


def test_a_bomb_is_not_unpacked(mirrors: Mirrors, cache: Path) -> None:
    """Of a file that would unpack to 20 MB, only as much is unpacked as expected."""
    mirrors.contents["bomb.gz"] = gzip.compress(bytes(20_000_000))
    file = RemoteFile("bomb", "0" * 64, 3_000, len(mirrors.contents["bomb.gz"]))
    tracemalloc.start()
    with pytest.raises(TransferError, match="SHA-256"):
        fetch("Tiny", [file], [mirrors.address("right")], cache)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_complete_files_are_kept(mirrors: Mirrors, files: list[RemoteFile], cache: Path) -> None:
    """The next mirror, or the next call, provides only the missing ones."""
    del mirrors.contents["labels.gz"]
    with pytest.raises(TransferError, match=r"labels\.gz"):
        fetch("Tiny", files, [mirrors.address("right"), mirrors.address("moved")], cache)
    assert_complete(cache, files[:1])
    assert "/moved/images.gz" not in mirrors.asked


def test_ctrl_c_leaves_nothing(mirrors: Mirrors, files: list[RemoteFile], cache: Path) -> None:
    """An interrupt in the middle of a file is passed on."""

    class Interrupting(Diary):
        def progress(self, *_: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("Tiny", files, [mirrors.address("right")], cache, Interrupting())
    assert not cache.parent.exists()
