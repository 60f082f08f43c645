"""Gradient checks of every combination of hidden activation, output, loss and dtype.

    registry.py → tiny networks → check_gradients → one Combination per row

``inkling gradcheck`` prints the rows. A new activation or loss is included as soon as it has its line in
``registry.py``. Each row holds two checks, one plain (labels, equal weights) and one with everything
that a loss accepts (targets (B, C), sample weights, label smoothing), and reports the larger error.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.nn.activations import LeakyReLU, ReLU
from inkling.nn.gradcheck import DROPOUT_SEED, check_gradients
from inkling.nn.initializers import Uniform
from inkling.nn.losses import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.output import check_pair
from inkling.nn.registry import ACTIVATIONS, LOSSES

DROPOUT_RATES = {"dense": 0.0, "dense, dropout": 0.3}
"""The dropout rate of each kind of network."""

DTYPES = ("float32", "float64")

BATCH, SIZES = 6, (3, 5, 4)
"""B, and I, H, C: small and all different, so that no transposed array has the right shape."""

KINK_DISTANCE = 1e-2
"""The distance of every z from the kink of ReLU: a thousand steps of the finite difference."""


@dataclass(frozen=True)
class Combination:
    """One row of the table: a combination, and the larger error of its two checks."""

    layers: str
    activation: str
    output: str
    loss: str
    dtype: str
    max_relative_error: float
    passed: bool


def run_suite() -> list[Combination]:
    """Checks every allowed combination of the registry; takes a few seconds."""
    everything = product(allowed_pairs(), ACTIVATIONS, DROPOUT_RATES, DTYPES)
    return [
        check_combination(layers, activation, output, loss, dtype)
        for (output, loss), activation, layers, dtype in everything
    ]


def allowed_pairs() -> list[tuple[str, str]]:
    """Returns every allowed (output, loss) of the registry."""
    pairs = []
    for output, loss in product(ACTIVATIONS, LOSSES):
        try:
            check_pair(ACTIVATIONS[output](), LOSSES[loss]())
        except SettingError:
            continue
        pairs.append((output, loss))
    return pairs


def check_combination(
    layers: str, activation: str, output: str, loss: str, dtype: str
) -> Combination:
    """Checks one combination plain, and with everything that the loss accepts."""
    rng = np.random.default_rng(0)
    network, inputs = _network_and_inputs(layers, activation, output, dtype, rng)
    classes = SIZES[-1]
    labels = rng.integers(0, classes, BATCH)
    probabilities = rng.dirichlet(np.ones(classes), BATCH)
    weights = rng.uniform(0.5, 2.0, BATCH)
    kind = LOSSES[loss]
    smoothed = CrossEntropy(label_smoothing=0.1) if kind is CrossEntropy else kind()
    plain = check_gradients(network, inputs, labels, kind())
    full = check_gradients(network, inputs, probabilities, smoothed, sample_weights=weights)
    error = float(np.maximum(plain.max_relative_error, full.max_relative_error))  # NaN stays NaN
    passed = plain.passed and full.passed
    return Combination(layers, activation, output, loss, dtype, error, passed)


def _network_and_inputs(
    layers: str, activation: str, output: str, dtype: str, rng: np.random.Generator
) -> tuple[Network, FloatArray]:
    """Draws until every z is far from the kink of ReLU."""
    while True:
        network = build_mlp(
            SIZES,
            rng=rng,
            activation=activation,
            output=output,
            dropout=DROPOUT_RATES[layers],
            bias_initializer=Uniform(0.5),
            dtype=dtype,
        )
        inputs = rng.normal(size=(BATCH, SIZES[0])).astype(dtype)
        saved = network.forward(inputs, rng=np.random.default_rng(DROPOUT_SEED)).saved
        distances = [
            np.abs(kept[0]).min()
            for layer, kept in zip(network.layers, saved, strict=True)
            if isinstance(layer, ReLU | LeakyReLU)
        ]
        if all(distance > KINK_DISTANCE for distance in distances):
            return network, inputs
