"""Real connections: slow, broken off, malformed, and many at once."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from inkling._types import ByteArray
from inkling.app import routes, upload
from inkling.recognize.reading import Reading
from inkling.recognize.recognizer import Recognizer

HOST = "Host: localhost\r\n"
GRAY = "Content-Type: application/octet-stream\r\n"
PNG = "Content-Type: image/png\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
HEALTH = f"GET /healthz HTTP/1.1\r\n{HOST}\r\n".encode()


def drawing(pad: ByteArray) -> bytes:
    """The request that sends a drawing."""
    height, width = pad.shape
    head = f"POST /api/predict?width={width}&height={height} HTTP/1.1\r\n{HOST}{GRAY}"
    return f"{head}Content-Length: {pad.size}\r\n\r\n".encode() + pad.tobytes()


class Connection:
    """A client's connection to the app.

    Args:
        port: the port of the app.
    """

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self.socket.makefile("rb")

    def send(self, content: bytes) -> None:
        """Sends bytes."""
        self.socket.sendall(content)

    def receive(self) -> tuple[int, Any]:
        """Receives a response: its status and its JSON."""
        status = int(self._file.readline().split()[1])
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.decode().partition(":")
            length = int(value) if name.lower() == "content-length" else length
        return status, json.loads(self._file.read(length))

    def receive_all(self) -> bytes:
        """Receives everything until the app closes the connection."""
        return self._file.read()

    def is_closed(self) -> bool:
        """Returns whether the app has closed the connection."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        """Closes the connection."""
        self._file.close()
        self.socket.close()


@pytest.fixture
def peer(served: int, drawings: list[ByteArray]) -> Iterator[Connection]:
    """A connection; after the test, the app must still answer on another one."""
    with closing(Connection(served)) as connected:
        yield connected
    with closing(Connection(served)) as another:
        another.send(drawing(drawings[3]))
        status, answer = another.receive()
        assert (status, answer["digit"]) == (200, "3")


def test_several_requests_on_one_connection(peer: Connection, drawings: list[ByteArray]) -> None:
    """Requests are answered in order, also when two are sent at once."""
    peer.send(drawing(drawings[1]))
    assert peer.receive()[1]["digit"] == "1"
    peer.send(drawing(drawings[4]) + HEALTH)
    assert peer.receive()[1]["digit"] == "4"
    assert peer.receive()[1]["status"] == "ok"


def test_a_slow_body(peer: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends its body slowly gets 408."""
    monkeypatch.setattr(upload, "BODY_SECONDS", 0.3)
    peer.send(HALF[0].encode())
    started = time.monotonic()
    status, answer = peer.receive()
    assert (status, "within 0.3 seconds, got 2 bytes" in answer["error"]) == (408, True)
    assert 0.2 < time.monotonic() - started < 5
    assert peer.is_closed()


HALF = [
    f"POST /api/predict?width=28&height=28 HTTP/1.1\r\n{HOST}{GRAY}Content-Length: 784\r\n\r\nab",
    f"POST /api/read HTTP/1.1\r\n{HOST}{PNG}Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "GET /healthz HTTP/1.1\r\nHost: local",
]
incomplete = pytest.mark.parametrize("half", HALF, ids=["body", "chunk", "head"])


@incomplete
def test_a_client_that_vanishes(
    peer: Connection, half: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that is reset is not logged."""
    peer.send(half.encode())
    time.sleep(0.05)
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
    peer.close()
    time.sleep(0.2)
    assert [record for record in caplog.records if record.name != "asyncio"] == []


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),  # a browser that tries TLS
        b"four\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000,
        f"POST /api/read HTTP/1.1\r\n{HOST}Content-Length: -1\r\n\r\n".encode(),
        f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n".encode(),
        f"POST /api/read HTTP/1.1\r\n{HOST}{PNG}Transfer-Encoding: chunked\r\n\r\nsize\r\n".encode(),
    ],
    ids=["TLS", "words", "no host", "two hosts", "long", "negative", "two lengths", "no chunk"],
)
def test_malformed_requests(peer: Connection, data: bytes) -> None:
    """Data that is not HTTP gets 400, and the connection is closed."""
    peer.send(data)
    assert peer.receive_all().startswith(b"HTTP/1.1 400 ")


def test_the_response_to_a_large_body(peer: Connection) -> None:
    """A client that sends 30 MB before it reads still gets the response, not a reset."""
    head = f"POST /api/read HTTP/1.1\r\n{HOST}{PNG}Content-Length: {30 * 1024**2}\r\n\r\n"
    peer.send(head.encode())
    for _ in range(30):
        peer.send(bytes(1024 * 1024))
    status, answer = peer.receive()
    assert (status, "at most 20 MB" in answer["error"]) == (413, True)


def test_expect_continue(peer: Connection) -> None:
    """A client that asks before it sends a large file, as curl does, gets the error at once."""
    head = f"POST /api/read HTTP/1.1\r\n{HOST}{PNG}Content-Length: 99000000\r\n"
    peer.send(f"{head}Expect: 100-continue\r\n\r\n".encode())
    assert peer.receive()[0] == 413


def test_many_slow_files_of_one_client(served: int, peer: Connection) -> None:
    """210 files that do not arrive delay other files of their client, but nobody else's."""
    content = b"P5 3 3 255\n" + bytes(9)

    def photo(client: str) -> bytes:
        length = f"Content-Length: {len(content)}\r\n"
        head = f"POST /api/read HTTP/1.1\r\n{HOST}{PNG}{length}X-Forwarded-For: {client}\r\n\r\n"
        return head.encode() + content

    with ExitStack() as stack:
        slow = [stack.enter_context(closing(Connection(served))) for _ in range(210)]
        for connected in slow:
            connected.send(photo("10.0.0.1")[:-1])
        peer.send(photo("10.0.0.2"))
        assert peer.receive()[0] == 200
        slow[-1].send(content[-1:])
        slow[-1].socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            slow[-1].receive()


def test_two_lengths(peer: Connection) -> None:
    """A request with Content-Length and Transfer-Encoding gets 400, and the connection is closed."""
    head = f"POST /api/predict?width=28&height=28 HTTP/1.1\r\n{HOST}{GRAY}{CHUNKED}"
    peer.send(f"{head}Content-Length: 784\r\n\r\n310\r\n".encode() + bytes(784) + b"\r\n0\r\n\r\n")
    status, answer = peer.receive()
    assert (status, "expected one length" in answer["error"]) == (400, True)
    assert peer.is_closed()


def test_many_clients(served: int, runs: Path, drawings: list[ByteArray]) -> None:
    """Twenty clients that draw at once all get the library's answers."""
    recognizer = Recognizer(runs / "straight")
    expected = [recognizer.read_digit(pad) for pad in drawings]
    failures: list[str] = []

    def draw(start: int) -> None:
        with closing(Connection(served)) as connected:
            for turn in range(start, start + 8):
                pad, digit = drawings[turn % len(drawings)], expected[turn % len(drawings)]
                connected.send(drawing(pad))
                status, answer = connected.receive()
                found = status, answer["digit"], answer["probabilities"]
                if found != (200, digit.label, list(digit.probabilities)):
                    failures.append(f"{turn}: {found}")

    threads = [threading.Thread(target=draw, args=(start,)) for start in range(0, 40, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_drawings_do_not_wait_for_a_photo(
    served: int, peer: Connection, drawings: list[ByteArray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawings are answered while a photograph is read; another photograph waits only so long."""
    reading, done = threading.Event(), threading.Event()
    content = b"P5 3 3 255\n" + bytes(9)
    head = f"POST /api/read HTTP/1.1\r\n{HOST}{PNG}Content-Length: {len(content)}\r\n\r\n"
    photo = head.encode() + content

    def read_slowly(*_: object) -> Any:
        reading.set()
        assert done.wait(20)
        return Reading((), ())

    monkeypatch.setattr(Recognizer, "read", read_slowly)
    with closing(Connection(served)) as first, closing(Connection(served)) as second:
        first.send(photo)
        assert reading.wait(20)
        peer.send(drawing(drawings[6]))
        assert peer.receive()[1]["digit"] == "6"
        monkeypatch.setattr(routes, "QUEUE_SECONDS", 0.2)
        second.send(photo)
        status, answer = second.receive()
        assert (status, "waited 0.2 s" in answer["error"]) == (503, True)
        done.set()
        assert first.receive()[0] == 200
