"""The rejector: one linear unit that scores how unlike a digit an image is.

    activations of all hidden layers  →  score = h · w − b  →  rejected above a threshold

A softmax always assigns a class: to a letter too, and often with high confidence. The hidden
activations, above all the early ones, still differ, so a linear unit separates the two well.
``training/post_training.py`` fits the unit, ``decision.py`` applies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling._checks import check_range, check_shape, complain
from inkling._types import FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.model.evaluate import check_finite
from inkling.nn.activations import Softmax
from inkling.nn.dense import Dense
from inkling.nn.network import Network

SLOPE = 4.0
"""How fast the temperature rises above the threshold; fits the validation images best."""


@dataclass(frozen=True)
class Rejector:
    """The unit: score = h · w − b; an image is rejected if its score is above the threshold."""

    weights: FloatArray
    """w (F,), one per hidden unit of the network, first layer first."""
    bias: float
    """b; the mean score of digits is 0."""
    threshold: float
    """The largest score that is accepted; 1 is the mean score of drawn non-digits."""

    def __post_init__(self) -> None:
        """Checks the numbers, which may come from a file."""
        check_shape("Rejector", "weights", self.weights, ("F",))
        if not np.isfinite([*self.weights, self.bias, self.threshold]).all():
            raise ShapeError(complain("Rejector", "finite numbers", "NaN or infinity"))

    def scores(self, signals: FloatArray) -> FloatArray:
        """Returns the scores (B,) of hidden signals (B, F)."""
        with np.errstate(over="ignore", invalid="ignore"):  # the scores are checked
            scores: FloatArray = signals @ self.weights - self.bias
        check_finite(scores)
        return scores

    def temperature_factor(self, scores: FloatArray) -> FloatArray:
        """Returns the factors (B,) by which the temperature is multiplied, for scores (B,).

            exp(4 · max(0, score − threshold))

        The probabilities of a rejected image become flatter, those of an accepted one stay.
        """
        # At e²⁰ they are flat already; without the limit a large score would overflow.
        factors: FloatArray = np.exp(SLOPE * np.clip(scores - self.threshold, 0, 20 / SLOPE))
        return factors

    def settings(self) -> dict[str, float]:
        """Returns bias and threshold as plain data for JSON."""
        return {"bias": self.bias, "threshold": self.threshold}


def check_calibration(
    who: str, temperature: float, rejector: Rejector | None, networks: Sequence[Network]
) -> None:
    """Raises unless the output is softmax and the rejector has one weight per hidden unit."""
    check_range(who, "temperature", temperature, low=1e-6, high=1e6)
    output = networks[0].output
    if (temperature != 1 or rejector is not None) and not isinstance(output, Softmax):
        expected = "a softmax output, which a temperature or a rejector needs"
        raise SettingError(complain(who, expected, output.kind))
    if rejector is not None:
        if not all(map(hidden_units, networks)):
            raise SettingError(complain(who, "a hidden layer, which a rejector needs", "none"))
        shape = (sum(map(hidden_units, networks)),)
        check_shape(who, "rejector.weights", rejector.weights, shape)


def hidden_units(network: Network) -> int:
    """Returns F, the number of hidden units: the inputs of every Dense layer but the first."""
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    return sum(len(layer.weights) for layer in dense[1:])


def hidden_signals(network: Network, saved: Sequence[Any]) -> FloatArray:
    """Returns the activations (B, F) of all hidden layers: what their next Dense layers saved."""
    inputs = [
        kept for layer, kept in zip(network.layers, saved, strict=True) if isinstance(layer, Dense)
    ]
    return np.concatenate([inputs[0][:, :0], *inputs[1:]], axis=1)
