"""The estimators beside scikit-learn's: time to fit and to predict, as ratios, on your machine.

    python benchmarks/estimator.py                     MNIST, 784-100-10, batch 200, adam, 5 epochs
    python benchmarks/estimator.py --dtype float64 --rounds 3

Both get the same samples in the same dtype, and end with the same weights. Each round runs in a
process of its own, round-robin, so that a slow minute of the machine falls on both; the medians count.
The first fit of a process loads Inkling's machine code, the second has it; it is compiled before, once
on a machine. Without Numba NumPy trains.
With --processor-time it is not the clock's time that is taken but the time the processor worked: where
other processes want the same core, that is the steadier of the two. Without MNIST it takes noise as
sparse as MNIST is.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import warnings
from time import perf_counter, process_time
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

CONTENDERS = ("inkling", "scikit-learn")
TARGETS = {"fit": 0.5, "fit again": 0.5, "predict": 0.7}
"""What Inkling may take of scikit-learn's time."""
PREDICTIONS = 20
"""Calls of predict in a process, of which the best counts."""


def load_samples(dtype: str) -> tuple[Any, Any, Any]:
    """Returns training samples (60000, 784) from 0 to 1, their labels, and 10,000 test samples."""
    from inkling import InklingError, load_dataset

    if os.environ.get("INKLING_DATA"):
        try:
            mnist = load_dataset("mnist", validation=0)
            train, test = (
                (split.images.reshape(len(split), -1) / 255).astype(dtype)
                for split in (mnist.train, mnist.test)
            )
            return train, mnist.train.labels, test
        except InklingError as error:
            print(f"using noise: {error}", file=sys.stderr)
    rng = np.random.default_rng(0)
    noise = rng.random((70_000, 784)).astype(dtype)
    noise[noise < 0.8] = 0
    return noise[:60_000], rng.integers(0, 10, 60_000), noise[60_000:]


def time_here(name: str, dtype: str, epochs: int, *, processor_time: bool) -> dict[str, float]:
    """Fits twice and predicts in this process, and returns the seconds of each."""
    home = {"inkling": "inkling", "scikit-learn": "sklearn.neural_network"}[name]
    classifier = importlib.import_module(home).MLPClassifier
    clock = process_time if processor_time else perf_counter
    train, labels, test = load_samples(dtype)
    network = classifier((100,), batch_size=200, max_iter=epochs, random_state=0)
    network.partial_fit(train[:200], labels[:200], classes=np.arange(10))  # load what is lazy
    warnings.simplefilter("ignore")  # five epochs are not the end
    fits, times = [], []
    for _ in range(2):
        started = clock()
        network.fit(train, labels)
        fits.append(clock() - started)
    for _ in range(PREDICTIONS):
        started = clock()
        network.predict(test)
        times.append(clock() - started)
    seconds = {"fit": fits[0], "fit again": fits[1], "predict": min(times)}
    return {**seconds, "loss": float(network.loss_)}


def compile_engine(dtype: str) -> None:
    """Makes the machine code where it is not on the disk, which takes some 15 seconds."""
    from inkling.training import engine_compiled
    from inkling.training.compiled import jit

    if jit.installed():
        engine_compiled.machine_code(dtype)


def main(
    dtype: Annotated[str, typer.Option()] = "float32",
    epochs: Annotated[int, typer.Option(min=1)] = 5,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    processor_time: Annotated[bool, typer.Option("--processor-time")] = False,
    only: Annotated[str | None, typer.Option(hidden=True)] = None,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Times both and prints what Inkling takes of scikit-learn's time."""
    if only is not None:
        print(json.dumps(time_here(only, dtype, epochs, processor_time=processor_time)))
        return
    compile_engine(dtype)
    results: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    command = [sys.executable, __file__, "--dtype", dtype, "--epochs", str(epochs)]
    command += ["--processor-time"] if processor_time else []
    for _ in range(rounds):
        for name in CONTENDERS:
            done = subprocess.run(
                [*command, "--only", name], check=True, capture_output=True, text=True
            )
            results[name].append(json.loads(done.stdout))
    medians = {
        name: {what: statistics.median(result[what] for result in rows) for what in rows[0]}
        for name, rows in results.items()
    }
    ratios = {what: medians["inkling"][what] / medians["scikit-learn"][what] for what in TARGETS}
    if json_output:
        print(json.dumps({"seconds": results, "medians": medians, "inkling_over": ratios}))
        return
    table = Table("", "Inkling, s", "scikit-learn, s", "ratio", "target")
    for what, target in TARGETS.items():
        seconds = (f"{medians[name][what]:.3f}" for name in CONTENDERS)
        table.add_row(what, *seconds, f"{ratios[what]:.2f} ×", f"≤ {target} ×")
    Console().print(f"784-100-10, batch 200, adam, {epochs} epochs, {dtype}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
