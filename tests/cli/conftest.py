"""The command line in this process: arguments in; exit status, standard output and error out."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.cli.main import main
from inkling.training.run import train


@dataclass(frozen=True)
class Outcome:
    """The outcome of a command.

    Attributes:
        status: its exit status.
        out: its standard output.
        err: its standard error.
    """

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object that standard output must be, on one line and in plain ASCII."""
        assert self.out.isascii()
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        result = json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
        assert isinstance(result, dict)
        return result

    @property
    def complaint(self) -> str:
        """The one line that explains why a command failed; nothing else may have been printed."""
        assert self.status in (1, 2)
        assert self.out == ""
        assert self.err.startswith("inkling: ")
        assert self.err.count("\n") == 1
        return self.err.removeprefix("inkling: ").removesuffix("\n")


Command = Callable[..., Outcome]


@pytest.fixture
def inkling(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Runs ``inkling ARGUMENTS`` in an empty folder; an exception that escapes fails the test."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["inkling", *map(str, arguments)])
        status: Any = 0
        capsys.readouterr()
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Outcome(status, printed.out, printed.err)

    return run


@pytest.fixture(autouse=True)
def _no_data_and_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MNIST is unavailable: no INKLING_DATA, an empty cache, and a network that fails at once."""
    with socket.socket() as unused:  # a port without a server
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.delenv("INKLING_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, nowhere)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    # urllib keeps the proxies of its first request, for the tests that follow in this process too.
    monkeypatch.setattr("urllib.request._opener", None)
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(autouse=True)
def _no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report takes a second to draw and has tests of its own, so here it is a short file."""
    monkeypatch.setattr(
        "inkling.plots.report.write_report", lambda path, _: path.write_bytes(b"a picture")
    )


@pytest.fixture(scope="session")
def trained(strokes_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the drawn digits, with a useful accuracy."""
    path = tmp_path_factory.mktemp("runs") / "strokes"
    train(strokes_file, hidden=(19,), epochs=15, batch_size=16, run=path)
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a digit, an empty page, a text file, and names that look like markup."""
    from PIL import Image

    folder = tmp_path / "pictures [b]"
    folder.mkdir()
    page = np.full((60, 40), 250, np.uint8)
    Image.fromarray(page).save(folder / "empty.png")
    page[10:50, 18:23] = 20
    for name in ("one.png", "a[red]b[/].png".replace("/", "|"), "smile :smile:.png"):
        Image.fromarray(page).save(folder / name)
    (folder / "note.png").write_text("one")
    return folder
