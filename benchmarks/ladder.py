"""From the textbook's loop to the engine: what each step up is worth, on your machine.

    python benchmarks/ladder.py                       the tables, about three minutes
    python benchmarks/ladder.py --docs docs/speed     and the tables and the plot of docs/speed.md

Every rung trains the same network, 784-100-10 with ReLU, on MNIST in the same order, by plain gradient
descent on batches of 100, from the same first weights; the run fails where its weights part from the
first rung's by more than rounding explains. A rung changes one thing, and runs in a process of its own;
the rounds go round-robin, so that a slow minute of the machine falls on all, and the medians are
compared. The first rung is measured on a tenth of an epoch. Memory is the most that the process ever
held, with the images in it.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a program, it does not see its folder

from benchmarks.steps import step
from benchmarks.steps.batches import in_place, no_pixel_gradient, short_delta
from benchmarks.steps.engines import compiled_dense, numpy_engine, on_all_cores, skipping_zeros
from benchmarks.steps.material import INK, check_mnist, first_weights, load_images, megabytes
from benchmarks.steps.tables import draw_ladder, write_csv
from benchmarks.steps.textbook import BATCH, as_matrices, one_by_one

from inkling._types import AnyArray
from inkling.compiled import jit
from inkling.training.engine.threads import available_cores

HIDDEN = 100
IMAGES = 60_000
FIRST = 6_000
"""Images that warm up, and after which all rungs' weights are compared."""
EPOCHS = 3
"""Epochs timed in a process; their median counts."""
FLOOR = "the arithmetic alone"
FLOORS = {FLOOR: 1.0, "the same without zeros": INK / 100}
"""What no rung can do without, at the rate of large products, and the share of pixels in it."""


@dataclass(frozen=True)
class Rung:
    """One way of training.

    Attributes:
        train: trains on an order of rows; of its weights, images, labels and order.
        images: the dtype in which the images lie in memory; the weights' too, unless it is bytes.
        threads: how many BLAS may use; 0 for all cores.
        share: how much of an epoch is measured.
    """

    train: Any
    images: str = "uint8"
    threads: int = 1
    share: float = 1.0


RUNGS = {
    "one image at a time": Rung(one_by_one, "float64", threads=0, share=0.1),
    "a batch as a matrix": Rung(as_matrices, "float64", threads=0),
    "one thread": Rung(as_matrices, "float64"),
    "float32": Rung(as_matrices, "float32"),
    "δ = a − y": Rung(short_delta, "float32"),
    "no gradient for pixels": Rung(no_pixel_gradient, "float32"),
    "in place": Rung(in_place, "float32"),
    "bytes": Rung(in_place),
    "the NumPy engine": Rung(numpy_engine),
    "machine code": Rung(compiled_dense),
    "zeros skipped": Rung(skipping_zeros),
    "all cores": Rung(on_all_cores),
}
COMPILED = ("machine code", "zeros skipped", "all cores")


def material(rung: Rung) -> tuple[list[Any], AnyArray, AnyArray]:
    """Returns first weights, images and labels as a rung wants them."""
    pixels, labels = load_images()
    dtype = np.dtype(rung.images)
    if dtype == np.uint8:
        return first_weights(HIDDEN), pixels, labels
    return first_weights(HIDDEN, dtype), np.divide(pixels, 255, dtype=dtype), labels


def measure(name: str) -> dict[str, Any]:
    """Trains here; returns seconds an epoch, how far each array went at first, and megabytes."""
    rung = RUNGS[name]
    weights, images, labels = material(rung)
    before = [array.copy() for array in weights]
    order = np.random.default_rng(0).permutation(len(images))
    rung.train(weights, images, labels, order[:FIRST])
    pairs = zip(weights, before, strict=True)
    moved = [float(np.linalg.norm(now - first)) for now, first in pairs]
    times = []
    count = round(rung.share * IMAGES)
    for _ in range(EPOCHS):
        started = perf_counter()
        rung.train(weights, images, labels, order[:count])
        times.append(perf_counter() - started)
    seconds = statistics.median(times) * IMAGES / count
    return {"seconds": seconds, "moved": moved, "megabytes": megabytes("VmHWM")}


def measure_step() -> dict[str, Any]:
    """Times the parts of the NumPy engine's step here, its answers, and a large product."""
    pixels, labels = load_images()
    order = np.random.default_rng(0).permutation(len(pixels))
    weights = first_weights(HIDDEN)
    parts = step.time_parts(weights, pixels, labels, order[: 2 * FIRST])
    answers = list(step.time_answers(weights, pixels).values())
    return {"parts": parts, "answers": answers, "rate": step.product_rate()}


def measure_apart(name: str, threads: int) -> dict[str, Any]:
    """Measures in a process of its own, whose libraries get so many threads."""
    variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(variables, str(threads or available_cores()))}
    command = [sys.executable, __file__, "--only", name]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return dict(json.loads(output.stdout.splitlines()[-1]))


def check_same_work(found: dict[str, dict[str, Any]]) -> None:
    """Ends unless all weights went as far as the first rung's: to 1e-10 in float64, else to 1e-4."""
    reference = found[next(iter(RUNGS))]["moved"]
    for name, answer in found.items():
        tolerance = 1e-10 if RUNGS[name].images == "float64" else 1e-4
        if not np.allclose(answer["moved"], reference, rtol=tolerance, atol=0):
            sys.exit(f"'{name}' did other work: {answer['moved']} for {reference}")


def climb(rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Measures everything in turn; returns the tables: ladder, step, answers."""
    here = [name for name in RUNGS if jit.installed() or name not in COMPILED]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in here}
    steps = []
    for _ in range(rounds):
        answers = {name: measure_apart(name, RUNGS[name].threads) for name in here}
        check_same_work(answers)
        for name, answer in answers.items():
            found[name].append(answer)
        steps.append(measure_apart("step", 1))
    rate = max(answer["rate"] for answer in steps)
    return {
        "ladder": ladder_rows(found, rate),
        "step": step_rows(steps, rate),
        "answers": answer_rows([answer["answers"] for answer in steps]),
    }


def ladder_rows(found: dict[str, list[dict[str, Any]]], rate: float) -> list[dict[str, Any]]:
    """Returns a row for each rung, and for its arithmetic at the rate of large products."""
    seconds = {
        name: statistics.median(answer["seconds"] for answer in answers)
        for name, answers in found.items()
    }
    first = before = next(iter(seconds.values()))
    rows = []
    for name, time in seconds.items():
        memory = max(answer["megabytes"] for answer in found[name])
        rows.append(_row(name, time, before / time, first / time, memory))
        before = time
    for name, ink in FLOORS.items():
        time = sum(step.least_work(HIDDEN, ink).values()) * IMAGES / BATCH / rate
        rows.append(_row(name, time, math.nan, first / time, math.nan))
    return rows


def _row(name: str, seconds: float, step_up: float, total: float, memory: float) -> dict[str, Any]:
    return {
        "rung": name,
        "seconds an epoch": f"{seconds:.3g}",
        "× the rung before": "" if math.isnan(step_up) else f"{step_up:.2f}",
        "× the first": f"{total:.3g}",
        "MB": "" if math.isnan(memory) else f"{memory:.0f}",
    }


def step_rows(steps: list[dict[str, Any]], rate: float) -> list[dict[str, Any]]:
    """Returns a row for each part of a step, with the least that its arithmetic could take."""
    least = step.least_work(HIDDEN)
    times = {
        name: statistics.median(answer["parts"][name] for answer in steps)
        for name in steps[0]["parts"]
    }
    whole = sum(times.values())
    times["a whole step"], least["a whole step"] = whole, sum(least.values())
    return [
        {
            "part": name,
            "µs": f"{time:.0f}",
            "share": f"{100 * time / whole:.0f} %",
            "arithmetic alone, µs": f"{1e6 * least[name] / rate:.0f}" if name in least else "",
        }
        for name, time in times.items()
    ]


def answer_rows(answers: list[list[float]]) -> list[dict[str, Any]]:
    """Returns a row for each number of images answered together."""
    return [
        {
            "images together": f"{together:,}",
            "µs an image": f"{statistics.median(times):.3g}",
            "images/s": f"{1e6 / statistics.median(times):,.0f}",
        }
        for together, times in zip(step.TOGETHER, zip(*answers, strict=True), strict=True)
    ]


def write_docs(folder: Path, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Writes the tables and the plot of docs/speed.md."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    seconds = {row["rung"]: float(row["seconds an epoch"]) for row in tables["ladder"]}
    floors = [seconds.pop(name) for name in FLOORS]
    draw_ladder(folder / "ladder.svg", seconds, floors[0])


def main(
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    docs: Annotated[
        Path | None, typer.Option(help="Where the tables and the plot go.", file_okay=False)
    ] = None,
    only: Annotated[str | None, typer.Option(hidden=True)] = None,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Times an epoch of every rung, the parts of a step of the NumPy engine, and its answers."""
    if only is not None:
        print(json.dumps(measure_step() if only == "step" else measure(only)))
        return
    check_mnist(docs)
    tables = climb(rounds)
    if docs is not None:
        write_docs(docs, tables)
    if json_output:
        print(json.dumps(tables))
        return
    console = Console()
    console.print(f"784-{HIDDEN}-10 ReLU, batch {BATCH}, SGD, an epoch of {IMAGES:,} images")
    for rows in tables.values():
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*row.values())
        console.print(table)


if __name__ == "__main__":
    typer.run(main)
