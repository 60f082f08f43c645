"""The usual network in one call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inkling.errors import SettingError
from inkling.nn.initializers import Glorot, He, Normal, Uniform
from inkling.nn.mlp import build_mlp

SIZES = (7, 4, 6, 3)


def test_layers_are_in_order() -> None:
    """Dense and activation in turn; dropout after each hidden activation, and only there."""
    network = build_mlp(
        SIZES, rng=np.random.default_rng(0), activation="tanh", output="sigmoid", dropout=0.25
    )
    assert [repr(layer) for layer in network.layers] == [
        "Dense(inputs=7, outputs=4)",
        "Tanh()",
        "Dropout(rate=0.25)",
        "Dense(inputs=4, outputs=6)",
        "Tanh()",
        "Dropout(rate=0.25)",
        "Dense(inputs=6, outputs=3)",
        "Sigmoid()",
    ]


def test_without_dropout_there_is_no_dropout_layer() -> None:
    """A rate of 0 leaves the layer out, so that training needs no generator."""
    network = build_mlp(SIZES, rng=np.random.default_rng(0))
    assert [layer.kind for layer in network.layers] == [
        *("dense", "relu", "dense", "relu", "dense", "softmax")
    ]


def test_two_sizes_are_softmax_regression() -> None:
    """Inputs and outputs alone give one Dense layer."""
    network = build_mlp([7, 3], rng=np.random.default_rng(0))
    assert repr(network) == "Network(7 → 3 softmax; 24 parameters, float32)"


def test_weights_are_drawn_layer_by_layer() -> None:
    """He's draw for ReLU, then Glorot's for softmax, from one generator; biases draw nothing."""
    network = build_mlp((7, 4, 3), rng=np.random.default_rng(38), dtype=np.float64)
    rng = np.random.default_rng(38)
    assert_array_equal(network.parameters["dense1.weights"], He()((7, 4), (7, 4), rng=rng))
    assert_array_equal(network.parameters["dense2.weights"], Glorot()((4, 3), (4, 3), rng=rng))
    assert_array_equal(network.parameters["dense1.bias"], np.zeros(4))
    assert_array_equal(network.parameters["dense2.bias"], np.zeros(3))


def test_given_initializers_are_used() -> None:
    """One for all weights, one for all biases: weights first, then the bias of the same layer."""
    network = build_mlp(
        (7, 4, 3),
        rng=np.random.default_rng(39),
        initializer=Normal(std=0.5),
        bias_initializer=Uniform(bound=0.25),
        dtype=np.float64,
    )
    rng = np.random.default_rng(39)
    for number, (inputs, outputs) in ((1, (7, 4)), (2, (4, 3))):
        weights = network.parameters[f"dense{number}.weights"]
        assert_array_equal(weights, rng.normal(0, 0.5, (inputs, outputs)))
        bias = network.parameters[f"dense{number}.bias"]
        assert_array_equal(bias, rng.uniform(-0.25, 0.25, outputs))


@pytest.mark.parametrize("dropout", [0.0, 0.25])
def test_one_seed_gives_one_network(dropout: float) -> None:
    """Same seed, same weights, in both dtypes, with dropout or without."""
    networks = [
        build_mlp(SIZES, rng=np.random.default_rng(40), dropout=dropout, dtype=np.float32),
        build_mlp(SIZES, rng=np.random.default_rng(40), dropout=dropout, dtype=np.float64),
    ]
    plain = build_mlp(SIZES, rng=np.random.default_rng(40), dtype=np.float64)
    for name, parameter in plain.parameters.items():
        assert_array_equal(networks[1].parameters[name], parameter)
        assert_array_equal(networks[0].parameters[name], parameter.astype(np.float32))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sizes": [7]}, r"at least two sizes, inputs and outputs, got \[7\]"),
        ({"sizes": 5}, r"got 5; for example \(784, 100, 10\)"),
        ({"sizes": None}, "at least two sizes, inputs and outputs, got None"),
        ({"sizes": "784"}, "at least two sizes, inputs and outputs, got '784'"),
        ({"activation": "xyz"}, "activation to be one of .*, got 'xyz'"),
        ({"output": "sofmax"}, "did you mean 'softmax'"),
        ({"dropout": 1.0}, r"Dropout: expected rate in \[0, 1\)"),
    ],
)
def test_wrong_settings_raise(settings: dict[str, Any], message: str) -> None:
    """The message has the value, or the names that are known."""
    with pytest.raises(SettingError, match=message):
        build_mlp(**{"sizes": SIZES, "rng": np.random.default_rng(0), **settings})
