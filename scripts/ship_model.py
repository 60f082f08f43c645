"""Creates the model that ships from runs of its preset: the best seed on validation images, in float16.

    inkling train --preset shipped --data mnist+pen --seed 0 --out runs/shipped-0      (and with 1 and 2)
    python scripts/ship_model.py runs/shipped-0 runs/shipped-1 runs/shipped-2

Prints the results of every run and writes src/inkling/model/digits.safetensors. The test accuracies play
no part in the choice; they are printed after it.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import inkling

SHIPPED = Path(inkling.__file__).parent / "model" / "digits.safetensors"


def main(runs: list[Path]) -> None:
    """Chooses and saves the model, and prints the results."""
    if not runs:
        raise SystemExit("ship_model.py: no run directories given.")
    validation = {run: validation_of(run) for run in runs}
    best = max(runs, key=lambda run: validation[run])
    SHIPPED.parent.mkdir(exist_ok=True)
    inkling.load_model(best).save(SHIPPED, half_precision=True)
    for run in runs:
        results = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["results"]
        low, high = results["test_interval"]
        print(
            f"{run}: validation {validation[run][0]:.2%}; test {results['test_accuracy']:.2%} "
            f"({low:.2%} to {high:.2%}), {results['train_seconds']:.0f} s"
            + (" ← ships" if run == best else "")
        )
    print(f"{SHIPPED}: {SHIPPED.stat().st_size:,} bytes")


def validation_of(run: Path) -> tuple[float, float]:
    """Returns the sort key: validation accuracy, then the smaller validation loss."""
    with (run / "history.csv").open(encoding="utf-8", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    return float(last["validation_accuracy"]), -float(last["validation_loss"])


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
