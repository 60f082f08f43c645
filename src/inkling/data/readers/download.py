"""Downloading files from mirrors: complete and verified, or not at all.

A mirror may be unreachable or slow, or send the wrong bytes. Time and size are bounded, and a file is
written only after its SHA-256 has been verified.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import logging
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

from inkling._files import atomic_write
from inkling.data.readers.named import RemoteFile

ANSWER_SECONDS = 7.0  # for a mirror to begin an answer: without a network, two fail within 15 s
STALL_SECONDS = 20.0  # without a byte
TOTAL_SECONDS = 30.0  # for the files of one mirror,
SECONDS_PER_MEGABYTE = 10.0  # and for each megabyte of them
CHUNK = 2**16


class DownloadWatcher(Protocol):
    """Receives the progress of a download."""

    def announce(self, text: str) -> None:
        """Receives a sentence before each mirror is contacted: what is downloaded, from and to where."""

    def progress(self, file: str, received: int, total: int) -> None:
        """Receives the number of bytes of a file that have arrived, and the number expected."""


class TransferError(Exception):
    """No mirror provided a file.

    Attributes:
        reasons: the reason for each address that was tried; all are in the message.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{url}: {reason}" for url, reason in reasons.items()))
        self.reasons = reasons


def fetch(
    title: str,
    files: Sequence[RemoteFile],
    mirrors: Sequence[str],
    folder: Path,
    watcher: DownloadWatcher | None = None,
) -> None:
    """Downloads files into a folder, each from the first mirror that provides it.

    The folder is created when the first file is complete. Without a watcher, the announcement of what
    is downloaded (``title``) goes to the log "inkling".

    Raises:
        TransferError: if no mirror provided a file. Files that were complete stay; of the others
            nothing is left.
        OSError: if the folder cannot be written to.
    """
    announce = watcher.announce if watcher else logging.getLogger("inkling").info
    missing = list(files)
    reasons: dict[str, str] = {}
    for mirror in mirrors:
        megabytes = sum(file.packed_size for file in missing) / 1e6
        count = f"{len(missing)} file{'s' if len(missing) > 1 else ''}"
        announce(f"Downloading {title} ({count}, {megabytes:.1f} MB) from {mirror} to {folder}.")
        deadline = time.monotonic() + TOTAL_SECONDS + SECONDS_PER_MEGABYTE * megabytes
        try:
            while missing:
                content = _receive(mirror, missing[0], deadline, watcher)
                folder.mkdir(parents=True, exist_ok=True)
                atomic_write(folder / f"{missing.pop(0).name}.gz", content)
            return
        except TransferError as error:
            reasons |= error.reasons
    raise TransferError(reasons)


def _receive(
    mirror: str, file: RemoteFile, deadline: float, watcher: DownloadWatcher | None
) -> bytes:
    """Downloads one file into memory, verifies it, and returns the compressed bytes."""
    url, limit = f"{mirror}{file.name}.gz", 2 * file.packed_size
    content = bytearray()
    try:
        with _open(url) as response:
            while chunk := response.read1(CHUNK):  # read() would wait for a full chunk
                content += chunk
                if len(content) > limit:
                    raise TransferError({url: f"more than {limit:,} bytes"})
                if time.monotonic() > deadline:
                    raise TimeoutError
                if watcher:
                    watcher.progress(file.name, len(content), max(file.packed_size, len(content)))
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            unpacked = stream.read(file.size + 1)  # no further: a small file can unpack to any size
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TransferError({url: "an incomplete or damaged gzip file"}) from error
    except (OSError, http.client.HTTPException) as error:
        raise TransferError({url: _reason(error)}) from error
    sha256 = hashlib.sha256(content if file.hashed_as_served else unpacked).hexdigest()
    if len(unpacked) != file.size or sha256 != file.sha256:
        raise TransferError({url: "another file than expected, by its SHA-256"})
    return bytes(content)


def _open(url: str) -> http.client.HTTPResponse:
    """Opens an address in a thread that can be abandoned: a name lookup has no time limit of its own."""
    request = urllib.request.Request(url, headers={"User-Agent": "inkling"})
    answer: Future[http.client.HTTPResponse] = Future()

    def connect() -> None:
        try:
            answer.set_result(urllib.request.urlopen(request, timeout=STALL_SECONDS))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=connect, daemon=True).start()
    return answer.result(ANSWER_SECONDS)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"HTTP {error.code} {error.reason}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return "timed out"
    words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return " ".join(words.split())
