"""The gradient check itself: correct gradients pass, slightly wrong ones fail."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from inkling._types import FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.nn import (
    CrossEntropy,
    Dense,
    GradientCheck,
    Network,
    Uniform,
    build_mlp,
    check_gradients,
)
from inkling.nn.gradcheck import numeric_gradient, relative_errors

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


def _spoil(
    monkeypatch: pytest.MonkeyPatch,
    network: Network,
    layer: str,
    change: Callable[[Gradients], None],
) -> None:
    """Passes the gradients of one Dense layer of a network through ``change``."""
    correct, spoiled = Dense.grad_parameters, network.layers[network.names.index(layer)]

    def wrong(self: Dense, *arguments: Any) -> Gradients:
        gradients = correct(self, *arguments)
        if self is spoiled:
            change(gradients)
        return gradients

    monkeypatch.setattr(Dense, "grad_parameters", wrong)


@both_dtypes
@three_batches
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_correct_gradients_pass(dtype: str, batch: int, dropout: float) -> None:
    """Back-propagation and differences agree, with dropout and sample weights as well."""
    network = _network(dtype, dropout=dropout)
    assert _check(network, batch).passed
    assert _check(network, batch, sample_weights=np.arange(1.0, batch + 1)).passed


@both_dtypes
@three_batches
@every_parameter
def test_a_gradient_off_by_a_thousandth_fails(
    dtype: str, batch: int, layer: str, parameter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.1 % too much in any one parameter is found, named and measured."""

    def change(gradients: Gradients) -> None:
        gradients[parameter] *= 1.001

    network = _network(dtype)
    _spoil(monkeypatch, network, layer, change)
    check = _check(network, batch)
    assert not check.passed
    assert check.parameter == f"{layer}.{parameter}"
    assert check.max_relative_error == pytest.approx(1e-3, rel=0.1)
    assert check.analytic == pytest.approx(1.001 * check.numeric, rel=1e-4)
    assert f"FAILED: largest relative error 1.0e-03 at {layer}.{parameter}" in str(check)


@both_dtypes
def test_a_single_entry_off_by_a_thousandth_fails(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong number among dozens is found, and its position reported."""
    entry = (2, 1)

    def change(gradients: Gradients) -> None:
        gradients["weights"][entry] *= 0.999

    network = _network(dtype)
    _spoil(monkeypatch, network, "dense2", change)
    check = _check(network, 5)
    assert not check.passed
    assert (check.parameter, check.index) == ("dense2.weights", entry)


@three_batches
@pytest.mark.parametrize("divisor", [1, 4, 10])
def test_a_wrong_batch_size_fails(
    batch: int, divisor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sum instead of a mean, or a mean over a fixed batch size, is found."""

    def change(gradients: Gradients) -> None:
        for gradient in gradients.values():
            gradient *= batch / divisor

    network = _network("float64")
    _spoil(monkeypatch, network, "dense1", change)
    check = _check(network, batch)
    assert not check.passed
    assert check.max_relative_error == pytest.approx(abs(batch / divisor - 1), rel=0.01)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
@every_parameter
def test_a_gradient_that_is_not_finite_fails(
    wrong: float, layer: str, parameter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NaN compares as neither larger nor smaller, and must not be missed between parameters."""

    def change(gradients: Gradients) -> None:
        gradients[parameter][-1] = wrong

    network = _network("float64")
    _spoil(monkeypatch, network, layer, change)
    check = _check(network, 5)
    assert not check.passed
    assert check.parameter == f"{layer}.{parameter}"


@both_dtypes
def test_the_network_is_unchanged(dtype: str) -> None:
    """No bit of any parameter differs afterwards."""
    network = _network(dtype)
    before = {name: parameter.copy() for name, parameter in network.parameters.items()}
    _check(network, 5)
    for name, parameter in network.parameters.items():
        assert_array_equal(parameter, before[name])
        assert parameter.dtype == dtype


def test_numeric_gradient_of_a_cubic() -> None:
    """f = Σ θ³ has the derivative 3 θ²; θ is restored bit for bit."""
    theta = np.array([[0.5, -1.25, 3.0], [0.0, 0.1, -0.7]])
    before = theta.copy()
    numeric = numeric_gradient(lambda: float((theta**3).sum()), theta)
    assert_allclose(numeric, 3 * before**2, rtol=1e-8, atol=1e-9)
    assert_array_equal(theta, before)


def test_relative_errors_by_hand() -> None:
    """Each entry is relative to itself, but at least to a hundredth of the largest; zeros agree."""
    numeric = np.array([2.0, -1.0, 0.001, 0.0])
    analytic = np.array([2.2, -1.0, 0.002, 0.001])
    assert_allclose(relative_errors(analytic, numeric), [0.1, 0, 0.05, 0.05], atol=1e-12)
    assert_array_equal(relative_errors(np.zeros(3), np.zeros(3)), np.zeros(3))
    assert (relative_errors(np.full(3, 1e-6), np.zeros(3)) > 1).all()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "gelu", "softmax"])
def test_saturated_deep_networks_pass(activation: str) -> None:
    """Gradients that shrink to a millionth are still distinguished from rounding."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        network = build_mlp((7, 6, 4, 6, 3), rng=rng, activation=activation, dtype=np.float64)
        inputs, labels = rng.normal(size=(5, 7)), rng.integers(0, 3, 5)
        check = check_gradients(network, inputs, labels, CrossEntropy())
        assert check.passed, str(check)


def test_only_networks_are_checked() -> None:
    """The message names the argument."""
    with pytest.raises(
        SettingError, match="check_gradients: expected network of type Network, got"
    ):
        check_gradients(None, np.ones((3, 2)), np.zeros(3, int), CrossEntropy())  # type: ignore[arg-type]


def test_a_gradient_of_another_shape_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transposed gradient of weights that are not square is an error of its own."""

    def change(gradients: Gradients) -> None:
        gradients["weights"] = gradients["weights"].T

    network = _network("float64")
    _spoil(monkeypatch, network, "dense1", change)
    with pytest.raises(ShapeError, match=r"gradient of dense1.weights of shape \(6, 4\)"):
        _check(network, 5)
