"""A bare installation: what is not there costs one line, and only what needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import importlib.abc, sys

class NotInstalled(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {missing}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

sys.meta_path.insert(0, NotInstalled())
from inkling.cli.main import main
main()
"""
EXTRAS = {
    "matplotlib",
    "sklearn",
    "scipy",
    "numba",
    "torch",
    "starlette",
    "uvicorn",
    "onnx",
    "dask",
    "joblib",
}


def bare(cwd: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs a command where nothing but the required libraries can be imported."""
    program = PROGRAM.format(missing=EXTRAS)
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "XDG_CACHE_HOME": str(cwd / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_training_costs_only_the_picture(strokes_file: Path, tmp_path: Path) -> None:
    """Trained, tested and saved, on a file of one's own; one line says what the picture needs."""
    options = ("--hidden", "9", "--epochs", "1", "--out", "r")
    outcome = bare(tmp_path, "train", "--data", strokes_file, *options)
    assert outcome.returncode == 0
    assert (tmp_path / "r" / "model.safetensors").is_file()
    assert not (tmp_path / "r" / "report.png").exists()
    needs = [line for line in outcome.stderr.splitlines() if "matplotlib" in line]
    assert needs == [
        "The report picture needs matplotlib, which is not installed; type: pip install '.[plots]'"
    ]
    assert "Report " not in outcome.stderr


def test_evaluating_and_reading_cost_nothing(trained: Path, pictures: Path, tmp_path: Path) -> None:
    """They need none of the extras."""
    for arguments in (("evaluate", trained), ("predict", pictures / "one.png", "--model", trained)):
        outcome = bare(tmp_path, *arguments)
        assert (outcome.returncode, outcome.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("train", "--data", "digits"),
            "inkling: the bundled digits data set needs scikit-learn, which is not installed; type: "
            "pip install '.[sklearn]'\n",
        ),
        (
            ("committee", "--data", "DATA", "--out", "r"),
            "inkling: a committee needs joblib, which is not installed; type: "
            "pip install '.[cluster]'\n",
        ),
        (
            ("data", "show", "DATA"),
            "needs matplotlib, which is not installed; type: pip install '.[plots]'\n",
        ),
    ],
)
def test_what_needs_one_says_what_to_type(
    strokes_file: Path, tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    """Status 1 and one line."""
    outcome = bare(tmp_path, *(strokes_file if word == "DATA" else word for word in arguments))
    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert outcome.stderr.count("\n") == 1
    assert outcome.stderr.endswith(complaint)
    assert not (tmp_path / "r").exists()


def test_neither_mnist_nor_digits(tmp_path: Path) -> None:
    """No network, no scikit-learn: the last line says both, and what to do."""
    outcome = bare(tmp_path, "train")
    assert outcome.returncode == 1
    last = outcome.stderr.splitlines()[-1]
    assert last.startswith("inkling: MNIST is not on this machine and could not be downloaded (")
    assert last.endswith("which is not installed; type: pip install '.[sklearn]'")
    assert "Traceback" not in outcome.stderr
