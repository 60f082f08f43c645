"""Kills training runs, resumes them, and compares what they leave with a run that was left alone.

    python scripts/kill_runs.py steps          before every line of the code that writes files, and with
                                               half of each file on the disk
    python scripts/kill_runs.py random 100     at random moments, again and again until a run is finished

Each run is a forked process that ends by SIGKILL, so this works on Linux and macOS only. The clock is
replaced, so that all files of a run must be the same, byte for byte; and there may be no others.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import numpy as np

import inkling
from inkling import _files
from inkling.errors import RunError
from inkling.training import checkpoint, loop, run_directory

SETTINGS: dict[str, Any] = {
    "hidden": (12,),
    "epochs": 3,
    "batch_size": 16,
    "dropout": 0.2,
    "patience": 3,
    "augment": "affine",
    "engine": "numpy",
}
WRITERS = {module.__file__ for module in (_files, checkpoint, run_directory)}
"""The files of code before whose lines a run is killed."""
MOST = 50
"""Lines of a resumed run, each in its turn, before it must be finished."""


class Clock(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: Any = None) -> Clock:  # noqa: ARG003
        """The month in which the data were published."""
        return cls(1998, 11, 1, tzinfo=UTC)


def draw(n: int, rng: np.random.Generator) -> inkling.Split:
    """Draws images of ten patterns, with noise."""
    patterns = np.random.default_rng(1).integers(0, 256, (10, 12, 12))
    labels = np.arange(n) % 10
    images = patterns[labels] // 2 + rng.integers(0, 128, (n, 12, 12))
    return inkling.Split(images.astype(np.uint8), labels)


def make_data() -> inkling.Dataset:
    """Makes a data set that trains in a moment."""
    training, validation, test = (draw(n, np.random.default_rng(n)) for n in (150, 40, 50))
    return inkling.Dataset(
        "patterns", tuple("0123456789"), training, validation, test, sha256="0" * 64
    )


DATA = make_data()


def train(run: Path) -> None:
    """Starts the run, or continues it, with a clock whose seconds do not depend on the machine."""
    ticks = count()
    with (
        patch.object(loop, "perf_counter", lambda: float(next(ticks))),
        patch.object(run_directory, "datetime", Clock),
    ):
        if not (run / _files.MANIFEST).exists():
            inkling.train(DATA, run=run, threads=1, **SETTINGS)
            return
        is_finished = b'"finished"' in (run / _files.MANIFEST).read_bytes()
        try:
            inkling.train(DATA, run=run, resume=True)
        except RunError:  # nothing is left to do, except to remove what the process left
            if not is_finished:
                raise


def fork(run: Path, prepare: Callable[[], object] = lambda: None) -> int:
    """Trains in a process of its own; returns its id."""
    process = os.fork()
    if not process:
        try:
            prepare()
            train(run)
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    return process


def was_killed(process: int) -> bool:
    """Waits for a process; returns whether it was killed, and ends this script if it failed."""
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if code not in (0, -signal.SIGKILL):
        sys.exit(f"a process ended with {code}")
    return code != 0


def die() -> None:
    """Ends this process as ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_before_line(number: int) -> None:
    """Ends this process before it executes a line of the writing code, counted from 0."""
    lines = count()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename not in WRITERS:
            return None
        if event == "line" and next(lines) == number:
            die()
        return trace

    sys.settrace(trace)


def die_in_file(number: int) -> None:
    """Ends this process with half of a file on the disk, counted from 0."""
    files, fsync = count(), os.fsync

    def cut(descriptor: Any) -> None:
        if next(files) == number:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            die()
        fsync(descriptor)

    patch.object(os, "fsync", cut).start()


def contents(run: Path) -> dict[str, bytes | None]:
    """Returns everything in a run directory."""
    return {path.name: path.read_bytes() if path.is_file() else None for path in run.iterdir()}


def check(run: Path, expected: dict[str, bytes | None], when: str) -> None:
    """Ends this script unless a run left what it should."""
    found = contents(run)
    if found != expected:
        names = {name for name in found.keys() | expected if found.get(name) != expected.get(name)}
        sys.exit(f"killed {when}: {', '.join(sorted(names))} differ")


def state_of(run: Path) -> str:
    """Returns how far a run had come, in words."""
    if not (run / _files.MANIFEST).exists():
        return "before the first file"
    if b'"finished"' in (run / _files.MANIFEST).read_bytes():
        return "after the end"
    if (run / _files.MODEL).exists():
        return "after the model"
    return "after an epoch" if (run / _files.CHECKPOINT).exists() else "in the first epoch"


def kill_steps(folder: Path, expected: dict[str, bytes | None], stride: int) -> None:
    """Kills a run at every step of its writing, once each, and resumes it."""
    for what, die_at in (("line", die_before_line), ("file", die_in_file)):
        states: Counter[str] = Counter()
        for number in count(0, stride if what == "line" else 1):
            run = folder / f"{what}-{number}"
            if not was_killed(fork(run, partial(die_at, number))):
                break
            states[state_of(run)] += 1
            was_killed(fork(run))
            check(run, expected, f"at {what} {number}")
        print(f"{states.total()} kills, one per {what} written: {dict(states)}")


def kill_randomly(folder: Path, expected: dict[str, bytes | None], kills: int, seed: int) -> None:
    """Kills runs at random moments, also when they are resumed, until each is finished."""
    rng, states, runs = random.Random(seed), Counter[str](), 0
    started = time.perf_counter()
    was_killed(fork(folder / "timed"))
    seconds = time.perf_counter() - started
    while states.total() < kills:
        run = folder / f"random-{runs}"
        runs += 1
        while True:
            process = fork(run)
            time.sleep(rng.uniform(0, seconds))
            os.kill(process, signal.SIGKILL)
            if not was_killed(process):
                break
            states[state_of(run)] += 1
        check(run, expected, f"in run {runs}")
    print(f"{states.total()} kills at random moments of {runs} runs: {dict(states)}")


def main() -> None:
    """Parses the command line, and kills."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("steps", "random"))
    parser.add_argument("number", nargs="?", type=int, default=1, help="kills, or every n-th line")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        was_killed(fork(folder / "alone"))
        expected = contents(folder / "alone")
        if arguments.mode == "steps":
            kill_steps(folder, expected, arguments.number)
        else:
            kill_randomly(folder, expected, arguments.number, arguments.seed)
    print(f"All ended like the run that was left alone: {', '.join(sorted(expected))}.")


if __name__ == "__main__":
    main()
