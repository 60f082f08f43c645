"""A model and a committee with everything that a model file can hold, and images for them."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.data.scaling import PixelScaling
from inkling.model.committee import CommitteeModel
from inkling.model.model import Model
from inkling.model.rejection import Rejector
from inkling.nn.mlp import build_mlp

CLASSES = ("a", "ü", "c", "[red]", "")
MANIFEST = {"results": {"test_accuracy": 0.5}, "note": "ä → 漢"}


def make_model(seed: int = 0, temperature: float = 1.0, dtype: str = "float32") -> Model:
    """15 → 7 relu, dropout → 5 softmax for images of 5 × 3, with a rejector and mean images."""
    rng = np.random.default_rng(seed)
    network = build_mlp((15, 7, 5), rng=rng, dtype=dtype, dropout=0.5)
    for parameter in network.parameters.values():
        parameter += rng.normal(size=parameter.shape).astype(dtype) / 3
    rejector = Rejector(rng.normal(size=7).astype(dtype), 0.1 * seed, 0.2 * seed - 1)
    scaling = PixelScaling(2 / 255, -1.0)
    manifest = {**MANIFEST, "seed": seed}
    means = rng.integers(0, 256, (5, 5, 3)).astype(np.uint8)
    return Model(network, CLASSES, (5, 3), scaling, manifest, temperature, rejector, means)


@pytest.fixture
def model() -> Model:
    """A model with a temperature and a rejector."""
    return make_model(temperature=0.6)


@pytest.fixture
def members() -> list[Model]:
    """Three models in float64, with three temperatures."""
    return [make_model(seed, t, "float64") for seed, t in enumerate((0.5, 1.0, 3.0))]


@pytest.fixture
def committee(members: list[Model]) -> CommitteeModel:
    """The three models together."""
    return CommitteeModel.of(members, MANIFEST)


@pytest.fixture
def images() -> ByteArray:
    """11 images of 5 × 3."""
    return np.random.default_rng(1).integers(0, 256, (11, 5, 3)).astype(np.uint8)
