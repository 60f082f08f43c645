"""Explanations: the parts add up, and gradients agree with finite differences and PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.data.scaling import PixelScaling
from inkling.errors import SettingError, ShapeError
from inkling.explain.baseline import baseline
from inkling.explain.contributions import Difference, explain_difference, multipliers
from inkling.explain.forward_trace import ForwardTrace, forward_trace
from inkling.explain.units import layer_activations, strongest_units, unit_pictures
from inkling.model.model import Model
from inkling.nn.activations import ReLU, Softmax
from inkling.nn.dense import Dense
from inkling.nn.layer import Layer
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS

I, O = 13, 5  # noqa: E741 (the axis letters)


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


def traces(network: Network, seed: int = 0) -> tuple[ForwardTrace, ForwardTrace]:
    """The traces of a sample and of a baseline, some of whose inputs are the same."""
    x = sample(seed)
    return forward_trace(network, x), forward_trace(network, np.where(x > 0.7, x, sample(seed + 1)))


def assert_adds_up(why: Difference, trace: ForwardTrace, rtol: float) -> None:
    """Raises unless the parts and the baseline's difference are the log ratio of two outputs."""
    scale = np.abs(why.parts).sum() + abs(why.baseline) + 1e-30
    assert abs(why.parts.sum(dtype=np.float64) + why.baseline - why.total) <= rtol * scale
    odds = np.log(trace.outputs[0].astype(np.float64))
    assert why.total == pytest.approx(float(odds[3] - odds[1]), rel=1e4 * rtol, abs=1e4 * rtol)


@pytest.mark.parametrize("hidden", [(), (9,), (9, 7, 11)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_parts_add_up_for_every_activation(activation: str, hidden: tuple[int, ...]) -> None:
    """At any depth, by pixel and by unit, with dropout in between."""
    trace, before = traces(network_of(hidden, activation, dropout=0.4))
    why = explain_difference(trace, before, 3, 1)
    assert (why.parts.shape, why.units.shape) == ((I,), (*hidden[:1], 0)[:1])
    assert_adds_up(why, trace, 1e-14)
    if hidden:
        assert why.units.sum() == pytest.approx(why.total - why.baseline, rel=1e-12)
    assert not why.parts[trace.inputs[0] == before.inputs[0]].any()


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "softmax"])
def test_float32_adds_up_to_its_own_rounding(activation: str) -> None:
    """Networks are usually float32."""
    trace, before = traces(network_of((9, 7), activation, dtype=np.float32))
    why = explain_difference(trace, before, 3, 1)
    assert why.parts.dtype == np.float32
    assert_adds_up(why, trace, 1e-6)


def test_a_small_network_by_hand() -> None:
    """Two pixels, three units, and two classes; two units change sides."""
    rng = np.random.default_rng(0)
    layers: list[Layer] = [Dense(2, 3, rng=rng, dtype=np.float64), ReLU()]
    network = Network([*layers, Dense(3, 2, rng=rng, dtype=np.float64), Softmax()])
    p = network.parameters
    p["dense1.weights"][...] = [[1.0, -1.0, 2.0], [3.0, -2.0, 0.5]]
    p["dense1.bias"][...] = [0.5, 1.0, -1.0]
    p["dense2.weights"][...] = [[1.0, 0.0], [5.0, -5.0], [0.0, 2.0]]
    p["dense2.bias"][...] = [0.25, 1.0]
    # x = (1, 2): z1 = 1 + 6 + 0.5 = 7.5, −1 − 4 + 1 = −4, 2 + 1 − 1 = 2; h = 7.5, 0, 2
    # x̄ = (0, 0): z1 = 0.5, 1, −1; h = 0.5, 1, 0; so the secants are 7/7, −1/−5 and 2/3.
    # v = (1, 10, −2), so d(x) = 7.5 − 4 − 0.75 = 2.75 and d(x̄) = 0.5 + 10 − 0.75 = 9.75
    # m = 1 · (1, 3) + 2 · (−1, −2) − 4/3 · (2, 0.5) = (−11/3, −5/3)
    trace, before = (forward_trace(network, np.array([row])) for row in ([1.0, 2.0], [0.0, 0.0]))
    why = explain_difference(trace, before, 0, 1)
    assert (why.total, why.baseline) == (2.75, 9.75)
    np.testing.assert_allclose(why.parts, [-11 / 3, -10 / 3], rtol=1e-15)
    assert why.units.tolist() == [7.0, -10.0, -4.0]
    units = strongest_units(trace, why.units, 1)
    assert [(u.number, u.activation, u.push) for u in units] == [(0, 7.5, 7.0), (1, 0.0, -10.0)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_without_a_difference_multipliers_are_gradients(activation: str) -> None:
    """The baseline is the sample, and the gradients are finite differences."""
    network, x, step = network_of((9, 7), activation), sample(), 1e-6
    trace = forward_trace(network, x)
    moved = np.concatenate([x + step * np.eye(I), x - step * np.eye(I)])
    logits = network.logits(moved)
    d = logits[:, 3] - logits[:, 1]
    gradients = (d[:I] - d[I:]) / (2 * step)
    found = multipliers(trace, trace, 3, 1)[0][0]
    np.testing.assert_allclose(found, gradients, rtol=1e-5, atol=1e-8)
    assert not explain_difference(trace, trace, 3, 1).parts.any()


def test_a_linear_network_has_gradient_times_difference() -> None:
    """All layers are one matrix."""
    network = network_of((9, 7), "identity")
    trace, before = traces(network)
    first, second, last = list(network.parameters.values())[::2]
    gradient = first @ second @ (last[:, 3] - last[:, 1])
    expected = (trace.inputs - before.inputs)[0] * gradient
    np.testing.assert_allclose(
        explain_difference(trace, before, 3, 1).parts, expected, rtol=1e-12, atol=1e-14
    )


def test_a_softmax_of_two_is_a_sigmoid() -> None:
    """a₁ = σ(z₁ − z₂), whose multiplier is that of an element-wise activation."""
    x, z = np.array([[0.3, -1.2], [2.0, 0.4]]), np.array([0.3 + 1.2, 2.0 - 0.4])
    layers: list[Layer] = [Dense.from_arrays(np.eye(2), np.zeros(2)), Softmax()]
    last = Dense.from_arrays(np.array([[2.0, 0.0], [0.5, 0.0]]), np.zeros(2))
    network = Network([*layers, last, Softmax()])
    trace, before = forward_trace(network, x[:1]), forward_trace(network, x[1:])
    a = 1 / (1 + np.exp(-z))
    slope = 1.5 * (a[0] - a[1]) / (z[0] - z[1])  # d = 2 a₁ + 0.5 a₂ = 1.5 a₁ + 0.5
    why = explain_difference(trace, before, 0, 1)
    np.testing.assert_allclose(why.parts, (x[0] - x[1]) * [slope, -slope], rtol=1e-13)


def linear_model(means: Any) -> Model:
    """Two pixels, and the logits 3 x₁, 3 x₂ + 0.1 and 0."""
    weights, bias = np.array([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0]]), np.array([0.0, 0.1, 0.0])
    network = Network([Dense.from_arrays(weights, bias), Softmax()])
    scaling = PixelScaling(1 / 255, -0.5)
    return Model(network, ("a", "b", "c"), (1, 2), scaling, class_means=means)


def test_the_baseline_is_the_blend_that_leaves_the_network_undecided() -> None:
    """Computed for a linear network; the classes change places with the mean images."""
    means = np.array([[[250, 20]], [[50, 120]], [[0, 0]]], np.uint8)
    model = linear_model(means)
    first, second = means[:2].reshape(2, 2) / 255 - 0.5
    d = [3 * x[0] - 3 * x[1] - 0.1 for x in (first, second)]
    t = d[0] / (d[0] - d[1])
    found = baseline(model, 0, 1)
    np.testing.assert_allclose(found.inputs[0], (1 - t) * first + t * second, atol=1e-3)
    assert abs(found.logits[0, 0] - found.logits[0, 1]) < 5e-3
    swapped = baseline(model, 1, 0)
    np.testing.assert_allclose(swapped.inputs, found.inputs, rtol=1e-12)


def test_the_baseline_of_an_odd_model() -> None:
    """Without mean images it is blank; if one class gets both mean images, it is one of these."""
    np.testing.assert_array_equal(baseline(linear_model(None), 0, 1).inputs, [[-0.5, -0.5]])
    means = np.array([[[250, 20]], [[150, 20]], [[0, 0]]], np.uint8)
    found = baseline(linear_model(means), 0, 1).inputs[0]
    np.testing.assert_allclose(found, means[1, 0] / 255 - 0.5, atol=1e-3)


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
    """Those for the class come first, then those against it; a unit without a part is neither."""
    network = network_of((17, 9), "tanh")
    trace, before = traces(network)
    parts = explain_difference(trace, before, 3, 1).units
    parts[4] = 0
    units = strongest_units(trace, parts, 4)
    ranked = sorted(range(17), key=lambda j: parts[j])
    expected = [j for j in ranked[::-1][:4] if parts[j] > 0]
    expected += [j for j in ranked[:4] if parts[j] < 0]
    assert [unit.number for unit in units] == expected
    assert {unit.layer for unit in units} == {"dense1"}
    weights, bias = list(network.parameters.values())[:2]
    activations = np.tanh(trace.inputs[0] @ weights + bias)
    for unit in units:
        assert unit.push == parts[unit.number]
        assert unit.activation == pytest.approx(activations[unit.number])
        np.testing.assert_array_equal(unit.picture, weights[:, unit.number])
    all_units = strongest_units(trace, parts, 99)
    assert sorted(unit.number for unit in all_units) == np.flatnonzero(parts).tolist()
    trace, before = traces(network_of((), "relu"))
    assert strongest_units(trace, explain_difference(trace, before, 3, 1).units, 6) == []


@pytest.mark.parametrize("activation", ACTIVATIONS)
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


@pytest.mark.parametrize("shape", [(13,), (2, 13), (1, 12)])
def test_inputs_of_another_shape(shape: tuple[int, ...]) -> None:
    """The inputs are one sample, as a row."""
    with pytest.raises(ShapeError, match=r"expected inputs of shape \(1, 13\)"):
        forward_trace(network_of((9,), "relu"), np.zeros(shape))


@pytest.mark.parametrize(("pair", "name"), [((5, 0), "wanted"), ((0, -1), "other")])
def test_a_class_that_does_not_exist(pair: tuple[int, int], name: str) -> None:
    """Negative numbers do not count from the end."""
    trace, before = traces(network_of((9,), "relu"))
    with pytest.raises(SettingError, match=f"explain_difference: expected {name} "):
        explain_difference(trace, before, *pair)
