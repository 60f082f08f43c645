"""Models to export, with every part that an export could lose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.data.scaling import PixelScaling
from inkling.model.model import Model
from inkling.nn.activations import LeakyReLU
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS

CLASSES = ("a", "quote\" ' \\ \n", "漢")
MakeModel = Callable[..., Model]


@pytest.fixture
def make_model() -> MakeModel:
    """Makes a model: 35 → 11 hidden, dropout → 9 hidden → 3 output, pixels scaled to −1 … 1."""

    def activation(kind: str) -> Any:
        return LeakyReLU(0.3) if kind == "leaky_relu" else ACTIVATIONS[kind]()

    def make(hidden: str = "relu", output: str = "softmax", dtype: str = "float32") -> Model:
        rng = np.random.default_rng(0)
        network = Network(
            [
                *(Dense(35, 11, rng=rng, dtype=dtype), activation(hidden), Dropout(0.5)),
                *(Dense(11, 9, rng=rng, dtype=dtype), activation(hidden)),
                *(Dense(9, 3, rng=rng, dtype=dtype), activation(output)),
            ]
        )
        for parameter in network.parameters.values():
            parameter += 0.3 * rng.normal(size=parameter.shape)
        return Model(network, CLASSES, (5, 7), PixelScaling(2 / 255, -1.0), {"seed": 5})

    return make


@pytest.fixture
def images() -> ByteArray:
    """13 images of 5 × 7: a blank one, a full one, and noise."""
    pictures = np.random.default_rng(1).integers(0, 256, (13, 5, 7)).astype(np.uint8)
    pictures[0], pictures[1] = 0, 255
    return pictures
