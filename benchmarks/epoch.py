"""One epoch of training, beside the peers and the floor: ratios from one run on your machine.

    python benchmarks/epoch.py                    784-100-10, batch 100, plain SGD, float32
    python benchmarks/epoch.py --hidden 256 --batch-size 128

Every contender trains the same ReLU-softmax network on the same 60,000 images, in a process
of its own; the rounds go round-robin, so that a slow minute of the machine falls on all. Inkling does
more than its rivals here: it shuffles, gathers its rows from bytes and scales them, keeps the loss and
counts right answers; PyTorch gets float32 tensors in memory and slices them in order. Each library runs
with its own default number of threads, and PyTorch once more with a single one. The floor is the
arithmetic alone, at the machine's own rate for large matrix products.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from time import perf_counter
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

IMAGES, PIXELS, CLASSES = 60_000, 784, 10
LEARNING_RATE = 0.1
EPOCHS = 3
"""Epochs timed in a process, after one to warm up; the best counts, as all else is disturbance."""

Epoch = Callable[[], None]


def load_images() -> tuple[np.ndarray, np.ndarray]:
    """Returns MNIST's training images and labels, or noise of the same size where it is not here."""
    from inkling import InklingError, load_dataset

    if os.environ.get("INKLING_DATA"):
        try:
            train = load_dataset("mnist", validation=0).train
            return train.images.reshape(IMAGES, PIXELS), train.labels
        except InklingError as error:
            print(f"using noise: {error}", file=sys.stderr)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (IMAGES, PIXELS), dtype=np.uint8)
    return pixels, rng.integers(0, CLASSES, IMAGES)


def inkling_epoch(hidden: int, batch_size: int) -> Epoch:
    """Inkling's NumPy engine, as `inkling train` runs it."""
    from inkling.data.batches import Shuffled
    from inkling.nn.losses import CrossEntropy
    from inkling.nn.mlp import build_mlp
    from inkling.optim.optimizers import build_optimizer
    from inkling.optim.schedules import build_schedule
    from inkling.training.engine_numpy import Task
    from inkling.training.loop import train_epochs
    from inkling.training.threads import blas_threads, threads_for

    pixels, labels = load_images()
    network = build_mlp((PIXELS, hidden, CLASSES), rng=np.random.default_rng(1))
    optimizer = build_optimizer("sgd", learning_rate=LEARNING_RATE)
    task = Task(network, CrossEntropy(), optimizer, pixels, labels)
    orders = Shuffled(IMAGES, rng=np.random.default_rng(2))
    schedule = build_schedule("constant", LEARNING_RATE, total_steps=1)

    def epoch() -> None:
        with blas_threads(threads_for(network, batch_size)):
            for _ in train_epochs(task, orders, schedule, batch_size=batch_size, epochs=1):
                pass

    return epoch


def pytorch_epoch(hidden: int, batch_size: int) -> Epoch:
    """PyTorch eager, slicing tensors that lie in memory."""
    import torch

    pixels, labels = load_images()
    images, targets = torch.from_numpy(pixels / np.float32(255)), torch.from_numpy(labels)
    network = torch.nn.Sequential(
        torch.nn.Linear(PIXELS, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, CLASSES)
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)
    loss_of = torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        for start in range(0, IMAGES, batch_size):
            optimizer.zero_grad()
            outputs = network(images[start : start + batch_size])
            loss_of(outputs, targets[start : start + batch_size]).backward()
            optimizer.step()

    return epoch


def pytorch_one_thread_epoch(hidden: int, batch_size: int) -> Epoch:
    """PyTorch eager with a single thread."""
    import torch

    torch.set_num_threads(1)
    return pytorch_epoch(hidden, batch_size)


def scikit_learn_epoch(hidden: int, batch_size: int) -> Epoch:
    """scikit-learn's MLPClassifier, one pass of partial_fit."""
    from sklearn.neural_network import MLPClassifier

    pixels, labels = load_images()
    images = pixels / np.float32(255)
    network = MLPClassifier(
        (hidden,),
        solver="sgd",
        momentum=0,
        alpha=0,
        batch_size=batch_size,
        learning_rate_init=LEARNING_RATE,
    )
    return lambda: network.partial_fit(images, labels, classes=np.arange(CLASSES))


def floor_epoch(hidden: int, batch_size: int) -> Epoch:  # noqa: ARG001 (the arithmetic is the same)
    """The arithmetic of an epoch, as large matrix products."""
    operations = 6 * IMAGES * hidden * (PIXELS + CLASSES) - 2 * IMAGES * hidden * PIXELS
    side = 2000
    a = np.ones((side, side), np.float32)
    rows = round(operations / (2 * side * side))  # the products of this many rows

    def epoch() -> None:
        for start in range(0, rows, side):
            a[: min(side, rows - start)] @ a

    return epoch


CONTENDERS: dict[str, tuple[str, Callable[[int, int], Epoch]]] = {
    "inkling": ("inkling", inkling_epoch),
    "PyTorch": ("torch", pytorch_epoch),
    "PyTorch, 1 thread": ("torch", pytorch_one_thread_epoch),
    "scikit-learn": ("sklearn", scikit_learn_epoch),
    "floor": ("numpy", floor_epoch),
}


def time_one(name: str, hidden: int, batch_size: int) -> float:
    """Runs one contender in a process of its own and returns its best epoch in seconds."""
    command = [sys.executable, __file__, "--only", name, "--json"]
    command += ["--hidden", str(hidden), "--batch-size", str(batch_size)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(json.loads(output)["seconds"])


def main(
    hidden: Annotated[int, typer.Option(min=1)] = 100,
    batch_size: Annotated[int, typer.Option(min=1)] = 100,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    only: Annotated[str | None, typer.Option(hidden=True)] = None,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Times an epoch of every contender and prints ratios."""
    if only is not None:
        epoch = CONTENDERS[only][1](hidden, batch_size)
        epoch()
        times = []
        for _ in range(EPOCHS):
            started = perf_counter()
            epoch()
            times.append(perf_counter() - started)
        print(json.dumps({"seconds": min(times)}))
        return
    here = [name for name, (module, _) in CONTENDERS.items() if find_spec(module)]
    seconds: dict[str, list[float]] = {name: [] for name in here}
    for _ in range(rounds):
        for name in here:
            seconds[name].append(time_one(name, hidden, batch_size))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    ratios = {name: medians["inkling"] / median for name, median in medians.items()}
    if json_output:
        print(json.dumps({"seconds": seconds, "medians": medians, "inkling_over": ratios}))
        return
    table = Table("contender", "median s", "from", "to", "Inkling takes")
    for name, times in seconds.items():
        spread = f"{min(times):.3f}", f"{max(times):.3f}"
        table.add_row(name, f"{medians[name]:.3f}", *spread, f"{ratios[name]:.2f} ×")
    Console().print(f"One epoch of {PIXELS}-{hidden}-{CLASSES}, batch {batch_size}, SGD, float32")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
