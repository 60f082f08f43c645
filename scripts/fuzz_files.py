"""Reads damaged and edited files of every kind, and reports what a user must never see.

    python scripts/fuzz_files.py --files 100000 --seed 1        (about 5 minutes on one core)

A fault is an exception other than InklingError, a warning, a message of several lines, more than 5 s for
a file, or more than 1 GB of memory. File n of a seed is always the same. Exits with 1 if there is any.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from damaged_files import all_kinds, damage, fault_of

SECONDS, MOST_MEMORY = 5, 1024**3


class HangError(BaseException):
    """A file took too long; no reader catches it."""


def memory() -> int:
    """Returns the largest number of bytes that this process has used."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def stop(*_: object) -> None:
    """Ends a file that takes too long."""
    raise HangError


def main() -> None:
    """Reads damaged files, and prints the faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the files with faults")
    options = parser.parse_args()
    signal.signal(signal.SIGPROF, stop)  # after seconds of the processor, not of a busy machine
    seen: Counter[str] = Counter()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        kinds = all_kinds(Path(folder))
        for number in range(options.files):
            rng, before = random.Random(f"{options.seed} {number}"), memory()
            kind = kinds[number % len(kinds)]
            content = damage(kind, rng)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            fault = fault_of(kind, content)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if memory() > max(before, MOST_MEMORY):
                fault = fault or f"{memory() / 1e9:.1f} GB"
            if fault:
                where = fault.strip().splitlines()[-1]
                seen[f"{kind.path.name}: {where[:150]}"] += 1
                if seen[f"{kind.path.name}: {where[:150]}"] == 1:
                    print(f"file {number}, {kind.path.name}: {fault}", flush=True)
                if options.keep:
                    options.keep.mkdir(exist_ok=True)
                    (options.keep / f"{number}-{kind.path.name}").write_bytes(content)
    seconds = time.perf_counter() - began
    print(f"{options.files:,} files in {seconds:.0f} s, {memory() / 1e6:.0f} MB")
    for where, count in seen.most_common():
        print(f"{count:6,}  {where}")
    sys.exit(bool(seen))


if __name__ == "__main__":
    main()
