"""How the time of an epoch grows: with the width of the network, the batch, the images, and threads.

    python benchmarks/growth.py                       the tables, about six minutes
    python benchmarks/growth.py --docs docs/speed     and the tables and plots of docs/speed.md

It trains 784-H-10 with ReLU by plain gradient descent, both engines, with one thread and with all cores.
Width and batch are measured on MNIST for half a second a point, and an epoch of 60,000 images follows
from it. The images of the last table lie in a file of bytes that is made for it, up to 784 MB, and are
mapped into memory; there a point is a whole epoch, or what is done of it in 20 seconds, in a process of
its own. Medians of the rounds are compared.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import cycle, product
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a program, it does not see its folder

from benchmarks.steps.engines import task_on
from benchmarks.steps.material import PIXELS, check_mnist, first_weights, load_images, megabytes
from benchmarks.steps.tables import draw_growth, write_csv

from inkling._types import IntArray
from inkling.compiled import jit
from inkling.training.engine.choice import COMPILED, NUMPY, Engine
from inkling.training.engine.numpy_engine import TrainBatches, TrainingContext, train_batches
from inkling.training.engine.threads import available_cores
from inkling.training.loop import CHUNK

HIDDEN, BATCH, RATE = 100, 100, 0.01
"""A learning rate that is safe for one image a step and for 4096 units."""
EPOCH = 60_000
SECONDS = 0.5
"""How long a point is trained at least, after it has warmed up ..."""
LONGEST = 20.0
"""... and at most: two BLAS threads beside another busy process would take minutes."""
SIZES = {
    "width": (32, 64, 128, 256, 512, 1024, 2048, 4096),
    "batch": (1, 4, 16, 64, 256, 1024, 4096, 8192),
    "images": (1_000, 10_000, 100_000, 1_000_000),
}
BELOW = {
    "width": f"hidden units; batches of {BATCH}, an epoch of {EPOCH:,} images",
    "batch": f"images in a batch; {HIDDEN} hidden units, an epoch of {EPOCH:,} images",
    "images": f"images in the file; {HIDDEN} hidden units, batches of {BATCH}",
}

Row = dict[str, Any]


def time_task(task: TrainingContext, engine: str, threads: int, batch: int, least: int = 0) -> Row:
    """Trains here, in chunks as the loop does; returns seconds an image, and the process's memory.

    Args:
        task: what is trained on what.
        engine: "numpy" or "compiled".
        threads: how many work on a step.
        batch: B.
        least: how many images are to be seen, if that takes no longer than ``LONGEST``.
    """
    train = Engine(engine, threads).load(task) or train_batches
    order = np.random.default_rng(0).permutation(len(task.pixels))
    chunk = max(CHUNK // batch, 1) * batch
    pieces = cycle(order[start : start + chunk] for start in range(0, len(order), chunk))
    _train(train, task, next(pieces), batch)
    done, own, seconds, started = 0, 0.0, 0.0, perf_counter()
    while seconds < SECONDS or (done < least and seconds < LONGEST):
        done += _train(train, task, next(pieces), batch)
        own, seconds = max(own, megabytes("RssAnon")), perf_counter() - started
    return {"seconds": seconds / done, "own": own, "file": megabytes("RssFile")}


def _train(train: TrainBatches, task: TrainingContext, rows: IntArray, batch: int) -> int:
    """Trains on some rows and returns how many there were."""
    totals = train(task, rows, batch, [RATE] * math.ceil(len(rows) / batch))
    if totals.diverged is not None:
        sys.exit(f"the loss is {totals.diverged:.3g}: a diverging run is no measurement")
    return len(rows)


def measure(axis: str, sizes: Sequence[int], engine: str, threads: int, file: Path) -> list[Row]:
    """Measures some sizes here."""
    if axis == "images":
        return [measure_file(file, size, engine, threads) for size in sizes]
    images, labels = load_images()
    rows = []
    for size in sizes:
        hidden, batch = (size, BATCH) if axis == "width" else (HIDDEN, size)
        task = task_on(first_weights(hidden), images, labels)
        rows.append(time_task(task, engine, threads, batch))
    return rows


def measure_file(file: Path, count: int, engine: str, threads: int) -> Row:
    """Measures the first images of a file that is mapped, not read."""
    images = np.memmap(file, np.uint8, "r", shape=(count, PIXELS))
    labels = np.random.default_rng(0).integers(0, 10, count)
    task = task_on(first_weights(HIDDEN), images, labels)
    return time_task(task, engine, threads, BATCH, least=count)


def write_images(file: Path, count: int) -> None:
    """Writes a file of so many images, MNIST's again and again."""
    images, _ = load_images()
    with file.open("wb") as stream:
        for start in range(0, count, len(images)):
            stream.write(images[: count - start].data)


def measure_apart(axis: str, sizes: Sequence[int], engine: str, threads: int, file: Path) -> Any:
    """Measures in a process of its own, whose libraries get so many threads."""
    variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(variables, str(threads))}
    work = json.dumps([axis, sizes, engine, threads, str(file)])
    command = [sys.executable, __file__, "--only", work]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(output.stdout.splitlines()[-1])


def grow(rounds: int, folder: Path) -> dict[str, list[Row]]:
    """Measures everything in turn; returns a table for each axis."""
    file = folder / "images.bytes"
    write_images(file, max(SIZES["images"]))
    engines = [NUMPY, COMPILED] if jit.installed() else [NUMPY]
    lines = list(product(engines, dict.fromkeys((1, available_cores()))))
    found: dict[tuple[Any, ...], list[Row]] = {}
    for _ in range(rounds):
        for axis, sizes in SIZES.items():
            for engine, threads in lines:
                parts = [[size] for size in sizes] if axis == "images" else [sizes]
                for part in parts:
                    answers = measure_apart(axis, part, engine, threads, file)
                    for size, answer in zip(part, answers, strict=True):
                        found.setdefault((axis, engine, threads, size), []).append(answer)
    return {
        axis: [
            _row(axis, size, engine, threads, found[axis, engine, threads, size])
            for engine, threads in lines
            for size in sizes
        ]
        for axis, sizes in SIZES.items()
    }


def _row(axis: str, size: int, engine: str, threads: int, answers: list[Row]) -> Row:
    images = size if axis == "images" else EPOCH
    seconds = images * statistics.median(answer["seconds"] for answer in answers)
    row = {"engine": engine, "threads": threads, axis: size, "seconds": float(f"{seconds:.3g}")}
    if axis == "images":
        row["own MB"] = round(max(answer["own"] for answer in answers))
        row["file MB"] = round(max(answer["file"] for answer in answers))
    return row


def main(
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    docs: Annotated[
        Path | None, typer.Option(help="Where the tables and the plots go.", file_okay=False)
    ] = None,
    only: Annotated[str | None, typer.Option(hidden=True)] = None,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Times epochs of growing work."""
    if only is not None:
        axis, sizes, engine, threads, file = json.loads(only)
        print(json.dumps(measure(axis, sizes, engine, threads, Path(file))))
        return
    check_mnist(docs)
    with tempfile.TemporaryDirectory() as folder:
        tables = grow(rounds, Path(folder))
    if docs is not None:
        docs.mkdir(parents=True, exist_ok=True)
        for axis, rows in tables.items():
            write_csv(docs / f"{axis}.csv", rows)
            draw_growth(docs / f"{axis}.svg", rows, axis, BELOW[axis])
    if json_output:
        print(json.dumps(tables))
        return
    for axis, rows in tables.items():
        table = Table(*rows[0], title=BELOW[axis])
        for row in rows:
            table.add_row(*map(str, row.values()))
        Console().print(table)


if __name__ == "__main__":
    typer.run(main)
