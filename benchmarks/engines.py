"""Both engines beside the peers, on the same work: ratios from one run on your machine.

    python benchmarks/engines.py                          every row, all cores
    python benchmarks/engines.py --row 100-100 --threads 1

Every contender takes the same steps: the same first weights, the same images in the same order, the
same batches, and the run fails where their weights part by more than rounding explains. PyTorch and JAX
get float32 images that lie in memory in that order, so that they neither gather nor scale; Inkling
gathers its rows from bytes and scales them, keeps the loss and counts right answers, as it does when it
trains. Each runs in a process of its own with the same number of threads; the rounds go round-robin, so
that a slow minute of the machine falls on all, and the medians are compared.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from time import perf_counter
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

CLASSES, LEARNING_RATE, DECAY = 10, {"sgd": 0.1, "adam": 0.001}, 1e-4
EPOCHS = 3
"""Epochs timed in a process, after one that compiles and warms up; their median counts."""

Weights = list[np.ndarray]
Epoch = Callable[[], None]


@dataclass(frozen=True)
class Row:
    """A kind of work."""

    name: str
    hidden: tuple[int, ...]
    batch_size: int
    optimizer: str = "sgd"
    activation: str = "relu"
    images: int = 60_000

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of every layer."""
        return (784, *self.hidden, CLASSES)

    @property
    def samples(self) -> int:
        """Images an epoch: whole batches."""
        return self.images // self.batch_size * self.batch_size


ROWS = {
    row.name: row
    for row in (
        Row("100-100", (100,), 100),
        Row("100-50", (100,), 50),
        Row("128-32", (128,), 32),
        Row("800-256", (800,), 256),
        Row("adam", (256, 128), 128, optimizer="adam"),
        Row("one", (28,), 1, activation="sigmoid", images=6_000),
    )
}


def load(row: Row) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns pixels and labels of MNIST, or noise as sparse where it is not here, and an order."""
    rng = np.random.default_rng(0)
    if os.environ.get("INKLING_DATA"):
        from inkling import load_dataset

        train = load_dataset("mnist", validation=0).train
        pixels, labels = train.images.reshape(-1, 784), train.labels.astype(np.int64)
    else:
        pixels = rng.integers(1, 256, (60_000, 784), dtype=np.uint8)
        pixels[rng.random(pixels.shape) < 0.81] = 0
        labels = rng.integers(0, CLASSES, 60_000)
    return pixels, labels, rng.permutation(len(pixels))[: row.samples]


def first_weights(row: Row) -> Weights:
    """Returns W and b of every layer."""
    from inkling.nn.mlp import build_mlp

    network = build_mlp(row.sizes, rng=np.random.default_rng(1), activation=row.activation)
    return [parameter.copy() for parameter in network.parameters.values()]


def inkling(row: Row, threads: int, engine: str) -> tuple[Epoch, Callable[[], Weights]]:
    """One of Inkling's engines, in chunks, as a run calls it."""
    from inkling.nn.losses import CrossEntropy
    from inkling.nn.mlp import build_mlp
    from inkling.optim.optimizers import build_optimizer
    from inkling.training.engine_numpy import Task, train_batches
    from inkling.training.engines import Engine

    pixels, labels, order = load(row)
    rate, decay = LEARNING_RATE[row.optimizer], DECAY if row.optimizer == "adam" else 0.0
    network = build_mlp(row.sizes, rng=np.random.default_rng(1), activation=row.activation)
    optimizer = build_optimizer(row.optimizer, learning_rate=rate, weight_decay=decay)
    task = Task(network, CrossEntropy(), optimizer, pixels, labels)
    train = Engine(engine, threads).load(task) or train_batches
    chunk = max(4000 // row.batch_size, 1) * row.batch_size

    def epoch() -> None:
        for start in range(0, len(order), chunk):
            rows = order[start : start + chunk]
            train(task, rows, row.batch_size, [rate] * (len(rows) // row.batch_size))

    return epoch, lambda: list(network.parameters.values())


def pytorch(row: Row, threads: int) -> tuple[Epoch, Callable[[], Weights]]:
    """PyTorch eager, slicing tensors that lie in memory."""
    import torch

    torch.set_num_threads(threads)
    pixels, labels, order = load(row)
    images = torch.from_numpy(pixels[order] / np.float32(255))
    targets = torch.from_numpy(labels[order])
    weights = first_weights(row)
    modules: list[Any] = []
    for number in range(0, len(weights), 2):
        linear = torch.nn.Linear(*weights[number].shape)
        linear.weight.data = torch.from_numpy(np.ascontiguousarray(weights[number].T))
        linear.bias.data = torch.from_numpy(weights[number + 1])
        modules += [linear, torch.nn.ReLU() if row.activation == "relu" else torch.nn.Sigmoid()]
    network, loss_of = torch.nn.Sequential(*modules[:-1]), torch.nn.CrossEntropyLoss()
    rate = LEARNING_RATE[row.optimizer]
    matrices: list[Any] = [p for p in network.parameters() if p.ndim > 1]
    biases = [p for p in network.parameters() if p.ndim == 1]
    groups: list[dict[str, Any]] = [{"params": matrices, "weight_decay": DECAY}, {"params": biases}]
    optimizer: Any = (
        torch.optim.Adam(groups, lr=rate)
        if row.optimizer == "adam"
        else torch.optim.SGD(network.parameters(), lr=rate)
    )

    def epoch() -> None:
        for start in range(0, len(order), row.batch_size):
            optimizer.zero_grad()
            outputs = network(images[start : start + row.batch_size])
            loss_of(outputs, targets[start : start + row.batch_size]).backward()
            optimizer.step()

    def weights_now() -> Weights:
        return [p.detach().numpy().T for p in network.parameters()]

    return epoch, weights_now


def jax_scan(row: Row, threads: int) -> tuple[Epoch, Callable[[], Weights]]:  # noqa: ARG001
    """JAX, an epoch as one compiled ``lax.scan`` over batches that lie in memory."""
    import jax as untyped_jax
    import jax.numpy as jnp

    jax: Any = untyped_jax
    pixels, labels, order = load(row)
    images = jnp.asarray(pixels[order] / np.float32(255)).reshape(-1, row.batch_size, 784)
    targets = jnp.asarray(labels[order]).reshape(-1, row.batch_size)
    rate = LEARNING_RATE[row.optimizer]
    activation = jax.nn.relu if row.activation == "relu" else jax.nn.sigmoid

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        for w, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            x = activation(x @ w + b)
        logs = jax.nn.log_softmax(x @ parameters[-2] + parameters[-1])
        return -jnp.take_along_axis(logs, y[:, None], 1).mean()

    def step(state: Any, batch: Any) -> Any:
        parameters, means, squares, t = state
        gradients = jax.grad(loss_of)(parameters, *batch)
        if row.optimizer == "sgd":
            moved = [p - rate * g for p, g in zip(parameters, gradients, strict=True)]
            return (moved, means, squares, t), None
        pairs = zip(parameters, gradients, strict=True)
        gradients = [g + DECAY * p if p.ndim > 1 else g for p, g in pairs]
        t = t + 1
        means = [0.9 * m + 0.1 * g for m, g in zip(means, gradients, strict=True)]
        squares = [0.999 * s + 0.001 * g * g for s, g in zip(squares, gradients, strict=True)]
        size, root = rate / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
        moved = [
            p - size * m / (jnp.sqrt(s) / root + 1e-8)
            for p, m, s in zip(parameters, means, squares, strict=True)
        ]
        return (moved, means, squares, t), None

    run = jax.jit(lambda state: jax.lax.scan(step, state, (images, targets))[0], donate_argnums=0)
    weights = [jnp.asarray(w) for w in first_weights(row)]
    zeros = [[jnp.zeros_like(w) for w in weights] for _ in range(2)]
    state = [(weights, *zeros, jnp.float32(0))]

    def epoch() -> None:
        state[0] = jax.block_until_ready(run(state[0]))

    return epoch, lambda: [np.asarray(w) for w in state[0][0]]


CONTENDERS: dict[str, tuple[str, Callable[[Row, int], Any]]] = {
    "NumPy engine": ("numpy", lambda row, threads: inkling(row, threads, "numpy")),
    "compiled engine": ("numba", lambda row, threads: inkling(row, threads, "compiled")),
    "PyTorch": ("torch", pytorch),
    "JAX scan": ("jax", jax_scan),
}


def measure(name: str, row: Row, threads: int) -> dict[str, Any]:
    """Trains here; returns the time of an epoch, and how far each array went in the first."""
    epoch, weights = CONTENDERS[name][1](row, threads)
    epoch()
    pairs = zip(weights(), first_weights(row), strict=True)
    moved = [float(np.linalg.norm(now - first)) for now, first in pairs]
    times = []
    for _ in range(EPOCHS):
        started = perf_counter()
        epoch()
        times.append(perf_counter() - started)
    return {"seconds": statistics.median(times), "moved": moved}


def measure_apart(name: str, row: Row, threads: int) -> dict[str, Any]:
    """Does the same in a process of its own, whose libraries all get the same number of threads."""
    variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(variables, str(threads))}
    if threads == 1:
        environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    command = [
        sys.executable,
        __file__,
        "--row",
        row.name,
        "--only",
        name,
        "--threads",
        str(threads),
    ]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return dict(json.loads(output.stdout.splitlines()[-1]))


def check_same_work(row: Row, moved: dict[str, list[float]]) -> None:
    """Ends unless everyone's weights went equally far in the first epoch.

    Adam divides by the root of what may be a rounding error, so that its paths part sooner.
    """
    tolerance = 5e-2 if row.optimizer == "adam" else 1e-3
    reference = moved["NumPy engine"]
    for name, distances in moved.items():
        if not np.allclose(distances, reference, rtol=tolerance):
            raise SystemExit(f"{name} did other work: {distances} for {reference}")


def main(
    row: Annotated[list[str] | None, typer.Option(help=f"Of {', '.join(ROWS)}.")] = None,
    threads: Annotated[int, typer.Option(min=1)] = len(os.sched_getaffinity(0)),
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    only: Annotated[str | None, typer.Option(hidden=True)] = None,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Times an epoch of every contender for every row and prints ratios."""
    chosen = [ROWS[name] for name in row or ROWS]
    if only is not None:
        print(json.dumps(measure(only, chosen[0], threads)))
        return
    here = [name for name, (module, _) in CONTENDERS.items() if find_spec(module)]
    results: dict[str, dict[str, list[float]]] = {}
    for work in chosen:
        seconds: dict[str, list[float]] = {name: [] for name in here}
        for _ in range(rounds):
            answers = {name: measure_apart(name, work, threads) for name in here}
            check_same_work(work, {name: answer["moved"] for name, answer in answers.items()})
            for name, answer in answers.items():
                seconds[name].append(answer["seconds"])
        results[work.name] = seconds
        if not json_output:
            show(work, threads, seconds)
    if json_output:
        print(json.dumps({"threads": threads, "seconds": results}))


def show(row: Row, threads: int, seconds: dict[str, list[float]]) -> None:
    """Prints a row."""
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    table = Table("contender", "epoch, s", "from", "to", "steps/s", "compiled takes")
    for name, times in seconds.items():
        steps = row.samples / row.batch_size / medians[name]
        ratio = medians["compiled engine"] / medians[name] if "compiled engine" in medians else 0
        spread = f"{min(times):.3f}", f"{max(times):.3f}"
        table.add_row(name, f"{medians[name]:.3f}", *spread, f"{steps:,.0f}", f"{ratio:.2f} ×")
    sizes = "-".join(str(size) for size in row.sizes)
    what = f"{sizes} {row.activation}, batch {row.batch_size}, {row.optimizer}, float32"
    Console().print(f"{what}, {row.samples:,} images, {threads} threads")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
