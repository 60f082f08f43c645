"""Paths on the command line: of unknown users, empty, in circles, in a folder that is gone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from inkling.cli.commands import COMMANDS, build_cli

Command = Callable[..., Any]
LINKS = pytest.mark.skipif(os.name == "nt", reason="Windows links need an administrator")


def path_options() -> Iterator[tuple[list[str], str]]:
    """Every option of every command that takes a path, with the words that call the command."""
    commands = typer.main.get_command(build_cli(*COMMANDS)).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        for word, below in getattr(command, "commands", {"": command}).items():
            for parameter in below.params:
                if parameter.name in (
                    "out",
                    "resume",
                    "annotate",
                    "stages",
                    "plot",
                    "model",
                    "run",
                ):
                    argument = "" if parameter.param_type_name == "argument" else parameter.opts[0]
                    yield [name, word] if word else [name], argument


@pytest.mark.parametrize(("command", "option"), list(path_options()))
def test_an_empty_path_is_wrong_usage(
    inkling: Command, tmp_path: Path, command: list[str], option: str
) -> None:
    """It would be the current folder, where an output would spill its files."""
    needed = {"predict": ["x.png"], "export": ["--to", "npz"]}.get(command[0], [])
    outcome = inkling(*command, *needed, *([option] if option else []), "")
    assert outcome.status == 2
    assert "expected a path, got ''" in outcome.complaint
    assert not [path for path in tmp_path.iterdir() if path.name != "cache"]


CALLS = (
    *(("evaluate", "PATH"), ("train", "--data", "PATH"), ("train", "--resume", "PATH")),
    *(("committee", "--resume", "PATH"), ("predict", "PATH"), ("predict", "x", "--model", "PATH")),
    *(("data", "info", "PATH"), ("data", "show", "PATH"), ("export", "PATH", "--to", "npz")),
    *(("models", "PATH"), ("trace", "PATH"), ("trace", "--data", "PATH"), ("report", "PATH")),
    *(("export", "--to", "npz", "--out", "PATH/m"), ("app", "--model", "PATH")),
    ("data", "show", "DATA", "--out", "PATH/m"),
)


@LINKS
@pytest.mark.parametrize("name", ["~nosuchuser", "~nosuchuser/x.npz", "loop", "loop/x.npz"])
@pytest.mark.parametrize("arguments", CALLS, ids=lambda arguments: " ".join(arguments[:2]))
def test_paths_that_lead_nowhere(
    inkling: Command, strokes_file: Path, tmp_path: Path, arguments: tuple[str, ...], name: str
) -> None:
    """One line that names the path."""
    (tmp_path / "loop").symlink_to("loop")
    words = {"DATA": str(strokes_file)}
    outcome = inkling(*(words.get(word, word.replace("PATH", name)) for word in arguments))
    assert outcome.status in (1, 2)
    assert name in outcome.err
    assert outcome.err.count("\n") <= len(arguments)


@LINKS
@pytest.mark.parametrize(
    ("value", "got"), [("~nosuchuser", "no such folder"), ("loop", "no such"), ("file", "a file")]
)
def test_where_mnist_is_not(
    inkling: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str, got: str
) -> None:
    """INKLING_DATA may be anything."""
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    monkeypatch.setenv("INKLING_DATA", value)
    complaint = inkling("data", "info").complaint
    assert complaint.startswith(
        f"{value} (named by INKLING_DATA): expected the four files of MNIST"
    )
    assert f"got {got}" in complaint


def test_home_is_replaced(
    inkling: Command, monkeypatch: pytest.MonkeyPatch, strokes_file: Path, tmp_path: Path
) -> None:
    """Also after ``=``, where a shell leaves the ``~``."""
    shutil.copy(strokes_file, tmp_path / "strokes.npz")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    options = ("--data=~/strokes.npz", "--hidden=9", "--epochs=1", "--out=~/run")
    assert inkling("train", *options).status == 0
    assert inkling("evaluate", "~/run").status == 0
    assert not (tmp_path / "~").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that is in use")
@pytest.mark.parametrize("arguments", CALLS[1:], ids=lambda arguments: " ".join(arguments[:2]))
def test_the_current_folder_is_gone(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """One line, and no traceback."""
    (tmp_path / "gone").mkdir()
    command = [sys.executable, "-m", "inkling", *arguments]
    outcome = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", *command],
        cwd=tmp_path / "gone",
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode in (1, 2)
    assert "Traceback" not in outcome.stderr
    last = outcome.stderr.splitlines()[-1]
    assert re.match(r"inkling: .+: ", last)  # says what is missing
