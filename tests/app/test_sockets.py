"""Real connections: slow, silent, half-closed, talking nonsense, many at once."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from inkling._types import ByteArray
from inkling.app import connection, guard, upload
from inkling.recognize.recognizer import Recognizer

HOST = "Host: localhost\r\n"
GREY = "Content-Type: application/octet-stream\r\n"
HEALTH = f"GET /healthz HTTP/1.1\r\n{HOST}\r\n".encode()


def drawing(pad: ByteArray) -> bytes:
    """The request that sends a drawing."""
    height, width = pad.shape
    head = f"POST /api/predict?width={width}&height={height} HTTP/1.1\r\n{HOST}{GREY}"
    return f"{head}Content-Length: {pad.size}\r\n\r\n".encode() + pad.tobytes()


class Talk:
    """A connection to the app.

    Args:
        port: where it listens.
    """

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self.socket.makefile("rb")

    def say(self, content: bytes) -> None:
        """Sends bytes."""
        self.socket.sendall(content)

    def hear(self) -> tuple[int, Any]:
        """Receives an answer: its status and its JSON."""
        status = int(self._file.readline().split()[1])
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.decode().partition(":")
            length = int(value) if name.lower() == "content-length" else length
        return status, json.loads(self._file.read(length))

    def is_over(self) -> bool:
        """Whether the app has closed the connection."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        """Hangs up."""
        self._file.close()
        self.socket.close()


@pytest.fixture
def talk(served: int, drawings: list[ByteArray]) -> Iterator[Talk]:
    """A connection; when the test is over, the app still gives the right answer on another."""
    with closing(Talk(served)) as connected:
        yield connected
    with closing(Talk(served)) as another:
        another.say(drawing(drawings[3]))
        status, answer = another.hear()
        assert (status, answer["digit"]) == (200, "3")


def test_one_connection_many_questions(talk: Talk, drawings: list[ByteArray]) -> None:
    """One after the other, and two at once, answered in order."""
    for digit in (1, 2):
        talk.say(drawing(drawings[digit]))
        assert talk.hear()[1]["digit"] == str(digit)
    talk.say(drawing(drawings[4]) + HEALTH)
    assert talk.hear()[1]["digit"] == "4"
    assert talk.hear()[1]["status"] == "ok"


@pytest.mark.usefixtures("talk")
def test_a_slow_head(monkeypatch: pytest.MonkeyPatch, served: int) -> None:
    """A client that takes its time with the headers, or sends nothing, is told so and cut off."""
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.3)
    sentence = {"error": "request: expected its headers within 0.3 seconds, got less."}
    for beginning in (b"", b"GET /healthz HT", b"POST /api/read HTTP/1.1\r\nHost: loc"):
        with closing(Talk(served)) as slow:
            started = time.monotonic()
            slow.say(beginning)
            assert slow.hear() == (408, sentence)
            assert slow.is_over()
            assert 0.2 < time.monotonic() - started < 5


def test_a_slow_head_after_a_good_one(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is counted anew for each request; a quiet connection between two is nobody's fault."""
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.4)
    for _ in range(3):
        time.sleep(0.25)
        talk.say(HEALTH)
        assert talk.hear()[0] == 200
    time.sleep(0.8)  # between two requests
    talk.say(HEALTH)
    assert talk.hear()[0] == 200
    talk.say(HEALTH[:9])
    assert talk.hear()[0] == 408
    assert talk.is_over()


def test_a_slow_body(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one that takes its time with the body."""
    monkeypatch.setattr(upload, "BODY_SECONDS", 0.3)
    talk.say(
        f"POST /api/predict?width=28&height=28 HTTP/1.1\r\n{HOST}{GREY}"
        "Content-Length: 784\r\n\r\nabc".encode()
    )
    started = time.monotonic()
    sentence = "body: expected all of it within 0.3 seconds, got 3 bytes."
    assert talk.hear() == (408, {"error": sentence})
    assert 0.2 < time.monotonic() - started < 5
    assert talk.is_over()


HALF = [
    f"POST /api/predict?width=28&height=28 HTTP/1.1\r\n{HOST}{GREY}Content-Length: 784\r\n\r\nab",
    f"POST /api/read HTTP/1.1\r\n{HOST}Content-Type: image/png\r\nContent-Length: 99\r\n\r\n",
    f"POST /api/read HTTP/1.1\r\n{HOST}Content-Type: image/png\r\n"
    "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "GET /healthz HTTP/1.1\r\nHost: local",
    "G",
]


@pytest.mark.parametrize("half", HALF, ids=["body", "no body", "chunk", "head", "letter"])
def test_a_half_closed_connection(talk: Talk, half: str) -> None:
    """A client that stops half-way but still listens hears what was wrong."""
    talk.say(half.encode())
    time.sleep(0.1)
    talk.socket.shutdown(socket.SHUT_WR)
    sentence = "request: expected all of it, got a connection closed half-way."
    assert talk.hear() == (400, {"error": sentence})
    assert talk.is_over()


def test_a_client_that_has_said_all_it_has_to_say(talk: Talk, drawings: list[ByteArray]) -> None:
    """Closes its sending side, as ``nc -N`` does, and still gets its answer."""
    talk.say(drawing(drawings[5]))
    talk.socket.shutdown(socket.SHUT_WR)
    status, answer = talk.hear()
    assert (status, answer["digit"]) == (200, "5")
    assert talk.is_over()


def test_a_client_that_says_nothing_and_leaves(talk: Talk) -> None:
    """Costs nothing."""
    talk.socket.shutdown(socket.SHUT_WR)
    assert talk.is_over()


@pytest.mark.parametrize("half", HALF, ids=["body", "no body", "chunk", "head", "letter"])
def test_a_client_that_vanishes(talk: Talk, half: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is told, nothing is logged."""
    talk.say(half.encode())
    time.sleep(0.05)
    talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
    talk.close()
    time.sleep(0.2)
    assert [record for record in caplog.records if record.name != "asyncio"] == []


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),  # a browser that tries TLS
        b"four\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000,
        b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nlength\r\n",
    ],
    ids=[
        *("TLS", "words", "no host", "two hosts", "no colon", "a long header", "negative"),
        *("two lengths", "no chunk"),
    ],
)
def test_nonsense(talk: Talk, nonsense: bytes) -> None:
    """JSON with one sentence, like every other error."""
    talk.say(nonsense)
    assert talk.hear() == (400, {"error": "request: expected HTTP/1.1, got something else."})
    assert talk.is_over()


def test_a_large_body_hears_its_answer(talk: Talk) -> None:
    """A client that sends 30 MB before it listens still learns why; it is not merely cut off."""
    length = 30 * 1024 * 1024
    head = f"POST /api/read HTTP/1.1\r\n{HOST}Content-Type: image/png\r\nContent-Length: {length}"
    talk.say(f"{head}\r\n\r\n".encode())
    for _ in range(30):
        talk.say(bytes(1024 * 1024))
    assert talk.hear() == (413, {"error": "body: expected at most 20 MB, got more."})
    assert talk.is_over()


def test_a_body_without_end(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is answered at the limit, read a little further, and then cut off."""
    monkeypatch.setattr(guard, "LINGER_BYTES", 1024 * 1024)
    talk.say(
        f"POST /api/read HTTP/1.1\r\n{HOST}Content-Type: image/png\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode()
    )
    piece, sent = b"100000\r\n" + bytes(0x100000) + b"\r\n", 0
    try:
        for sent in range(200):  # noqa: B007 (how far it came)
            talk.say(piece)
    except OSError:  # a broken pipe, or a reset
        pass
    assert 19 < sent < 60


def test_nobody_sends_what_is_refused_beforehand(talk: Talk) -> None:
    """A client that asks first (curl does, with large files) is spared the sending."""
    talk.say(
        f"POST /api/read HTTP/1.1\r\n{HOST}Content-Type: image/png\r\n"
        "Content-Length: 99000000\r\nExpect: 100-continue\r\n\r\n".encode()
    )
    assert talk.hear()[0] == 413


def test_many_silent_connections(served: int, talk: Talk) -> None:
    """A hundred that say nothing keep nobody waiting."""
    silent = [Talk(served) for _ in range(100)]
    started = time.monotonic()
    talk.say(HEALTH)
    assert talk.hear()[0] == 200
    assert time.monotonic() - started < 5
    for connected in silent:
        connected.close()


def test_many_draw_at_once(served: int, runs: Path, drawings: list[ByteArray]) -> None:
    """Twenty clients: no error, and every answer is the one that the library gives."""
    recognizer = Recognizer(runs / "straight")
    expected = [recognizer.read_digit(pad) for pad in drawings]
    failures: list[str] = []

    def draw(start: int) -> None:
        with closing(Talk(served)) as connected:
            for turn in range(start, start + 15):
                pad, digit = drawings[turn % len(drawings)], expected[turn % len(drawings)]
                connected.say(drawing(pad))
                status, answer = connected.hear()
                said = status, answer["digit"], answer["probabilities"]
                if said != (200, digit.label, list(digit.probabilities)):
                    failures.append(f"{turn}: {said}")

    threads = [threading.Thread(target=draw, args=(start,)) for start in range(0, 40, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_who_draws_does_not_wait_for_a_photo(
    served: int, talk: Talk, drawings: list[ByteArray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a photo is read, drawings are answered."""
    reading, done = threading.Event(), threading.Event()

    def read_slowly(*_: object) -> Any:
        reading.set()
        assert done.wait(20)
        return {}

    monkeypatch.setattr(Recognizer, "read", read_slowly)
    with closing(Talk(served)) as other:
        content = b"P5 3 3 255\n" + bytes(9)
        head = f"POST /api/read HTTP/1.1\r\n{HOST}Content-Type: image/x-portable-graymap\r\n"
        other.say(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        assert reading.wait(20)
        talk.say(drawing(drawings[6]))
        assert talk.hear()[1]["digit"] == "6"
        done.set()
        other.hear()
