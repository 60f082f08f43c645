"""From objects to numbers: a run of mini-batches as a ``Work``.

All checks are made here, because machine code would read from any wrong address.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from inkling._checks import complain, import_extra
from inkling._types import AnyArray, FloatArray, IntArray
from inkling.compiled.buffers import ALIGNED, Buffers
from inkling.compiled.codes import (
    ACTIVATIONS,
    PAIRS,
    PLAIN,
    SQUARED,
    optimizer_code,
    optimizer_settings,
)
from inkling.compiled.matrix import gemm_address
from inkling.compiled.work import CACHE_LINE, OUTPUTS, TOTALS, WORK
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


@dataclass(frozen=True)
class Prepared:
    """A run of mini-batches, as the machine code takes it."""

    work: Any
    """The record of type ``WORK``."""
    values: FloatArray
    """Space for z, a and δ of every layer."""
    arrays: dict[str, AnyArray]
    """The arrays whose addresses are in the record; they must outlive the run."""


class Layout(NamedTuple):
    """The memory layout of a network."""

    layers: IntArray
    values: int
    """Numbers in ``Work.values``."""
    widest: int
    """Outputs of the widest layer."""
    gradients: int
    """Numbers in ``Work.gradients``."""


def prepare(
    batches: Batches,
    order: IntArray,
    batch_size: int,
    rates: FloatArray,
    buffers: Buffers,
    *,
    parts: int,
    sparse: bool,
) -> Prepared:
    """Describes a run of mini-batches to the machine code.

    Args:
        batches: the model and data; the optimizer's state is prepared.
        order: row numbers (n,), n at least 1.
        batch_size: B.
        rates: float64, one per batch.
        buffers: working memory.
        parts: how many parts each phase of a step is cut into.
        sparse: whether the first layer skips inputs that are 0.

    Raises:
        ShapeError: row numbers, targets or weights do not fit.
    """
    order = _check_order(order, len(batches.pixels))
    pixels, scaling, rows = _pixels(batches, order)
    arrays: dict[str, AnyArray] = {"pixels": pixels, "order": rows, "rates": rates}
    arrays |= _targets(batches, order) | _shares(batches, order, batch_size)
    arrays["table"] = scaling(np.arange(256, dtype=np.uint8), batches.network.dtype)
    batch = min(batch_size, len(order))
    layout = _describe_layers(batches, batch, parts, not sparse)
    room = -(-batch // parts)
    arrays |= _rooms(
        batches, buffers, parts, layout, parts * batches.network.inputs if sparse else 0, room
    )
    numbers = {
        "samples": len(order),
        "batch": batch_size,
        "batches": len(rates),
        "parts": parts,
        "n_layers": len(layout.layers),
        "has_bytes": pixels.dtype == np.uint8,
        "pixel_step": pixels.strides[0],
        "words": _words(pixels),
        "factor": scaling.factor,
        "offset": scaling.offset,
        "has_labels": batches.targets.ndim == 1,
        "pair": PAIRS.get((batches.network.output.kind, batches.loss.kind), SQUARED),
        "limit": batches.divergence_threshold if batches.targets.ndim == 1 else math.inf,
        "optimizer": optimizer_code(batches.optimizer),
        "first_step": batches.optimizer.steps,
        "clip": math.inf if batches.clip_norm is None else float(batches.clip_norm),
        "l2": batches.l2,
        "sparse": sparse,
        "room": room,
        "widest": layout.widest,
        "gemm": gemm_address(batches.network.dtype.name),
        "give_way": _give_way(),
    }
    work = np.zeros(1, WORK)[0]
    for name, number in numbers.items():
        work[name] = number
    values = arrays.pop("values")
    for name, array in arrays.items():
        work[name] = array.ctypes.data
    return Prepared(work, values, arrays)


def _pixels(batches: Batches, order: IntArray) -> tuple[AnyArray, PixelScaling, IntArray]:
    """Returns pixels that can be read in place, how to scale them, and the rows to read.

    Bytes, and floats of the network's dtype, are not copied; other dtypes are converted to inputs first.
    """
    pixels, dtype = batches.pixels, batches.network.dtype
    if pixels.dtype in (np.uint8, dtype) and pixels.strides[1] == pixels.itemsize:
        return pixels, batches.scaling, order
    return batches.scaling(pixels[order], dtype), PixelScaling(1.0), np.arange(len(order))


def _targets(batches: Batches, order: IntArray) -> dict[str, AnyArray]:
    """Returns one-hot or given targets, and labels."""
    targets = batches.targets[order]
    outputs = np.empty((len(order), batches.network.outputs), batches.network.dtype)
    return {
        "targets": np.ascontiguousarray(batches.loss.dense_targets(targets, outputs)),
        "labels": targets.astype(np.int64) if targets.ndim == 1 else np.zeros(1, np.int64),
    }


def _check_order(order: IntArray, n_samples: int) -> IntArray:
    if order.min() < 0 or order.max() >= n_samples:
        expected = f"row numbers from 0 to {n_samples - 1}"
        got = f"some from {order.min()} to {order.max()}"
        raise ShapeError(complain("train_batches", expected, got))
    return np.ascontiguousarray(order, np.int64)


def _describe_layers(batches: Batches, batch: int, parts: int, gathers: bool) -> Layout:
    """Returns the table of layers, and how many numbers the values and the gradients take."""
    network, optimizer = batches.network, batches.optimizer
    lanes = ALIGNED // network.dtype.itemsize
    values = batch * network.inputs if gathers else 0
    values += -values % lanes
    gradients = 0
    written = optimizer_code(optimizer) != PLAIN or batches.clip_norm is not None or batches.l2 != 0
    table = np.zeros((len(network.layers) // 2, 2, 11), np.int64)
    for number, rows in enumerate(table):
        activation = ACTIVATIONS[type(network.layers[2 * number + 1])]  # type: ignore[index]
        outputs = len(network.parameters[f"dense{number + 1}.bias"])
        step = outputs + -outputs % lanes
        for row, kind in zip(rows, ("weights", "bias"), strict=True):
            name = f"dense{number + 1}.{kind}"
            array = network.parameters[name]
            arrays = [array, *(optimizer.state[f"{slot}/{name}"] for slot in optimizer.slots)]
            addresses = [entry.ctypes.data for entry in (*arrays, array, array)][:3]
            place = (values, values + batch * step, values + 2 * batch * step, gradients)
            row[:] = (array.size // outputs, outputs, step, activation, *place, *addresses)
            if written or kind == "bias":
                gradients += max(array.size, parts * outputs)
        values += 3 * batch * step
    return Layout(table, values, int(table[:, 0, OUTPUTS].max()), gradients)


def _shares(batches: Batches, order: IntArray, batch_size: int) -> dict[str, AnyArray]:
    """Returns each sample's share in its batch's mean, and each batch's weight."""
    dtype, starts = batches.network.dtype, range(0, len(order), batch_size)
    sizes = np.full(len(starts), batch_size, np.float64)
    sizes[-1] = len(order) - starts[-1]
    if batches.sample_weights is None:
        shares = np.repeat((1 / sizes).astype(dtype), sizes.astype(int))
        return {"shares": shares, "weights": sizes}
    weights = batches.sample_weights[order]
    who = type(batches.loss).__name__
    shares = np.zeros(len(order), dtype)
    for number, start in enumerate(starts):
        batch = weights[start : start + batch_size]
        sizes[number] = float(batch.sum())
        if batch.any():
            shares[start : start + batch_size] = sample_shares(who, len(batch), batch, dtype)
    return {"shares": shares, "weights": sizes}


def _rooms(
    batches: Batches, buffers: Buffers, parts: int, layout: Layout, lists: int, room: int
) -> dict[str, AnyArray]:
    """Returns the working memory; larger arrays are reused between calls."""
    dtype, int32 = batches.network.dtype, np.dtype(np.int32)
    slopes = [getattr(layer, "slope", 0.0) for layer in batches.network.layers[1::2]]
    return {
        "layers": layout.layers,
        "slopes": np.array(slopes, np.float64),
        "settings": np.array(optimizer_settings(batches.optimizer), np.float64),
        "values": buffers.array("values", layout.values, dtype),
        "gradients": buffers.array("gradients", layout.gradients, dtype),
        "nonzero": buffers.array("nonzero", lists, int32),
        "nonzero_values": buffers.array("nonzero values", lists, dtype),
        "counts": buffers.array("counts", lists, int32),
        "lists": buffers.array("lists", lists * room, int32),
        "list_values": buffers.array("list values", lists * room, dtype),
        "squares": buffers.array("squares", parts * layout.widest, dtype),
        "sums": np.zeros(parts * CACHE_LINE),
        "totals": np.zeros(TOTALS),
        "counters": np.zeros(32, np.int64),
    }


def _words(pixels: AnyArray) -> int:
    """Returns how many groups of eight pixels of a row can be read as one integer each."""
    aligned = pixels.ctypes.data % 8 == 0 and pixels.strides[0] % 8 == 0
    return pixels.shape[1] // 8 if aligned and sys.byteorder == "little" else 0


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
    typeof: Any = import_extra("numba", "fast", "The compiled engine").typeof
    return typeof(np.zeros(1, WORK)[0]), typeof(np.zeros(1, dtype))
