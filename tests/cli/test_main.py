"""The command ``inkling`` itself: its commands, exit statuses, messages and streams."""

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
from inkling.cli.commands import name_options

Command = Callable[..., Any]
PYTHON = sys.executable


def test_as_a_command(inkling: Command, tmp_path: Path) -> None:
    """The installed script and the module print the same version."""
    assert inkling("--version").out.split() == ["inkling", package.__version__]
    script = Path(PYTHON).with_name("inkling")
    if not script.exists():
        pytest.skip("the package is not installed with its script")
    outcome = subprocess.run([script, "--version"], cwd=tmp_path, capture_output=True, check=True)
    assert outcome.stdout.decode().split() == ["inkling", package.__version__]


def test_help_lists_the_commands(inkling: Command) -> None:
    """Each with one line; -h is --help; every command has a page of its own."""
    outcome = inkling("--help")
    assert outcome.status == 0
    assert inkling("-h").out == outcome.out
    for name in ("train", "evaluate", "predict", "data", "models", "gradcheck"):
        assert f" {name} " in outcome.out
        described = inkling(name, "--help")
        assert described.status == 0
        assert f"Usage: inkling {name} " in described.out


@pytest.mark.parametrize("arguments", [("nope",), ("--nope",), ("data", "nope")])
def test_an_unknown_command_is_wrong_usage(inkling: Command, arguments: tuple[str, ...]) -> None:
    """Status 2, and one line with the word and the command that helps."""
    outcome = inkling(*arguments)
    assert outcome.status == 2
    assert arguments[-1] in outcome.complaint
    assert outcome.complaint.endswith(f"; see: {' '.join(['inkling', *arguments[:-1]])} --help")


def test_a_long_argument_is_not_repeated(inkling: Command) -> None:
    """A message stays short and in one line, whatever was typed."""
    assert len(inkling("a" * 100_000).complaint) < 1200
    assert "\\x1b" in inkling("\x1b[31m\n").complaint


@pytest.mark.parametrize(
    ("arguments", "option", "value"),
    [
        (("train", "--epochs", "3.5"), "--epochs", "3.5"),
        (("train", "--lr", "fast"), "--lr", "fast"),
        (("app", "--port", "70000"), "--port", "70000"),
        (("data", "show", "--seed", "-1"), "--seed", "-1"),
        (("bench", "--rounds", ""), "--rounds", "''"),
        (("trace", "--index", "9" * 5000), "--index", "999"),
    ],
)
def test_a_wrong_number_is_shown(
    inkling: Command, arguments: tuple[str, ...], option: str, value: str
) -> None:
    """The line has the option, the value and what is expected, with any version of typer."""
    complaint = inkling(*arguments).complaint
    assert option in complaint
    assert value in complaint
    assert len(complaint) < 400
    assert "Input" not in complaint
    assert "pars" not in complaint


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (errors.InklingError("it failed."), 1, "inkling: it failed.\n"),
        (errors.SettingError("a setting."), 2, "inkling: a setting.\n"),
        (errors.MissingExtraError("no library."), 1, "inkling: no library.\n"),
        (PermissionError(13, "Permission denied", "runs"), 1, "inkling: runs: Permission denied\n"),
        (OSError("a reason"), 1, "inkling: a reason\n"),
        (MemoryError(), 1, "inkling: there is not enough memory"),
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
    """1 failed, 2 wrong usage, 130 interrupted."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("inkling.cli.evaluate.read_model", fail)
    outcome = inkling("evaluate")
    assert (outcome.status, outcome.out) == (status, "")
    assert outcome.err.startswith(words)
    assert outcome.err.count("\n") == (1 if words else 0)


def test_a_bug_keeps_its_traceback(inkling: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no user can cause is not caught, so that it can be reported and fixed."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("inkling.cli.evaluate.read_model", fail)
    with pytest.raises(ZeroDivisionError):
        inkling("evaluate")


@pytest.mark.parametrize(
    ("message", "printed"),
    [
        ("expected learning_rate in (0, ∞)", "expected --lr in (0, ∞)"),
        ("or clip_norm=1) or inputs", "or --clip-norm=1) or inputs"),
        ("expected n_jobs of 1 or more", "expected --jobs of 1 or more"),
        ("expected hidden as a whole number", "expected --hidden as a whole number"),
        ("epochs must be at least 1", "--epochs must be at least 1"),
        ("finished after 9 epochs; the loss is 3", "finished after 9 epochs; the loss is 3"),
        ("call train(dataset, resume=True)", "call train(dataset, resume=True)"),
        ("got 'runs/batch_size.npz'", "got 'runs/batch_size.npz'"),
    ],
)
def test_messages_name_options(message: str, printed: str) -> None:
    """The library names arguments; only names, and no ordinary words or paths, become options."""
    assert name_options(message, "committee") == printed


def test_messages_name_options_of_the_command() -> None:
    """To export a network is no occasion to choose its activation."""
    message = "npz export: expected activation in ('relu', 'tanh'), got 'softplus'"
    assert name_options(message, "export") == message
    assert "--activation in" in name_options(message, "train")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_streams_of_any_encoding(strokes_file: Path, tmp_path: Path, encoding: str) -> None:
    """Windows writes to pipes in cp1252, which has no arrow and no box; no output may fail for that."""
    outcome = subprocess.run(
        [PYTHON, "-m", "inkling", "data", "info", str(strokes_file)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    assert outcome.stderr == b""
    assert outcome.stdout.decode(encoding).count("\n") > 12
    assert b"strokes.npz: images of 28 " in outcome.stdout
