"""Bringing files from public mirrors into a folder: whole and right, or not at all.

A mirror may refuse, stall, drip, lie, or send without end. Whatever it does, this module gives up in
time, keeps no more in memory than it should, and writes a file only once its content has been checked.
It prints nothing: whoever wants to see what happens passes a ``DownloadWatcher``. What is fetched is
said in ``mnist.py``.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import logging
import queue
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from inkling._files import atomic_write
from inkling.errors import DataUnavailableError

REACH_SECONDS = 15.0
"""How long to wait for mirrors to begin to answer, all mirrors and files together."""
TOTAL_SECONDS = 240.0
"""How long a whole download may take."""
CHUNK = 2**16
LATE = "did not come in time"


class DownloadWatcher(Protocol):
    """Is told about a download: before it starts, and as it goes on."""

    def announce(self, text: str) -> None:
        """Is given a sentence: what is about to be downloaded, from where to where."""

    def progress(self, file: str, received: int, total: int) -> None:
        """Is given how many bytes of a file have come, of how many expected."""


class LoggingWatcher:
    """Passes announcements to the standard log "inkling"; used where no other watcher is given."""

    def announce(self, text: str) -> None:
        """Logs the sentence."""
        logging.getLogger("inkling").info(text)

    def progress(self, file: str, received: int, total: int) -> None:
        """Passes over it."""


@dataclass(frozen=True)
class RemoteFile:
    """A file as it should be, published as ``name`` + ``.gz``.

    Args:
        name: its name when unpacked.
        sha256: the SHA-256 of its unpacked bytes; the packing differs from mirror to mirror.
        size: the number of its unpacked bytes.
        packed_size: about how many bytes are sent.
    """

    name: str
    sha256: str
    size: int
    packed_size: int


class TransferError(Exception):
    """A mirror did not give a file; the message says why, as part of a longer sentence."""


@dataclass
class Allowance:
    """The time that one mirror may still use.

    Args:
        reach_seconds: for its answers to begin, all together.
        ends: when all must have come, by the monotonic clock.
    """

    reach_seconds: float
    ends: float


def fetch(
    files: Sequence[RemoteFile],
    mirrors: Sequence[str],
    folder: Path,
    *,
    title: str,
    advice: str,
    watcher: DownloadWatcher | None = None,
    reach_seconds: float = REACH_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
) -> None:
    """Brings files into a folder, each from the first mirror that gives it.

    A mirror gets an even share of the time that is left, so that one which stalls leaves the next one
    its own.

    Args:
        files: what to bring.
        mirrors: addresses, asked in turn; ``name`` + ``.gz`` is added to them.
        folder: where to; made when there is something to put into it.
        title: what the files are, for the sentences.
        advice: what to do when no mirror gives them.
        watcher: is told what happens; the standard log by default.
        reach_seconds: how long to wait for answers to begin, in all.
        total_seconds: how long everything may take.

    Raises:
        DataUnavailableError: a file could not be had, or the folder cannot be written to. Files that
            had come whole stay; of the others nothing is left.
    """
    watcher = watcher or LoggingWatcher()
    missing, troubles = list(files), []
    ends = time.monotonic() + total_seconds
    for turn, mirror in enumerate(mirrors):
        left = len(mirrors) - turn
        lent = reach_seconds / left
        now = time.monotonic()
        allowance = Allowance(lent, now + (ends - now) / left)
        watcher.announce(_announcement(title, missing, mirror, folder))
        trouble = ""
        for file in list(missing):
            address = f"{mirror}{file.name}.gz"
            try:
                content = receive(address, file, allowance, watcher)
                check(content, file)
            except TransferError as error:
                trouble = trouble or f"{address} {error}"
                continue
            _store(folder / f"{file.name}.gz", content, title, advice)
            missing.remove(file)
        if not missing:
            return
        troubles.append(trouble)
        reach_seconds -= lent - allowance.reach_seconds
    why = "; ".join(troubles)
    raise DataUnavailableError(
        f"{title} is not on this machine and could not be downloaded ({why}); {advice}."
    )


def receive(url: str, file: RemoteFile, allowance: Allowance, watcher: DownloadWatcher) -> bytes:
    """Downloads one file into memory.

    The connection lives in a thread of its own, because some of its waits (for the server's name to be
    looked up, for one more byte to drip in) have no limit that one could set. The clock is watched here;
    a thread that is given up ends by itself and has nothing to clean up.

    Args:
        url: the address.
        file: what to expect; twice ``packed_size`` is accepted.
        allowance: the time left; what it takes to reach the server is taken off.
        watcher: is told how many bytes have come.

    Returns:
        The bytes as they were sent, not checked yet.

    Raises:
        TransferError: the server refused, broke off, was too slow, or sent too much.
    """
    asked = time.monotonic()
    if allowance.reach_seconds <= 0 or asked >= allowance.ends:
        raise TransferError("was not asked for, the time was used up")
    limit = 2 * file.packed_size
    chunks: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
    given_up = threading.Event()
    connection = (url, allowance.reach_seconds, limit, chunks, given_up)
    threading.Thread(target=_send, args=connection, daemon=True).start()
    content = bytearray()
    try:
        try:
            reach_ends = min(asked + allowance.reach_seconds, allowance.ends)
            chunk = _next(chunks, reach_ends)
        finally:
            allowance.reach_seconds -= time.monotonic() - asked
        while chunk:
            content += chunk
            if len(content) > limit:
                raise TransferError(f"is longer than {limit:,} bytes")
            watcher.progress(file.name, len(content), max(file.packed_size, len(content)))
            chunk = _next(chunks, allowance.ends)
    finally:
        given_up.set()
    return bytes(content)


def _send(
    url: str,
    timeout: float,
    limit: int,
    chunks: queue.SimpleQueue[bytes | Exception],
    given_up: threading.Event,
) -> None:
    """Puts what a server sends into a queue, then an empty chunk; or the error that came instead."""
    request = urllib.request.Request(url, headers={"User-Agent": "inkling"})
    sent = 0
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            while not given_up.is_set() and sent <= limit:
                chunk = response.read1(CHUNK)  # what is there; read() would wait for a full chunk
                sent += len(chunk)
                chunks.put(chunk)
                if not chunk:
                    break
    except urllib.error.HTTPError as error:
        error.close()
        chunks.put(error)
    except Exception as error:  # whatever it is, it belongs to the one who waits
        chunks.put(error)


def _next(chunks: queue.SimpleQueue[bytes | Exception], ends: float) -> bytes:
    """The next chunk; waits in short steps, since on Windows Ctrl-C does not cut a wait short."""
    while True:
        try:
            chunk = chunks.get(timeout=max(0.0, min(0.2, ends - time.monotonic())))
        except queue.Empty:
            if time.monotonic() >= ends:
                raise TransferError(LATE) from None
            continue
        if isinstance(chunk, Exception):
            raise TransferError(_in_words(chunk)) from chunk
        return chunk


def _in_words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"was refused with HTTP {error.code} {error.reason}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return LATE
    if isinstance(reason, http.client.IncompleteRead):
        return "came incomplete"
    words = reason.strerror if isinstance(reason, OSError) else None
    return f"did not come: {' '.join((words or str(reason) or type(reason).__name__).split())}"


def check(content: bytes, file: RemoteFile) -> None:
    """Unpacks a downloaded file, no further than it should be long, and compares its SHA-256.

    Args:
        content: the bytes as they came.
        file: what they should be.

    Raises:
        TransferError: they are something else, or not all there.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            while size <= file.size and (piece := stream.read(CHUNK)):
                digest.update(piece)
                size += len(piece)
    except EOFError:
        raise TransferError("came incomplete") from None
    except (gzip.BadGzipFile, zlib.error):
        raise TransferError("came damaged or is no gzip file") from None
    if size != file.size or digest.hexdigest() != file.sha256:
        raise TransferError("is not the file it should be, by its SHA-256")


def _announcement(title: str, files: Sequence[RemoteFile], mirror: str, folder: Path) -> str:
    megabytes = sum(file.packed_size for file in files) / 1e6
    count = f"{len(files)} file{'s' if len(files) > 1 else ''}"
    return f"Downloading {title} ({count}, {megabytes:.1f} MB) from {mirror} to {folder}."


def _store(path: Path, content: bytes, title: str, advice: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        sentence = (
            f"{title} was downloaded but could not be kept in {path.parent} ({reason}); {advice}."
        )
        raise DataUnavailableError(sentence) from error
