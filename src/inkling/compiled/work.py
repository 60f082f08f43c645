"""The arguments of the machine code: a run of mini-batches as numbers and arrays, without objects.

One signature serves every network, so that it is compiled once: the layers are rows of a table, and
their matrices are parts of two flat arrays, one for W and b, one for z, a and δ. All rows are padded to
whole vectors (``LANES``), and the bias is the row after the last row of W.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from inkling._checks import import_extra
from inkling._types import AnyArray, FloatArray, IntArray
from inkling.compiled.memory import Memory
from inkling.compiled.product import padded
from inkling.compiled.supported import ACTIVATIONS, ADAM_SHORTCUT, OPTIMIZERS, PAIRS
from inkling.data.scaling import PixelScaling
from inkling.nn.losses import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.targets import sample_shares
from inkling.optim.descent import SGD
from inkling.optim.optimizer import Optimizer

WEIGHTS, FIRST, SECOND, GRADIENT = range(4)
"""Rows of ``Work.weights``: W and b, the optimizer's two states, and the gradient if it is stored."""


def record(integers: str, floats: str, itemsize: int | None = None) -> np.dtype[Any]:
    """Returns the dtype of a record with these fields, each of 8 bytes."""
    names = [*integers.split(), *floats.split()]
    formats = ["i8"] * len(integers.split()) + ["f8"] * len(floats.split())
    return np.dtype({"names": names, "formats": formats, "itemsize": itemsize or 8 * len(names)})


LAYER = record("inputs outputs step activation weights flipped unit z a delta", "slope")
"""The distance from row to row; where its part of ``Work.weights`` and of ``Work.flipped`` begins; the
number of its first input among those of all layers; where its z, a and δ begin in ``Work.values``. The
first row is the input, which has only an a."""
STEP = record("start samples", "weight rate adam_rate epsilon l2")
"""A mini-batch: its rows, the sum of their weights, η, the constants of Adam, and λ of its L2 term."""
OPTIMIZER = record("kind", "decay kept kept_squares")
"""λ, then μ or β₁, and β₂."""
SUMS = record("", "loss correct squares penalty", itemsize=64)
"""Of one part, in a cache line of its own; all are of this step, but L2 terms of all steps so far."""
TOTALS = record("n_correct samples steps stopped", "loss weight loss_by_samples diverged")
"""The fields of ``EpochSums``, and whether a loss was not below the limit."""
TICKETS, DONE = 0, 16
"""Indices of the counters: parts started and parts done, two cache lines apart."""

Work: Any = namedtuple(
    "Work",
    """parts room pixels floats rows factor offset targets labeled steps shares layers weights flipped
    pair limit optimizer clip direct lone values places place_values place_counts samples sample_values
    sample_counts row sums totals counters""",
)
"""The arguments; ``prepare`` says what each is."""


def prepare(
    context: Any, order: IntArray, batch_size: int, rates: FloatArray, parts: int, memory: Memory
) -> Any:
    """Returns the ``Work`` of n ≥ B samples in P parts; arguments as of ``train_batches``."""
    network, optimizer, dtype = context.network, context.optimizer, context.network.dtype
    shape, labeled = (len(order), network.outputs), context.targets.ndim == 1
    targets = context.loss.dense_targets(context.targets[order], np.empty(shape, dtype))
    layers, sizes = _layers(network, batch_size)
    memory.begin((layers.tobytes(), dtype, batch_size, parts))
    weights = memory.array("weights", (4, sizes["weights"]), dtype)
    flipped = memory.array("flipped", (sizes["flipped"],), dtype)
    for place, array in places_of(network, optimizer, layers, weights):
        place[:] = array
    for number, layer in enumerate(layers[2:], 2):  # a view of Wᵀ
        array, step = network.parameters[f"dense{number}.weights"], layers[number - 1]["step"]
        flat = flipped[layer["flipped"] :][: layer["outputs"] * step]
        flat.reshape(-1, step)[:, : len(array)] = array.T
    changes = optimizer.weight_decay or context.l2 or context.clip_norm  # of the gradient
    direct = type(optimizer) is SGD and not changes
    room, units, widest = -(-batch_size // parts), int(layers[0]["unit"]), layers["step"][1:].max()
    return Work(
        parts,  # P
        room,  # samples in a part, at most
        # The data: bytes or floats (N, I), the other empty; the row of each sample; the scaling.
        *_pixels(context, order),
        targets=np.ascontiguousarray(targets),  # (n, O)
        labeled=labeled,  # whether right answers are counted
        **_steps(context, order, batch_size, rates),
        # The model: every W and b, the optimizer's two states, and the gradient if it is stored; Wᵀ.
        layers=layers,
        weights=weights,
        flipped=flipped,
        pair=PAIRS[type(network.output), type(context.loss)],
        limit=float(context.divergence_threshold) if labeled else math.inf,
        optimizer=np.array([(OPTIMIZERS[type(optimizer)], *_settings(optimizer))], OPTIMIZER),
        clip=math.inf if context.clip_norm is None else float(context.clip_norm),
        direct=direct,  # whether −η xᵀ δ is added to W at once, without a row of the gradient
        lone=direct and batch_size == 1,  # whether only the rows of nonzero inputs change
        # Working memory: the inputs, then z, a and δ of every layer.
        values=memory.array("values", (sizes["values"],), dtype),
        # The inputs of each sample that are not 0, layer by layer, then its δ, and their number.
        places=memory.array("places", (parts, room * (units + widest)), np.int32),
        place_values=memory.array("place values", (parts, room * (units + widest)), dtype),
        place_counts=memory.array("place counts", (parts, room), np.int64),
        # The samples in which each input is not 0, and their number.
        samples=memory.array("samples", (parts, room * units), np.int32),
        sample_values=memory.array("sample values", (parts, room * units), dtype),
        sample_counts=memory.array("sample counts", (parts, units), np.int64),
        row=memory.array("row", (parts, widest), dtype),  # of the gradient
        sums=np.zeros(parts, SUMS),
        totals=np.zeros(1, TOTALS),
        counters=np.zeros(32, np.int64),
    )


def places_of(
    network: Network, optimizer: Optimizer, layers: AnyArray, weights: FloatArray
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yields where each array of the model is in ``Work.weights``, and the array."""
    for number, layer in enumerate(layers[1:], 1):
        inputs, outputs, step, _, start, *_ = layer.item()
        for kind, rows in (("weights", slice(inputs)), ("bias", inputs)):
            name = f"dense{number}.{kind}"
            states = [optimizer.state[f"{slot}/{name}"] for slot in optimizer.slots]
            for flat, array in zip(weights, (network.parameters[name], *states), strict=False):
                matrix = flat[start : start + (inputs + 1) * step].reshape(inputs + 1, step)
                yield matrix[rows, :outputs], array


def _layers(network: Network, batch: int) -> tuple[AnyArray, dict[str, int]]:
    """Returns the table of layers, and how many numbers the weights, Wᵀ and the values take."""
    layers = np.zeros(1 + len(network.layers) // 2, LAYER)
    below = padded(network.inputs)
    weights, flipped, unit, values = 0, 0, 0, batch * below
    for number in range(1, len(layers)):
        activation: Any = network.layers[2 * number - 1]
        inputs, outputs = network.parameters[f"dense{number}.weights"].shape
        step = padded(outputs)
        code, slope = ACTIVATIONS[type(activation)], getattr(activation, "slope", 0.0)
        places = (weights, flipped, unit, values, values + batch * step, values + 2 * batch * step)
        layers[number] = (inputs, outputs, step, code, *places, slope)
        weights, unit = weights + (inputs + 1) * step, unit + inputs
        flipped += (outputs + 1) * below if number > 1 else 0
        values, below = values + 3 * batch * step, step
    layers[0] = (0, network.inputs, padded(network.inputs), 0, 0, 0, unit, 0, 0, 0, 0)
    return layers, {"weights": weights, "flipped": flipped, "values": values}


def _steps(
    context: Any, order: IntArray, batch_size: int, rates: FloatArray
) -> dict[str, AnyArray]:
    """Returns the table of steps, and each sample's share in the mean of its batch."""
    optimizer, dtype, who = context.optimizer, context.network.dtype, type(context.loss).__name__
    steps = np.zeros(-(-len(order) // batch_size), STEP)
    steps["start"], steps["rate"] = np.arange(0, len(order), batch_size), rates
    steps["samples"] = np.minimum(batch_size, len(order) - steps["start"])
    if context.sample_weights is None:
        steps["weight"] = steps["samples"]
        shares = np.repeat((1 / steps["weight"]).astype(dtype), steps["samples"])
    else:
        weights, shares = context.sample_weights[order], np.zeros(len(order), dtype)
        for step in steps:
            batch = slice(step["start"], step["start"] + step["samples"])
            if weights[batch].any():  # otherwise there is no step
                shares[batch] = sample_shares(who, int(step["samples"]), weights[batch], dtype)
                step["weight"] = weights[batch].sum()
    np.divide(context.l2, steps["weight"], out=steps["l2"], where=steps["weight"] > 0)
    _, kept, kept_squares = _settings(optimizer)
    # As in ``Adam.step`` of optim/adaptive.py: the corrections of m and s are made to η and ε.
    t = np.maximum(optimizer.steps + (steps["weight"] > 0).cumsum(), 1)
    root = np.sqrt(1 - kept_squares**t)
    steps["adam_rate"] = rates * root / (1 - kept**t)
    uncorrected = OPTIMIZERS[type(optimizer)] == ADAM_SHORTCUT
    steps["epsilon"] = getattr(optimizer, "epsilon", 0.0) * (1 if uncorrected else root)
    return {"steps": steps, "shares": shares}


def _settings(optimizer: Optimizer) -> tuple[float, float, float]:
    """Returns λ, μ or β₁, and β₂; 0 for what an optimizer does not have."""
    kept = getattr(optimizer, "momentum", getattr(optimizer, "beta1", 0.0))
    return optimizer.weight_decay, kept, getattr(optimizer, "beta2", 0.0)


def _pixels(context: Any, order: IntArray) -> tuple[AnyArray, FloatArray, IntArray, float, float]:
    """Returns bytes, floats, rows and scaling; bytes are not copied, because a file may be mapped."""
    pixels, dtype, scaling = context.pixels, context.network.dtype, context.scaling
    floats, rows = np.empty((0, pixels.shape[1]), dtype), np.array(order, np.int64)
    if pixels.dtype != np.uint8 or not pixels.flags.c_contiguous:
        floats, rows = scaling(pixels[order], dtype), np.arange(len(order), dtype=np.int64)
        pixels, scaling = np.empty((0, pixels.shape[1]), np.uint8), PixelScaling(1.0)
    pixels = pixels.view(np.ndarray)
    pixels.flags.writeable = False  # always, because machine code is for one type
    return pixels, floats, rows, float(scaling.factor), float(scaling.offset)


def example(dtype: str) -> tuple[Any, ...]:
    """Returns the types of the machine code's arguments."""
    network = build_mlp((1, 2), rng=np.random.default_rng(0), dtype=dtype)
    data = {"pixels": np.zeros((1, 1), np.uint8), "targets": np.zeros(1, np.int64)}
    parts = {"loss": CrossEntropy(), "optimizer": SGD(), "scaling": PixelScaling()}
    more = {"sample_weights": None, "clip_norm": None, "l2": 0, "divergence_threshold": 1}
    context = SimpleNamespace(network=network, **data, **parts, **more)
    work = prepare(context, np.zeros(1, np.int64), 1, np.zeros(1), 1, Memory())
    return (import_extra("numba", "fast", "The compiled engine").typeof(work),)
