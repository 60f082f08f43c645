"""What a network says about data it is not trained on: probabilities, loss, accuracy.

Used for the validation set after every epoch, and for the test set once, at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inkling._checks import complain
from inkling._types import AnyArray, FloatArray
from inkling.data.scaling import PixelScaling
from inkling.errors import DivergenceError
from inkling.nn.losses import Loss
from inkling.nn.network import Network
from inkling.nn.output import loss_and_delta

ADVICE = "its weights, or the inputs, are too large"
BATCH = 2000
"""Rows predicted at a time: the activations of 10,000 images by 1,500 units would take 60 MB."""


@dataclass(frozen=True)
class Evaluation:
    """The outcome on a set of samples.

    Attributes:
        outputs: what the network said (N, O); probabilities with a softmax output.
        loss: the mean loss.
        accuracy: the share of samples whose largest output is their label's; None without labels.
    """

    outputs: FloatArray
    loss: float
    accuracy: float | None


def predict(network: Network, pixels: AnyArray, scaling: PixelScaling) -> FloatArray:
    """Computes the outputs (N, O) for pixels (N, …), a few thousand at a time.

    Raises:
        DivergenceError: an output is not a finite number.
    """
    outputs = np.empty((len(pixels), network.outputs), network.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # the outputs tell, the warnings only alarm
        for start in range(0, len(pixels), BATCH):
            part = pixels[start : start + BATCH]
            flat = part.reshape(len(part), -1)
            outputs[start : start + BATCH] = network.predict(scaling(flat, network.dtype))
    check_finite(outputs)
    return outputs


def check_finite(outputs: FloatArray) -> None:
    """Raises DivergenceError unless all outputs are finite numbers."""
    if not np.isfinite(outputs).all():
        raise DivergenceError(complain("network", "finite outputs", "NaN or infinity", ADVICE))


def evaluate(
    network: Network, pixels: AnyArray, targets: AnyArray, loss: Loss, scaling: PixelScaling
) -> Evaluation:
    """Computes outputs, mean loss and accuracy.

    Args:
        network: the network; it is not changed.
        pixels: (N, I) or (N, H, W), N at least 1.
        targets: labels (N,) or (N, O).
        loss: the loss.
        scaling: how pixels become inputs.

    Raises:
        DivergenceError: an output or the loss is not a finite number.
    """
    outputs = np.empty((len(pixels), network.outputs), network.dtype)
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # the results tell, the warnings only alarm
        for start in range(0, len(pixels), BATCH):
            rows = slice(start, start + BATCH)
            inputs = scaling(pixels[rows].reshape(len(pixels[rows]), -1), network.dtype)
            logits, outputs[rows], _ = network.forward(inputs)
            # From the logits, as training has it: from outputs that are rounded to 0 or 1 the same
            # loss comes out different.
            part = loss_and_delta(network.output, loss, logits, outputs[rows], targets[rows])
            total += part.loss * len(inputs)
    value = total / len(pixels)
    check_finite(outputs)
    if not math.isfinite(value):
        raise DivergenceError(complain("network", "a finite loss", value, ADVICE))
    right = outputs.argmax(axis=1) == targets if targets.ndim == 1 else None
    return Evaluation(outputs, value, None if right is None else float(right.mean()))
