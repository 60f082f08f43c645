"""``inkling app`` from the command line: the address, the browser, a port in use, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
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

from inkling.app import server
from inkling.cli.main import main

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")


@contextmanager
def running(folder: Path, *arguments: object) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """Starts the command in a folder; yields the process and its line of JSON.

    Ctrl-C is reset to its default, because the background job of a shell ignores it and passes that on.
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
        error.add_note(f"the app ended with {status} and wrote {process.communicate()}")
        raise
    finally:
        process.kill()
        process.communicate()


def fetch(address: str, content: bytes | None = None, kind: str = "image/png") -> bytes:
    """Sends a request and returns the content of the response."""
    request = urllib.request.Request(address, content, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return bytes(answer.read())


@POSIX
def test_from_the_command_to_ctrl_c(runs: Path, tmp_path: Path) -> None:
    """The app prints its address, answers, writes no file, and ends quickly with status 130.

    Ctrl-C waits neither for an idle connection nor for a request that never ends.
    """
    with running(tmp_path, "--model", runs / "bent") as (process, line):
        port = line["port"]
        assert line == {"url": f"http://127.0.0.1:{port}/", "port": port, "model": "bent"}
        assert b"<!doctype html>" in fetch(line["url"])[:100].lower()
        picture = b"P5 9 9 255\n" + bytes(81)
        assert json.loads(fetch(f"{line['url']}api/read", picture))["width"] == 9
        idle = socket.create_connection(("127.0.0.1", port))
        slow = socket.create_connection(("127.0.0.1", port))
        slow.sendall(
            b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: 1000\r\n\r\nabc"
        )
        fetch(line["url"])  # connections are accepted in turn, so both are accepted by now
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert time.monotonic() - started < 6
        assert idle.recv(1) == b""
        idle.close()
        slow.close()
        words = f"Inkling is at {line['url']} (Ctrl-C ends it), with the model bent.\n"
        assert process.communicate() == ("", words)
    assert list(tmp_path.iterdir()) == []


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
    """The addresses opened in the browser; nothing is served."""
    addresses: list[str] = []
    monkeypatch.setattr("webbrowser.open", addresses.append)
    monkeypatch.setattr(server, "serve", lambda *_: time.sleep(0.3))
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
    """The browser opens the printed address, unless there is no display or --no-browser is given."""
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert call(monkeypatch, "--model", runs / "bent", "--port", 0, *arguments) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    address = printed.err.split()[3]
    assert opened == ([address] if opens else [])


def test_a_port_in_use(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert call(monkeypatch, "--model", runs / "bent", "--port", port) == 1
    printed = capsys.readouterr().err
    assert f"got port {port} (address already in use); choose another port" in printed


@pytest.mark.parametrize(("host", "warns"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_other_machines(
    runs: Path,
    opened: list[str],
    host: str,
    warns: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On all interfaces, one line has the addresses for other machines, and a warning."""
    assert call(monkeypatch, "--model", runs / "bent", "--port", 0, "--host", host) == 0
    first, *more = capsys.readouterr().err.splitlines()
    assert len(more) == warns
    for line in more:
        assert line.endswith(": there is no password and no encryption.")
        addresses = re.findall(r"http://([^:/]+):(\d+)/", line)
        assert addresses
        assert {port for _, port in addresses} == set(re.findall(r":(\d+)/", first))
        assert all(name != "0.0.0.0" for name, _ in addresses)
    assert len(opened) <= 1


@pytest.mark.parametrize("name", ["https://digits.example.com", "digits.example.com:80", "a b", ""])
def test_a_name_that_is_no_host(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name with a scheme, a port or a space could never be the host of a request."""
    assert call(monkeypatch, "--allow-host", name) == 2
    assert f"a name such as digits.example.com, got '{name}'" in capsys.readouterr().err


HOSTS = ["192.0.2.1", "no such host", "a..b", "é..x", "a" * 70]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_this_machine(
    runs: Path, host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A host that is not this machine is one line of error; 192.0.2.1 exists nowhere (RFC 5737)."""
    assert call(monkeypatch, "--model", runs / "bent", "--port", 0, "--host", host) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("inkling: app: expected the address of this machine")
    assert printed.err.count("\n") == 1
    assert host in printed.err


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("localhost", "localhost")])
def test_the_address_to_open(host: str, shown: str) -> None:
    """The address works in a browser on this machine."""
    with server.open_listener(host, 0) as listener:
        port = listener.getsockname()[1]
        assert server.address_of(listener, host) == f"http://{shown}:{port}/"


def test_responses_are_not_delayed() -> None:
    """Nagle's algorithm is off for accepted connections."""
    listener = server.open_listener("127.0.0.1", 0)
    with (
        listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("library", ["starlette", "uvicorn"])
def test_without_the_extra(
    library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a library, the error has the command that installs it."""
    monkeypatch.setitem(sys.modules, library, None)
    assert call(monkeypatch, "--port", 0) == 1
    assert f"{library}, which is not installed" in capsys.readouterr().err
