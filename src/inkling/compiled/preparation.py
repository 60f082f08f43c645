"""From objects to numbers: a run of mini-batches as a ``Work``, and the trained weights back.

All checks are made here, because machine code would read from any wrong address.
"""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from inkling._checks import complain, import_extra
from inkling._types import AnyArray, FloatArray, IntArray
from inkling.compiled.codes import (
    ACTIVATIONS,
    PAIRS,
    PLAIN,
    SQUARED,
    optimizer_code,
    optimizer_settings,
)
from inkling.compiled.llvm import LANES
from inkling.compiled.matrix import gemm_address
from inkling.compiled.work import (
    CACHE_LINE,
    COLUMNS,
    INPUTS,
    OUTPUTS,
    START,
    STEP,
    TOTALS,
    Work,
    aligned,
)
from inkling.data.scaling import PixelScaling
from inkling.errors import ShapeError
from inkling.nn.losses import Loss
from inkling.nn.network import Network
from inkling.nn.targets import sample_shares
from inkling.optim.optimizer import Optimizer


class Batches(NamedTuple):
    """The model and data of a run, with the argument names of ``train_batches``."""

    network: Network
    loss: Loss
    optimizer: Optimizer
    scaling: PixelScaling
    pixels: AnyArray
    targets: AnyArray
    sample_weights: FloatArray | None
    clip_norm: float | None
    l2: float
    divergence_threshold: float


def prepare(
    batches: Batches, order: IntArray, batch_size: int, rates: FloatArray, parts: int, sparse: bool
) -> Work:
    """Describes a run of mini-batches to the machine code.

    Args:
        batches: the model and data; the optimizer's state is prepared.
        order: row numbers (n,), n at least 1.
        batch_size: B.
        rates: float64, one per batch.
        parts: how many parts each phase of a step is cut into.
        sparse: whether the first layer skips inputs that are 0.

    Raises:
        ShapeError: row numbers, targets or weights do not fit.
    """
    if order.min() < 0 or order.max() >= len(batches.pixels):
        expected = f"row numbers from 0 to {len(batches.pixels) - 1}"
        got = f"some from {order.min()} to {order.max()}"
        raise ShapeError(complain("train_batches", expected, got))
    network, optimizer, dtype = batches.network, batches.optimizer, batches.network.dtype
    batch, inputs = min(batch_size, len(order)), network.inputs
    targets, outputs = batches.targets[order], np.empty((len(order), network.outputs), dtype)
    labels = targets.astype(np.int64) if targets.ndim == 1 else np.empty(0, np.int64)
    shares, totals_of_weights = _shares(batches, order, batch_size)
    layers, n_weights, n_values = _describe_layers(network, batch, 0 if sparse else batch * inputs)
    weights = aligned((4, n_weights), dtype)
    for place, array in _places(network, optimizer, layers, weights):
        place[:] = array
    code = optimizer_code(optimizer)
    straight = code == PLAIN and batches.clip_norm is None and batches.l2 == 0
    listed = inputs if sparse else 0
    return Work(
        samples=len(order),
        batch=batch_size,
        parts=parts,
        **_pixels(batches, order),
        targets=np.ascontiguousarray(batches.loss.dense_targets(targets, outputs)),
        labels=labels,
        shares=shares,
        totals_of_weights=totals_of_weights,
        rates=rates,
        layers=layers,
        slopes=np.array([getattr(layer, "slope", 0.0) for layer in network.layers[1::2]]),
        weights=weights,
        pair=PAIRS.get((network.output.kind, batches.loss.kind), SQUARED),
        limit=float(batches.divergence_threshold) if targets.ndim == 1 else math.inf,
        optimizer=code or PLAIN,
        settings=np.array(optimizer_settings(optimizer), np.float64),
        first_step=optimizer.steps,
        clip=math.inf if batches.clip_norm is None else float(batches.clip_norm),
        l2=float(batches.l2),
        straight=straight,
        values=aligned((n_values,), dtype),
        sparse=sparse,
        few_rows=sparse and straight and batch_size == 1 and optimizer.weight_decay == 0,
        nonzero=aligned((parts, listed), np.int32),
        nonzero_values=aligned((parts, listed), dtype),
        counts=aligned((parts, listed), np.int32),
        lists=aligned((parts, listed, -(-batch // parts)), np.int32),
        list_values=aligned((parts, listed, -(-batch // parts)), dtype),
        rows=aligned((parts, 2, int(layers[:, STEP].max())), dtype),
        sums=aligned((parts, CACHE_LINE), np.float64),
        totals=np.zeros(TOTALS),
        counters=np.zeros(32, np.int64),
        gemm=gemm_address(dtype.name),
        letters=np.frombuffer(bytearray(b"NT"), np.uint8),
        gemm_sizes=aligned((parts, 16), np.int32),
        gemm_factors=aligned((parts, 16), dtype),
        give_way=_give_way(),
    )


def store(work: Work, network: Network, optimizer: Optimizer) -> None:
    """Copies the trained weights and the optimizer's state back."""
    for place, array in _places(network, optimizer, work.layers, work.weights):
        array[...] = place


def _places(
    network: Network, optimizer: Optimizer, layers: IntArray, weights: FloatArray
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yields where each array of the model is in ``Work.weights``, and the array."""
    for number, layer in enumerate(layers, 1):
        inputs, outputs, step, start = layer[[INPUTS, OUTPUTS, STEP, START]]
        for kind, rows in (("weights", slice(inputs)), ("bias", inputs)):
            name = f"dense{number}.{kind}"
            states = [optimizer.state[f"{slot}/{name}"] for slot in optimizer.slots]
            for flat, array in zip(weights, (network.parameters[name], *states), strict=False):
                matrix = flat[start : start + (inputs + 1) * step].reshape(inputs + 1, step)
                yield matrix[rows, :outputs], array


def _pixels(batches: Batches, order: IntArray) -> dict[str, Any]:
    """Returns bytes or floats of the network's dtype, in the order of the steps, and their scaling."""
    pixels, dtype, scaling = batches.pixels, batches.network.dtype, batches.scaling
    if pixels.dtype not in (np.uint8, dtype):
        floats, scaling = scaling(pixels[order], dtype), PixelScaling(1.0)
    else:
        floats = np.take(pixels, order, axis=0)
    empty = pixels.shape[1]
    has_bytes = floats.dtype == np.uint8
    return {
        "pixels": floats if has_bytes else np.empty((0, empty), np.uint8),
        "floats": np.empty((0, empty), dtype) if has_bytes else floats,
        "factor": float(scaling.factor),
        "offset": float(scaling.offset),
    }


def _describe_layers(network: Network, batch: int, n_inputs: int) -> tuple[IntArray, int, int]:
    """Returns the table of layers, and how many numbers the weights and the values take."""
    table = np.zeros((len(network.layers) // 2, COLUMNS), np.int64)
    weights, values = 0, n_inputs + -n_inputs % LANES
    for number, row in enumerate(table):
        activation = ACTIVATIONS[type(network.layers[2 * number + 1])]  # type: ignore[index]
        inputs, outputs = network.parameters[f"dense{number + 1}.weights"].shape
        step = outputs + -outputs % LANES
        places = (values, values + batch * step, values + 2 * batch * step)
        row[:] = (inputs, outputs, step, activation, weights, *places)
        weights, values = weights + (inputs + 1) * step, values + 3 * batch * step
    return table, weights, values


def _shares(batches: Batches, order: IntArray, batch_size: int) -> tuple[FloatArray, FloatArray]:
    """Returns each sample's share in its batch's mean, and each batch's weight."""
    dtype, starts = batches.network.dtype, range(0, len(order), batch_size)
    sizes = np.full(len(starts), batch_size, np.float64)
    sizes[-1] = len(order) - starts[-1]
    if batches.sample_weights is None:
        return np.repeat((1 / sizes).astype(dtype), sizes.astype(int)), sizes
    weights = batches.sample_weights[order]
    who = type(batches.loss).__name__
    shares = np.zeros(len(order), dtype)
    for number, start in enumerate(starts):
        batch = weights[start : start + batch_size]
        sizes[number] = float(batch.sum())
        if batch.any():
            shares[start : start + batch_size] = sample_shares(who, len(batch), batch, dtype)
    return shares, sizes


@cache
def _give_way() -> int:
    """Returns the address of the function that yields to other threads; 0 if there is none."""
    try:
        if os.name == "nt":
            function = ctypes.WinDLL("kernel32").SwitchToThread  # type: ignore[attr-defined]
        else:
            function = ctypes.CDLL(None).sched_yield
    except (AttributeError, OSError):
        return 0
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def example(dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """Returns the types of the machine code's arguments."""
    from inkling.nn.losses import CrossEntropy
    from inkling.nn.mlp import build_mlp
    from inkling.optim.descent import SGD

    network = build_mlp((1, 2), rng=np.random.default_rng(0), dtype=dtype.name)
    pixels, labels = np.zeros((1, 1), np.uint8), np.zeros(1, np.int64)
    given = (network, CrossEntropy(), SGD(), PixelScaling(), pixels, labels, None, None, 0.0, 1.0)
    work = prepare(Batches(*given), labels, 1, np.zeros(1), parts=1, sparse=True)
    return (import_extra("numba", "fast", "The compiled engine").typeof(work),)
