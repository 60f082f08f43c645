"""A terminal of 80 columns: no word is cut, no line is too long, paths are whole."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

termios = pytest.importorskip("termios", reason="Windows has no pseudo-terminals")
COLUMNS = 80

Screen = Callable[..., str]


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    """Runs a command in a terminal of 80 columns and returns what is on it at the end."""

    def run(*arguments: object) -> str:
        controller, terminal = os.openpty()
        termios.tcsetwinsize(terminal, (50, COLUMNS))
        environment = {**os.environ, "TERM": "xterm"}
        for name in ("COLUMNS", "NO_COLOR", "CI"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "inkling", *map(str, arguments)]
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        ):
            os.close(terminal)
            printed = b""
            try:
                while part := os.read(controller, 65536):
                    printed += part
            except OSError:  # how Linux reports that the other end is closed
                pass
        os.close(controller)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", printed.decode()).replace("\r\n", "\n")
        return "\n".join(line.rpartition("\r")[2] for line in text.split("\n"))

    return run


@pytest.fixture
def folder(trained: Path, strokes_file: Path, tmp_path: Path) -> Path:
    """A run with a long name, data, and a picture with a long name with spaces."""
    shutil.copytree(trained, tmp_path / "runs" / f"a-run-{'with-a-long-name' * 4}")
    shutil.copy(strokes_file, tmp_path / "strokes.npz")
    return tmp_path


def words(text: str) -> list[str]:
    """The words of an output, whatever the lines and the boxes; numbers may be timings."""
    return re.findall(r"[^\W\d_]{3,}", text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--data", "strokes.npz", "--hidden", "9", "--epochs", "2", "--out", "r"),
        ("evaluate", "RUN"),
        ("data", "info", "strokes.npz"),
        ("data", "show", "strokes.npz"),
        ("models",),
        ("gradcheck",),
        ("trace", "--data", "strokes.npz"),
        ("export", "RUN", "--to", "npz", "--out", "m.npz"),
        ("train", "--help"),
        ("evaluate", "nope", "--data", "strokes.npz"),
        ("train", "--activation", "rleu"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_nothing_is_cut(screen: Screen, folder: Path, arguments: tuple[str, ...]) -> None:
    """No line is longer than the terminal, unless it is one path; every word of a pipe is there."""
    (run,) = (folder / "runs").iterdir()
    filled = [str(run) if word == "RUN" else word for word in arguments]
    shown = screen(*filled)
    assert "…" not in shown
    assert "Traceback" not in shown
    for line in shown.splitlines():
        assert len(line) <= COLUMNS or len(line.split()) <= 2
    if "--help" in arguments or "gradcheck" in arguments:
        return  # they are laid out otherwise in a pipe
    shutil.rmtree(folder / "r", ignore_errors=True)
    command = [sys.executable, "-m", "inkling", *filled]
    piped = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    missing = set(words(piped.stdout + piped.stderr)) - set(words(shown))
    assert not missing - {"left"}  # the time left, which a bar shows


def test_a_long_path_has_its_own_line(screen: Screen, folder: Path, pictures: Path) -> None:
    """It can be copied, spaces and all; what is said about it follows on the next line."""
    (run,) = (folder / "runs").iterdir()
    lines = screen("models").splitlines()
    assert lines[0] == f"runs/{run.name}"
    assert re.match(r" +\d+\.\d\d %  \d{4}-\d\d-\d\d \d\d:\d\d  strokes.npz  784 → ", lines[1])
    long = pictures / f"{'a long name ' * 9}.png"
    shutil.copy(pictures / "one.png", long)
    lines = screen("predict", long, "--model", run).splitlines()
    assert lines[0] == str(long)
    assert re.fullmatch(r"  \S+  .*", lines[1])


def test_numbers_end_in_one_column(screen: Screen, folder: Path) -> None:
    """Tables have numbers to the right; the unit is in the header, the hash comes last."""
    (run,) = (folder / "runs").iterdir()
    lines = screen("evaluate", run, "--data", "strokes.npz").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("class"))
    for name in ("images", "recall %", "precision %"):
        end = lines[start].index(name) + len(name)
        assert all(line[end - 1] in "0123456789–" for line in lines[start + 2 : start + 12])
    lines = screen("data", "info", "strokes.npz").splitlines()
    assert lines[0] == "strokes.npz: images of 28 × 28 pixels"
    assert re.fullmatch(r"SHA-256  [0-9a-f]{64}", lines[-1])
