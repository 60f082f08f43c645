"""The extra ``fast`` where Numba has wheels and where it has none, without installing anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINUX = {
    "platform_python_implementation": "CPython",
    "sys_platform": "linux",
    "platform_machine": "x86_64",
    "python_version": "3.12",
}
INTEL_MAC = {"sys_platform": "darwin", "platform_machine": "x86_64"}
PYTHON = """#!/bin/sh
echo "$*" >> calls
case "$*" in *numba*) echo "no matching distribution" >&2; exit 1;; esac
"""
INKLING = """#!/bin/sh
echo "inkling $*" >> calls
exit 1
"""


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ({}, ["numba<0.70,>=0.62"]),
        ({"platform_machine": "aarch64"}, ["numba<0.70,>=0.62"]),
        ({"sys_platform": "win32", "platform_machine": "AMD64"}, ["numba<0.70,>=0.62"]),
        (
            {"sys_platform": "darwin", "platform_machine": "arm64"},
            ["numba<0.70,>=0.62"],
        ),
        (INTEL_MAC, ["numba<0.63,>=0.62"]),
        (INTEL_MAC | {"python_version": "3.14"}, []),
        ({"python_version": "3.15"}, []),
        ({"platform_python_implementation": "PyPy"}, []),
        ({"platform_machine": "ppc64le"}, []),
    ],
)
def test_what_is_required_where(differences: dict[str, str], expected: list[str]) -> None:
    """By the markers in pyproject.toml."""
    requirements = pytest.importorskip("packaging.requirements")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    required = []
    for line in settings["project"]["optional-dependencies"]["fast"]:
        requirement = requirements.Requirement(line)
        if requirement.marker.evaluate({**LINUX, **differences}):
            required.append(f"{requirement.name}{requirement.specifier}")
    assert required == expected


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_train_without_numba(tmp_path: Path) -> None:
    """If Numba cannot be installed the rest is, and training does not need the compiled engine."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, text in (("python", PYTHON), ("inkling", INKLING)):
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    environment = {name: os.environ[name] for name in ("PATH",)}
    command = ["make", ".venv/.compiled"]
    for _ in range(2):  # the second time there is nothing to do
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
    first, second, third = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert ".[plots,sklearn,app,fast]" in first
    assert ".[plots,sklearn,app]" in second
    assert third == "inkling compile"
