"""CONTRIBUTING's "add an activation", carried out in a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = (
    "contracts",
    "nn",
    "explain",
    "interop",
    "model/test_model.py",
    "cli/test_gradcheck.py",
    "cli/test_help.py",
)


def add_activation(root: Path) -> None:
    """Makes the two changes of code that CONTRIBUTING.md shows."""
    page = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?class \w+\(Activation\).*?)```", page, re.DOTALL)
    [line] = re.findall(r"`(\"\w+\": \w+,)`", page)
    name = line.split(": ")[1].rstrip(",")
    activations = root / "src/inkling/nn/activations.py"
    activations.write_text(activations.read_text("utf-8") + "\n\n" + textwrap.dedent(code), "utf-8")
    registry = root / "src/inkling/nn/registry.py"
    text = registry.read_text(encoding="utf-8")
    text = text.replace("    Activation,\n", f"    Activation,\n    {name},\n", 1)
    start = "ACTIVATIONS: dict[str, type[Activation]] = {\n"
    registry.write_text(text.replace(start, f"{start}    {line}\n", 1), encoding="utf-8")


@pytest.mark.slow
def test_an_activation_is_added_in_three_places(tmp_path: Path) -> None:
    """The class, its line in the registry and one in the changelog: every other test still passes."""
    for name in ("src", "tests", "docs", "scripts"):
        pictures = ["*.png"] if name == "docs" else []
        ignored = shutil.ignore_patterns("__pycache__", "*.ipynb", *pictures)
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("CONTRIBUTING.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    add_activation(tmp_path)
    command = [
        sys.executable,
        *["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m"],
        "not slow",
    ]
    command += ["src/inkling/nn/activations.py", *(f"tests/{name}" for name in TESTS)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
    environment.pop("INKLING_NO_SKIPS", None)  # an oracle for the new activation is missing
    result = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-3000:]
    listed = subprocess.run(
        [sys.executable, "-c", "from inkling.nn import ACTIVATIONS; print(*ACTIVATIONS)"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "softplus" in listed.stdout.split()
