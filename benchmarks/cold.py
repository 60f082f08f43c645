"""``inkling train`` with an empty cache, by the rule ``auto`` and with NumPy: auto must not be slower.

    python benchmarks/cold.py               three rounds of the default run and three other settings
    python benchmarks/cold.py --rounds 1    one round, about three minutes

Each run is the whole command in its own process, compiling included; the runs of a setting take turns.
A row shows what ``auto`` chose, the medians, and the smallest and largest ratio within a round. If it
chose NumPy, both commands are the same, and there is nothing to compare.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from tables import Rows, publish

SETTINGS = (
    "",
    "--batch-size 8",
    "--optimizer sgd --lr 0.1 --epochs 2",
    "--hidden 800 --epochs 2",
)
"""The default run, and others on both sides of the rule."""


def run(options: str, engine: str) -> tuple[float, str]:
    """Runs the command with an empty cache; returns its seconds and the engine that trained."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "inkling", "train", *options.split(), "--engine", engine]
        environment = os.environ | {"XDG_CACHE_HOME": f"{folder}/cache"}
        started = perf_counter()
        subprocess.run(
            [*command, "--json", "--out", f"{folder}/run"],
            check=True,
            env=environment,
            capture_output=True,
        )
        seconds = perf_counter() - started
        manifest = json.loads(Path(folder, "run", "manifest.json").read_text(encoding="utf-8"))
        return seconds, manifest["engine"]


def row(options: str, rounds: int) -> dict[str, str]:
    """Times a setting with both engines, in turns."""
    autos, numpys, chosen = [], [], ""
    for _ in range(rounds):
        seconds, chosen = run(options, "auto")
        autos.append(seconds)
        numpys.append(seconds if chosen == "numpy" else run(options, "numpy")[0])
    ratios = [auto / numpy for auto, numpy in zip(autos, numpys, strict=True)]
    return {
        "inkling train": options,
        "auto chose": chosen,
        "auto, s": f"{statistics.median(autos):.1f}",
        "numpy, s": f"{statistics.median(numpys):.1f}",
        "auto takes": f"{statistics.median(ratios):.2f}",
        "from": f"{min(ratios):.2f}",
        "to": f"{max(ratios):.2f}",
    }


def main(rounds: Annotated[int, typer.Option(min=1)] = 3) -> None:
    """Times all settings."""
    rows: Rows = [row(options, rounds) for options in SETTINGS]
    publish("with an empty cache", rows, None)


if __name__ == "__main__":
    typer.run(main)
