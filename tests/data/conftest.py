"""Shared by the tests of the data readers: hand-written IDX files, and mirrors that misbehave."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from inkling._types import AnyArray, ByteArray

WriteIdx = Callable[[Path, AnyArray], Path]


@pytest.fixture
def write_idx() -> WriteIdx:
    """Writes an IDX file byte by byte, gzipped if its name ends in .gz."""

    def write(path: Path, array: AnyArray) -> Path:
        lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
        content = bytes([0, 0, 8, array.ndim]) + lengths + array.astype(np.uint8).tobytes()
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        return path

    return write


@pytest.fixture
def images() -> ByteArray:
    """Seven different images of 5 × 3."""
    return np.arange(7 * 5 * 3, dtype=np.uint8).reshape(7, 5, 3)


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides the data and the proxy of this machine."""
    monkeypatch.delenv("INKLING_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")


class Mirrors(ThreadingHTTPServer):
    """A local web server that behaves as the first part of the path names.

    ``http://127.0.0.1:PORT/slow/name.gz`` sends the content of ``name.gz`` byte by byte.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.contents: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()

    def address(self, behavior: str) -> str:
        """The address of the mirror with a behavior."""
        return f"http://127.0.0.1:{self.server_port}/{behavior}/"

    def handle_error(self, *_: object) -> None:
        """Ignores clients that give up."""


class Answer(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Mirrors

    def log_message(self, *_: object) -> None:
        """Prints nothing."""

    def do_GET(self) -> None:
        """Sends the content, or what a broken mirror sends."""
        self.server.asked.append(self.path)
        _, behavior, name = self.path.split("/")
        content, closing = self.server.contents.get(name, b""), self.server.closing
        middle = len(content) // 2
        match behavior:
            case "forbidden":
                self.send_error(403)
                return
            case "moved":
                self.send_response(302)
                self.send_header("Location", self.path.replace("/moved/", "/right/"))
                self.end_headers()
                return
            case "hangup":
                return
            case "silent":
                closing.wait(20)
                return
            case "slow_to_begin":  # the header byte by byte, so that no single wait is long
                while not closing.wait(0.02):
                    self.wfile.write(b"H")
        self.send_response(200)
        if behavior not in ("endless", "slow"):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        match behavior:
            case "right":
                self.wfile.write(content)
            case "truncated":
                self.wfile.write(content[:middle])
            case "corrupted":
                changed = bytes([content[middle] ^ 0xFF])
                self.wfile.write(content[:middle] + changed + content[middle + 1 :])
            case "stalled":
                self.wfile.write(content[:middle])
                closing.wait(20)
            case "endless":
                while not closing.is_set():
                    self.wfile.write(content)
            case "slow":
                for byte in content:
                    self.wfile.write(bytes([byte]))
                    if closing.wait(0.02):
                        return


@pytest.fixture
def mirrors() -> Iterator[Mirrors]:
    """The server, on a port of its own."""
    with Mirrors() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()
