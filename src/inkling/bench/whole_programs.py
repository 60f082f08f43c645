"""From the start of a program to a network that is saved and right on 97 % of the test set.

What a user waits for: loading libraries and data counts as training does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from inkling._checks import complain
from inkling.bench.contest import Contest
from inkling.bench.works import Work
from inkling.data.idx_files import find_idx
from inkling.data.mnist import FILES, folder_in_place
from inkling.data.unpack import open_unpacked
from inkling.errors import DataError

PROGRAMS = Path(__file__).parent / "_programs"
ENOUGH = 0.97
"""Of the test set."""
Prepare = Callable[[Work, int], Contest]
"""What a contender is prepared by: the work, and threads for it."""


def _program(name: str) -> Prepare:
    """Returns the contender that runs a program of ``_programs/``."""

    def contender(work: Work, threads: int) -> Contest:  # noqa: ARG001 (they are the process's)
        home = tempfile.TemporaryDirectory()
        _unpack(Path(home.name))

        def run() -> None:
            paths = PROGRAMS / f"{name}.py", home.name, Path(home.name, "network")
            command = [sys.executable, *map(str, paths)]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            if float(answer) < ENOUGH:
                raise RuntimeError(
                    f"{name}: expected {ENOUGH} of the test set, got {answer.strip()}"
                )

        return Contest(run)

    return contender


ours: Prepare = _program("with_inkling")
pytorch: Prepare = _program("with_torch")
scikit_learns: Prepare = _program("with_sklearn")


def _unpack(folder: Path) -> None:
    """Lays MNIST's four files into a folder, so that all programs find the same."""
    source = folder_in_place()
    if source is None:
        raise DataError(
            complain("start", "MNIST in place", "none", "type: inkling data info mnist")
        )
    for file in FILES:
        path = find_idx(source, file.name)
        assert path is not None
        with open_unpacked(path) as stream:
            (folder / file.name).write_bytes(stream.read(file.size))
