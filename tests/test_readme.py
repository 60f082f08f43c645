"""The README: its Python runs, its commands run, its make targets exist.

Commands that set up an environment (``make train``, ``pip install``) are run by
``install/test_fresh_clone.py``, on a fresh clone.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SETS_UP = ("make ", "pip install", "git clone", "cd ")
"""How a line begins that changes the environment and is therefore run on a fresh clone."""


def blocks(language: str) -> list[str]:
    """Returns the README's code blocks in one language."""
    return [code for kind, code in BLOCK.findall(README) if kind == language]


def commands() -> list[str]:
    """Returns the lines of the README's shell blocks, without comments."""
    lines = "\n".join(blocks("sh")).splitlines()
    return [words for line in lines if (words := line.partition("#")[0].strip())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder: a picture of a seven, drawn with a thick pen."""
    if not os.environ.get("INKLING_DATA"):
        pytest.skip("the README trains on MNIST; set INKLING_DATA to the folder of its files")
    folder = tmp_path_factory.mktemp("readme")
    picture = Image.new("L", (200, 280), 255)
    pen = ImageDraw.Draw(picture)
    pen.line([(50, 60), (150, 60), (95, 230)], fill=0, width=18, joint="curve")
    picture.save(folder / "my-seven.png")
    return folder


def run(command: list[str], folder: Path) -> str:
    """Runs a command in the folder and returns its output."""
    data = str(Path(os.environ["INKLING_DATA"]).resolve())
    environment = {**os.environ, "INKLING_DATA": data, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def test_every_block_is_run() -> None:
    """There are only shell commands and Python."""
    assert {kind for kind, _ in BLOCK.findall(README)} == {"sh", "python"}
    assert README.count("```") == 2 * len(BLOCK.findall(README))


def test_every_make_target_exists() -> None:
    """``make -n`` accepts every target that the README names."""
    targets = [line.split()[1] for line in commands() if line.startswith("make ")]
    assert {"train", "test"} <= set(targets)
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.slow
def test_every_command_runs(folder: Path) -> None:
    """The commands run in the README's order, in a folder with a picture of a seven."""
    tried = [shlex.split(line) for line in commands() if not line.startswith(SETS_UP)]
    assert tried
    for program, *arguments in tried:
        assert program == "inkling", f"the README's {program} is not run by any test"
        if arguments[0] == "bench":
            # One round, and one thread: next to another busy process, two spin while they wait.
            arguments += ["--rounds", "1", "--threads", "1"]
        run([sys.executable, "-m", "inkling", *arguments], folder)


@pytest.mark.slow
def test_the_python_runs(folder: Path) -> None:
    """All Python blocks run one after the other, in one session."""
    printed = run([sys.executable, "-c", "\n".join(blocks("python"))], folder)
    accuracy = float(re.findall(r"0\.\d+", printed)[0])
    assert accuracy > 0.95
    assert printed.rstrip().endswith("7"), printed


def test_the_images_exist() -> None:
    """Every image in the README is in the repository and not blank."""
    shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert shown
    for name in shown:
        with Image.open(ROOT / name) as picture:
            assert np.asarray(picture).std() > 1, f"{name} is blank"
