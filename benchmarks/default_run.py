"""What `inkling train` without options gives: accuracy over seeds, time, memory.

    python benchmarks/default_run.py             five seeds, 0 to 4
    python benchmarks/default_run.py --engine numpy    as it is without Numba

Each run is the whole command in a process of its own, report included; time is from its start to its
end, memory its highest resident size. The test images are read once a run, at its end.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table


def run_once(seed: int, engine: str, folder: Path) -> dict[str, Any]:
    """Runs `inkling train --seed SEED` and returns its figures."""
    out, words = folder / f"seed-{seed}", folder / f"seed-{seed}.txt"
    command = ["-m", "inkling", "train", "--seed", str(seed), "--out", str(out), "--json"]
    command += ["--engine", engine]
    started = perf_counter()
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, *command],
        os.environ,
        file_actions=[
            (
                os.POSIX_SPAWN_OPEN,
                1,
                str(folder / f"seed-{seed}.json"),
                os.O_WRONLY | os.O_CREAT,
                0o600,
            ),
            (os.POSIX_SPAWN_OPEN, 2, str(words), os.O_WRONLY | os.O_CREAT, 0o600),
        ],
    )
    _, status, usage = os.wait4(process, 0)  # the one way to learn a single child's peak memory
    seconds = perf_counter() - started
    if status:
        sys.exit(words.read_text())
    result = json.loads((folder / f"seed-{seed}.json").read_text())
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return {**result, "seed": seed, "wall": seconds, "memory": usage.ru_maxrss * kilobyte}


def main(
    seeds: Annotated[int, typer.Option(min=2)] = 5,
    engine: Annotated[str, typer.Option(help="auto, numpy or compiled")] = "auto",
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Runs the default training with several seeds."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [run_once(seed, engine, Path(folder)) for seed in range(seeds)]
    accuracies = [run["test_accuracy"] for run in runs]
    if json_output:
        keys = (
            "seed",
            "dataset",
            "test_accuracy",
            "test_interval",
            "train_seconds",
            "wall",
            "memory",
        )
        print(json.dumps([{key: run[key] for key in keys} for run in runs]))
        return
    table = Table("seed", "test accuracy", "95 % interval", "training s", "command s", "peak MB")
    for run in runs:
        low, high = run["test_interval"]
        table.add_row(
            str(run["seed"]),
            f"{100 * run['test_accuracy']:.2f} %",
            f"{100 * low:.2f} – {100 * high:.2f}",
            f"{run['train_seconds']:.1f}",
            f"{run['wall']:.1f}",
            f"{run['memory'] / 1e6:.0f}",
        )
    mean, deviation = statistics.mean(accuracies), statistics.stdev(accuracies)
    console = Console()
    console.print(table)
    console.print(
        f"{runs[0]['dataset']}: mean {100 * mean:.2f} %, standard deviation {100 * deviation:.2f}"
    )


if __name__ == "__main__":
    typer.run(main)
