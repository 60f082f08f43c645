"""Explanations: they add up, they are the slopes one measures, and they say what they are made of."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from inkling._types import AnyArray, FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.explain.contributions import Difference, explain_difference, push
from inkling.explain.forward_trace import ForwardTrace, forward_trace, is_piecewise_linear
from inkling.explain.units import layer_activations, strongest_units, unit_pictures
from inkling.nn.activations import GELU, Activation, Identity, LeakyReLU, ReLU, Softmax, Tanh
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network

I, O = 13, 5  # noqa: E741 (the axis letters)
STRAIGHT = ("relu", "leaky_relu", "identity")
BENT = ("sigmoid", "tanh", "gelu", "softmax")


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
    """Inputs as pixels are: between 0 and 1, a third of them exactly 0."""
    x = np.random.default_rng(seed).uniform(0, 1, (1, I))
    x[:, ::3] = 0
    return x


def logits_by_hand(network: Network, x: FloatArray, sides: AnyArray | None = None) -> FloatArray:
    """The logits of a network of one hidden ReLU layer; its units on the sides given or their own."""
    p = network.parameters
    z = x @ p["dense1.weights"] + p["dense1.bias"]
    open_units = z > 0 if sides is None else sides
    logits: FloatArray = (z * open_units) @ p["dense2.weights"] + p["dense2.bias"]
    return logits


def assert_adds_up(why: Difference, passage: ForwardTrace, rtol: float) -> None:
    """The parts and the biases are the difference; so is the ratio of the two probabilities."""
    scale = np.abs(why.parts).sum() + abs(why.biases) + 1e-30
    assert abs(why.parts.sum(dtype=np.float64) + why.biases - why.total) <= rtol * scale
    odds = np.log(passage.outputs[0].astype(np.float64))
    assert why.total == pytest.approx(float(odds[3] - odds[1]), rel=1e4 * rtol, abs=1e4 * rtol)


@pytest.mark.parametrize("blank", [0.0, -1.0, 0.3])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("hidden", [(), (9,), (9, 7, 11)])
@pytest.mark.parametrize("activation", STRAIGHT)
def test_pixels_add_up_at_any_depth(
    activation: str, hidden: tuple[int, ...], dropout: float, blank: float
) -> None:
    """To the rounding of float64, wherever blank paper lies, with dropout in between."""
    network = network_of(hidden, activation, dropout=dropout)
    passage = forward_trace(network, sample())
    why = explain_difference(passage, 3, 1, blank=blank)
    assert (why.kind, why.label, why.parts.shape) == ("pixel", "contribution-pixel", (I,))
    assert_adds_up(why, passage, 1e-14)


@pytest.mark.parametrize("hidden", [(9,), (9, 7, 11)])
@pytest.mark.parametrize("activation", BENT)
def test_units_add_up_for_every_other_activation(activation: str, hidden: tuple[int, ...]) -> None:
    """The parts are those of the last hidden layer, and the biases those of the last layer alone."""
    network = network_of(hidden, activation)
    passage = forward_trace(network, sample())
    why = explain_difference(passage, 3, 1)
    assert (why.kind, why.label) == ("unit", "contribution-unit")
    assert why.parts.shape == (hidden[-1],)
    assert_adds_up(why, passage, 1e-14)


@pytest.mark.parametrize(("activation", "kind"), [("relu", "pixel"), ("tanh", "unit")])
def test_float32_adds_up_to_its_own_rounding(activation: str, kind: str) -> None:
    """Networks are float32 as a rule."""
    network = network_of((9, 7), activation, dtype=np.float32)
    passage = forward_trace(network, sample().astype(np.float32))
    why = explain_difference(passage, 3, 1)
    assert why.kind == kind
    assert why.parts.dtype == np.float32
    assert_adds_up(why, passage, 1e-6)


def test_no_hidden_layer_is_explained_by_its_weights() -> None:
    """Softmax regression, by hand: x_i (W_ik − W_im), and b_k − b_m."""
    network = network_of((), "relu")
    x, p = sample(), network.parameters
    why = explain_difference(forward_trace(network, x), 4, 0)
    weights, bias = p["dense1.weights"], p["dense1.bias"]
    np.testing.assert_allclose(why.parts, x[0] * (weights[:, 4] - weights[:, 0]), rtol=1e-15)
    assert why.biases == pytest.approx(bias[4] - bias[0], rel=1e-14)


def test_a_small_network_by_hand() -> None:
    """Two pixels, three units of which one is shut, two classes; worked on paper."""
    rng = np.random.default_rng(0)
    layers: list[Layer] = [Dense(2, 3, rng=rng, dtype=np.float64), ReLU()]
    network = Network([*layers, Dense(3, 2, rng=rng, dtype=np.float64), Softmax()])
    p = network.parameters
    p["dense1.weights"][...] = [[1.0, -1.0, 2.0], [3.0, -2.0, 0.5]]
    p["dense1.bias"][...] = [0.5, 1.0, -1.0]
    p["dense2.weights"][...] = [[1.0, 0.0], [5.0, -5.0], [0.0, 2.0]]
    p["dense2.bias"][...] = [0.25, 1.0]
    passage = forward_trace(network, np.array([[1.0, 2.0]]))
    # z1 = 1 + 6 + 0.5 = 7.5, −1 − 4 + 1 = −4 (shut), 2 + 1 − 1 = 2; h = 7.5, 0, 2
    # logits 7.5 + 0.25 = 7.75 and 4 + 1 = 5; the slope of d is 1 · (1, 3) − 2 · (2, 0.5) = (−3, 2)
    why = explain_difference(passage, 0, 1)
    assert why.total == 2.75
    assert why.parts.tolist() == [-3.0, 4.0]
    assert why.biases == 1 * 0.5 - 2 * -1.0 + 0.25 - 1.0 == 1.75
    units = strongest_units(passage, 0, 1, 6)
    assert [(u.number, u.activation, u.push) for u in units] == [(0, 7.5, 7.5), (2, 2.0, -4.0)]


def test_pixels_are_slopes_times_inputs_by_pytorch() -> None:
    """PyTorch's autograd on the same weights, to the rounding of float64; blank paper at −1."""
    torch = pytest.importorskip("torch")
    network, x = network_of((9, 7, 11), "relu"), sample(2)
    why = explain_difference(forward_trace(network, x), 2, 4, blank=-1.0)
    signal = start = torch.tensor(x, requires_grad=True)
    parameters = [torch.tensor(array) for array in network.parameters.values()]
    for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        signal = torch.relu(signal @ weights + bias)
    logits = (signal @ parameters[-2] + parameters[-1])[0]
    (logits[2] - logits[4]).backward()
    slopes = start.grad.numpy()[0]
    np.testing.assert_allclose(why.parts, (x[0] + 1) * slopes, rtol=1e-12, atol=1e-14)
    assert why.total == pytest.approx((logits[2] - logits[4]).item(), rel=1e-13)
    assert why.biases == pytest.approx(why.total - ((x[0] + 1) * slopes).sum(), rel=1e-11)


@pytest.mark.parametrize("blank", [0.0, -1.0])
def test_the_biases_share_is_what_the_same_units_say_of_blank_paper(blank: float) -> None:
    """All pixels blank, and every unit held on the side it was on: the formula of one hidden layer."""
    network, x = network_of((9,), "relu"), sample(3)
    p = network.parameters
    sides = x @ p["dense1.weights"] + p["dense1.bias"] > 0
    assert 0 < sides.sum() < 9
    empty = logits_by_hand(network, np.full((1, I), blank), sides)[0]
    why = explain_difference(forward_trace(network, x), 2, 4, blank=blank)
    assert why.biases == pytest.approx(empty[2] - empty[4], rel=1e-12)


@pytest.mark.parametrize("activation", BENT)
def test_a_units_part_is_what_is_lost_without_it(activation: str) -> None:
    """Silence one unit of the last hidden layer, and the difference falls by exactly its part."""
    network = network_of((9, 7), activation)
    passage = forward_trace(network, sample())
    why = explain_difference(passage, 0, 2)
    p = network.parameters
    for j, part in enumerate(why.parts):
        without = passage.hidden.copy()
        without[0, j] = 0
        z = (without @ p["dense3.weights"] + p["dense3.bias"])[0]
        assert why.total - (z[0] - z[2]) == pytest.approx(part, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(
    ("between", "straight"),
    [
        ([ReLU(), LeakyReLU(0.2), Identity()], True),
        ([ReLU(), Dropout(0.5), ReLU()], True),
        ([ReLU(), Tanh(), ReLU()], False),
        ([GELU(), ReLU(), ReLU()], False),
        ([ReLU(), ReLU(), Softmax()], False),
    ],
)
def test_one_bend_anywhere_makes_it_units(between: list[Layer], straight: bool) -> None:
    """Mixed layers too; the output activation does not count."""
    rng, layers = np.random.default_rng(0), list[Layer]()
    for middle in between:
        layers += [Dense(I, I, rng=rng, dtype=np.float64), middle]
    network = Network([*layers, Dense(I, O, rng=rng, dtype=np.float64), Softmax()])
    assert is_piecewise_linear(network) is straight
    passage = forward_trace(network, sample())
    why = explain_difference(passage, 3, 1)
    assert why.kind == ("pixel" if straight else "unit")
    assert_adds_up(why, passage, 1e-14)


def test_activations_layer_by_layer() -> None:
    """One entry a dense layer, in order, behind its activation: by hand."""
    network = network_of((9, 7), "tanh", dropout=0.3)
    x, p = sample(), network.parameters
    first, second, last = layer_activations(forward_trace(network, x))
    a1 = np.tanh(x @ p["dense1.weights"] + p["dense1.bias"])
    a2 = np.tanh(a1 @ p["dense2.weights"] + p["dense2.bias"])
    assert [layer.name for layer in (first, second, last)] == ["dense1", "dense2", "dense3"]
    assert [layer.activation for layer in (first, second, last)] == ["tanh", "tanh", "softmax"]
    np.testing.assert_allclose(first.values, a1[0], rtol=1e-12)
    np.testing.assert_allclose(second.values, a2[0], rtol=1e-12)
    np.testing.assert_allclose(last.values, network.predict(x)[0], rtol=1e-12)


def test_a_layer_without_activation_says_its_sums() -> None:
    """Two dense layers in a row: the first is an identity."""
    rng = np.random.default_rng(0)
    layers: list[Layer] = [Dense(I, 7, rng=rng), Dense(7, O, rng=rng), Softmax()]
    network, x = Network(layers), sample().astype(np.float32)
    first, last = layer_activations(forward_trace(network, x))
    assert (first.activation, last.activation) == ("identity", "softmax")
    np.testing.assert_allclose(first.values, x[0] @ network.parameters["dense1.weights"], rtol=1e-5)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_strongest_units(activation: str) -> None:
    """Most for, strongest first; then most against, strongest first; what pushes nowhere is neither."""
    passage = forward_trace(network_of((9, 17), activation), sample())
    pushes = push(passage, 3, 1)
    units = strongest_units(passage, 3, 1, 4)
    ranked = sorted(range(17), key=lambda j: pushes[j])
    expected = [j for j in ranked[::-1][:4] if pushes[j] > 0]
    expected += [j for j in ranked[:4] if pushes[j] < 0]
    assert [unit.number for unit in units] == expected
    assert {unit.layer for unit in units} == {"dense2"}
    for unit in units:
        assert unit.push == pushes[unit.number]
        assert unit.activation == passage.hidden[0, unit.number]
    everyone = strongest_units(passage, 3, 1, 99)
    assert sorted(unit.number for unit in everyone) == np.flatnonzero(pushes).tolist()


def test_no_hidden_layer_has_no_units() -> None:
    """There is nobody to push."""
    assert strongest_units(forward_trace(network_of((), "relu"), sample()), 3, 1, 6) == []


def test_a_first_layers_picture_is_its_weights() -> None:
    """The same for every sample, and said to be so."""
    network = network_of((9,), "tanh")
    for seed in (0, 1):
        for unit in strongest_units(forward_trace(network, sample(seed)), 3, 1, 2):
            assert unit.own_weights
            weights = network.parameters["dense1.weights"][:, unit.number]
            np.testing.assert_array_equal(unit.picture, weights)


@pytest.mark.parametrize("activation", [*STRAIGHT, *BENT])
def test_a_deeper_picture_is_the_slope_that_one_measures(activation: str) -> None:
    """∂z_j/∂x of some units of the third layer by central differences."""
    network, x, step = network_of((9, 7, 11), activation), sample(4), 1e-6
    place = network.names.index("dense3")
    numbers = [10, 0, 4]
    pictures = unit_pictures(forward_trace(network, x), place, numbers)
    assert pictures.shape == (3, I)
    for i in range(I):
        shift = np.zeros((1, I))
        shift[0, i] = step
        sums = [_sums(network, x + side * shift, place) for side in (1, -1)]
        slope = (sums[0] - sums[1]) / (2 * step)
        np.testing.assert_allclose(pictures[:, i], slope[numbers], rtol=1e-5, atol=1e-8)
    assert not strongest_units(forward_trace(network, x), 0, 1, 1)[0].own_weights


def _sums(network: Network, x: FloatArray, place: int) -> FloatArray:
    """The weighted sums of the layer at a place, going through the layers as they are."""
    for layer in network.layers[: place + 1]:
        x, _ = layer.forward(x)
    sums: FloatArray = x[0]
    return sums


def test_every_activation_is_one_or_the_other() -> None:
    """A new activation must be looked at: is f(z) = f'(z) z, or is it not?"""
    from inkling.nn.registry import ACTIVATIONS

    z = np.linspace(-3, 3, 13)[np.newaxis]
    for name, kind in ACTIVATIONS.items():
        activation: Activation = kind()
        a = activation.value(z)
        slope_times_z = activation.gradient(z, z, a)
        straight = is_piecewise_linear(network_of((9,), name))
        assert straight is bool(np.allclose(a, slope_times_z, rtol=1e-12, atol=1e-15)), name


@pytest.mark.parametrize("shape", [(13,), (2, 13), (1, 12), (1, 1, 13)])
def test_inputs_of_another_shape(shape: tuple[int, ...]) -> None:
    """One sample, as a row."""
    message = f"forward_trace: expected inputs of shape (1, 13), got {shape}."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        forward_trace(network_of((9,), "relu"), np.zeros(shape))


@pytest.mark.parametrize(
    ("pair", "what", "got"),
    [((5, 0), "wanted", "5"), ((0, -1), "other", "-1"), ((0, True), "other", "True")],
)
def test_a_class_that_is_not_there(pair: tuple[int, int], what: str, got: str) -> None:
    """By number; negative ones do not count from the end."""
    passage = forward_trace(network_of((9,), "relu"), sample())
    for who, call in (
        ("explain_difference", lambda: explain_difference(passage, *pair)),
        ("strongest_units", lambda: strongest_units(passage, *pair, 6)),
    ):
        message = f"{who}: expected {what} as a whole number in [0, 4], got {got}."
        with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
            call()
