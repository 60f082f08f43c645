"""What a stranger does first: clone, ``make train``; and ``pip install .`` in a bare environment.

Each makes virtual environments and installs from a package index, which takes a minute or two, so
they run where ``INKLING_TEST_INSTALL`` is set, as in CI.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_MAKE = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS")
"""What ``make test ARGS=...`` hands on to the makes below it."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (os.environ.get("INKLING_TEST_INSTALL") and os.environ.get("INKLING_DATA")),
        reason="installs from a package index: set INKLING_TEST_INSTALL=1, and INKLING_DATA to MNIST",
    ),
]


def run(
    *command: str, folder: Path, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder, with MNIST or other variables; returns what became of it."""
    data = str(Path(os.environ["INKLING_DATA"]).resolve())
    # A stranger's shell stands in no other make, whose variables would reach the one that is tested.
    unwanted = (*OF_MAKE, "INKLING_DATA")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment = {**kept, **({"INKLING_DATA": data} if variables is None else variables)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def succeed(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command that must end well."""
    done = run(*command, folder=folder)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


@dataclass(frozen=True)
class Stranger:
    """Somebody with a folder, MNIST, and the README.

    Attributes:
        folder: where the first command clones the repository.
        first: the README's first command.
        others: the commands after it, for which the folder is as the first one left it.
    """

    folder: Path
    first: str
    others: str

    def follow(self, script: str) -> subprocess.CompletedProcess[str]:
        """Runs commands with the Python of these tests as ``python3``, and nothing else of theirs."""
        path = {"PATH": f"{self.folder / 'bin'}:{os.defpath}"}
        variables = {**path, "INKLING_DATA": os.environ["INKLING_DATA"]}
        done = run("sh", "-e", "-c", script, folder=self.folder, variables=variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """With an empty folder, but for a Python."""
    folder = tmp_path_factory.mktemp("stranger")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = "".join(re.findall(r"^```sh\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)).splitlines()
    assert lines[0].startswith("git clone https:")
    assert lines[1] == "cd inkling"
    python = folder / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    endless = "inkling app "
    others = "\n".join(lines[1:]).replace(endless, f"{endless}--help ")
    return Stranger(folder, f"git clone --quiet {shlex.quote(str(ROOT))} inkling", others)


@pytest.fixture(scope="module")
def first_time(stranger: Stranger) -> subprocess.CompletedProcess[str]:
    """All the README's commands as one script, in an empty folder."""
    return stranger.follow(f"{stranger.first}\n{stranger.others}")


@pytest.fixture(scope="module")
def clone(stranger: Stranger, first_time: subprocess.CompletedProcess[str]) -> Path:
    """A fresh clone of what is committed, in which the README's commands have run."""
    assert first_time.returncode == 0
    return stranger.folder / "inkling"


def test_make_train_does_its_own_set_up(
    clone: Path, first_time: subprocess.CompletedProcess[str]
) -> None:
    """``make train`` in a fresh clone ends with a tested, saved and plotted network, and says so.

    It compiles the engine first, so that this network is already trained by it.
    """
    made = min((clone / "runs").iterdir())
    names = {file.name for file in made.iterdir()}
    assert {"model.safetensors", "report.png", "history.csv", "manifest.json"} <= names
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["results"]["test_accuracy"] > 0.975
    assert manifest["engine"] == "compiled"
    said = first_time.stderr.splitlines()
    last = said.index(f"  .venv/bin/inkling app --model runs/{made.name}")
    until = "\n".join(said[:last])
    assert "Compiled in" in until
    assert "Test accuracy on mnist" in until
    again = succeed("make", "train", "ARGS=--epochs 1 --out runs/again", folder=clone)
    assert "Setting up" not in again.stdout + again.stderr
    assert "ompil" not in again.stdout + again.stderr


def test_the_readme_is_a_script(
    stranger: Stranger, first_time: subprocess.CompletedProcess[str]
) -> None:
    """All its commands, as one script in an empty folder; then again in the clone that there is now.

    The second time, networks are trained for fewer epochs.
    """
    assert "  3141  at least 9" in first_time.stdout
    briefly = re.sub(r"^inkling train\b", "inkling train --epochs 4", stranger.others, flags=re.M)
    second = stranger.follow(f"export ARGS='--epochs 4'\n{briefly}")
    assert "  3141  at least 9" in second.stdout


@pytest.fixture(scope="module")
def bare_python(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of an environment with nothing but ``pip install .``."""
    folder = tmp_path_factory.mktemp("bare")
    # The pip of this Python, or uv, because making one of its own takes longer than all it installs.
    succeed(sys.executable, "-m", "venv", "--without-pip", "env", folder=folder)
    python = str(folder / "env" / "bin" / "python")
    target = ("--python", python)
    install = ("uv", "pip", "install", *target) if find_spec("uv") else ("pip", *target, "install")
    succeed(sys.executable, "-m", *install, "--quiet", str(clone), folder=folder)
    return python


def test_a_bare_install_loads_numpy_alone(bare_python: str, tmp_path: Path) -> None:
    """``pip install .`` brings no extras; ``import inkling`` loads NumPy and the standard library."""
    code = (
        "import sys, inkling\n"
        "roots = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(sorted(root for root in roots if not root.startswith('_')))"
    )
    loaded = succeed(bare_python, "-c", code, folder=tmp_path).stdout
    assert set(json.loads(loaded.replace("'", '"'))) <= {"inkling", "numpy"}


def test_a_bare_install_trains_without_its_picture(bare_python: str, tmp_path: Path) -> None:
    """Without Matplotlib a run costs its picture and one line that says what to install."""
    options = ("--epochs", "1", "--hidden", "20", "--out", "run")
    done = succeed(bare_python, "-m", "inkling", "train", *options, folder=tmp_path)
    assert 'pip install "inkling-digits[plots]"' in done.stderr
    assert not (tmp_path / "run" / "report.png").exists()
    assert (tmp_path / "run" / "model.safetensors").is_file()
    assert "Test accuracy on mnist" in done.stderr
    failed = run(bare_python, "-m", "inkling", "train", "--data", "digits", folder=tmp_path)
    assert failed.returncode == 1
    assert 'pip install "inkling-digits[sklearn]"' in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_bare_install_trains_offline(bare_python: str, tmp_path: Path) -> None:
    """Without MNIST and without a network, on digits that a program draws; the result says so."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
    alone = {**nowhere, "no_proxy": "", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    options = ("--epochs", "5", "--hidden", "100", "--out", "run")
    command = (bare_python, "-m", "inkling", "train", *options)
    done = run(*command, folder=tmp_path, variables=alone)
    assert done.returncode == 0, done.stderr
    assert "Test accuracy on pen (digits drawn by a program): 9" in done.stderr
    assert (tmp_path / "run" / "model.safetensors").is_file()
