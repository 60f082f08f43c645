"""A trace against the same calculation in plain NumPy, step by step, and against the documentation."""

from __future__ import annotations

import json
import math
import tomllib
from inspect import getsource
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkling.errors import SettingError, ShapeError
from inkling.explain.trace import COMPARED, formula_of, formula_of_delta, trace_sample
from inkling.explain.trace_record import Trace
from inkling.nn.activations import Activation, Identity, ReLU, Softmax, Tanh
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.gradcheck_suite import allowed_pairs
from inkling.nn.losses import CrossEntropy, SquaredError
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS, LOSSES

Array = NDArray[Any]
I, J, O = 13, 7, 3  # noqa: E741 (the letters of the notation)
LABEL = 2
TABLE = Path(__file__).resolve().parents[2] / "docs" / "derivation" / "formulas.toml"


def sample(width: int = I) -> Array:
    """Inputs of one sample, some of them 0, as pixels are."""
    x = np.random.default_rng(1).uniform(0, 1, (1, width))
    x[0, ::4] = 0
    return x


def network(activation: str = "sigmoid", output: str = "softmax") -> Network:
    """I inputs, J hidden units, O outputs."""
    rng = np.random.default_rng(0)
    return build_mlp((I, J, O), rng=rng, activation=activation, output=output, dtype=np.float64)


def follow(net: Network, **more: float) -> Trace:
    """Traces the sample with cross-entropy."""
    rng = np.random.default_rng(2)
    return trace_sample(net, sample(), LABEL, CrossEntropy(), rng=rng, **more)


def test_every_number_is_that_of_the_calculation_by_hand() -> None:
    """Sigmoid, softmax and cross-entropy written out in NumPy give the same arrays, loss and step."""
    net = network()
    w1, b1, w2, b2 = (net.parameters[f"dense{n}.{p}"] for n in (1, 2) for p in ("weights", "bias"))
    x, y, rate = sample(), np.eye(O)[[LABEL]], 0.3

    z1 = x @ w1 + b1
    a1 = 1 / (1 + np.exp(-z1))
    z2 = a1 @ w2 + b2
    a2 = np.exp(z2) / np.exp(z2).sum()
    loss = -math.log(a2[0, LABEL])
    delta2 = a2 - y
    delta1 = (delta2 @ w2.T) * a1 * (1 - a1)
    forward = {"x": x, "z1": z1, "a1": a1, "z2": z2, "a2": a2}
    gradients = {
        "δ2": delta2,
        "∂L/∂W2": np.outer(a1, delta2),
        "∂L/∂b2": delta2[0],
        "∂L/∂a1": delta2 @ w2.T,
        "δ1": delta1,
        "∂L/∂W1": np.outer(x, delta1),
        "∂L/∂b1": delta1[0],
    }
    squares = sum((gradients[name] ** 2).sum() for name in gradients if name[-2] in "Wb")

    def loss_after_the_step() -> float:
        a1 = 1 / (1 + np.exp(-x @ (w1 - rate * gradients["∂L/∂W1"]) - b1 + rate * delta1))
        z2 = a1 @ (w2 - rate * gradients["∂L/∂W2"]) + b2 - rate * delta2
        return float(np.log(np.exp(z2).sum()) - z2[0, LABEL])

    trace = follow(net, learning_rate=rate)
    assert [quantity.symbol for quantity in trace.forward] == list(forward)
    for quantity in trace.forward:
        np.testing.assert_allclose(quantity.values, forward[quantity.symbol], rtol=1e-12)
        assert quantity.norm == pytest.approx(np.linalg.norm(forward[quantity.symbol]), rel=1e-12)
    assert [gradient.symbol for gradient in trace.backward] == list(gradients)
    for gradient in trace.backward:
        expected = gradients[gradient.symbol]
        np.testing.assert_allclose(gradient.values, expected, rtol=1e-12, atol=1e-15)
        assert abs(gradient.largest) == pytest.approx(np.abs(expected).max(), rel=1e-12)
        assert gradient.measured == pytest.approx(gradient.largest, rel=1e-7)
    assert trace.loss == pytest.approx(loss, rel=1e-12)
    assert trace.answer == int(a2.argmax())
    assert trace.step.loss_before == trace.loss
    assert trace.step.promised == pytest.approx(-rate * squares, rel=1e-12)
    assert trace.step.loss_after == pytest.approx(loss_after_the_step(), rel=1e-12)


def test_each_quantity_carries_its_formula() -> None:
    """Forward and backward, in the order of computation, each with the label of what gave it."""
    trace = follow(network(activation="leaky_relu"))
    assert [(quantity.symbol, quantity.formula) for quantity in trace.forward] == [
        ("x", ""),
        ("z1", "dense-forward"),
        ("a1", "leaky-relu"),
        ("z2", "dense-forward"),
        ("a2", "softmax"),
    ]
    assert [(gradient.symbol, gradient.formula) for gradient in trace.backward] == [
        ("δ2", "ce-softmax-delta"),
        ("∂L/∂W2", "dense-grad-weights"),
        ("∂L/∂b2", "dense-grad-bias"),
        ("∂L/∂a1", "dense-grad-inputs"),
        ("δ1", "leaky-relu-grad"),
        ("∂L/∂W1", "dense-grad-weights"),
        ("∂L/∂b1", "dense-grad-bias"),
    ]
    assert (trace.loss_formula, trace.step.formula) == ("cross-entropy", "sgd")


def test_every_label_that_a_trace_can_say_is_in_the_documentation() -> None:
    """Whatever layers, outputs and losses there are, their labels are in the table of formulas."""
    table = tomllib.loads(TABLE.read_text("utf-8"))["formula"]
    documented = {formula["label"] for formula in table}
    kinds = [kind for kind in ACTIVATIONS.values() if f"[{formula_of(kind())}]" in getsource(kind)]
    assert len(kinds) >= 8  # an activation that has just been added may have no derivation yet
    layers = [Dense(3, 5, rng=np.random.default_rng(0)), *(kind() for kind in kinds)]
    said = {formula_of(layer) for layer in layers}
    said |= {f"{formula_of(layer)}-grad" for layer in layers if isinstance(layer, Activation)}
    said |= {kind.kind.replace("_", "-") for kind in LOSSES.values()}
    said |= {formula_of_delta(ACTIVATIONS[o](), LOSSES[loss]()) for o, loss in allowed_pairs()}
    said |= {"dense-grad-weights", "dense-grad-bias", "dense-grad-inputs", "sgd"}
    said |= {"one-hot", "label-smoothing"}
    assert said - documented == set()


@pytest.mark.parametrize(("hidden", "pair"), list(product(sorted(ACTIVATIONS), allowed_pairs())))
def test_gradients_agree_with_slopes_for_every_combination(
    hidden: str, pair: tuple[str, str]
) -> None:
    """Each hidden activation with each output and loss: all gradients pass."""
    output, loss = pair
    net = network(activation=hidden, output=output)
    trace = trace_sample(net, sample(), LABEL, LOSSES[loss](), rng=np.random.default_rng(2))
    assert [gradient.symbol for gradient in trace.backward if not gradient.passed] == []


def test_a_wrong_gradient_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An activation whose gradient is off by one per cent does not agree with finite differences."""
    right = Tanh.gradient
    monkeypatch.setattr(Tanh, "gradient", lambda *arrays: 1.01 * right(*arrays))
    trace = follow(network(activation="tanh"))
    assert {g.symbol: g.passed for g in trace.backward} == {
        **dict.fromkeys(("δ2", "∂L/∂W2", "∂L/∂b2", "∂L/∂a1"), True),
        **dict.fromkeys(("δ1", "∂L/∂W1", "∂L/∂b1"), False),
    }


def test_a_sure_network_is_measured_as_well_as_rounding_allows() -> None:
    """Where the loss is nearly 0 and slopes are mostly rounding, they are not called wrong."""
    net = network()
    net.parameters["dense2.bias"][LABEL] = 25.0
    trace = follow(net)
    assert 0 < trace.loss < 1e-9
    assert all(gradient.passed for gradient in trace.backward)


def test_only_some_entries_of_a_large_matrix_are_measured_the_largest_among_them() -> None:
    """Arrays of up to COMPARED entries are measured whole, larger ones by a sample and their largest."""
    net = build_mlp((301, 7, 3), rng=np.random.default_rng(0), activation="tanh", dtype=np.float64)
    trace = trace_sample(net, sample(301), LABEL, CrossEntropy(), rng=np.random.default_rng(2))
    compared = {gradient.symbol: gradient.compared for gradient in trace.backward}
    assert compared["∂L/∂W2"] == 21
    assert compared["∂L/∂W1"] in (COMPARED, COMPARED + 1)
    [weights] = [gradient for gradient in trace.backward if gradient.symbol == "∂L/∂W1"]
    assert weights.index == np.unravel_index(np.abs(weights.values).argmax(), (301, 7))
    assert weights.measured == pytest.approx(weights.largest, rel=1e-7)


def test_the_network_stays_as_it_was_and_a_float32_network_is_traced_in_float64() -> None:
    """The step is taken by a copy, with enough digits to measure slopes."""
    net = build_mlp((I, J, O), rng=np.random.default_rng(0), activation="tanh")
    before = {name: parameter.copy() for name, parameter in net.parameters.items()}
    trace = follow(net)
    assert net.dtype == np.float32
    for name, parameter in net.parameters.items():
        np.testing.assert_array_equal(parameter, before[name])
    assert {quantity.values.dtype for quantity in trace.forward} == {np.dtype(np.float64)}
    assert all(gradient.passed for gradient in trace.backward)


def test_dropout_is_off() -> None:
    """With dropout layers the trace is that of the network without them."""
    plain = network(activation="tanh")
    first, activation, second, output = plain.layers
    dropping = Network([first, activation, Dropout(0.5), second, output])
    with_dropout, without = follow(dropping), follow(plain)
    for one, other in zip(
        [*with_dropout.forward, *with_dropout.backward],
        [*without.forward, *without.backward],
        strict=True,
    ):
        assert (one.symbol, one.formula) == (other.symbol, other.formula)
        np.testing.assert_array_equal(one.values, other.values)


def test_a_unit_at_the_corner_of_relu_is_counted() -> None:
    """A hidden unit whose weighted sum is 0 has no slope, and the trace says how many there are."""
    net = network(activation="relu")
    assert follow(net).corners == 0
    net.parameters["dense1.weights"][:, [1, 4]] = 0
    assert follow(net).corners == 2


def test_the_target_is_one_hot_or_smoothed() -> None:
    """What the outputs should have been stands beside them, and δ is measured against it."""
    assert follow(network()).target.formula == "one-hot"
    np.testing.assert_array_equal(follow(network()).target.values, np.eye(O)[[LABEL]])
    loss, rng = CrossEntropy(label_smoothing=0.3), np.random.default_rng(2)
    trace = trace_sample(network(), sample(), LABEL, loss, rng=rng)
    assert (trace.target.symbol, trace.target.formula) == ("y", "label-smoothing")
    np.testing.assert_allclose(trace.target.values, [[0.1, 0.1, 0.8]], rtol=1e-12)
    delta = trace.forward[-1].values - trace.target.values
    np.testing.assert_allclose(trace.backward[0].values, delta, rtol=1e-12)
    assert all(gradient.passed for gradient in trace.backward)


def test_regression_and_a_single_layer() -> None:
    """A network of one layer with squared error: δ is a − y, and there is no gradient to pass on."""
    dense = Dense(I, O, rng=np.random.default_rng(0), dtype=np.float64)
    loss = SquaredError()
    rng = np.random.default_rng(2)
    trace = trace_sample(Network([dense, Identity()]), sample(), LABEL, loss, rng=rng)
    symbols = [(gradient.symbol, gradient.formula) for gradient in trace.backward]
    assert symbols[0] == ("δ1", "output-delta")
    assert [symbol for symbol, _ in symbols] == ["δ1", "∂L/∂W1", "∂L/∂b1"]
    delta = sample() @ dense.weights + dense.bias - np.eye(O)[LABEL]
    np.testing.assert_allclose(trace.backward[0].values, delta, rtol=1e-12)


def test_activations_in_a_row_and_before_the_first_layer() -> None:
    """Unusual rows of layers are traced too; what learns is where it is."""
    rng = np.random.default_rng(0)
    layers = [Tanh(), Dense(I, J, rng=rng, dtype=np.float64), ReLU(), Tanh()]
    net = Network([*layers, Dense(J, O, rng=rng, dtype=np.float64), Softmax()])
    trace = follow(net)
    assert [quantity.symbol for quantity in trace.forward] == [
        "x",
        "a0",
        "z1",
        "a1",
        "a1",
        "z2",
        "a2",
    ]
    assert trace.backward[-1].symbol == "∂L/∂b1"
    assert all(gradient.passed for gradient in trace.backward)


def test_plain_data_is_json_and_leaves_out_only_weight_matrices() -> None:
    """Rows have their values in JSON, matrices their shape and norm; everything is finite."""
    trace = follow(network())
    plain = json.loads(json.dumps(trace.to_dict(), allow_nan=False))
    assert list(plain) == [
        "network",
        "label",
        "answer",
        "forward",
        "target",
        "loss",
        "backward",
        "corners",
        "step",
    ]
    assert plain["loss"] == {
        "name": "cross_entropy",
        "formula": "cross-entropy",
        "value": trace.loss,
    }
    assert plain["forward"][2]["values"] == trace.forward[2].values[0].tolist()
    gradients = {row["symbol"]: row for row in plain["backward"]}
    assert gradients["∂L/∂W1"]["values"] is None
    assert gradients["∂L/∂W1"]["shape"] == [I, J]
    assert gradients["∂L/∂b1"]["values"] == trace.backward[-1].values.tolist()
    assert plain["step"]["loss_after"] == trace.step.loss_after


def test_an_enormous_step_is_said_to_be_infinite_without_a_warning() -> None:
    """Squared error with a learning rate of 1e300 overflows; in JSON that loss is null."""
    net = network(activation="identity", output="identity")
    rng = np.random.default_rng(2)
    trace = trace_sample(net, sample(), LABEL, SquaredError(), rng=rng, learning_rate=1e300)
    assert not math.isfinite(trace.step.loss_after)
    assert trace.to_dict()["step"]["loss_after"] is None


@pytest.mark.parametrize(
    ("rows", "label", "rate", "message"),
    [
        (2, LABEL, 0.1, r"trace: expected inputs of shape \(1, 13\), got \(2, 13\)"),
        (1, 3, 0.1, "CrossEntropy: expected labels from 0 to 2, got 3"),
        (1, LABEL, 0, r"trace: expected learning_rate in \(0, ∞\), got 0"),
    ],
)
def test_wrong_arguments_raise(rows: int, label: int, rate: float, message: str) -> None:
    """A trace is of one sample, of a class that exists, with a step of some length."""
    arguments = np.zeros((rows, I)), label, CrossEntropy()
    with pytest.raises((ShapeError, SettingError), match=message):
        trace_sample(network(), *arguments, rng=np.random.default_rng(0), learning_rate=rate)
