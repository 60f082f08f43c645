"""Accuracy over seeds, time and memory of ``inkling train`` without options.

    python benchmarks/default_run.py                   seeds 0 to 4
    python benchmarks/default_run.py --engine numpy    without the compiled engine

Each run is the whole command, report included, in its own process; its time is from start to end, its
memory the largest resident size. The test images are read once per run, at its end.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def main(
    seeds: Annotated[int, typer.Option(min=2)] = 5,
    engine: Annotated[str, typer.Option(help="auto, numpy or compiled")] = "auto",
) -> None:
    """Runs the default training with several seeds."""
    table = Table("seed", "test accuracy, %", "95 % interval", "training, s", "command, s")
    columns: list[list[float]] = [[], [], []]
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            command = [sys.executable, "-m", "inkling", "train", "--seed", str(seed), "--json"]
            command += ["--engine", engine, "--out", f"{folder}/{seed}"]
            started = perf_counter()
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            seconds = perf_counter() - started
            run = json.loads(done.stdout)
            low, high = run["test_interval"]
            values = 100 * run["test_accuracy"], run["train_seconds"], seconds
            for column, value in zip(columns, values, strict=True):
                column.append(value)
            cells = [f"{value:.2f}" for value in values]
            table.add_row(str(seed), cells[0], f"{100 * low:.2f} – {100 * high:.2f}", *cells[1:])
    means = [f"{statistics.mean(column):.2f}" for column in columns]
    deviation = f"standard deviation {statistics.stdev(columns[0]):.2f}"
    table.add_row("mean", means[0], deviation, *means[1:])
    Console().print(table)
    kilobyte = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * kilobyte
    Console().print(f"{run['dataset']}; largest peak memory of a run {peak / 1e6:.0f} MB")


if __name__ == "__main__":
    typer.run(main)
