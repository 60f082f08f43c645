"""The fully connected layer: numbers on paper, PyTorch's linear layer, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from inkling.errors import SettingError, ShapeError
from inkling.nn.activations import Softmax
from inkling.nn.dense import Dense
from inkling.nn.initializers import He, LeCun, Uniform
from inkling.nn.network import Network


def _layer(inputs: int = 7, outputs: int = 3, dtype: Any = np.float64) -> Dense:
    rng = np.random.default_rng(11)
    return Dense(inputs, outputs, rng=rng, bias_initializer=Uniform(0.5), dtype=dtype)


def test_by_hand() -> None:
    """Two inputs, three outputs, one sample: every number fits on paper."""
    layer = _layer(2, 3)
    layer.weights[...] = [[1, 2, 3], [4, 5, 6]]
    layer.bias[...] = [10, 20, 30]
    outputs, saved = layer.forward(np.array([[1.0, -1.0]]))
    assert_array_equal(outputs, [[7, 17, 27]])
    grad_inputs, gradients = layer.backward(np.array([[1.0, 0.0, -2.0]]), saved)
    assert grad_inputs is not None
    assert_array_equal(grad_inputs, [[1 - 6, 4 - 12]])
    assert_array_equal(gradients["weights"], [[1, 0, -2], [-1, 0, 2]])
    assert_array_equal(gradients["bias"], [1, 0, -2])


def test_matches_pytorchs_linear_layer() -> None:
    """z, ∂L/∂x, ∂L/∂W and ∂L/∂b equal torch's, which keeps its weights as (O, I)."""
    torch = pytest.importorskip("torch")
    rng, layer = np.random.default_rng(12), _layer()
    x, grad = rng.normal(size=(5, 7)), rng.normal(size=(5, 3))
    outputs, saved = layer.forward(x)
    grad_inputs, gradients = layer.backward(grad, saved)
    theirs = torch.nn.Linear(7, 3, dtype=torch.float64)
    theirs.weight.data = torch.tensor(layer.weights.T.copy())
    theirs.bias.data = torch.tensor(layer.bias)
    their_x = torch.tensor(x, requires_grad=True)
    their_outputs = theirs(their_x)
    their_outputs.backward(torch.tensor(grad))
    assert grad_inputs is not None
    assert_allclose(outputs, their_outputs.detach().numpy(), rtol=1e-13)
    assert_allclose(grad_inputs, their_x.grad.numpy(), rtol=1e-13)
    assert_allclose(gradients["weights"], theirs.weight.grad.numpy().T, rtol=1e-13)
    assert_allclose(gradients["bias"], theirs.bias.grad.numpy(), rtol=1e-13)


def test_parameters_are_the_arrays_themselves() -> None:
    """An optimizer that changes them in place changes the layer."""
    layer = _layer()
    layer.parameters["weights"][...] = 0
    layer.parameters["bias"][...] = 1.5
    outputs, _ = layer.forward(np.ones((5, 7)))
    assert_array_equal(outputs, np.full((5, 3), 1.5))
    assert (layer.inputs, layer.outputs) == (7, 3)


def test_the_gradient_of_its_inputs_is_left_out_when_nobody_wants_it() -> None:
    """The first layer saves a matrix product; its parameters' gradients stay the same."""
    layer, grad = _layer(), np.ones((5, 3))
    _, saved = layer.forward(np.random.default_rng(13).normal(size=(5, 7)))
    grad_inputs, gradients = layer.backward(grad, saved, wants_grad_inputs=False)
    assert grad_inputs is None
    for name, gradient in layer.backward(grad, saved)[1].items():
        assert_array_equal(gradients[name], gradient)


def test_weights_start_as_lecun_and_biases_at_zero() -> None:
    """Without other wishes the first draws are LeCun's; a given initializer is asked instead."""
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
    assert_array_equal(single.bias, double.bias.astype(np.float32))
    assert_array_equal(double.weights, _layer().weights)
    assert (double.weights != Dense(7, 3, rng=np.random.default_rng(15)).weights).all()


@pytest.mark.parametrize("size", [0, -3, 2.5, 3.0, "3", None, True])
def test_sizes_are_whole_numbers_of_at_least_one(size: Any) -> None:
    """A size that cannot be is refused, whichever of the two it is."""
    for sizes, what in [((size, 3), "inputs"), ((7, size), "outputs")]:
        with pytest.raises(SettingError) as error:
            Dense(*sizes, rng=np.random.default_rng(0))
        assert (
            str(error.value) == f"Dense: expected {what} as a whole number in [1, ∞), got {size!r}."
        )


@pytest.mark.parametrize("dtype", ["int64", "float16", "complex128", "bool"])
def test_other_dtypes_are_refused(dtype: str) -> None:
    """As integers all weights would round to 0; half precision has no checked tolerance."""
    with pytest.raises(SettingError) as error:
        Dense(7, 3, rng=np.random.default_rng(0), dtype=dtype)
    assert str(error.value) == f"Dense: expected dtype float32 or float64, got {dtype}."


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((5, 3), "expected inputs of shape (B, 7), got (5, 3)."),
        ((7,), "expected inputs of shape (B, 7), got (7,)."),
        ((), "expected inputs of shape (B, 7), got ()."),
        (
            (5, 7, 1),
            "expected inputs of shape (B, 7), got (5, 7, 1); "
            "flatten them with reshape(len(inputs), -1).",
        ),
    ],
)
def test_inputs_of_another_shape_are_refused(shape: tuple[int, ...], sentence: str) -> None:
    """The sentence names the layer as the network does, and a lone layer by its class."""
    layer = _layer()
    with pytest.raises(ShapeError) as error:
        layer.forward(np.zeros(shape))
    assert str(error.value) == f"Dense: {sentence}"
    Network([layer, Softmax()])
    with pytest.raises(ShapeError) as error:
        layer.forward(np.zeros(shape))
    assert str(error.value) == f"Dense 'dense1': {sentence}"


def test_a_layer_around_arrays_holds_these_very_arrays() -> None:
    """Nothing is copied: what the layer computes follows the arrays, and the other way round."""
    weights, bias = np.arange(21.0).reshape(7, 3), np.array([1.0, 2.0, 3.0])
    layer = Dense.from_arrays(weights, bias)
    assert layer.weights is weights
    assert layer.bias is bias
    assert (layer.inputs, layer.outputs) == (7, 3)
    bias[...] = 10
    assert_allclose(layer.forward(np.zeros((5, 7)))[0], np.full((5, 3), 10.0))


@pytest.mark.parametrize(
    ("weights", "bias", "message"),
    [
        ((7, 3), (7,), "Dense: expected a bias of shape (3,), got (7,)."),
        ((7,), (3,), "Dense: expected weights of shape (I, O), got (7,)."),
    ],
)
def test_a_layer_around_arrays_that_do_not_fit_is_refused(
    weights: tuple[int, ...], bias: tuple[int, ...], message: str
) -> None:
    """A bias has a number for each output."""
    with pytest.raises(ShapeError) as error:
        Dense.from_arrays(np.zeros(weights), np.zeros(bias))
    assert str(error.value) == message
