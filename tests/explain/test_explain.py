"""Explanations: the parts add up, and gradients agree with finite differences and PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.explain.contributions import Difference, explain_difference, push
from inkling.explain.forward_trace import ForwardTrace, forward_trace, is_piecewise_linear
from inkling.explain.units import layer_activations, strongest_units, unit_pictures
from inkling.nn.activations import GELU, Identity, LeakyReLU, ReLU, Softmax, Tanh
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS

I, O = 13, 5  # noqa: E741 (the axis letters)
LINEAR = ("relu", "leaky_relu", "identity")
CURVED = ("sigmoid", "tanh", "gelu", "softmax")


def network_of(
    hidden: tuple[int, ...], activation: str, *, dropout: float = 0.0, dtype: Any = np.float64
) -> Network:
    """A network with random weights and biases that are not zero."""
    rng = np.random.default_rng([len(hidden), len(activation)])
    network = build_mlp(
        (I, *hidden, O), rng=rng, activation=activation, dropout=dropout, dtype=dtype
    )
    for name, parameter in network.parameters.items():
        if name.endswith("bias"):
            parameter[...] = rng.normal(0, 0.5, parameter.shape)
    return network


def sample(seed: int = 0) -> FloatArray:
    """Returns inputs like pixels: between 0 and 1, a third of them exactly 0."""
    x = np.random.default_rng(seed).uniform(0, 1, (1, I))
    x[:, ::3] = 0
    return x


def assert_adds_up(why: Difference, trace: ForwardTrace, rtol: float) -> None:
    """Raises unless parts and biases, and the log ratio of the probabilities, are the difference."""
    scale = np.abs(why.parts).sum() + abs(why.biases) + 1e-30
    assert abs(why.parts.sum(dtype=np.float64) + why.biases - why.total) <= rtol * scale
    odds = np.log(trace.outputs[0].astype(np.float64))
    assert why.total == pytest.approx(float(odds[3] - odds[1]), rel=1e4 * rtol, abs=1e4 * rtol)


@pytest.mark.parametrize("blank", [0.0, -1.0])
@pytest.mark.parametrize("hidden", [(), (9,), (9, 7, 11)])
@pytest.mark.parametrize("activation", LINEAR)
def test_pixels_add_up_at_any_depth(activation: str, hidden: tuple[int, ...], blank: float) -> None:
    """They do so for any value of blank paper, with dropout in between."""
    trace = forward_trace(network_of(hidden, activation, dropout=0.4), sample())
    why = explain_difference(trace, 3, 1, blank=blank)
    assert (why.kind, why.label, why.parts.shape) == ("pixel", "contribution-pixel", (I,))
    assert_adds_up(why, trace, 1e-14)


@pytest.mark.parametrize("hidden", [(9,), (9, 7, 11)])
@pytest.mark.parametrize("activation", CURVED)
def test_units_add_up_for_every_other_activation(activation: str, hidden: tuple[int, ...]) -> None:
    """The parts are those of the last hidden layer."""
    trace = forward_trace(network_of(hidden, activation), sample())
    why = explain_difference(trace, 3, 1)
    assert (why.kind, why.label, len(why.parts)) == ("unit", "contribution-unit", hidden[-1])
    assert_adds_up(why, trace, 1e-14)


@pytest.mark.parametrize(("activation", "kind"), [("relu", "pixel"), ("tanh", "unit")])
def test_float32_adds_up_to_its_own_rounding(activation: str, kind: str) -> None:
    """Networks are usually float32."""
    trace = forward_trace(network_of((9, 7), activation, dtype=np.float32), sample())
    why = explain_difference(trace, 3, 1)
    assert (why.kind, str(why.parts.dtype)) == (kind, "float32")
    assert_adds_up(why, trace, 1e-6)


def test_a_small_network_by_hand() -> None:
    """Two pixels, three units of which one is not active, and two classes."""
    rng = np.random.default_rng(0)
    layers: list[Layer] = [Dense(2, 3, rng=rng, dtype=np.float64), ReLU()]
    network = Network([*layers, Dense(3, 2, rng=rng, dtype=np.float64), Softmax()])
    p = network.parameters
    p["dense1.weights"][...] = [[1.0, -1.0, 2.0], [3.0, -2.0, 0.5]]
    p["dense1.bias"][...] = [0.5, 1.0, -1.0]
    p["dense2.weights"][...] = [[1.0, 0.0], [5.0, -5.0], [0.0, 2.0]]
    p["dense2.bias"][...] = [0.25, 1.0]
    trace = forward_trace(network, np.array([[1.0, 2.0]]))
    # z1 = 1 + 6 + 0.5 = 7.5, −1 − 4 + 1 = −4, 2 + 1 − 1 = 2; h = 7.5, 0, 2
    # logits 7.5 + 0.25 = 7.75 and 4 + 1 = 5; the gradient of d is 1 · (1, 3) − 2 · (2, 0.5) = (−3, 2)
    why = explain_difference(trace, 0, 1)
    assert why.total == 2.75
    assert why.parts.tolist() == [-3.0, 4.0]
    assert why.biases == 1 * 0.5 - 2 * -1.0 + 0.25 - 1.0 == 1.75
    units = strongest_units(trace, 0, 1, 6)
    assert [(u.number, u.activation, u.push) for u in units] == [(0, 7.5, 7.5), (2, 2.0, -4.0)]


def test_pixels_are_gradients_times_inputs_by_pytorch() -> None:
    """The gradients are those of PyTorch's autograd; the value of blank paper is −1."""
    torch = pytest.importorskip("torch")
    network, x = network_of((9, 7, 11), "relu"), sample(2)
    why = explain_difference(forward_trace(network, x), 2, 4, blank=-1.0)
    signal = start = torch.tensor(x, requires_grad=True)
    parameters = [torch.tensor(array) for array in network.parameters.values()]
    for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        signal = torch.relu(signal @ weights + bias)
    logits = (signal @ parameters[-2] + parameters[-1])[0]
    (logits[2] - logits[4]).backward()
    gradient = start.grad.numpy()[0]
    np.testing.assert_allclose(why.parts, (x[0] + 1) * gradient, rtol=1e-12, atol=1e-14)
    assert why.total == pytest.approx((logits[2] - logits[4]).item(), rel=1e-13)


@pytest.mark.parametrize(
    ("between", "is_linear"),
    [
        ([ReLU(), LeakyReLU(0.2), Identity()], True),
        ([ReLU(), Dropout(0.5), ReLU()], True),
        ([ReLU(), Tanh(), ReLU()], False),
        ([GELU(), ReLU(), ReLU()], False),
        ([ReLU(), ReLU(), Softmax()], False),
    ],
)
def test_one_nonlinear_layer_anywhere_makes_it_units(between: list[Layer], is_linear: bool) -> None:
    """Layers may be mixed; the output activation does not count."""
    rng, layers = np.random.default_rng(0), list[Layer]()
    for middle in between:
        layers += [Dense(I, I, rng=rng, dtype=np.float64), middle]
    network = Network([*layers, Dense(I, O, rng=rng, dtype=np.float64), Softmax()])
    trace = forward_trace(network, sample())
    why = explain_difference(trace, 3, 1)
    assert why.kind == ("pixel" if is_linear else "unit")
    assert_adds_up(why, trace, 1e-14)


def test_activations_layer_by_layer() -> None:
    """One entry per Dense layer, in order, with the values after its activation."""
    network = network_of((9, 7), "tanh", dropout=0.3)
    x, p = sample(), network.parameters
    layers = layer_activations(forward_trace(network, x))
    a1 = np.tanh(x @ p["dense1.weights"] + p["dense1.bias"])
    a2 = np.tanh(a1 @ p["dense2.weights"] + p["dense2.bias"])
    names = [(layer.name, layer.activation) for layer in layers]
    assert names == [("dense1", "tanh"), ("dense2", "tanh"), ("dense3", "softmax")]
    for layer, expected in zip(layers, (a1, a2, network.predict(x)), strict=True):
        np.testing.assert_allclose(layer.values, expected[0], rtol=1e-12)


def test_a_layer_without_activation_has_its_weighted_sums() -> None:
    """Of two Dense layers in a row, the first has the identity."""
    rng = np.random.default_rng(0)
    layers: list[Layer] = [Dense(I, 7, rng=rng), Dense(7, O, rng=rng), Softmax()]
    network, x = Network(layers), sample().astype(np.float32)
    first, last = layer_activations(forward_trace(network, x))
    assert (first.activation, last.activation) == ("identity", "softmax")
    np.testing.assert_allclose(first.values, x[0] @ network.parameters["dense1.weights"], rtol=1e-5)


def test_the_strongest_units() -> None:
    """Those for the class come first, then those against it; a unit with push 0 is neither."""
    trace = forward_trace(network_of((9, 17), "relu"), sample())
    pushes = push(trace, 3, 1)
    units = strongest_units(trace, 3, 1, 4)
    ranked = sorted(range(17), key=lambda j: pushes[j])
    expected = [j for j in ranked[::-1][:4] if pushes[j] > 0]
    expected += [j for j in ranked[:4] if pushes[j] < 0]
    assert [unit.number for unit in units] == expected
    assert {unit.layer for unit in units} == {"dense2"}
    for unit in units:
        assert unit.push == pushes[unit.number]
        assert unit.activation == trace.hidden[0, unit.number]
    all_units = strongest_units(trace, 3, 1, 99)
    assert sorted(unit.number for unit in all_units) == np.flatnonzero(pushes).tolist()
    assert strongest_units(forward_trace(network_of((), "relu"), sample()), 3, 1, 6) == []


def test_a_first_layers_picture_is_its_weights() -> None:
    """It is the same for every sample, and marked as such."""
    network = network_of((9,), "tanh")
    for unit in strongest_units(forward_trace(network, sample()), 3, 1, 2):
        assert unit.own_weights
        weights = network.parameters["dense1.weights"][:, unit.number]
        np.testing.assert_array_equal(unit.picture, weights)


@pytest.mark.parametrize("activation", [*LINEAR, *CURVED])
def test_a_deeper_picture_is_the_gradient_by_finite_differences(activation: str) -> None:
    """∂z_j/∂x of some units of the third layer."""
    network, x, step = network_of((9, 7, 11), activation), sample(4), 1e-6
    index = network.names.index("dense3")
    numbers = [10, 0, 4]
    pictures = unit_pictures(forward_trace(network, x), index, numbers)
    assert pictures.shape == (3, I)
    moved = np.concatenate([x + step * np.eye(I), x - step * np.eye(I)])
    for layer in network.layers[: index + 1]:
        moved, _ = layer.forward(moved)
    expected = (moved[:I] - moved[I:]) / (2 * step)
    np.testing.assert_allclose(pictures, expected[:, numbers].T, rtol=1e-5, atol=1e-8)
    assert not strongest_units(forward_trace(network, x), 0, 1, 1)[0].own_weights


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_linear_or_not(name: str) -> None:
    """A new activation must be classified: f(z) = f'(z) z holds, or it does not."""
    activation, z = ACTIVATIONS[name](), np.linspace(-3, 3, 13)[np.newaxis]
    a = activation.value(z)
    holds = np.allclose(a, activation.gradient(z, z, a), rtol=1e-12, atol=1e-15)
    assert is_piecewise_linear(network_of((9,), name)) is holds


@pytest.mark.parametrize("shape", [(13,), (2, 13), (1, 12)])
def test_inputs_of_another_shape(shape: tuple[int, ...]) -> None:
    """The inputs are one sample, as a row."""
    with pytest.raises(ShapeError, match=r"expected inputs of shape \(1, 13\)"):
        forward_trace(network_of((9,), "relu"), np.zeros(shape))


@pytest.mark.parametrize(("pair", "name"), [((5, 0), "wanted"), ((0, -1), "other")])
def test_a_class_that_does_not_exist(pair: tuple[int, int], name: str) -> None:
    """Negative numbers do not count from the end."""
    trace = forward_trace(network_of((9,), "relu"), sample())
    with pytest.raises(SettingError, match=f"explain_difference: expected {name} "):
        explain_difference(trace, *pair)
    with pytest.raises(SettingError, match=f"strongest_units: expected {name} "):
        strongest_units(trace, *pair, 6)
