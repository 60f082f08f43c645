"""What the tests of the data readers share: IDX files written by hand, mirrors of every temper."""

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


def idx_bytes(array: AnyArray) -> bytes:
    """The bytes of an IDX file: 0, 0, the type 8, the number of axes, each length in four bytes."""
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.astype(np.uint8).tobytes()


@pytest.fixture
def write_idx() -> WriteIdx:
    """Writes an IDX file, packed where its name ends in .gz."""

    def write(path: Path, array: AnyArray) -> Path:
        content = idx_bytes(array)
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        return path

    return write


@pytest.fixture
def images() -> ByteArray:
    """Seven images of 5 × 3, no two alike."""
    return np.arange(7 * 5 * 3, dtype=np.uint8).reshape(7, 5, 3)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the data nor the proxy that this machine may have plays a part."""
    monkeypatch.delenv("INKLING_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")


class Mirrors:
    """A web server on this machine that behaves well or badly, as the first part of the path says.

    ``http://127.0.0.1:PORT/slow/name.gz`` sends the content of ``name.gz`` drop by drop; the behaviours
    are the methods below, each of which answers one request.
    """

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()
        mirrors = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirrors.asked.append(self.path)
                _, behaviour, name = self.path.split("/")
                getattr(mirrors, behaviour)(self, mirrors.contents.get(name, b""))
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Keeps quiet."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Keeps quiet: clients go away on purpose."""

        self.server = Server(("127.0.0.1", 0), Answer)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def address(self, behaviour: str) -> str:
        """The address of the mirror with a behaviour."""
        return f"http://127.0.0.1:{self.server.server_port}/{behaviour}/"

    def close(self) -> None:
        """Ends the server and every answer that is still being given."""
        self.closing.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def send(
        self, request: BaseHTTPRequestHandler, content: bytes, length: int | None = None
    ) -> None:
        """Sends a page, of another length than it says where that is asked for."""
        request.send_response(200)
        request.send_header("Content-Length", str(len(content) if length is None else length))
        request.end_headers()
        request.wfile.write(content)

    def right(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Sends what was asked for."""
        self.send(request, content)

    def moved(self, request: BaseHTTPRequestHandler, _: bytes) -> None:
        """Points to the right place."""
        request.send_response(302)
        request.send_header("Location", request.path.replace("/moved/", "/right/"))
        request.end_headers()

    def forbidden(self, request: BaseHTTPRequestHandler, _: bytes) -> None:
        """Refuses."""
        request.send_error(403)

    def missing(self, request: BaseHTTPRequestHandler, _: bytes) -> None:
        """Knows no such file."""
        request.send_error(404)

    def truncated(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Breaks off in the middle."""
        self.send(request, content[: len(content) // 2], len(content))

    def short(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Sends half a file as if it were all."""
        self.send(request, content[: len(content) // 2])

    def empty(self, request: BaseHTTPRequestHandler, _: bytes) -> None:
        """Sends nothing, politely."""
        self.send(request, b"")

    def corrupted(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Sends one byte in the middle wrong."""
        middle = len(content) // 2
        self.send(
            request, content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]
        )

    def other(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Sends another file, just as long and well packed."""
        unpacked = gzip.decompress(content)
        self.send(request, gzip.compress(unpacked[:-1] + bytes([unpacked[-1] ^ 0xFF])))

    def page(self, request: BaseHTTPRequestHandler, _: bytes) -> None:
        """Sends a page to log in on, as a hotel does."""
        self.send(request, b"<!doctype html><title>Welcome</title>")

    def garbage(self, request: BaseHTTPRequestHandler, _: bytes) -> None:
        """Speaks no HTTP."""
        request.wfile.write(b"220 mail ready\r\n\r\n")

    def hangup(self, request: BaseHTTPRequestHandler, _: bytes) -> None:
        """Says nothing and goes."""

    def endless(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Sends and sends."""
        request.send_response(200)
        request.end_headers()
        while not self.closing.is_set():
            request.wfile.write(content)

    def silent(self, request: BaseHTTPRequestHandler, _: bytes) -> None:
        """Takes the question and never answers."""
        request.wfile.flush()
        self.closing.wait(20)

    def stalled(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Sends half of it and falls silent."""
        self.send(request, content[: len(content) // 2], len(content))
        request.wfile.flush()
        self.closing.wait(20)

    def slow(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Lets the file drip, a byte at a time."""
        request.send_response(200)
        request.end_headers()
        for byte in content:
            request.wfile.write(bytes([byte]))
            if self.closing.wait(0.02):
                return

    def slow_to_begin(self, request: BaseHTTPRequestHandler, _: bytes) -> None:
        """Lets the header drip, so that no single wait is long."""
        while not self.closing.wait(0.02):
            request.wfile.write(b"H")


@pytest.fixture
def mirrors() -> Iterator[Mirrors]:
    """The server, on a port of its own."""
    server = Mirrors()
    yield server
    server.close()
