"""How the time of an epoch grows with the width of the network, the batch, the images, and the threads.

    python benchmarks/growth.py                       prints the tables; about eight minutes
    python benchmarks/growth.py --docs docs/speed     also writes the tables and plots of docs/speed.md

Both engines train 784-H-10 with ReLU by plain gradient descent, with one thread and with all cores.
Width and batch are measured on MNIST, on a part of an epoch. The images of the last table are in a file
of bytes, up to 784 MB, that is written for it and mapped into memory.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from inkling.bench.implementations import NUMBA, Implementation
from inkling.bench.runner import Result, compare
from inkling.bench.workloads import TRAIN, Workload, mnist_or_noise
from inkling.training.engine.threads import available_cores
from plots import AXES, draw_growth
from tables import Rows, publish

HIDDEN, BATCH, RATE = 100, 100, 0.01
"""A learning rate that is safe for one image per step and for 4096 units."""
TOLERANCE = 5e-2
"""After ten thousand steps rounding has changed by 2 % how far the last bias has moved."""
EPOCH, PART = 60_000, 12_000
"""Images per epoch, and those trained on to measure width and batch."""
SIZES = {
    "width": (32, 64, 128, 256, 512, 1024, 2048, 4096),
    "batch": (1, 4, 16, 64, 256, 1024, 4096, 8192),
    "images": (1_000, 10_000, 100_000, 1_000_000),
}


def workload_of(axis: str, size: int, file: Path) -> Workload:
    """Returns the workload for a point of an axis."""
    hidden = size if axis == "width" else HIDDEN
    batch = size if axis == "batch" else BATCH
    images, path = (size, str(file)) if axis == "images" else (PART, "")
    workload = Workload(axis, TRAIN, (hidden,), batch, learning_rate=RATE, images=images, file=path)
    return replace(workload, tolerance=TOLERANCE)


def implementations() -> list[Implementation]:
    """Returns both engines with one thread and with all cores."""
    return [
        Implementation(
            f"Inkling {name} {threads}", TRAIN, needs, f"ours:{name}_on_all", threads=threads
        )
        for name, needs in (("numpy", ()), ("compiled", NUMBA))
        for threads in dict.fromkeys((1, available_cores()))
    ]


def row(axis: str, size: int, result: Result, samples: int) -> dict[str, Any]:
    """Returns seconds per epoch of one engine and number of threads, and for files the memory."""
    images = size if axis == "images" else EPOCH
    _, engine, threads = result.implementation.name.split()
    seconds = f"{result.median * images / samples:.3g}"
    found = {"engine": engine, "threads": threads, axis: size, "seconds": seconds}
    if axis == "images":
        found |= {f"{kind} MB": round(result.memory.get(kind, 0)) for kind in ("own", "file")}
    return found


def measure(axis: str, rounds: int, file: Path) -> Rows:
    """Times all points of an axis; the rows are sorted by engine and threads."""
    rows = []
    for size in SIZES[axis]:
        workload = workload_of(axis, size, file)
        comparison = compare(workload, implementations(), available_cores(), rounds)
        rows += [row(axis, size, result, workload.samples) for result in comparison.results]
    return sorted(rows, key=lambda row: (row["engine"] == "compiled", int(row["threads"])))


def write_images(file: Path, count: int) -> None:
    """Writes a file of MNIST's images, repeated until there are ``count``."""
    pixels = mnist_or_noise(train=True).pixels
    with file.open("wb") as stream:
        for start in range(0, count, len(pixels)):
            stream.write(np.ascontiguousarray(pixels[: count - start]).data)


def main(
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    docs: Annotated[Path | None, typer.Option(help="Folder for the tables and plots.")] = None,
) -> None:
    """Times epochs of growing size."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "images.bytes")
        write_images(file, max(SIZES["images"]))
        for axis in SIZES:
            rows = measure(axis, rounds, file)
            publish(AXES[axis][0], rows, docs and docs / f"{axis}.csv")
            if docs is not None:
                draw_growth(axis, docs)


if __name__ == "__main__":
    typer.run(main)
