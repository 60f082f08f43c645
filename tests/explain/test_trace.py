"""A trace against the same calculation in plain NumPy, and its labels against the documentation."""

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
from inkling.nn.losses import CrossEntropy, Loss, SquaredError
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS, LOSSES

Array = NDArray[Any]
I, J, O = 13, 7, 3  # noqa: E741 (the letters of the notation)
LABEL = 2
TABLE = Path(__file__).resolve().parents[2] / "docs" / "derivation" / "formulas.toml"


def sample(width: int = I) -> Array:
    """Returns the inputs of one sample, like pixels, some of them 0."""
    x = np.random.default_rng(1).uniform(0, 1, (1, width))
    x[0, ::4] = 0
    return x


def network(activation: str = "sigmoid", output: str = "softmax") -> Network:
    """I inputs, J hidden units, O outputs."""
    rng = np.random.default_rng(0)
    return build_mlp((I, J, O), rng=rng, activation=activation, output=output, dtype=np.float64)


def follow(net: Network, loss: Loss | None = None, **more: float) -> Trace:
    """Traces the sample, by default with cross-entropy."""
    rng, loss = np.random.default_rng(2), loss or CrossEntropy()
    return trace_sample(net, sample(net.inputs), LABEL, loss, rng=rng, **more)


def test_every_number_is_that_of_the_calculation_by_hand() -> None:
    """Sigmoid, softmax and cross-entropy in plain NumPy give the same arrays, loss and step."""
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

    stepped_a1 = 1 / (1 + np.exp(-x @ (w1 - rate * gradients["∂L/∂W1"]) - b1 + rate * delta1))
    stepped_z2 = stepped_a1 @ (w2 - rate * gradients["∂L/∂W2"]) + b2 - rate * delta2
    loss_after = np.log(np.exp(stepped_z2).sum()) - stepped_z2[0, LABEL]

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
    assert trace.step.loss_after == pytest.approx(loss_after, rel=1e-12)


def test_each_quantity_has_the_label_of_its_formula() -> None:
    """The labels are in the order of the computation."""
    trace = follow(network(activation="leaky_relu"))
    forward = ["", "dense-forward", "leaky-relu", "dense-forward", "softmax"]
    assert [quantity.formula for quantity in trace.forward] == forward
    parameters = ["dense-grad-weights", "dense-grad-bias"]
    backward = [
        "ce-softmax-delta",
        *parameters,
        "dense-grad-inputs",
        "leaky-relu-grad",
        *parameters,
    ]
    assert [gradient.formula for gradient in trace.backward] == backward
    assert (trace.loss_formula, trace.step.formula) == ("cross-entropy", "sgd")


def test_every_label_of_a_trace_is_in_the_documentation() -> None:
    """The labels of all layers, outputs and losses are in the table of formulas."""
    table = tomllib.loads(TABLE.read_text("utf-8"))["formula"]
    documented = {formula["label"] for formula in table}
    kinds = [kind for kind in ACTIVATIONS.values() if f"[{formula_of(kind())}]" in getsource(kind)]
    assert len(kinds) >= 8  # an activation that has just been added may have no derivation yet
    layers = [Dense(3, 5, rng=np.random.default_rng(0)), *(kind() for kind in kinds)]
    used = {formula_of(layer) for layer in layers}
    used |= {f"{formula_of(layer)}-grad" for layer in layers if isinstance(layer, Activation)}
    used |= {kind.kind.replace("_", "-") for kind in LOSSES.values()}
    used |= {formula_of_delta(ACTIVATIONS[o](), LOSSES[loss]()) for o, loss in allowed_pairs()}
    used |= {"dense-grad-weights", "dense-grad-bias", "dense-grad-inputs", "sgd"}
    used |= {"one-hot", "label-smoothing"}
    assert used - documented == set()


@pytest.mark.parametrize(("hidden", "pair"), list(product(sorted(ACTIVATIONS), allowed_pairs())))
def test_gradients_pass_for_every_combination(hidden: str, pair: tuple[str, str]) -> None:
    """Each hidden activation is combined with each output and loss."""
    output, loss = pair
    trace = follow(network(activation=hidden, output=output), LOSSES[loss]())
    assert [gradient.symbol for gradient in trace.backward if not gradient.passed] == []


def test_a_wrong_gradient_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient that is wrong by 1 % does not agree with finite differences."""
    right = Tanh.gradient
    monkeypatch.setattr(Tanh, "gradient", lambda *arrays: 1.01 * right(*arrays))
    trace = follow(network(activation="tanh"))
    wrong = [gradient.symbol for gradient in trace.backward if not gradient.passed]
    assert wrong == ["δ1", "∂L/∂W1", "∂L/∂b1"]


def test_the_gradients_of_a_confident_network_pass() -> None:
    """If the loss is nearly 0, differences are mostly rounding, which counts as no error."""
    net = network()
    net.parameters["dense2.bias"][LABEL] = 25.0
    trace = follow(net)
    assert 0 < trace.loss < 1e-9
    assert all(gradient.passed for gradient in trace.backward)


def test_some_entries_of_a_large_matrix_are_compared() -> None:
    """Up to COMPARED entries are all compared; of more, a sample and the largest."""
    net = build_mlp((301, 7, 3), rng=np.random.default_rng(0), activation="tanh", dtype=np.float64)
    trace = follow(net)
    compared = {gradient.symbol: gradient.compared for gradient in trace.backward}
    assert compared["∂L/∂W2"] == 21
    assert compared["∂L/∂W1"] in (COMPARED, COMPARED + 1)
    [weights] = [gradient for gradient in trace.backward if gradient.symbol == "∂L/∂W1"]
    assert weights.index == np.unravel_index(np.abs(weights.values).argmax(), (301, 7))
    assert weights.measured == pytest.approx(weights.largest, rel=1e-7)


def test_a_float32_network_is_traced_in_float64_and_unchanged() -> None:
    """The step changes a copy, which has enough digits for finite differences."""
    net = build_mlp((I, J, O), rng=np.random.default_rng(0), activation="tanh")
    before = {name: parameter.copy() for name, parameter in net.parameters.items()}
    trace = follow(net)
    assert net.dtype == np.float32
    for name, parameter in net.parameters.items():
        np.testing.assert_array_equal(parameter, before[name])
    assert {quantity.values.dtype for quantity in trace.forward} == {np.dtype(np.float64)}
    assert all(gradient.passed for gradient in trace.backward)


def test_dropout_is_off() -> None:
    """The trace is that of the network without dropout layers."""
    plain = network(activation="tanh")
    first, activation, second, output = plain.layers
    dropping = Network([first, activation, Dropout(0.5), second, output])
    assert follow(dropping).to_dict() | {"network": ""} == follow(plain).to_dict() | {"network": ""}


def test_units_at_the_kink_of_relu_are_counted() -> None:
    """A hidden unit whose weighted sum is 0 has no derivative."""
    net = network(activation="relu")
    assert follow(net).corners == 0
    net.parameters["dense1.weights"][:, [1, 4]] = 0
    assert follow(net).corners == 2


def test_the_target_is_one_hot_or_smoothed() -> None:
    """The target is in the trace, and δ is the outputs minus the target."""
    assert follow(network()).target.formula == "one-hot"
    np.testing.assert_array_equal(follow(network()).target.values, np.eye(O)[[LABEL]])
    trace = follow(network(), CrossEntropy(label_smoothing=0.3))
    assert (trace.target.symbol, trace.target.formula) == ("y", "label-smoothing")
    np.testing.assert_allclose(trace.target.values, [[0.1, 0.1, 0.8]], rtol=1e-12)
    delta = trace.forward[-1].values - trace.target.values
    np.testing.assert_allclose(trace.backward[0].values, delta, rtol=1e-12)
    assert all(gradient.passed for gradient in trace.backward)


def test_regression_and_a_single_layer() -> None:
    """With squared error δ is a − y; a single layer has no gradient of inputs."""
    dense = Dense(I, O, rng=np.random.default_rng(0), dtype=np.float64)
    trace = follow(Network([dense, Identity()]), SquaredError())
    assert [gradient.symbol for gradient in trace.backward] == ["δ1", "∂L/∂W1", "∂L/∂b1"]
    assert trace.backward[0].formula == "output-delta"
    delta = sample() @ dense.weights + dense.bias - np.eye(O)[LABEL]
    np.testing.assert_allclose(trace.backward[0].values, delta, rtol=1e-12)


def test_activations_in_a_row_and_before_the_first_layer() -> None:
    """Unusual orders of layers are traced too."""
    rng = np.random.default_rng(0)
    layers = [Tanh(), Dense(I, J, rng=rng, dtype=np.float64), ReLU(), Tanh()]
    net = Network([*layers, Dense(J, O, rng=rng, dtype=np.float64), Softmax()])
    trace = follow(net)
    assert [q.symbol for q in trace.forward] == ["x", "a0", "z1", "a1", "a1", "z2", "a2"]
    assert trace.backward[-1].symbol == "∂L/∂b1"
    assert all(gradient.passed for gradient in trace.backward)


def test_plain_data_without_the_values_of_weight_matrices() -> None:
    """Rows have their values in JSON, matrices their shape and norm; all numbers are finite."""
    trace = follow(network())
    plain = json.loads(json.dumps(trace.to_dict(), allow_nan=False))
    keys = "network label answer forward target loss backward corners step"
    assert list(plain) == keys.split()
    assert list(plain["loss"]) == ["name", "formula", "value"]
    assert plain["forward"][2]["values"] == trace.forward[2].values[0].tolist()
    gradients = {row["symbol"]: row for row in plain["backward"]}
    assert gradients["∂L/∂W1"]["values"] is None
    assert gradients["∂L/∂W1"]["shape"] == [I, J]
    assert gradients["∂L/∂b1"]["values"] == trace.backward[-1].values.tolist()
    assert plain["step"]["loss_after"] == trace.step.loss_after


def test_an_enormous_step_gives_an_infinite_loss_without_a_warning() -> None:
    """Squared error with a learning rate of 1e300 overflows; in JSON the loss is null."""
    net = network(activation="identity", output="identity")
    trace = follow(net, SquaredError(), learning_rate=1e300)
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
    """A trace needs one sample, a class that exists, and a positive learning rate."""
    arguments = np.zeros((rows, I)), label, CrossEntropy()
    with pytest.raises((ShapeError, SettingError), match=message):
        trace_sample(network(), *arguments, rng=np.random.default_rng(0), learning_rate=rate)
