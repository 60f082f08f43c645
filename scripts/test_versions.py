"""Runs the fast tests with every supported Python that is installed, and with the lowest versions.

    make test-versions
    make test-versions ARGS="3.12 lowest"          only these
    make test-versions ARGS="3.12 -- tests/nn"     only these tests

A Python is found on the path, as ``python3.12``, or in the folders of pyenv. With each, the newest
versions of all dependencies are installed that ``pyproject.toml`` allows; then, with the oldest Python,
the lowest. The environments are in ``build/versions`` and are used again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "versions"
NEWEST_MINOR = 14
TOOLS = ("httpx", "hypothesis", "pandas", "pytest", "pytest-xdist")
"""What the fast tests need, of the extra ``dev``, besides Inkling's own dependencies."""
SHOWN = ("numpy", "scikit-learn", "numba", "joblib", "matplotlib", "pillow")


@dataclass
class Outcome:
    """What became of the tests in one environment."""

    name: str
    passed: bool
    summary: str
    versions: str


def main(arguments: list[str]) -> int:
    """Runs all and prints a summary; returns 1 if anything failed, or no Python is found."""
    wanted, _, tests = " ".join(arguments).partition("--")
    pythons = find_pythons()
    runs = {version: (python, "highest") for version, python in pythons.items()}
    if pythons:
        runs["lowest"] = (pythons[min(pythons, key=_minor)], "lowest-direct")
    names = wanted.split() or list(runs)
    for name in set(names) - set(runs):
        print(f"{name} is not here; found: {', '.join(runs) or 'no Python'}")
        return 1
    outcomes = [test(name, *runs[name], tests.split()) for name in names]
    print("\nwith      result   tests")
    for outcome in outcomes:
        result = "passed" if outcome.passed else "FAILED"
        print(f"{outcome.name:9} {result:8} {outcome.summary}\n{'':19}{outcome.versions}")
    return 0 if outcomes and all(outcome.passed for outcome in outcomes) else 1


def find_pythons() -> dict[str, str]:
    """Returns the programs of the supported Pythons by version, such as "3.12"."""
    oldest = int(_settings()["requires-python"].removeprefix(">=3."))
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    found = {}
    for minor in range(oldest, NEWEST_MINOR + 1):
        version = f"3.{minor}"
        installed = sorted(
            pyenv.glob(f"{version}.*/bin/python"), key=lambda path: path.stat().st_mtime
        )
        on_path = shutil.which(f"python{version}")
        for program in (*map(str, reversed(installed)), *([on_path] if on_path else [])):
            if _runs(program, version):
                found[version] = program
                break
    return found


def dependencies() -> list[str]:
    """Returns what is installed besides Inkling's own dependencies: all extras, and ``TOOLS``."""
    extras = _settings()["optional-dependencies"]["dev"]
    tools = [line for line in extras if re.split("[^a-z-]", line)[0] in TOOLS]
    assert len(tools) == len(TOOLS)
    return ["--extra", "all", *tools]


def test(name: str, python: str, resolution: str, tests: list[str]) -> Outcome:
    """Sets up an environment, and runs the fast tests in it."""
    print(f"\n{name}: {python}, {resolution} versions", flush=True)
    started = time.monotonic()
    environment = PLACE / name
    own = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    uv = [sys.executable, "-m", "uv"]
    install = [*uv, "pip", "install", "--quiet", "--python", str(own)]
    steps = [
        [*uv, "venv", "--quiet", "--allow-existing", "--python", python, str(environment)],
        [
            *install,
            "--resolution",
            resolution,
            "--upgrade",
            "-r",
            "pyproject.toml",
            *dependencies(),
        ],
        [*install, "--no-deps", "--editable", "."],
    ]
    for step in steps:
        if subprocess.run(step, cwd=ROOT, check=False).returncode:
            return Outcome(name, False, "could not be installed", "")
    listed = subprocess.run(
        [*uv, "pip", "freeze", "--python", str(own)], capture_output=True, text=True, check=True
    ).stdout
    versions = [line for line in listed.splitlines() if line.partition("==")[0] in SHOWN]
    command = [str(own), "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    command += ["-p", "no:cacheprovider", "-m", "not slow", *tests]
    variables = {key: value for key, value in os.environ.items() if key not in ("CI", "PYTHONPATH")}
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            last = line.strip("= \n") or last
    minutes = (time.monotonic() - started) / 60
    summary = f"{last}, {minutes:.0f} min with installation"
    return Outcome(name, process.returncode == 0, summary, ", ".join(versions))


def _settings() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _runs(program: str, version: str) -> bool:
    """Whether a program is this Python; pyenv puts programs on the path that only print what to type."""
    code = "import sys, venv; print('{}.{}'.format(*sys.version_info))"
    done = subprocess.run([program, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() == version


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
