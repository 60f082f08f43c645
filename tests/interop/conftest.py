"""Models to export, with every part that an export could lose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray, FloatArray
from inkling.data.scaling import PixelScaling
from inkling.model.model import Model
from inkling.nn.activations import LeakyReLU
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS

CLASSES = ("a", "quote\" ' \\ \n", "漢")
MakeModel = Callable[..., Model]


def activation(kind: str) -> Layer:
    """A new activation; the leaky one with a slope that is not the default."""
    return LeakyReLU(0.3) if kind == "leaky_relu" else ACTIVATIONS[kind]()


@pytest.fixture
def make_model() -> MakeModel:
    """Makes a model: 35 → 11 hidden, dropout → 9 hidden → 3 output, pixels scaled to −1 … 1."""

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
    """13 pictures of 5 × 7: a blank one, a full one, and noise."""
    pictures = np.random.default_rng(1).integers(0, 256, (13, 5, 7)).astype(np.uint8)
    pictures[0], pictures[1] = 0, 255
    return pictures


def run(code: str, images: ByteArray) -> tuple[Any, list[str]]:
    """Runs the Python of an export; returns what its function says of the images, and its classes."""
    space: dict[str, Any] = {}
    exec(code, space)
    return space["predict_proba"](images), space["classes"]


Run = Callable[[str, ByteArray], tuple[Any, list[str]]]


@pytest.fixture
def run_code() -> Run:
    """Runs the Python of an export."""
    return run


def assert_same(answers: Any, wanted: FloatArray) -> None:
    """Raises unless the answers are the wanted ones to 1e-6, and to 1e-12 in float64."""
    tolerance = 1e-6 if wanted.dtype == np.float32 else 1e-12
    assert np.asarray(answers).dtype == wanted.dtype
    np.testing.assert_allclose(np.asarray(answers), wanted, rtol=tolerance, atol=tolerance)


@pytest.fixture
def check_same() -> Callable[[Any, FloatArray], None]:
    """Raises unless answers are the wanted ones to 1e-6, and to 1e-12 in float64."""
    return assert_same
