"""The command ``inkling`` itself: its commands, its exit statuses, and streams of every kind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import inkling as package
from inkling import errors

Command = Callable[..., Any]
PYTHON = sys.executable


def process(
    *arguments: object, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs ``python -m inkling ARGUMENTS`` as a process of its own."""
    return subprocess.run(
        [PYTHON, "-m", "inkling", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )


def test_as_a_module(tmp_path: Path) -> None:
    """``python -m inkling`` is the command."""
    outcome = process("--version", cwd=tmp_path)
    assert outcome.returncode == 0
    assert outcome.stdout.decode().split() == ["inkling", package.__version__]
    assert outcome.stderr == b""


def test_as_a_command(inkling: Command, tmp_path: Path) -> None:
    """The script that the installation makes says the same."""
    script = Path(PYTHON).with_name("inkling")
    if not script.exists():
        pytest.skip("the package is not installed with its script")
    outcome = subprocess.run([script, "--version"], cwd=tmp_path, capture_output=True, check=True)
    assert outcome.stdout.decode().strip() == inkling("--version").out.strip()


def test_help_lists_the_commands(inkling: Command) -> None:
    """Each with a line; -h is --help; every command and every option has one."""
    outcome = inkling("--help")
    assert outcome.status == 0
    assert inkling("-h").out == outcome.out
    for name in ("train", "evaluate", "predict", "data", "models", "gradcheck"):
        assert f" {name} " in outcome.out
        described = inkling(name, "--help")
        assert described.status == 0
        assert f"Usage: inkling {name} " in described.out


@pytest.mark.parametrize("arguments", [("nope",), ("--nope",), ("data", "nope")])
def test_what_is_no_command_is_wrong_usage(inkling: Command, arguments: tuple[str, ...]) -> None:
    """Status 2; the word is named."""
    outcome = inkling(*arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert arguments[-1] in outcome.err


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (errors.InklingError("it failed."), 1, "inkling: it failed.\n"),
        (errors.ShapeError("a shape."), 1, "inkling: a shape.\n"),
        (errors.SettingError("a setting."), 2, "inkling: a setting.\n"),
        (errors.DataUnavailableError("no data."), 1, "inkling: no data.\n"),
        (errors.MissingExtraError("no library."), 1, "inkling: no library.\n"),
        (PermissionError(13, "Permission denied", "runs"), 1, "inkling: runs: Permission denied\n"),
        (OSError("a reason"), 1, "inkling: a reason\n"),
        (
            MemoryError(),
            1,
            "inkling: there is not enough memory for this; try a smaller network, batch or picture\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_every_error_has_its_status_and_one_line(
    inkling: Command,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    words: str,
) -> None:
    """0 done, 1 failed, 2 wrong usage, 130 interrupted."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("inkling.cli.models.find_models", fail)
    outcome = inkling("models")
    assert (outcome.status, outcome.out, outcome.err) == (status, "", words)


def test_a_mistake_of_ours_is_not_hidden(inkling: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no user can cause keeps its traceback, so that it can be reported and mended."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("inkling.cli.models.find_models", fail)
    with pytest.raises(ZeroDivisionError):
        inkling("models")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_streams_of_any_encoding(strokes_file: Path, tmp_path: Path, encoding: str) -> None:
    """Windows writes to pipes in cp1252, which has no arrow and no box: nothing may fail for that."""
    outcome = process("data", "info", strokes_file, cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert outcome.returncode == 0
    assert outcome.stderr == b""
    assert outcome.stdout.decode(encoding).count("\n") > 12
    assert b"strokes.npz: images of 28 " in outcome.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_reader_that_goes_away(trained: Path, tmp_path: Path) -> None:
    """``inkling evaluate | head -0``: no traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [PYTHON, "-m", "inkling", "evaluate", str(trained)]
    outcome = subprocess.run(
        command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert b"Traceback" not in outcome.stderr
    assert outcome.returncode == 1
