"""The fully connected layer: numbers worked out by hand, PyTorch's linear layer, and wrong arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inkling.errors import SettingError, ShapeError
from inkling.nn import Dense, He, LeCun, Uniform


def _layer(inputs: int = 7, outputs: int = 3, dtype: Any = np.float64) -> Dense:
    rng = np.random.default_rng(11)
    return Dense(inputs, outputs, rng=rng, bias_initializer=Uniform(0.5), dtype=dtype)


def test_by_hand() -> None:
    """Two inputs, three outputs, one sample: every number fits on paper."""
    layer = Dense.from_arrays(np.array([[1.0, 2, 3], [4, 5, 6]]), np.array([10.0, 20, 30]))
    z, saved = layer.forward(np.array([[1.0, -1.0]]))
    assert_array_equal(z, [[7, 17, 27]])
    delta = np.array([[1.0, 0.0, -2.0]])
    assert_array_equal(layer.grad_inputs(delta, saved), [[1 - 6, 4 - 12]])
    gradients = layer.grad_parameters(delta, saved)
    assert_array_equal(gradients["weights"], [[1, 0, -2], [-1, 0, 2]])
    assert_array_equal(gradients["bias"], [1, 0, -2])


def test_from_arrays_copies_nothing() -> None:
    """The layer holds the very arrays, so an optimizer that changes them changes the layer."""
    weights, bias = np.arange(21.0).reshape(7, 3), np.array([1.0, 2.0, 3.0])
    layer = Dense.from_arrays(weights, bias)
    assert layer.parameters["weights"] is weights
    bias[...] = 10
    assert_array_equal(layer.forward(np.zeros((5, 7)))[0], np.full((5, 3), 10.0))


@pytest.mark.parametrize(
    ("weights", "bias", "message"),
    [((7, 3), (7,), r"a bias of shape \(3,\)"), ((7,), (3,), r"weights of shape \(I, O\)")],
)
def test_arrays_that_do_not_match_raise(
    weights: tuple[int, ...], bias: tuple[int, ...], message: str
) -> None:
    """A bias has one number per output."""
    with pytest.raises(ShapeError, match=message):
        Dense.from_arrays(np.zeros(weights), np.zeros(bias))


def test_weights_start_as_lecun_and_biases_at_zero() -> None:
    """By default the weights are LeCun's draw; another initializer may be given."""
    layer = Dense(7, 3, rng=np.random.default_rng(14), dtype=np.float64)
    assert_array_equal(layer.weights, LeCun()((7, 3), (7, 3), rng=np.random.default_rng(14)))
    assert_array_equal(layer.bias, np.zeros(3))
    he = Dense(7, 3, rng=np.random.default_rng(14), initializer=He(), dtype=np.float64)
    assert_array_equal(he.weights, He()((7, 3), (7, 3), rng=np.random.default_rng(14)))


def test_one_seed_gives_one_layer_in_both_dtypes() -> None:
    """The same seed draws the same weights, rounded for float32; another seed draws others."""
    double, single = _layer(), _layer(dtype=np.float32)
    assert single.weights.dtype == single.bias.dtype == np.float32
    assert_array_equal(single.weights, double.weights.astype(np.float32))
    assert (double.weights != Dense(7, 3, rng=np.random.default_rng(15)).weights).all()


@pytest.mark.parametrize("size", [0, -3, 2.5, 3.0, "3", None, True])
def test_sizes_are_whole_numbers_of_at_least_one(size: Any) -> None:
    """The message names the size that is wrong."""
    for sizes, what in [((size, 3), "inputs"), ((7, size), "outputs")]:
        with pytest.raises(SettingError, match=rf"Dense: expected {what} as a whole number in \[1"):
            Dense(*sizes, rng=np.random.default_rng(0))


@pytest.mark.parametrize("dtype", ["int64", "float16", "complex128", "bool", "nonsense"])
def test_other_dtypes_raise(dtype: str) -> None:
    """As integers all weights would round to 0; half precision has no checked tolerance."""
    with pytest.raises(SettingError, match=f"dtype float32 or float64, got {dtype}"):
        Dense(7, 3, rng=np.random.default_rng(0), dtype=dtype)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rng": None}, r"rng of type Generator, got None; pass np.random.default_rng\(seed\)"),
        ({"rng": 0}, "rng of type Generator, got 0"),
        ({"initializer": "he"}, r"an initializer of type Initializer, got 'he'; pass .* as He\(\)"),
        ({"initializer": He}, "an initializer of type Initializer, got the class He"),
        ({"bias_initializer": np.zeros(3)}, "an initializer of type Initializer, got ndarray"),
    ],
)
def test_names_seeds_and_classes_are_no_objects(settings: dict[str, Any], message: str) -> None:
    """The message names the object to pass."""
    with pytest.raises(SettingError, match=f"^Dense: expected {message}"):
        Dense(**{"inputs": 7, "outputs": 3, "rng": np.random.default_rng(0), **settings})


@pytest.mark.parametrize(
    ("weights", "bias", "message"),
    [
        ([[1.0, 2.0]], np.zeros(2), "weights as an array, got list"),
        (np.ones((1, 2)), 0.0, "a bias as an array, got float"),
        (np.ones((1, 2), int), np.zeros(2), "float32 or float64, got int64 and float64"),
        (np.ones((1, 2), np.float32), np.zeros(2), "one dtype, .* got float32 and float64"),
    ],
)
def test_arrays_of_another_kind_raise(weights: Any, bias: Any, message: str) -> None:
    """An optimizer could not move whole numbers by a fraction."""
    with pytest.raises(ShapeError, match=f"^Dense: expected .*{message}"):
        Dense.from_arrays(weights, bias)


@pytest.mark.parametrize("shape", [(5, 3), (7,), (), (5, 7, 1)])
def test_inputs_of_another_shape_raise(shape: tuple[int, ...]) -> None:
    """A layer on its own checks its inputs too."""
    with pytest.raises(ShapeError, match=r"Dense: expected inputs of shape \(B, 7\), got \("):
        _layer().forward(np.zeros(shape))
