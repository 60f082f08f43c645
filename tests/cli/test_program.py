"""The commands that Inkling prints can be pasted into the shell from which it was started."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from inkling import __main__ as module
from inkling.cli.program import command_line

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a program's name has an ending on Windows")


def test_the_program_is_named_as_the_shell_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name if that finds it; otherwise by its path, as it was called."""
    program = tmp_path / ".venv" / "bin" / "inkling"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    monkeypatch.chdir(tmp_path)
    for called in (".venv/bin/inkling", str(program)):
        monkeypatch.setattr(sys, "argv", [called, "train"])
        monkeypatch.setenv("PATH", str(program.parent))
        assert command_line("app", "--model", Path("my run")) == "inkling app --model 'my run'"
        monkeypatch.setenv("PATH", str(tmp_path))
        assert shlex.split(command_line("app")) == [called, "app"]
    monkeypatch.setattr(sys, "argv", [str(module.__file__), "train"])
    assert shlex.split(command_line("app")) == [sys.executable, "-m", "inkling", "app"]
