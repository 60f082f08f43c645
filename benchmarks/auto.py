"""Is `--engine auto` ever slower than NumPy? The whole command both ways, on either side of its rule.

    python benchmarks/auto.py

With the machine code on disk, a command may take 5 % longer than with NumPy and no more. Small runs are
where it could go wrong: loading Numba costs more than they save. Each command runs in turns with the
other, report and all; the median of the rounds' ratios counts. The first run of each is not timed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

RUNS: dict[str, list[str]] = {
    "digits": ["--data", "digits"],
    "1 epoch": ["--epochs", "1"],
    "2 epochs": ["--epochs", "2"],
    "3 epochs, 32 units": ["--epochs", "3", "--hidden", "32"],
    "default": [],
    "batch 32": ["--batch-size", "32", "--epochs", "3"],
    "float64": ["--dtype", "float64", "--epochs", "3"],
    "one image a step": ["--batch-size", "1", "--hidden", "28", "--epochs", "1"],
}


def run(options: list[str], engine: str, folder: Path) -> tuple[float, str]:
    """Runs `inkling train`; returns its seconds and the engine that trained."""
    out = Path(tempfile.mkdtemp(dir=folder)) / "run"
    command = [sys.executable, "-m", "inkling", "train", *options]
    command += ["--engine", engine, "--out", str(out), "--json"]
    started = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = perf_counter() - started
    return seconds, json.loads((out / "manifest.json").read_text())["engine"]


def main(rounds: Annotated[int, typer.Option(min=1)] = 3) -> None:
    """Times both ways and prints what auto takes of NumPy's time."""
    table = Table(
        "inkling train", "auto takes", "numpy, s", "auto, s", "auto / numpy", "from", "to"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, options in RUNS.items():
            times: dict[str, list[float]] = {"numpy": [], "auto": []}
            for turn in range(rounds + 1):
                for engine, seconds in times.items():
                    second, chosen = run(options, engine, Path(folder))
                    if turn:
                        seconds.append(second)
            ratios = [a / n for a, n in zip(times["auto"], times["numpy"], strict=True)]
            medians = (f"{statistics.median(seconds):.2f}" for seconds in times.values())
            spread = (f"{value:.2f}" for value in (min(ratios), max(ratios)))
            table.add_row(name, chosen, *medians, f"{statistics.median(ratios):.2f} ×", *spread)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
