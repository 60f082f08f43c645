"""Trains on mini-batches in machine code: the one function that the rest of Inkling calls.

    network, data, order, rates → Work: addresses, numbers, buffers → machine code → BatchSums

The steps are those of ``training/engine/numpy_engine.py``. The functions here also report what the
machine code supports; they do not load Numba, which takes a third of a second.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from inkling._checks import check_range
from inkling._types import AnyArray, FloatArray, IntArray
from inkling.compiled.codes import ACTIVATIONS, LOSSES, PAIRS, PLAIN, optimizer_code
from inkling.data.scaling import PixelScaling
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.losses import Loss, SquaredError
from inkling.nn.network import Network
from inkling.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from inkling.compiled.work import Work

DENSE = 0.4
"""Share of nonzero inputs above which BLAS is faster than skipping the zeros: it computes twice as fast,
and needs no lists of nonzero inputs."""
PROBED_SAMPLES = 100
"""Samples from which that share is estimated."""


class BatchSums(NamedTuple):
    """Sums over the batches of one call; the fields are those of ``EpochSums``."""

    loss: float = 0.0
    weight: float = 0.0
    n_correct: int = 0
    samples: int = 0
    steps: int = 0
    diverged: float | None = None
    loss_by_samples: float = 0.0
    penalty: float = 0.0


def reason_against(network: Network, loss: Loss, optimizer: Optimizer) -> str:
    """Returns what the compiled engine does not support here, in words; empty if it supports all.

    Example:
        >>> from inkling.nn.losses import CrossEntropy
        >>> from inkling.nn.mlp import build_mlp
        >>> from inkling.optim.descent import SGD
        >>> network = build_mlp((7, 5, 3), rng=np.random.default_rng(0), dropout=0.5)
        >>> reason_against(network, CrossEntropy(), SGD())
        'dropout'
    """
    for place, layer in enumerate(network.layers):
        if type(layer) is Dropout:
            return "dropout"
        if type(layer) is not Dense and type(layer) not in ACTIVATIONS:
            return f"the layer {type(layer).__name__}"
        if (type(layer) is Dense) != (place % 2 == 0):
            return "layers that are not Dense, activation, Dense, activation"
    for name, array in network.parameters.items():
        if not array.flags.c_contiguous:
            return f"{name} in column order"
        if not array.flags.writeable:  # writing to it would crash the process
            return f"{name} as a read-only array"
    if type(loss) not in LOSSES:
        return f"the loss {type(loss).__name__}"
    if type(loss) is not SquaredError and (network.output.kind, loss.kind) not in PAIRS:
        return f"the loss {type(loss).__name__} after {type(network.output).__name__}"
    if optimizer_code(optimizer) is None:
        return f"the optimizer {type(optimizer).__name__}"
    return ""


def has_many_zeros(pixels: AnyArray, scaling: PixelScaling) -> bool:
    """Returns whether skipping inputs of 0 is faster, estimated from samples spread over the data."""
    if scaling.offset != 0:
        return False
    probed = pixels[:: -(-len(pixels) // PROBED_SAMPLES)]
    return bool(np.count_nonzero(probed) < DENSE * probed.size)


def is_one_row_per_step(
    optimizer: Optimizer, batch_size: int, clip_norm: float | None, l2: float
) -> bool:
    """Returns whether each step of plain SGD is a single sample.

    Such steps use the code for inputs with many zeros even if there are none: one pass over the rows of
    W forward and one back, in 0.28 × the time that BLAS takes for a product of one row (784-100-10).
    """
    plain = optimizer_code(optimizer) == PLAIN and optimizer.weight_decay == 0
    return batch_size == 1 and plain and clip_norm is None and l2 == 0


@cache
def machine_code(dtype: str) -> Any:
    """Returns the steps as machine code for a dtype: loaded from disk, or compiled in a few seconds.

    Raises:
        MissingExtraError: Numba or SciPy is not installed.
    """
    from inkling.compiled.jit import to_machine_code
    from inkling.compiled.preparation import example
    from inkling.compiled.steps import run_steps

    return to_machine_code(run_steps, example(np.dtype(dtype)), dtype)


def train_batches(
    network: Network,
    loss: Loss,
    optimizer: Optimizer,
    scaling: PixelScaling,
    pixels: AnyArray,
    targets: AnyArray,
    order: IntArray,
    batch_size: int,
    learning_rates: Sequence[float],
    *,
    sample_weights: FloatArray | None = None,
    clip_norm: float | None = None,
    l2: float = 0.0,
    divergence_threshold: float = math.inf,
    threads: int = 1,
) -> BatchSums:
    """Trains on consecutive mini-batches; stops at the first loss that is not below the threshold.

    BLAS should be limited to one thread, because each thread makes its own calls.

    Args:
        network: the network; ``reason_against`` must be empty. Its parameters change in place.
        loss: the loss.
        optimizer: the optimizer, whose state changes in place.
        scaling: how pixels become inputs.
        pixels: (N, I), uint8 or floats.
        targets: labels (N,) or (N, O).
        order: (n,), the row numbers to train on; batch k takes rows k·B … (k+1)·B.
        batch_size: B.
        learning_rates: one per batch.
        sample_weights: (N,); None for equal ones.
        clip_norm: the largest global norm of a gradient; None for no limit.
        l2: α of an L2 term ½ (α / w) ‖W‖² in each batch's loss, w the batch's weight.
        divergence_threshold: training stops at a mean loss of this or more.
        threads: how many threads work on each step. The last digits of the result depend on it.

    Raises:
        SettingError: a learning rate is negative or not finite.
        ShapeError: row numbers, targets or weights do not fit.
    """
    from inkling.compiled.preparation import Batches, prepare, store

    optimizer.prepare(network.parameters)
    rates = _check_rates(optimizer, -(-len(order) // batch_size), learning_rates)
    if len(order) == 0:
        return BatchSums()
    sparse = has_many_zeros(pixels, scaling) or is_one_row_per_step(
        optimizer, batch_size, clip_norm, l2
    )
    # Every part needs a sample, or the first layer's lists for its rows would not be filled.
    parts = min(threads, batch_size)
    batches = Batches(
        network,
        loss,
        optimizer,
        scaling,
        pixels,
        targets,
        sample_weights,
        clip_norm,
        l2,
        divergence_threshold,
    )
    work = prepare(batches, order, batch_size, rates, parts, sparse)
    _run(machine_code(network.dtype.name), work, parts)
    store(work, network, optimizer)
    sums = _read_sums(work)
    optimizer.steps += sums.steps
    return sums


def _read_sums(work: Work) -> BatchSums:
    """Returns the sums that the machine code computed."""
    from inkling.compiled.work import PENALTY

    loss, weight, by_samples, *counts, last_loss = work.totals.tolist()
    n_correct, samples, steps, _, diverged = map(int, counts)
    end = last_loss if diverged else None
    penalty = float(work.sums[:, PENALTY].sum())
    return BatchSums(loss, weight, n_correct, samples, steps, end, by_samples, penalty)


def _check_rates(optimizer: Optimizer, batches: int, learning_rates: Sequence[float]) -> FloatArray:
    rates = np.array(learning_rates, np.float64)
    if len(rates) != batches:
        raise ValueError(f"train_batches: expected {batches} learning rates, got {len(rates)}.")
    for rate in rates[~((rates >= 0) & (rates < np.inf))]:
        who = type(optimizer).__name__
        check_range(who, "learning_rate", float(rate), low=0)
    return rates


def _run(steps: Any, work: Work, threads: int) -> None:
    """Runs the steps in this thread and as many others as can be started; returns when all are done."""
    others = [threading.Thread(target=steps, args=(work,), daemon=True) for _ in range(threads - 1)]
    try:
        for other in others:
            try:
                other.start()
            except RuntimeError:  # no more threads: the running ones do the remaining parts
                break
        steps(work)
    finally:
        for other in others:
            if other.ident is not None:  # started, even if Ctrl-C came before ``start`` returned
                other.join()
