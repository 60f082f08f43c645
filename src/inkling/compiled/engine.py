"""Trains on mini-batches in machine code: the one function that the rest of Inkling calls.

context, order, rates → Work: numbers and arrays → machine code → sums
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from inkling._checks import check_range, check_shape, complain
from inkling._types import IntArray
from inkling.compiled.memory import Memory
from inkling.errors import ShapeError


@cache
def machine_code(dtype: str) -> Any:
    """Returns the steps as machine code for a dtype: loaded from disk, or compiled in a few seconds."""
    from inkling.compiled.jit import to_machine_code
    from inkling.compiled.steps import run_steps
    from inkling.compiled.work import example

    return to_machine_code(run_steps, example(dtype), dtype)


def train_batches(
    context: Any,
    order: IntArray,
    batch_size: int,
    learning_rates: Sequence[float],
    threads: int,
    memory: Memory,
) -> dict[str, Any]:
    """Trains on consecutive mini-batches, as ``numpy_engine.train_batches`` does.

    ``context`` is a ``TrainingContext`` for which ``reason_against`` is empty. The last digits of the
    result depend on the number of threads. Returns the fields of ``EpochSums``. Raises SettingError for
    a wrong learning rate, ShapeError if pixels, row numbers, targets or weights do not fit.
    """
    from inkling.compiled.work import TOTALS, places_of, prepare

    optimizer, rows = context.optimizer, len(context.pixels)
    optimizer.prepare(context.network.parameters)
    rates, batches = np.array(learning_rates, np.float64), -(-len(order) // batch_size)
    if len(rates) != batches:
        raise ValueError(f"train_batches: expected {batches} learning rates, got {len(rates)}.")
    for rate in rates[~((rates >= 0) & (rates < np.inf))].tolist():
        check_range(type(optimizer).__name__, "learning_rate", rate, low=0)
    if len(order) == 0:
        return {}
    if order.min() < 0 or order.max() >= rows:  # machine code would read other memory
        got = f"some from {order.min()} to {order.max()}"
        raise ShapeError(complain("train_batches", f"row numbers from 0 to {rows - 1}", got))
    check_shape("train_batches", "pixels", context.pixels, ("N", context.network.inputs))
    batch_size = min(batch_size, len(order))
    parts = min(threads, batch_size)  # each has a sample; ``Work.lone`` relies on it
    work = prepare(context, order, batch_size, rates, parts, memory)
    steps = machine_code(context.network.dtype.name)
    run_in_threads(lambda: steps(work), parts)
    for place, array in places_of(context.network, optimizer, work.layers, work.weights):
        array[...] = place
    sums = dict(zip(TOTALS.names or (), work.totals[0].item(), strict=True))
    if not sums.pop("stopped"):
        sums["diverged"] = None
    optimizer.steps += sums["steps"]
    return {**sums, "penalty": float(work.sums["penalty"].sum())}


def run_in_threads(work: Callable[[], None], threads: int) -> None:
    """Calls a function in this thread and in as many others as can be started; waits for all."""
    others = [threading.Thread(target=work, daemon=True) for _ in range(threads - 1)]
    try:
        for other in others:
            try:
                other.start()
            except RuntimeError:  # no more threads: the running ones do all the work
                break
        work()
    finally:
        for other in others:
            if other.ident is not None:  # started, even if Ctrl-C came before ``start`` returned
                other.join()
