"""Counts the lines of the source, at any commit.

python scripts/count_lines.py             the tracked files as they are
python scripts/count_lines.py 692e6d8     a commit
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMPILED = ("src/inkling/compiled/", "src/inkling/training/compiled/")
"""The compiled engine's folder, now and in version 0.1."""
FILES = {
    "nn/dense.py": ("nn/dense.py",),
    "nn/activations.py": ("nn/activations.py",),
    "nn/network.py": ("nn/network.py",),
    "optim/optimizer.py, descent.py, adaptive.py": (
        *("optim/optimizer.py", "optim/descent.py", "optim/adaptive.py"),
    ),
    "training/loop.py": ("training/loop.py",),
}


def count_lines(revision: str = "") -> dict[str, int]:
    """Returns the number of lines of each tracked Python file."""
    command = ["git", "grep", "--count", "", *([revision] if revision else []), "--", "*.py"]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = (line.removeprefix(f"{revision}:").rpartition(":") for line in found.splitlines())
    return {path: int(count) for path, _, count in paths}


def table(lines: dict[str, int]) -> dict[str, int]:
    """Returns the numbers of the table by name."""
    compiled = sum(count for path, count in lines.items() if path.startswith(COMPILED))

    def total(*starts: str) -> int:
        return sum(count for path, count in lines.items() if path.startswith(starts))

    top = [path for path in lines if path.startswith("src/inkling/") and path.count("/") == 2]
    return {
        "src/ and benchmarks/ without compiled/": total("src/", "benchmarks/") - compiled,
        "compiled/": compiled,
        "tests/": total("tests/"),
        "modules at the top of src/inkling/": len(top),
        **{name: total(*(f"src/inkling/{p}" for p in paths)) for name, paths in FILES.items()},
    }


if __name__ == "__main__":
    for name, number in table(count_lines(*sys.argv[1:2])).items():
        print(f"{number:6,}  {name}")
