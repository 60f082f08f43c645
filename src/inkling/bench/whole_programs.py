"""From the start of a program to a saved network with a test accuracy of 97 %.

This is the time a user waits: it includes loading libraries and data.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from inkling.bench.case import Case, Prepare
from inkling.bench.workloads import Workload, mnist_or_noise
from inkling.errors import BenchError

PROGRAMS = Path(__file__).parent / "_programs"
REQUIRED = 0.97
"""The test accuracy that a network must reach."""


def _program(name: str, *, cold: bool = False) -> Prepare:
    """Returns the implementation that runs a program of ``_programs/``; ``cold`` empties the cache."""

    def prepare(workload: Workload, threads: int) -> Case:
        folder = tempfile.TemporaryDirectory()
        write_mnist(Path(folder.name))

        def run() -> None:
            paths = PROGRAMS / f"{name}.py", folder.name, Path(folder.name, "network")
            with tempfile.TemporaryDirectory() as cache:
                environment = os.environ | ({"XDG_CACHE_HOME": cache} if cold else {})
                check([sys.executable, *map(str, paths)], environment)

        return Case(run)

    return prepare


def check(command: list[str], environment: dict[str, str]) -> None:
    """Runs a program; raises BenchError if it fails or prints an accuracy that is too low."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise BenchError(lines[-1])
    if float(done.stdout) < REQUIRED:
        raise BenchError(f"test accuracy {done.stdout.strip()}, below {REQUIRED}")


ours: Prepare = _program("with_inkling")
ours_cold: Prepare = _program("with_inkling", cold=True)
pytorch: Prepare = _program("with_torch")
sklearns: Prepare = _program("with_sklearn")


def write_mnist(folder: Path) -> None:
    """Writes MNIST's four unpacked files into a folder, so that all programs read the same."""
    for name, train in (("train", True), ("t10k", False)):
        pixels, labels = mnist_or_noise(train=train)
        images = struct.pack(">4i", 0x803, len(pixels), 28, 28) + pixels.tobytes()
        (folder / f"{name}-images-idx3-ubyte").write_bytes(images)
        numbers = struct.pack(">2i", 0x801, len(labels)) + labels.astype("u1").tobytes()
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(numbers)
