"""The contract of every activation: value, range, precision; and what is special about some."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, ndtr, softmax

from inkling._checks import look_up
from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.nn import ACTIVATIONS, GELU, INITIALIZERS, Activation, LeakyReLU, ReLU, Softmax

B, C = 5, 6

ORACLES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "identity": lambda z: z,
    "sigmoid": expit,
    "tanh": lambda z: 2 * expit(2 * z) - 1,
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, z / 100),
    "gelu": lambda z: z * expit(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)),
    "exp": lambda z: np.power(math.e, z),
    "softmax": lambda z: softmax(z, axis=1),
}
"""The value by another formula, or SciPy's; a new activation may have numbers in its Example instead."""

every_activation = pytest.mark.parametrize("name", ACTIVATIONS)


def _logits(scale: float = 2.0) -> FloatArray:
    return np.random.default_rng(5).normal(scale=scale, size=(B, C))


def _gradient(activation: Activation, z: FloatArray, grad: FloatArray) -> FloatArray:
    return activation.gradient(grad, z, activation.value(z))


@every_activation
def test_registry_entry_is_complete(name: str) -> None:
    """Its key is its kind, its initializer exists, and its value is known in some other way."""
    kind = ACTIVATIONS[name]
    assert kind.kind == name
    assert kind.suited_initializer in INITIALIZERS
    assert name in ORACLES or ">>>" in (kind.__doc__ or ""), (
        f"{name!r} has no value that is computed another way: give its class an Example with numbers "
        "worked out by hand, or ORACLES a formula"
    )


def test_an_unknown_name_raises_with_the_known_ones() -> None:
    """The message lists all names and the closest."""
    with pytest.raises(SettingError, match=f"{', '.join(ACTIVATIONS)}.*did you mean 'relu'"):
        look_up("build_mlp", "activation", "rleu", ACTIVATIONS)


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("scale", [0.01, 2.0, 30.0])
def test_value_matches_an_independent_formula(name: str, scale: float) -> None:
    """f(z) equals SciPy's function, or the same function written another way, in float64."""
    z = _logits(scale)
    expected = ORACLES[name](z)
    assert_allclose(ACTIVATIONS[name]().value(z), expected, rtol=1e-12, atol=1e-15)


@every_activation
def test_outputs_lie_in_the_declared_range(name: str) -> None:
    """The range that decides which losses are allowed holds for any input, and is not too wide."""
    low, high = ACTIVATIONS[name].output_range
    far = [] if name == "exp" else [-1e4, 1e4]
    a = ACTIVATIONS[name]().value(np.concatenate([np.linspace(-20, 20, 6000), far]).reshape(-1, 2))
    assert low <= a.min() < low + 1e-4 or low == -math.inf
    assert high >= a.max() > high - 1e-4 or high == math.inf


@pytest.mark.parametrize("name", ORACLES)
def test_float32_values_keep_their_precision(name: str) -> None:
    """Over eighty powers of e, float32 equals float64 up to a few units in the last place."""
    z = np.linspace(-80, 80, 3003, dtype=np.float32).reshape(-1, 3)
    exact = ORACLES[name](z.astype(np.float64))
    # GELU's 1 + tanh u cancels below zero: exact to one unit of |z|, as in the frameworks.
    atol = 80 * 2.0**-23 if name == "gelu" else 1e-37
    # e^z carries the rounding of z itself: 80 · 2⁻²⁴ = 5e-6.
    assert_allclose(ACTIVATIONS[name]().value(z), exact, rtol=6e-6, atol=atol)


def test_gelu_is_close_to_the_exact_one() -> None:
    """The tanh form differs from z Φ(z) by less than 5e-4, and by more than 4e-4 somewhere."""
    z = np.linspace(-8, 8, 4001).reshape(1, -1)
    assert 4e-4 < np.abs(GELU().value(z) - z * ndtr(z)).max() < 5e-4


@pytest.mark.parametrize(
    ("activation", "at_zero"), [(ReLU(), 0.0), (LeakyReLU(0.1), 0.1), (LeakyReLU(0), 0.0)]
)
def test_the_derivative_at_the_kink_is_pytorchs(activation: Activation, at_zero: float) -> None:
    """At exactly 0 both rectifiers have the derivative from below."""
    torch = pytest.importorskip("torch")
    theirs = torch.zeros((B, C), dtype=torch.float64, requires_grad=True)
    torch.nn.functional.leaky_relu(theirs, at_zero).sum().backward()
    ours = _gradient(activation, np.zeros((B, C)), np.ones((B, C)))
    assert_array_equal(ours, np.full((B, C), at_zero))
    assert_array_equal(theirs.grad.numpy(), ours)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_normalizes_each_row_by_itself(dtype: str) -> None:
    """Rows sum to 1 and columns do not; other rows change no bit, a constant only the rounding."""
    z = _logits().astype(dtype)
    a = Softmax().value(z)
    assert (a > 0).all()
    assert_allclose(a.sum(axis=1), 1, rtol=1e-6)
    assert np.abs(a.sum(axis=0) - 1).min() > 0.01
    assert_array_equal(Softmax().value(np.vstack([z[:2], 50 * z]))[:2], a[:2])
    shifted = Softmax().value(z + np.arange(B, dtype=dtype)[:, np.newaxis] * 100)
    assert_allclose(shifted, a, rtol=1e-12 if dtype == "float64" else 1e-4)


def test_softmax_gradient_is_the_jacobian_product() -> None:
    """∂L/∂z equals Jᵀ ∂L/∂a with J_kj = a_k (δ_kj − a_j) formed in full."""
    z, grad = _logits(), np.random.default_rng(6).normal(size=(B, C))
    ours = _gradient(Softmax(), z, grad)
    for row in range(B):
        a = softmax(z[row])
        jacobian = np.diag(a) - np.outer(a, a)
        assert_allclose(ours[row], jacobian.T @ grad[row], rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("slope", [-0.1, 1, math.nan, "0.1", True])
def test_a_leaky_slope_outside_its_range_raises(slope: Any) -> None:
    """Slopes are numbers in [0, 1): from 1 on, max(z, slope · z) is another function."""
    with pytest.raises(SettingError, match=r"LeakyReLU: expected slope in \[0, 1\)"):
        LeakyReLU(slope=slope)
