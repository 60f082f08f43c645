"""From a textbook's loop to the engine: what each step gains on your machine.

    python benchmarks/ladder.py                       prints the tables; about four minutes
    python benchmarks/ladder.py --docs docs/speed     also writes tables and plot of docs/speed.md

Every step trains the same network on the same images from the same weights, and changes one thing; the
run fails if the weights of a step differ from those of the first by more than rounding. Memory is the
peak of a step's process, including the images; all processes together need 4 GB.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Annotated

import typer

from inkling.bench.implementations import FLOOR, NUMBA, Implementation
from inkling.bench.runner import Comparison, compare
from inkling.bench.stages import parts_of
from inkling.bench.steps import LADDER
from inkling.bench.workloads import CLASSES, INK, PIXELS, PREDICT, TRAIN, Workload, data_in_use
from inkling.training.engine.threads import available_cores
from plots import draw_ladder
from tables import Rows, publish

STEPS = (
    Implementation("one image at a time", TRAIN, (), "steps:one_image_float64"),
    Implementation("a batch as a matrix", TRAIN, (), "steps:matrices_float64"),
    Implementation("one thread", TRAIN, (), "steps:matrices_float64", threads=1),
    Implementation("float32", TRAIN, (), "steps:matrices_float32", threads=1),
    Implementation("δ = a − y", TRAIN, (), "steps:short_delta_float32", threads=1),
    Implementation(
        "no gradient for pixels", TRAIN, (), "steps:no_pixel_gradient_float32", threads=1
    ),
    Implementation("in place", TRAIN, (), "steps:in_place_float32", threads=1),
    Implementation("bytes", TRAIN, (), "steps:in_place_bytes", threads=1),
    Implementation("the NumPy engine", TRAIN, (), "steps:numpy_engine", threads=1),
    Implementation("zeros skipped", TRAIN, NUMBA, "steps:compiled_engine", threads=1),
    Implementation("all cores", TRAIN, NUMBA, "steps:compiled_engine"),
)
FLOORS = {"arithmetic alone, one core": 1.0, "without zeros, one core": INK}
"""Lower bounds, and the share of the pixels that each multiplies."""
TOGETHER = (1, 10, 100, 1_000, 10_000)
"""Batch sizes of the predictions."""


def operations(ink: float = 1.0) -> dict[str, float]:
    """Returns the multiplications and additions of each product in a training step."""
    (hidden,) = LADDER.hidden
    wide = 2 * LADDER.batch_size * PIXELS * hidden * ink
    narrow = 2.0 * LADDER.batch_size * hidden * CLASSES
    return {
        "forward: dense, layer 1": wide,
        "forward: dense, layer 3": narrow,
        "backward: dense, layer 3": 2 * narrow,
        "backward: dense, layer 1": wide,
    }


def ladder_rows(comparison: Comparison) -> Rows:
    """Returns a row per step, and the time of the arithmetic at the rate of large products."""
    *steps, floor = comparison.results
    before = first = steps[0].median
    measured = []
    for step in steps:
        factor, memory = f"{before / step.median:.2f}", f"{step.memory.get('peak', 0):.0f}"
        measured.append((step.implementation.name, step.median, factor, memory))
        before = step.median
    for name, ink in FLOORS.items():
        share = sum(operations(ink).values()) / sum(operations().values())
        measured.append((name, floor.median * share, "", ""))
    return [
        {
            "version": name,
            "seconds per epoch": f"{seconds:.3g}",
            "speed, × previous": factor,
            "speed, × first": f"{first / seconds:.3g}",
            "MB": memory,
        }
        for name, seconds, factor, memory in measured
    ]


def part_rows(epochs: list[dict[str, float]], rate: float) -> Rows:
    """Returns a row per part of a step of the NumPy engine, with the least time of its arithmetic."""
    steps = LADDER.samples // LADDER.batch_size
    times = {name: statistics.median(one[name] for one in epochs) / steps for name in epochs[0]}
    times["a whole step"] = whole = sum(times.values())
    least = operations() | {"a whole step": sum(operations().values())}
    return [
        {
            "part": name,
            "µs": f"{1e6 * time:.0f}",
            "share": f"{100 * time / whole:.0f} %",
            "arithmetic alone, µs": f"{1e6 * least[name] / rate:.0f}" if name in least else "",
        }
        for name, time in times.items()
    ]


def answer_rows(rounds: int) -> Rows:
    """Returns a row for each number of images predicted together."""
    network = [Implementation("Inkling", PREDICT, (), "ours:outputs")]
    rows = []
    for count in TOGETHER:
        images = min(500 * count, 10_000)
        workload = Workload("answers", PREDICT, LADDER.hidden, count, images=images)
        (result,) = compare(workload, network, 1, rounds).results
        seconds = result.median / workload.samples
        rows.append(
            {
                "images per call": f"{count:,}",
                "µs per image": f"{1e6 * seconds:.3g}",
                "images per second": f"{1 / seconds:,.0f}",
            }
        )
    return rows


def main(
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    docs: Annotated[Path | None, typer.Option(help="Folder for the tables and the plot.")] = None,
) -> None:
    """Times an epoch of every step, the parts of a step of the NumPy engine, and predictions."""
    floor = Implementation(FLOOR, TRAIN, (), "plain:arithmetic", threads=1)
    comparison = compare(LADDER, [*STEPS, floor], available_cores(), rounds)
    rate = LADDER.operations / comparison.results[-1].median
    tables = {
        "ladder": ladder_rows(comparison),
        "step": part_rows([parts_of(LADDER, 1) for _ in range(rounds)], rate),
        "answers": answer_rows(rounds),
    }
    for name, rows in tables.items():
        title = f"{LADDER.description} ({data_in_use()})" if name == "ladder" else name
        publish(title, rows, docs and docs / f"{name}.csv")
    if docs is not None:
        draw_ladder(docs)


if __name__ == "__main__":
    typer.run(main)
