"""Outputs, loss and accuracy on data that a network is not trained on.

    pixels  →  inputs  →  network, a few thousand rows at a time  →  outputs, mean loss, accuracy

Used for the validation set after every epoch, and once, at the end, for the test set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inkling._checks import complain
from inkling._types import AnyArray, FloatArray
from inkling.data.scaling import PixelScaling
from inkling.errors import DivergenceError, ShapeError
from inkling.nn.losses import Loss
from inkling.nn.network import Network
from inkling.nn.output import loss_and_delta

ADVICE = "its weights, or the inputs, are too large"
BATCH = 2000
"""Rows per batch: the activations of 10,000 images and 1,500 units would take 60 MB."""


@dataclass(frozen=True)
class Evaluation:
    """The results on a set of samples."""

    outputs: FloatArray
    """(N, O), probabilities with a softmax output."""
    loss: float
    accuracy: float | None
    """The share of samples whose largest output is their label's; None without labels."""


def predict_in_batches(network: Network, pixels: AnyArray, scaling: PixelScaling) -> FloatArray:
    """Computes the outputs (N, O) for pixels (N, …), in batches.

    Raises:
        DivergenceError: an output is not finite.
    """
    outputs = np.empty((len(pixels), network.outputs), network.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # the outputs are checked
        for start in range(0, len(pixels), BATCH):
            rows = slice(start, start + BATCH)
            outputs[rows] = network.predict(scaled(pixels[rows], network, scaling))
    check_finite(outputs)
    return outputs


def evaluate(
    network: Network, pixels: AnyArray, targets: AnyArray, loss: Loss, scaling: PixelScaling
) -> Evaluation:
    """Computes outputs, mean loss and accuracy for pixels (N, …), N at least 1.

    The targets are labels (N,) or (N, O).

    Raises:
        ShapeError: there are no samples, or the targets do not match them.
        DivergenceError: an output or the loss is not finite.
    """
    if not len(pixels):
        raise ShapeError(complain("evaluate", "at least one sample", "none"))
    outputs = np.empty((len(pixels), network.outputs), network.dtype)
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # the results are checked
        for start in range(0, len(pixels), BATCH):
            rows = slice(start, start + BATCH)
            logits, outputs[rows], _ = network.forward(scaled(pixels[rows], network, scaling))
            # From the logits, as in training: outputs rounded to 0 or 1 would give another loss.
            part = loss_and_delta(network.output, loss, logits, outputs[rows], targets[rows])
            total += part.loss * len(logits)
    value = total / len(pixels)
    check_finite(outputs)
    if not math.isfinite(value):
        raise DivergenceError(complain("network", "a finite loss", value, ADVICE))
    right = outputs.argmax(axis=1) == targets if targets.ndim == 1 else None
    return Evaluation(outputs, value, None if right is None else float(right.mean()))


def check_finite(outputs: FloatArray) -> None:
    """Raises DivergenceError unless all outputs are finite."""
    if not np.isfinite(outputs).all():
        raise DivergenceError(complain("network", "finite outputs", "NaN or infinity", ADVICE))


def scaled(pixels: AnyArray, network: Network, scaling: PixelScaling) -> FloatArray:
    """Returns the inputs (N, I) of a network for pixels (N, …)."""
    return scaling(pixels.reshape(len(pixels), math.prod(pixels.shape[1:])), network.dtype)
