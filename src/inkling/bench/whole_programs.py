"""From the start of a program to a network that is saved and right on 97 % of the test set.

What a user waits for: loading libraries and data counts as training does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from inkling._checks import complain
from inkling.bench.case import Contest
from inkling.bench.workloads import Work
from inkling.data.readers.idx import find_idx
from inkling.data.readers.mnist import FILES, folder_in_place
from inkling.data.readers.unpack import open_unpacked
from inkling.errors import BenchError

PROGRAMS = Path(__file__).parent / "_programs"
ENOUGH = 0.97
"""Of the test set."""
Prepare = Callable[[Work, int], Contest]
"""What a contender is prepared by: the work, and threads for it."""


def _program(name: str, *, cold: bool = False) -> Prepare:
    """Returns the contender that runs a program of ``_programs/``, with an empty cache where cold."""

    def contender(work: Work, threads: int) -> Contest:  # noqa: ARG001 (they are the process's)
        home = tempfile.TemporaryDirectory()
        _unpack(Path(home.name))

        def run() -> None:
            paths = PROGRAMS / f"{name}.py", home.name, Path(home.name, "network")
            with tempfile.TemporaryDirectory() as cache:
                environment = os.environ | ({"XDG_CACHE_HOME": cache} if cold else {})
                _check(name, [sys.executable, *map(str, paths)], environment)

        return Contest(run)

    return contender


def _check(name: str, command: list[str], environment: Mapping[str, str]) -> None:
    """Runs a program, which must come to its end and be right often enough."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise BenchError(complain(name, "a program that ends well", last))
    if float(done.stdout) < ENOUGH:
        raise BenchError(complain(name, f"{ENOUGH} of the test set", done.stdout.strip()))


ours: Prepare = _program("with_inkling")
ours_cold: Prepare = _program("with_inkling", cold=True)
pytorch: Prepare = _program("with_torch")
scikit_learns: Prepare = _program("with_sklearn")


def _unpack(folder: Path) -> None:
    """Lays MNIST's four files into a folder, so that all programs find the same."""
    source = folder_in_place()
    assert source is not None, "reason_to_leave_out has asked"
    for file in FILES:
        path = find_idx(source, file.name)
        assert path is not None
        with open_unpacked(path) as stream:
            (folder / file.name).write_bytes(stream.read(file.size))
