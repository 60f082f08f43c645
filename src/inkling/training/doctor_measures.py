"""What the doctor measures: one pass forward and backward on some images, and changes of weights.

    images → forward → share of dead and saturated units
                     → δ at the output → δ at each layer → its size

It reads the network and changes nothing; no random numbers are drawn, so dropout does not act.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from inkling._types import FloatArray, IntArray
from inkling.nn.activations import Activation, ReLU
from inkling.nn.dense import Dense
from inkling.nn.output import loss_and_delta
from inkling.training.engine.context import TrainingContext

SATURATED = 0.97
"""A value is saturated if it has come this far from the middle of its activation's range to an end:
\\|tanh z\\| > 0.97, where the derivative is below 6 % of its maximum."""
NEARLY_ALL = 0.9
"""A unit is saturated if its value is, for at least this share of the images."""


class Units(NamedTuple):
    """The units of a hidden layer."""

    activation: str
    dead: float  # the share of units that are 0 for every image
    saturated: float  # the share of units that are saturated for nearly every image


class Look(NamedTuple):
    """What one pass over B images shows."""

    inputs: tuple[float, float]  # the lowest and the highest
    loss: float
    equal_loss: float  # the loss if the outputs of all classes were equal
    predicted: IntArray  # (B,)
    hidden: list[Units]  # one per activation before the output's
    gradients: list[float]  # √ of the mean over b of ‖δ_b‖², one per Dense layer


def choose_rows(labels: IntArray, count: int) -> IntArray:
    """Returns the row numbers of at most ``count`` samples, about as many of each class.

    Those of a class are evenly spaced among its samples, for labels (N,); no random numbers are drawn.

    Example:
        >>> choose_rows(np.array([0, 0, 0, 0, 0, 1]), 4)
        array([0, 4, 5])
    """
    n_classes = int(labels.max()) + 1
    each = -(-count // n_classes)
    rows = []
    for label in range(n_classes):
        members = np.flatnonzero(labels == label)
        rows.append(members[np.linspace(0, len(members) - 1, min(each, len(members)), dtype=int)])
    return np.sort(np.concatenate(rows)[:count])


def look_at(context: TrainingContext, rows: IntArray) -> Look:
    """Passes some training images, by their row numbers (B,), forward and δ backward."""
    network, targets = context.network, context.targets[rows]
    inputs = context.scaling(context.pixels[rows], network.dtype)
    with np.errstate(all="ignore"):  # a run that diverges ends with an error of its own
        logits, outputs, saved = network.forward(inputs)
        loss, delta = loss_and_delta(network.output, context.loss, logits, outputs, targets)
        equal = context.loss.value(network.output.value(np.zeros_like(logits)), targets)
        hidden = [
            units_of(layer, kept[1])
            for layer, kept in zip(network.layers[:-1], saved, strict=False)
            if isinstance(layer, Activation)
        ]
        gradients = []
        for layer, kept in zip(network.layers[-2::-1], saved[-2::-1], strict=True):
            if isinstance(layer, Dense):
                gradients.append(math.sqrt(len(rows)) * float(np.linalg.norm(delta)))
            if layer is not network.layers[0]:
                delta = layer.grad_inputs(delta, kept)
    span = float(inputs.min()), float(inputs.max())
    return Look(span, loss, equal, outputs.argmax(axis=1), hidden, gradients[::-1])


def units_of(activation: Activation, a: FloatArray) -> Units:
    """Measures the values a (B, U) of a hidden layer."""
    dead = float((a == 0).all(axis=0).mean()) if isinstance(activation, ReLU) else 0.0
    low, high = activation.output_range
    saturated = 0.0
    if math.isfinite(high - low):
        is_saturated = np.abs(a - (low + high) / 2) > SATURATED * (high - low) / 2
        saturated = float((is_saturated.mean(axis=0) >= NEARLY_ALL).mean())
    return Units(activation.kind, dead, saturated)


def weights_of(context: TrainingContext) -> dict[str, FloatArray]:
    """Returns copies of the weight matrices, by name."""
    parameters = context.network.parameters.items()
    return {name: array.copy() for name, array in parameters if array.ndim > 1}


def changes_of(before: Mapping[str, FloatArray], after: Mapping[str, FloatArray]) -> list[float]:
    """Returns how far each layer's weights moved, relative to their size: ‖W' − W‖ / ‖W‖.

    A layer whose weights were all 0 has no such number, and is left out.
    """
    sizes = {name: float(np.linalg.norm(weights)) for name, weights in before.items()}
    return [
        float(np.linalg.norm(after[name] - before[name])) / size
        for name, size in sizes.items()
        if size
    ]


def repeated_labels(labels: IntArray) -> float:
    """Returns the share of samples with the label of the sample before, for labels (N,) in order."""
    return float((labels[1:] == labels[:-1]).mean())


def repeated_by_chance(labels: IntArray) -> float:
    """Returns the expected share in a random order: Σ_c p_c², p_c the share of class c."""
    shares = np.bincount(labels) / len(labels)
    return float((shares**2).sum())
