"""Where a step of the NumPy engine goes: a stopwatch around each of its parts, while it trains.

gather → x W → relu → a W → softmax → loss and δ → back → update, and what Python needs between them
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np
from benchmarks.steps.engines import task_on
from benchmarks.steps.material import CLASSES, PIXELS, Weights
from benchmarks.steps.textbook import BATCH, RATE

from inkling._types import ByteArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.nn import network as network_module
from inkling.training.engine.numpy_engine import TrainingContext, train_batches

PYTHON = "Python between the parts"
TOGETHER = (1, 10, 100, 1_000, 10_000)
"""How many images are answered together."""


def time_parts(
    weights: Weights, images: ByteArray, labels: IntArray, order: IntArray
) -> dict[str, float]:
    """Trains on the order's batches and returns the microseconds that each part of a step takes.

    A part's time is the median over the steps; the last part is what is left of the whole step.
    """
    task = task_on(weights, images, labels)
    spent: dict[str, list[float]] = {}
    whole = []
    with stopwatches(task, spent):
        for start in range(0, len(order), BATCH):
            started = perf_counter()
            train_batches(task, order[start : start + BATCH], BATCH, [RATE])
            whole.append(perf_counter() - started)
    parts = {name: 1e6 * statistics.median(times) for name, times in spent.items()}
    return {**parts, PYTHON: 1e6 * statistics.median(whole) - sum(parts.values())}


@contextmanager
def stopwatches(task: TrainingContext, spent: dict[str, list[float]]) -> Iterator[None]:
    """Puts a stopwatch around every part of a step, within the block."""
    first, relu, second, softmax = task.network.layers
    parts: list[tuple[str, Any, str]] = [
        ("gather and scale", PixelScaling, "gather"),
        ("x W + b, first layer", first, "forward"),
        ("relu", relu, "forward"),
        ("a W + b, second layer", second, "forward"),
        ("softmax", softmax, "forward"),
        ("loss and δ", network_module, "loss_and_delta"),
        ("gradients of the second layer", second, "backward"),
        ("δ through relu", relu, "backward"),
        ("gradients of the first layer", first, "backward"),
        ("update", task.optimizer, "update"),
    ]
    with ExitStack() as stack:
        for name, owner, method in parts:
            watched = _timed(getattr(owner, method), spent.setdefault(name, []))
            stack.enter_context(patch.object(owner, method, watched))
        yield


def least_work(hidden: int, ink: float = 1.0) -> dict[str, float]:
    """Returns how many multiplications and additions the parts that are products need in a step.

    Args:
        hidden: H.
        ink: the share of the pixels that are multiplied.
    """
    wide, narrow = 2 * BATCH * PIXELS * hidden * ink, 2.0 * BATCH * hidden * CLASSES
    return {
        "x W + b, first layer": wide,
        "a W + b, second layer": narrow,
        "gradients of the second layer": 2 * narrow,
        "gradients of the first layer": wide,
    }


def time_answers(weights: Weights, images: ByteArray) -> dict[int, float]:
    """Returns the microseconds that one answer takes, by how many images are answered together.

    Scaling them is not included; each time is a median over different images.
    """
    network, inputs = task_on(weights, images, np.empty(0, int)).network, PixelScaling()(images)
    found = {}
    for together in TOGETHER:
        times = []
        for start in range(0, min(500 * together, len(inputs) - together), together):
            started = perf_counter()
            network.predict(inputs[start : start + together])
            times.append(perf_counter() - started)
        found[together] = 1e6 * statistics.median(times) / together
    return found


def product_rate(side: int = 2000) -> float:
    """Returns how many multiplications and additions a second a large float32 product makes here."""
    a = np.ones((side, side), np.float32)
    times = []
    for _ in range(5):
        started = perf_counter()
        a @ a
        times.append(perf_counter() - started)
    return 2 * side**3 / min(times)


def _timed(call: Callable[..., Any], times: list[float]) -> Callable[..., Any]:
    def watched(*arguments: Any, **options: Any) -> Any:
        started = perf_counter()
        result = call(*arguments, **options)
        times.append(perf_counter() - started)
        return result

    return watched
