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


class Mirrors:
    """A local web server that behaves as the first part of the path names.

    ``http://127.0.0.1:PORT/slow/name.gz`` sends the content of ``name.gz`` byte by byte.
    """

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()
        mirrors = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirrors.asked.append(self.path)
                _, behavior, name = self.path.split("/")
                mirrors.answer(self, behavior, mirrors.contents.get(name, b""))
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Prints nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Ignores clients that give up."""

        self.server = Server(("127.0.0.1", 0), Answer)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def address(self, behavior: str) -> str:
        """The address of the mirror with a behavior."""
        return f"http://127.0.0.1:{self.server.server_port}/{behavior}/"

    def close(self) -> None:
        """Stops the server and every answer in progress."""
        self.closing.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, behavior: str, content: bytes) -> None:
        """Answers one request."""
        middle = len(content) // 2
        match behavior:
            case "forbidden":
                request.send_error(403)
                return
            case "moved":
                request.send_response(302)
                request.send_header("Location", request.path.replace("/moved/", "/right/"))
                request.end_headers()
                return
            case "hangup":
                return
            case "silent":
                self.closing.wait(20)
                return
            case "slow_to_begin":  # the header byte by byte, so that no single wait is long
                while not self.closing.wait(0.02):
                    request.wfile.write(b"H")
        request.send_response(200)
        if behavior not in ("endless", "slow"):
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        match behavior:
            case "right":
                request.wfile.write(content)
            case "truncated":
                request.wfile.write(content[:middle])
            case "corrupted":
                changed = bytes([content[middle] ^ 0xFF])
                request.wfile.write(content[:middle] + changed + content[middle + 1 :])
            case "stalled":
                request.wfile.write(content[:middle])
                self.closing.wait(20)
            case "endless":
                while not self.closing.is_set():
                    request.wfile.write(content)
            case "slow":
                for byte in content:
                    request.wfile.write(bytes([byte]))
                    if self.closing.wait(0.02):
                        return


@pytest.fixture
def mirrors() -> Iterator[Mirrors]:
    """The server, on a port of its own."""
    server = Mirrors()
    yield server
    server.close()
