"""One more output unit, which says how little a picture is like a digit.

    every hidden layer's activations → one weighted sum → its score → refused above a threshold

The softmax cannot say it: a letter lands somewhere between the classes, often close to one. The
hidden layers still tell, most of all the early ones, and a straight cut through their activations is
enough. ``training/post_training.py`` finds the cut, ``answers.py`` uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling._checks import check_shape, complain
from inkling._types import FloatArray
from inkling.errors import ShapeError
from inkling.nn.dense import Dense
from inkling.nn.network import Network

DOUBT = 4.0
"""How fast confidence falls beyond the threshold: what fits validation images best."""


@dataclass(frozen=True)
class Rejector:
    """The unit: score = h · w − b, refused where it is above the threshold.

    Attributes:
        weights: w (F,), one for each hidden unit of the network, first layer first.
        bias: b; with it a digit's score is 0 on average.
        threshold: the score above which a picture is refused; 1 is the average of drawn non-digits.

    Raises:
        ShapeError: the weights are not (F,), or a number is not finite.
    """

    weights: FloatArray
    bias: float
    threshold: float

    def __post_init__(self) -> None:
        """Checks the numbers, which may come from a file."""
        check_shape("Rejector", "weights", self.weights, ("F",))
        if not np.isfinite([*self.weights, self.bias, self.threshold]).all():
            raise ShapeError(complain("Rejector", "finite numbers", "NaN or infinity"))

    def scores(self, signals: FloatArray) -> FloatArray:
        """Returns the scores (B,) of hidden signals (B, F)."""
        scores: FloatArray = signals @ self.weights - self.bias
        return scores

    def temperature_factor(self, scores: FloatArray) -> FloatArray:
        """Returns what the temperature is multiplied by, for scores (B,).

        exp(4 · max(0, score − threshold))

        The softmax of what is refused may be as sure as that of a digit; so the further a picture lies
        beyond the threshold, the flatter it becomes. What is accepted keeps its confidence.
        """
        # e²⁰ is as flat as it gets, and no score can overflow.
        doubt: FloatArray = np.exp(np.clip(DOUBT * (scores - self.threshold), 0, 20))
        return doubt

    def settings(self) -> dict[str, float]:
        """Returns the two single numbers as plain data for JSON."""
        return {"bias": self.bias, "threshold": self.threshold}


def hidden_units(network: Network) -> int:
    """Returns F, the number of hidden units: the inputs of every Dense layer but the first."""
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    return sum(len(layer.weights) for layer in dense[1:])


def hidden_signals(network: Network, saved: Sequence[Any]) -> FloatArray:
    """Collects the activations of all hidden layers.

    Args:
        network: the network, with at least one hidden layer.
        saved: what its ``forward`` returned beside the outputs; a Dense layer saves its inputs.

    Returns:
        (B, F).

    Example:
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((7, 5, 4, 3), rng=np.random.default_rng(0))
        >>> saved = network.forward(np.zeros((2, 7))).saved
        >>> hidden_signals(network, saved).shape, hidden_units(network)
        ((2, 9), 9)
    """
    places = [i for i, layer in enumerate(network.layers) if isinstance(layer, Dense)]
    return np.concatenate([saved[place] for place in places[1:]], axis=1)
