"""A multi-layer perceptron in one call: sizes in, network out.

    (784, 256, 10)  →  Dense(784, 256) · ReLU · Dense(256, 10) · Softmax

The same can be written as ``Network([...])``; this only chooses the initializers that suit the
activations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import complain, look_up
from inkling.errors import SettingError
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.initializers import Initializer, Zeros
from inkling.nn.layer import Layer
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS, INITIALIZERS


def build_mlp(
    sizes: Sequence[int],
    *,
    rng: np.random.Generator,
    activation: str = "relu",
    output: str = "softmax",
    dropout: float = 0.0,
    initializer: Initializer | None = None,
    bias_initializer: Initializer = Zeros(),  # noqa: B008 (frozen)
    dtype: DTypeLike = np.float32,
) -> Network:
    """Builds a multi-layer perceptron.

    Args:
        sizes: the units of each layer, inputs first, outputs last; two sizes give softmax regression.
        rng: the source of the initial weights, drawn layer by layer, weights before bias.
        activation: the name of the hidden layers' activation.
        output: the name of the output activation.
        dropout: the probability with which hidden units are set to zero while training.
        initializer: draws all weights; by default the one that suits each layer's activation.
        bias_initializer: draws all biases; zeros by default.
        dtype: float32 or float64.

    Returns:
        The network.

    Raises:
        SettingError: there are fewer than two sizes, or a name is unknown.

    Example:
        >>> build_mlp((784, 256, 128, 10), rng=np.random.default_rng(0), dropout=0.2)
        Network(784 → 256 relu dropout 0.2 → 128 relu dropout 0.2 → 10 softmax; 235,146 parameters,
        float32)
    """
    if isinstance(sizes, str) or not isinstance(sizes, Sequence | np.ndarray) or len(sizes) < 2:
        expected, advice = "at least two sizes, inputs and outputs", "for example (784, 100, 10)"
        raise SettingError(complain("build_mlp", expected, repr(sizes), advice))
    names = [activation] * (len(sizes) - 2) + [output]
    layers: list[Layer] = []
    for inputs, outputs, name in zip(sizes[:-1], sizes[1:], names, strict=True):
        if dropout and layers:
            layers.append(Dropout(dropout))
        after = look_up("build_mlp", "activation", name, ACTIVATIONS)()
        draw = initializer or INITIALIZERS[after.suited_initializer]
        dense = Dense(
            inputs,
            outputs,
            rng=rng,
            initializer=draw,
            bias_initializer=bias_initializer,
            dtype=dtype,
        )
        layers += [dense, after]
    return Network(layers)
