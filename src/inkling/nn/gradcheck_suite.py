"""The proof for everything that ships: each hidden activation with each output, loss and dtype.

    registry.py → tiny networks → check_gradients → one Combination a row

``inkling gradcheck`` prints the rows. A new activation or loss is in them as soon as it has its line in
``registry.py``. Each row holds two checks: once plain (labels, equal weights), once with everything a
loss can take (targets (B, C), sample weights, label smoothing); it reports the worse of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.nn.activations import LeakyReLU, ReLU
from inkling.nn.gradcheck import GradientCheck, check_gradients
from inkling.nn.initializers import Uniform
from inkling.nn.losses import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.output import check_pair
from inkling.nn.registry import ACTIVATIONS, LOSSES

DROPOUT_SEED = 0
"""The masks of every pass, so that z is as far from a bend in each."""

LAYERS = {"dense": 0.0, "dense, dropout": 0.3}
"""Which layers a network has, and its dropout rate."""

DTYPES = ("float32", "float64")

BATCH, SIZES = 6, (3, 5, 4)
"""B, and I, H, C: small, and all different, so that no transposed array fits by luck."""

KINK_DISTANCE = 1e-2
"""How far every z stays from 0 where ReLU bends: a thousand steps of the finite difference."""


@dataclass(frozen=True)
class Combination:
    """One row of the table.

    Attributes:
        layers: "dense", or "dense, dropout".
        activation: the hidden activation, by name.
        output: the output activation, by name.
        loss: the loss, by name.
        dtype: "float32" or "float64".
        max_relative_error: the larger of the two checks' largest relative errors.
        passed: whether both checks passed.
    """

    layers: str
    activation: str
    output: str
    loss: str
    dtype: str
    max_relative_error: float
    passed: bool


def run_suite() -> list[Combination]:
    """Checks every allowed combination of what ships; takes a few seconds.

    Example:
        >>> allowed_pairs()[:3]  # what it goes through, times activations, layers and dtypes
        [('identity', 'squared_error'), ('sigmoid', 'squared_error'), ('sigmoid', 'cross_entropy')]
    """
    rows = []
    everything = product(allowed_pairs(), ACTIVATIONS, LAYERS, DTYPES)
    for (output, loss), activation, layers, dtype in everything:
        checks = check_combination(layers, activation, output, loss, dtype)
        error = float(np.max([check.max_relative_error for check in checks]))
        passed = all(check.passed for check in checks)
        rows.append(Combination(layers, activation, output, loss, dtype, error, passed))
    return rows


def allowed_pairs() -> list[tuple[str, str]]:
    """Returns every (output, loss) of the registry that can meet."""
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
) -> tuple[GradientCheck, GradientCheck]:
    """Checks one combination plain, and with all that the loss can take."""
    rng = np.random.default_rng(0)
    network, inputs = _network_and_inputs(layers, activation, output, dtype, rng)
    classes = SIZES[-1]
    labels = rng.integers(0, classes, BATCH)
    probabilities = rng.dirichlet(np.ones(classes), BATCH)
    weights = rng.uniform(0.5, 2.0, BATCH)
    kind = LOSSES[loss]
    smoothed = CrossEntropy(label_smoothing=0.1) if kind is CrossEntropy else kind()
    plain = check_gradients(network, inputs, labels, kind(), dropout_seed=DROPOUT_SEED)
    full = check_gradients(
        network,
        inputs,
        probabilities,
        smoothed,
        sample_weights=weights,
        dropout_seed=DROPOUT_SEED,
    )
    return plain, full


def _network_and_inputs(
    layers: str, activation: str, output: str, dtype: str, rng: np.random.Generator
) -> tuple[Network, FloatArray]:
    while True:
        network = build_mlp(
            SIZES,
            rng=rng,
            activation=activation,
            output=output,
            dropout=LAYERS[layers],
            bias_initializer=Uniform(0.5),
            dtype=dtype,
        )
        inputs = rng.normal(size=(BATCH, SIZES[0])).astype(dtype)
        _, saved = network.forward(inputs, training=True, rng=np.random.default_rng(DROPOUT_SEED))
        bends = [
            np.abs(kept[0]).min()
            for layer, kept in zip(network.layers, saved, strict=True)
            if isinstance(layer, ReLU | LeakyReLU)
        ]
        if all(distance > KINK_DISTANCE for distance in bends):
            return network, inputs
