"""The README: it is short, its commands and its Python run, and print what it shows.

Commands that set up an environment (``make train``, ``pip install``) are run by
``install/test_fresh_clone.py``, on a fresh clone, in which all commands run twice.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
ELSEWHERE = ("make", "git clone", "cd ", "python3 -m venv", ". .venv", "pip install", "inkling app")
"""How a line begins that is run on a fresh clone, or by the tests of the app."""
NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")


def blocks(language: str) -> list[str]:
    """Returns the README's code blocks in one language."""
    return [code for kind, code in BLOCK.findall(README) if kind == language]


def commands() -> list[str]:
    """Returns the lines of the README's shell blocks, without comments."""
    lines = "\n".join(blocks("sh")).splitlines()
    return [words for line in lines if (words := line.partition("#")[0].strip())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder, with the README's pictures."""
    if not os.environ.get("INKLING_DATA"):
        pytest.skip("the README trains on MNIST; set INKLING_DATA to the folder of its files")
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "docs" / "images", folder / "docs" / "images")
    return folder


def run(command: list[str], folder: Path) -> str:
    """Runs a command in the folder and returns its output."""
    data = str(Path(os.environ["INKLING_DATA"]).resolve())
    environment = {**os.environ, "INKLING_DATA": data, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stderr + done.stdout


def without_numbers(text: str) -> set[str]:
    """The lines of a text, with every number replaced by #."""
    return {" ".join(NUMBERS.sub("#", line).split()) for line in text.splitlines()}


def test_it_is_short() -> None:
    """At most 150 lines; details are on the pages that it links to."""
    assert len(README.splitlines()) <= 150


def test_every_block_is_run() -> None:
    """There are only shell commands, what they print, and Python."""
    assert {kind for kind, _ in BLOCK.findall(README)} == {"sh", "text", "python"}
    assert README.count("```") == 2 * len(BLOCK.findall(README))


def test_every_make_target_exists() -> None:
    """``make -n`` accepts every target that the README names."""
    targets = re.findall(r"\bmake (\w+)", "\n".join(commands()) + "".join(CODE.findall(README)))
    assert {"train", "test", "docs"} <= set(targets)
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.slow
def test_every_command_runs(folder: Path) -> None:
    """In the README's order, without a warning; what the README shows is printed."""
    lines = [line for line in commands() if not line.startswith(ELSEWHERE)]
    tried = [["inkling", "train"], *map(shlex.split, lines)]  # as make does
    assert len(tried) > 2
    printed = ""
    for program, *arguments in tried:
        assert program == "inkling", f"the README's {program} is not run by any test"
        printed += run([sys.executable, "-m", "inkling", *arguments], folder)
    shown = without_numbers("\n".join(blocks("text")).replace(".venv/bin/inkling", "inkling"))
    module = f"{sys.executable} -m inkling"
    got = without_numbers(printed.replace(module, "inkling"))
    cut = {line for line in shown if line.endswith("…")}
    assert shown - cut <= got
    assert all(any(real.startswith(line[:-1]) for real in got) for line in cut)
    assert re.findall(r"^  (\d{4})  at least", printed, re.MULTILINE)[:2] == ["3141", "5926"]


@pytest.mark.slow
def test_the_python_runs_twice(folder: Path) -> None:
    """All Python blocks run one after the other, in one session."""
    for _ in range(2):
        printed = run([sys.executable, "-c", "\n".join(blocks("python"))], folder)
        assert float(re.findall(r"^([\d.]+)%", printed, re.MULTILINE)[0]) > 95
        assert printed.split()[-2:] == ["3141", "5926"]


def test_the_images_exist() -> None:
    """Every image in the README is in the repository and not blank."""
    shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert shown
    for name in shown:
        with Image.open(ROOT / name) as picture:
            assert np.asarray(picture).std() > 1, f"{name} is blank"
