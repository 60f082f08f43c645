"""docs/export.md is correct: its commands and its Python run, and the code shown is the code printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from inkling.interop.npz import npz_code
from inkling.interop.torch import torch_code
from inkling.model.model import Model
from inkling.model.npz_reader import CONVERT

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Returns the page's code blocks in one language."""
    return [code for kind, code in BLOCK.findall(PAGE) if kind == language]


@pytest.fixture(scope="module")
def folder(strokes_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "runs" / "mine").mkdir(parents=True)
    strokes_model.save(folder / "runs" / "mine" / "model.safetensors")
    return folder


def run(command: list[str] | str, folder: Path) -> str:
    """Runs a command in the folder, with the ``inkling`` of this Python."""
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONWARNINGS": "error::UserWarning"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_the_commands(folder: Path) -> None:
    """Each command writes the file in its comment; the last one makes a module that can be imported."""
    pytest.importorskip("onnx")
    for line in blocks("sh")[0].splitlines():
        run(line.partition("#")[0], folder)
        for name in re.findall(r"# writes (\S+)", line):
            assert (folder / name).is_file(), line
    program = "import numpy, read_digits; numpy.zeros((3, 28, 28), 'uint8'); "
    program += "print(read_digits.predict_proba(numpy.zeros((3, 28, 28), 'uint8')).shape)"
    assert run([sys.executable, "-c", program], folder) == "(3, 10)\n"


@pytest.mark.slow
def test_the_python(folder: Path) -> None:
    """All code blocks run in order, after the commands."""
    for library in ("onnx", "onnxruntime", "torch", "sklearn"):
        pytest.importorskip(library)
    run("inkling export runs/mine --to npz --out digits.npz", folder)
    code = "\n".join(blocks("python"))
    code += "\nexpected = model.calibrated().predict_proba(images)"
    code += "\nassert np.allclose(predict_proba(images), expected, atol=1e-6)\n"
    printed = run([sys.executable, "-c", code], folder)
    for comment in re.findall(r"print\(.*\.network\)  # (.*)", code):
        assert f"Network({comment};" in printed
    assert "(8, 8) ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')" in printed


def test_the_code_shown_is_the_code_printed(strokes_model: Model) -> None:
    """The page shows the complete NumPy code, and the PyTorch code up to the classes."""
    assert npz_code(strokes_model, Path("digits.npz")).replace("'", '"') in PAGE
    whole = torch_code(strokes_model, Path("digits.torch.safetensors")).replace("'", '"')
    assert whole.partition("classes =")[0] in PAGE


def test_the_conversion_of_npy_files() -> None:
    """The page has the same lines as the error for ``model.npy``."""
    (lines,) = blocks("text")
    said = CONVERT.partition("yourself: ")[2].replace(", then ", "\n")
    assert " ".join(lines.split()) == " ".join(said.split())
