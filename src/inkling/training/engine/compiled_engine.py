"""The inner loop as machine code: the same steps as ``engine_numpy.py``, over the same arrays.

    task, order, rates → Work: addresses, numbers, room to work in → machine code → the same EpochSums

Here is what it covers, and how it is called; the steps themselves are in ``compiled/``. Nobody needs to
read either to understand Inkling.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from inkling._checks import check_range
from inkling._types import FloatArray, IntArray
from inkling.compiled.codes import ACTIVATIONS, LOSSES, PLAIN, optimizer_code
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.training.engine.numpy_engine import EpochSums, TrainingContext
from inkling.training.engine.threads import blas_threads

if TYPE_CHECKING:
    from inkling.compiled.preparation import Prepared


def reason_against(task: TrainingContext) -> str:
    """Returns what the compiled engine does not cover of a task, in words; empty where it covers all.

    Example:
        >>> from inkling.nn.losses import CrossEntropy
        >>> from inkling.nn.mlp import build_mlp
        >>> from inkling.optim.descent import SGD
        >>> rng = np.random.default_rng(0)
        >>> network = build_mlp((7, 5, 3), rng=rng, dropout=0.5)
        >>> pixels, labels = np.zeros((4, 7)), np.zeros(4, int)
        >>> reason_against(TrainingContext(network, CrossEntropy(), SGD(), pixels, labels))
        'dropout'
    """
    network = task.network
    for place, (layer, name) in enumerate(zip(network.layers, network.names, strict=True)):
        if type(layer) is Dropout:
            return "dropout"
        if type(layer) is not Dense and type(layer) not in ACTIVATIONS:
            return f"the layer {type(layer).__name__}"
        if (type(layer) is Dense) != (place % 2 == 0):
            return "layers that are not Dense, activation, Dense, activation"
        if not all(array.flags.c_contiguous for array in layer.parameters.values()):
            return f"weights that lie column by column in {name}"
        if not all(array.flags.writeable for array in layer.parameters.values()):
            return f"weights that cannot be written to in {name}"  # machine code would not ask
    if type(task.loss) not in LOSSES:
        return f"the loss {type(task.loss).__name__}"
    if optimizer_code(task.optimizer) is None:
        return f"the optimizer {type(task.optimizer).__name__}"
    return ""


DENSE = 0.4
"""The share of inputs that are not 0 from which on BLAS is faster than skipping the others: it computes
twice as fast, and there are the lists to make."""
GLANCE = 100
"""Samples that are looked at to find out."""


def has_many_zeros(task: TrainingContext) -> bool:
    """Returns whether skipping inputs of 0 is worth its while, by samples spread over the data."""
    if task.scaling.offset != 0:
        return False
    seen = task.pixels[:: -(-len(task.pixels) // GLANCE)]
    return bool(np.count_nonzero(seen) < DENSE * seen.size)


def is_one_row_a_step(task: TrainingContext, batch_size: int) -> bool:
    """Returns whether each step of plain SGD is a single sample.

    It goes the way of samples with many zeros even where it has none: one pass over the rows of W
    forward and one back, in 0.28 × the time that BLAS takes for a product of one row (784-100-10).
    """
    plain = optimizer_code(task.optimizer) == PLAIN and task.optimizer.weight_decay == 0
    return batch_size == 1 and plain and task.clip_norm is None and task.l2 == 0


@cache
def machine_code(dtype: str) -> Any:
    """Returns the steps as machine code for a dtype: from the disk, or made now, in some seconds.

    Raises:
        MissingExtraError: Numba or SciPy is not installed.
    """
    from inkling.compiled.jit import to_machine_code
    from inkling.compiled.preparation import example
    from inkling.compiled.steps import run_steps

    return to_machine_code(run_steps, example(np.dtype(dtype)), dtype)


def train_batches(
    task: TrainingContext,
    order: IntArray,
    batch_size: int,
    learning_rates: Sequence[float],
    *,
    threads: int = 1,
) -> EpochSums:
    """Trains on consecutive mini-batches, as ``engine_numpy.train_batches`` does.

    Args:
        task: what is trained on what; one that ``reason_against`` has nothing against.
        order: the row numbers (n,) to train on.
        batch_size: B.
        learning_rates: one a batch.
        threads: how many work on each step. The result depends on it in the last digits only.

    Returns:
        The sums over these batches.
    """
    from inkling.compiled.preparation import prepare

    task.optimizer.prepare(task.network.parameters)
    rates = _check_rates(task, order, batch_size, learning_rates)
    if len(order) == 0:
        return EpochSums()
    sparse = has_many_zeros(task) or is_one_row_a_step(task, batch_size)
    # A part without a sample would leave the first layer's list to a part that has none of its rows.
    parts = min(threads, batch_size)
    prepared = prepare(task, order, batch_size, rates, parts=parts, sparse=sparse)
    steps = machine_code(task.network.dtype.name)
    with blas_threads(1):  # each thread makes its own calls, and BLAS's would come on top of them
        _run(steps, prepared, parts)
    return _totals(task, prepared)


def _totals(task: TrainingContext, prepared: Prepared) -> EpochSums:
    """Returns the sums that machine code has left, and counts the steps."""
    from inkling.compiled.work import CACHE_LINE, PENALTY

    loss, weight, by_samples, *counts, last_loss = prepared.arrays["totals"].tolist()
    right, samples, done, _, diverged = map(int, counts)
    penalty = float(prepared.arrays["sums"][PENALTY::CACHE_LINE].sum())
    task.optimizer.steps += done
    end = last_loss if diverged else None
    return EpochSums(loss, weight, right, samples, done, end, by_samples, penalty)


def _check_rates(
    task: TrainingContext, order: IntArray, batch_size: int, learning_rates: Sequence[float]
) -> FloatArray:
    rates = np.array(learning_rates, np.float64)
    batches = -(-len(order) // batch_size)
    if len(rates) != batches:
        raise ValueError(f"train_batches: expected {batches} learning rates, got {len(rates)}.")
    for rate in rates[~((rates >= 0) & (rates < np.inf))]:
        who = type(task.optimizer).__name__
        check_range(who, "learning_rate", float(rate), low=0, open_high=True)
    return rates


def _run(steps: Any, prepared: Prepared, threads: int) -> None:
    """Runs the steps in this thread and as many more as can be had; none of them outlives the call."""
    arguments = prepared.work, prepared.values
    others = [
        threading.Thread(target=steps, args=arguments, daemon=True) for _ in range(threads - 1)
    ]
    try:
        for other in others:
            try:
                other.start()
            except RuntimeError:  # the system has none left: those who are there do its parts
                break
        steps(*arguments)
    finally:
        for other in others:
            if (
                other.ident is not None
            ):  # it has started, even where Ctrl-C came before ``start`` said so
                other.join()
