"""Layers as plain data and back, for model files and copies.

[{"kind": "dense", "inputs": 784, "outputs": 10}, {"kind": "softmax"}]  ↔  [Dense(…), Softmax()]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import complain, look_up
from inkling.errors import SettingError
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.initializers import Zeros
from inkling.nn.layer import Layer
from inkling.nn.registry import ACTIVATIONS

LAYERS: dict[str, type[Layer]] = {Dense.kind: Dense, Dropout.kind: Dropout, **ACTIVATIONS}


def describe_layers(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Returns each layer's kind and settings as plain data."""
    return [{"kind": layer.kind, **layer.settings()} for layer in layers]


def build_layers(
    architecture: Sequence[Mapping[str, Any]], dtype: DTypeLike = np.float32
) -> list[Layer]:
    """Builds layers with all parameters zero from ``describe_layers``'s plain data.

    Raises:
        SettingError: a kind of layer is unknown, or its settings are not what it takes.

    Example:
        >>> build_layers([{"kind": "dense", "inputs": 4, "outputs": 3}, {"kind": "softmax"}])
        [Dense(inputs=4, outputs=3), Softmax()]
    """
    rng = np.random.default_rng(0)  # Zeros draws nothing
    layers: list[Layer] = []
    for entry in architecture:
        settings = dict(entry)
        kind = str(settings.pop("kind", None))
        layer = look_up("Network", "a layer", kind, LAYERS)
        fresh = {"rng": rng, "initializer": Zeros(), "dtype": dtype} if layer is Dense else {}
        try:
            layers.append(layer(**settings, **fresh))
        except TypeError as error:
            expected = f"the settings of a {kind} layer"
            raise SettingError(complain("Network", expected, settings)) from error
    return layers
