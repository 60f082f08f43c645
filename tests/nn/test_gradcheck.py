"""The checker is checked: it passes what is right and fails on what is a little wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from inkling._types import FloatArray
from inkling.errors import ShapeError
from inkling.nn.dense import Dense
from inkling.nn.gradcheck import (
    GradientCheck,
    check_gradients,
    numeric_gradient,
    relative_errors,
)
from inkling.nn.initializers import Uniform
from inkling.nn.losses import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network

Gradients = dict[str, FloatArray]

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
three_batches = pytest.mark.parametrize("batch", [3, 5, 7])
every_parameter = pytest.mark.parametrize(
    ("layer", "parameter"), [(n, p) for n in ("dense1", "dense2") for p in ("weights", "bias")]
)


def _network(dtype: str, sizes: tuple[int, ...] = (6, 4, 3), dropout: float = 0.0) -> Network:
    return build_mlp(
        sizes,
        rng=np.random.default_rng(41),
        activation="tanh",
        dropout=dropout,
        bias_initializer=Uniform(0.5),
        dtype=dtype,
    )


def _check(network: Network, batch: int, **settings: Any) -> GradientCheck:
    rng = np.random.default_rng(42)
    inputs, labels = rng.normal(size=(batch, network.inputs)), rng.integers(0, 3, batch)
    return check_gradients(network, inputs, labels, CrossEntropy(), **settings)


def _spoil(monkeypatch: pytest.MonkeyPatch, change: Callable[[Dense, Gradients], None]) -> None:
    """Lets every Dense layer's backward pass its gradients through ``change`` first."""
    right = Dense.backward

    def wrong(self: Dense, *arguments: Any, **settings: Any) -> Any:
        grad_inputs, gradients = right(self, *arguments, **settings)
        change(self, gradients)
        return grad_inputs, gradients

    monkeypatch.setattr(Dense, "backward", wrong)


@both_dtypes
@three_batches
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_right_gradients_pass(dtype: str, batch: int, dropout: float) -> None:
    """Back-propagation and differences agree, with dropout and sample weights as well."""
    network = _network(dtype, dropout=dropout)
    assert _check(network, batch).passed
    assert _check(network, batch, sample_weights=np.arange(1.0, batch + 1)).passed
    assert _check(network, batch, dropout_seed=7).passed


@both_dtypes
@three_batches
@every_parameter
def test_a_gradient_off_by_a_thousandth_fails(
    dtype: str, batch: int, layer: str, parameter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.1 % too much in any one parameter is found, named and measured."""

    def change(dense: Dense, gradients: Gradients) -> None:
        if dense.name == layer:
            gradients[parameter] *= 1.001

    _spoil(monkeypatch, change)
    check = _check(_network(dtype), batch)
    assert not check.passed
    assert check.parameter == f"{layer}.{parameter}"
    assert check.max_relative_error == pytest.approx(1e-3, rel=0.1)
    assert check.analytic == pytest.approx(1.001 * check.numeric, rel=1e-4)


@both_dtypes
@three_batches
def test_a_single_entry_off_by_a_thousandth_fails(
    dtype: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong number among dozens is enough, and the report points at it."""
    entry = (2, 1)

    def change(dense: Dense, gradients: Gradients) -> None:
        if dense.name == "dense2":
            gradients["weights"][entry] *= 0.999

    _spoil(monkeypatch, change)
    check = _check(_network(dtype), batch)
    assert not check.passed
    assert (check.parameter, check.index) == ("dense2.weights", entry)


@both_dtypes
@three_batches
def test_a_transposed_weight_gradient_fails(
    dtype: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the layer is square a transposed gradient fits, and is found by its values."""

    def change(dense: Dense, gradients: Gradients) -> None:
        if dense.name == "dense2":
            gradients["weights"] = gradients["weights"].T.copy()

    _spoil(monkeypatch, change)
    check = _check(_network(dtype, (6, 4, 4, 3)), batch)
    assert not check.passed
    assert check.parameter == "dense2.weights"
    assert check.max_relative_error > 0.1


@both_dtypes
@three_batches
def test_a_transposed_weight_gradient_of_another_shape_is_refused(
    dtype: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the layer is not square, the sentence says so before NumPy broadcasts or stumbles."""

    def change(dense: Dense, gradients: Gradients) -> None:
        if dense.name == "dense1":
            gradients["weights"] = gradients["weights"].T.copy()

    _spoil(monkeypatch, change)
    with pytest.raises(ShapeError) as error:
        _check(_network(dtype), batch)
    assert str(error.value) == (
        "check_gradients: expected a gradient of dense1.weights of shape (6, 4), got (4, 6)."
    )


@both_dtypes
@three_batches
def test_a_transposed_weight_in_the_chain_fails(
    dtype: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """δ @ W in place of δ @ W.T in a square layer spoils the layers before it."""
    right = Dense.backward

    def wrong(self: Dense, grad_outputs: FloatArray, saved: FloatArray, **settings: Any) -> Any:
        grad_inputs, gradients = right(self, grad_outputs, saved, **settings)
        return (grad_outputs @ self.weights if self.name == "dense2" else grad_inputs), gradients

    monkeypatch.setattr(Dense, "backward", wrong)
    check = _check(_network(dtype, (6, 4, 4, 3)), batch)
    assert not check.passed
    assert check.parameter.startswith("dense1.")


@both_dtypes
@three_batches
@pytest.mark.parametrize("divisor", [1, 4, 10])
def test_a_wrong_batch_size_fails(
    dtype: str, batch: int, divisor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sum in place of a mean, or a mean over a fixed batch size, is found."""

    def change(_: Dense, gradients: Gradients) -> None:
        for gradient in gradients.values():
            gradient *= batch / divisor

    _spoil(monkeypatch, change)
    check = _check(_network(dtype), batch)
    assert not check.passed
    assert check.max_relative_error == pytest.approx(abs(batch / divisor - 1), rel=0.01)


@both_dtypes
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
@every_parameter
def test_a_gradient_that_is_no_number_fails(
    dtype: str, wrong: float, layer: str, parameter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NaN compares as neither larger nor smaller, and must not slip through between parameters."""

    def change(dense: Dense, gradients: Gradients) -> None:
        if dense.name == layer:
            gradients[parameter][-1] = wrong

    _spoil(monkeypatch, change)
    check = _check(_network(dtype), 5)
    assert not check.passed
    assert check.parameter == f"{layer}.{parameter}"
    assert not math.isfinite(check.max_relative_error)


@both_dtypes
def test_the_network_is_left_as_it_was(dtype: str) -> None:
    """No bit of any parameter differs afterwards, and inputs are untouched."""
    network = _network(dtype)
    before = {name: parameter.copy() for name, parameter in network.parameters.items()}
    inputs = np.random.default_rng(43).normal(size=(5, 6))
    check_gradients(network, inputs, np.array([0, 1, 2, 1, 0]), CrossEntropy())
    for name, parameter in network.parameters.items():
        assert_array_equal(parameter, before[name])
        assert parameter.dtype == dtype
    assert_array_equal(inputs, np.random.default_rng(43).normal(size=(5, 6)))


def test_the_report_holds_both_numbers() -> None:
    """The sentence says the verdict, the error, where it is, and what the two ways gave."""
    check = GradientCheck(0.001, "dense1.weights", (2, 3), 0.5005, 0.5, False)
    assert str(check) == (
        "FAILED: largest relative error 1.0e-03 at dense1.weights[2, 3]: "
        "analytic 0.5005, numeric 0.5"
    )
    check = GradientCheck(2e-9, "dense2.bias", (0,), -0.25, -0.25, True)
    assert str(check) == (
        "passed: largest relative error 2.0e-09 at dense2.bias[0]: analytic -0.25, numeric -0.25"
    )


def test_the_report_of_a_check_holds_its_numbers() -> None:
    """What is printed for a real check are the two numbers it compared."""
    network, inputs = _network("float64"), np.random.default_rng(44).normal(size=(5, 6))
    labels = np.array([0, 1, 2, 1, 0])
    check = check_gradients(network, inputs, labels, CrossEntropy())
    gradients = network.loss_and_gradients(inputs, labels, CrossEntropy()).gradients
    assert check.analytic == gradients[check.parameter][check.index]
    assert check.numeric == pytest.approx(check.analytic, rel=1e-5)
    assert f"analytic {check.analytic:.8g}, numeric {check.numeric:.8g}" in str(check)


def test_numeric_gradient_of_a_cubic() -> None:
    """f = Σ θ³ has the slopes 3 θ²; θ is put back bit for bit."""
    theta = np.array([[0.5, -1.25, 3.0], [0.0, 0.1, -0.7]])
    before = theta.copy()
    numeric = numeric_gradient(lambda: float((theta**3).sum()), theta)
    assert_allclose(numeric, 3 * before**2, rtol=1e-8, atol=1e-9)
    assert_array_equal(theta, before)


def test_relative_errors_by_hand() -> None:
    """Each entry relative to itself, but at least to a hundredth of the largest."""
    numeric = np.array([2.0, -1.0, 0.001, 0.0])
    analytic = np.array([2.2, -1.0, 0.002, 0.001])
    assert_allclose(relative_errors(analytic, numeric), [0.1, 0, 0.05, 0.05], atol=1e-12)


def test_two_gradients_of_zero_agree() -> None:
    """A parameter that nothing depends on has slope 0 both ways: no error and no division by 0."""
    assert_array_equal(relative_errors(np.zeros(3), np.zeros(3)), np.zeros(3))
    assert (relative_errors(np.full(3, 1e-6), np.zeros(3)) > 1).all()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "gelu", "softmax"])
def test_saturated_deep_networks_raise_no_false_alarm(activation: str) -> None:
    """Gradients that shrink to a millionth on their way are still told from rounding."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        network = build_mlp((7, 6, 4, 6, 3), rng=rng, activation=activation, dtype=np.float64)
        inputs, labels = rng.normal(size=(5, 7)), rng.integers(0, 3, 5)
        check = check_gradients(network, inputs, labels, CrossEntropy())
        assert check.passed, str(check)
