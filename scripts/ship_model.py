"""Creates a model that ships from runs of its preset: the best seed on validation images, in float16.

    inkling train --preset shipped --data mnist+pen --seed 0 --out runs/shipped-0      (and with 1 and 2)
    python scripts/ship_model.py digits runs/shipped-0 runs/shipped-1 runs/shipped-2

    inkling train --preset look --data mnist+pen --seed 0 --out runs/look-0
    python scripts/ship_model.py look runs/look-0

Prints the results of every run and writes digits.safetensors or look.safetensors in src/inkling/model.
The test accuracies play no part in the choice; they are printed after it.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import inkling
from inkling.model.locations import LOOK, SHIPPED


def main(name: str = "", *arguments: str) -> None:
    """Chooses and saves the model, and prints the results."""
    file, runs = {"digits": SHIPPED, "look": LOOK}.get(name), [Path(run) for run in arguments]
    if file is None or not runs:
        raise SystemExit("ship_model.py: give digits or look, and run directories.")
    validation = {run: validation_of(run) for run in runs}
    best = max(runs, key=lambda run: validation[run])
    inkling.load_model(best).save(file, half_precision=True)
    for run in runs:
        results = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["results"]
        low, high = results["test_interval"]
        print(
            f"{run}: validation {validation[run][0]:.2%}; test {results['test_accuracy']:.2%} "
            f"({low:.2%} to {high:.2%}), {results['train_seconds']:.0f} s"
            + (" ← ships" if run == best else "")
        )
    print(f"{file}: {file.stat().st_size:,} bytes")


def validation_of(run: Path) -> tuple[float, float]:
    """Returns the sort key: validation accuracy, then the smaller validation loss."""
    with (run / "history.csv").open(encoding="utf-8", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    return float(last["validation_accuracy"]), -float(last["validation_loss"])


if __name__ == "__main__":
    main(*sys.argv[1:])
