"""``inkling app`` as it is typed: the address, the browser, a taken port, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inkling.app import serve
from inkling.cli.main import main
from inkling.errors import InklingError

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")


@contextmanager
def running(folder: Path, *arguments: object) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """Starts the command in a folder, with Ctrl-C at its default, and yields process and JSON line.

    A shell's background job ignores Ctrl-C and hands that down; a signal that is handled here is reset
    in the child. What fails while it runs says what became of it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "inkling", "app", "--port", "0", "--no-browser", "--json"]
    home = {"HOME": str(folder), "TMPDIR": str(folder), "XDG_CACHE_HOME": str(folder)}
    environment = {**os.environ, **home, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        [*command, *map(str, arguments)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    except BaseException as error:
        status = process.poll()
        process.kill()
        error.add_note(f"the app's status was {status}, and it said {process.communicate()}")
        raise
    finally:
        process.kill()
        process.communicate()


def ask(address: str, content: bytes | None = None, kind: str = "image/png") -> bytes:
    """Asks the app for something."""
    request = urllib.request.Request(address, content, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return bytes(answer.read())


@POSIX
def test_from_the_command_to_an_answer_and_back(runs: Path, tmp_path: Path) -> None:
    """One line of JSON, one line of words, a page, answers; Ctrl-C ends it with 130 and no word more."""
    with running(tmp_path, "--model", runs / "bent") as (process, line):
        assert line == {
            "url": f"http://127.0.0.1:{line['port']}/",
            "port": line["port"],
            "model": "bent",
        }
        assert b"<!doctype html>" in ask(line["url"])[:100].lower()
        pad = bytes(12_544)
        answer = ask(
            f"{line['url']}api/predict?width=112&height=112", pad, "application/octet-stream"
        )
        assert json.loads(answer)["reason"] == "empty"
        assert json.loads(ask(f"{line['url']}api/read", b"P5 9 9 255\n" + pad[:81]))["width"] == 9
        idle = socket.create_connection(("127.0.0.1", line["port"]))
        ask(line["url"])  # connections are accepted in turn: the idle one is now, and not reset
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert time.monotonic() - started < 5
        assert idle.recv(1) == b""
        idle.close()
        out, words = process.communicate()
        assert (out, words) == (
            "",
            f"Inkling is at {line['url']} (Ctrl-C ends it), with the model bent.\n",
        )
    assert list(tmp_path.iterdir()) == []  # nothing was written


@POSIX
def test_ctrl_c_does_not_wait_for_slow_senders(runs: Path, tmp_path: Path) -> None:
    """A request that never ends is cut off within moments."""
    with running(tmp_path, "--model", runs / "bent") as (process, line):
        slow = socket.create_connection(("127.0.0.1", line["port"]))
        slow.sendall(
            b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: 1000\r\n\r\nabc"
        )
        time.sleep(0.2)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert time.monotonic() - started < 6
        assert process.communicate()[1].count("\n") == 1
        slow.close()


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Runs the command in this process and returns its status."""
    monkeypatch.setattr(sys, "argv", ["inkling", "app", *map(str, arguments)])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the browser was asked to open; nothing is served."""
    addresses: list[str] = []
    monkeypatch.setattr("webbrowser.open", addresses.append)
    monkeypatch.setattr(serve, "serve", lambda *_: time.sleep(0.3))
    return addresses


@pytest.mark.parametrize(
    ("arguments", "screen", "opens"),
    [
        ((), ":0", True),
        (("--no-browser",), ":0", False),
        ((), "", sys.platform in ("win32", "darwin")),
    ],
)
def test_the_browser(
    runs: Path,
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    screen: str,
    opens: bool,
) -> None:
    """Is opened at the address that is printed, unless it is not wanted or there is no screen."""
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert call(monkeypatch, "--model", runs / "bent", "--port", 0, *arguments) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    address = printed.err.split()[3]
    assert opened == ([address] if opens else [])


def test_a_taken_port(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, what to do, and no browser."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert call(monkeypatch, "--model", runs / "bent", "--port", port) == 1
    assert capsys.readouterr().err == (
        f"inkling: app on 127.0.0.1: expected a free port, got port {port} (address already in use); "
        "choose another with --port, or any free one with --port 0.\n"
    )


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host"])
def test_a_host_that_is_not_this_machine(
    runs: Path, host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line."""
    assert call(monkeypatch, "--model", runs / "bent", "--port", 0, "--host", host) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("inkling: app")
    assert printed.err.count("\n") == 1
    assert host in printed.err


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("localhost", "localhost")],
)
def test_the_address_to_type(host: str, shown: str) -> None:
    """What a browser on this machine takes."""
    with serve.open_listener(host, 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        assert serve.address_of(listener, host) == f"http://{shown}:{port}/"


def test_answers_are_not_held_back() -> None:
    """asyncio turns Nagle's algorithm off only on sockets that say that they are TCP."""
    with serve.open_listener("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_the_address_of_another_machine() -> None:
    """Is no matter of the port; 192.0.2.1 is kept for documentation (RFC 5737)."""
    with pytest.raises(InklingError) as error:
        serve.open_listener("192.0.2.1", 0)
    assert str(error.value) == "app: expected the address of this machine, got '192.0.2.1'."


def test_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, and what to do; a file that is none is named."""
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "--port", 0) == 1
    assert capsys.readouterr().err == (
        "inkling: model: expected a model file or a run in runs/, got none; "
        "train one with: inkling train.\n"
    )
    assert call(monkeypatch, "--port", 0, "--model", "gone") == 1
    assert capsys.readouterr().err == (
        "inkling: model gone: expected a .safetensors file, got nothing there.\n"
    )


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage."""
    assert call(monkeypatch, "--port", port) == 2
    assert "--port" in capsys.readouterr().err


@pytest.mark.parametrize("library", ["starlette", "uvicorn"])
def test_without_the_extra(
    library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one command to type."""
    monkeypatch.setitem(sys.modules, library, None)
    assert call(monkeypatch, "--port", 0) == 1
    assert capsys.readouterr().err == (
        f"inkling: The app needs {library}, which is not installed; type: pip install '.[app]'\n"
    )
