"""The names that settings, model files and the command line use, and the classes that they stand for.

To add an activation, write its class and add a line here; the contract tests, ``inkling gradcheck`` and
``--activation`` take it from this table. ``build_layers`` makes layers from plain data:

[{"kind": "dense", "inputs": 784, "outputs": 10}, {"kind": "softmax"}]  →  [Dense(…), Softmax()]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import complain, look_up
from inkling.errors import SettingError
from inkling.nn.activations import (
    GELU,
    Activation,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.initializers import Glorot, He, Initializer, LeCun, Normal, Uniform, Zeros
from inkling.nn.layer import Layer
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError
from inkling.nn.poisson import Exp, Poisson

ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "gelu": GELU,
    "exp": Exp,
    "softmax": Softmax,
}

LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "poisson": Poisson,
}

INITIALIZERS: dict[str, Initializer] = {
    "he_normal": He(),
    "he_uniform": He(uniform=True),
    "glorot_normal": Glorot(),
    "glorot_uniform": Glorot(uniform=True),
    "lecun_normal": LeCun(),
    "lecun_uniform": LeCun(uniform=True),
    "normal": Normal(),
    "uniform": Uniform(),
    "zeros": Zeros(),
}

LAYERS: dict[str, type[Layer]] = {Dense.kind: Dense, Dropout.kind: Dropout, **ACTIVATIONS}


def build_layers(
    architecture: Sequence[Mapping[str, Any]], dtype: DTypeLike = np.float32
) -> list[Layer]:
    """Builds layers with all parameters zero from the plain data of ``Network.architecture``.

    Raises SettingError if a kind of layer is unknown or its settings are wrong.
    """
    zero = {"rng": np.random.default_rng(0), "initializer": Zeros(), "dtype": dtype}
    layers: list[Layer] = []
    for entry in architecture:
        settings = dict(entry)
        kind = str(settings.pop("kind", None))
        layer = look_up("Network", "a layer", kind, LAYERS)
        try:
            layers.append(layer(**settings, **(zero if layer is Dense else {})))
        except TypeError as error:
            expected = f"the settings of a {kind} layer"
            raise SettingError(complain("Network", expected, settings)) from error
    return layers
