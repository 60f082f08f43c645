"""The exponential output and the Poisson loss: values, gradients, their δ, and what is refused."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import xlogy
from scipy.stats import poisson

from inkling._types import FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.nn.activations import Identity, Tanh
from inkling.nn.dense import Dense
from inkling.nn.gradcheck import check_gradients, numeric_gradient
from inkling.nn.network import Network
from inkling.nn.output import check_pair, exp_poisson, loss_and_delta
from inkling.nn.poisson import Exp, Poisson

B, I, O = 5, 7, 3  # noqa: E741 (the letters of the notation)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def logits() -> FloatArray:
    """Logits (B, O) around 0."""
    return np.random.default_rng(1).normal(size=(B, O))


def counts() -> FloatArray:
    """Targets (B, O), zeros among them."""
    return np.random.default_rng(2).poisson(1.5, size=(B, O)).astype(np.float64)


def test_the_loss_is_the_negative_log_likelihood_above_its_least() -> None:
    """log P(y | y) − log P(y | a), with SciPy's Poisson distribution."""
    a, y = np.exp(logits()), counts()
    assert (y == 0).any()
    expected = (poisson.logpmf(y, np.where(y == 0, 1e-300, y)) - poisson.logpmf(y, a)).sum(axis=1)
    assert_allclose(Poisson().per_sample(a, y), expected, rtol=1e-12)


def test_the_loss_is_pytorchs() -> None:
    """poisson_nll_loss from logits differs by y log y − y, which depends on y alone."""
    torch = pytest.importorskip("torch")
    z, y = logits(), counts()
    theirs = torch.tensor(z, requires_grad=True)
    value = torch.nn.functional.poisson_nll_loss(theirs, torch.tensor(y), reduction="sum") / B
    value.backward()
    constant = (xlogy(y, y) - y).sum() / B
    ours = loss_and_delta(Exp(), Poisson(), z, np.exp(z), y)
    assert ours.loss == pytest.approx(value.item() + constant, rel=1e-12)
    assert_allclose(ours.delta, theirs.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_the_loss_is_0_at_the_targets_and_above_it_elsewhere() -> None:
    """Half the deviance: counts 3, 1, 5 cost nothing where they are the outputs."""
    y = np.array([[3.0, 1.0, 5.0]])
    assert Poisson().value(y, y) == pytest.approx(0, abs=1e-14)
    for factor in (0.5, 0.9, 1.1, 3.0):
        assert Poisson().value(factor * y, y) > 1e-2


def test_a_number_worked_out_by_hand() -> None:
    """a = 2, y = 4: 4 log 2 − 4 + 2."""
    assert Poisson().value(np.array([[2.0]]), np.array([[4.0]])) == pytest.approx(
        4 * math.log(2) - 2, rel=1e-14
    )


def test_gradients_match_finite_differences() -> None:
    """∂ℓ/∂a of the loss, and ∂L/∂z through the exponential, against measured slopes."""
    z, y = logits(), counts()
    a = np.exp(z)
    numeric = numeric_gradient(lambda: float(Poisson().per_sample(a, y).sum()), a)
    assert_allclose(Poisson().gradient(a, y), numeric, rtol=1e-6, atol=1e-8)
    weights = np.random.default_rng(3).normal(size=(B, O))
    numeric = numeric_gradient(lambda: float((weights * Exp().forward(z)[0]).sum()), z)
    grad_z, _ = Exp().backward(weights, Exp().forward(z)[1])
    assert_allclose(grad_z, numeric, rtol=1e-6, atol=1e-8)


def test_a_network_of_both_passes_the_gradient_check() -> None:
    """Back-propagation from the closed δ, weighted samples included."""
    rng = np.random.default_rng(4)
    hidden = Dense(I, 9, rng=rng, dtype=np.float64)
    network = Network([hidden, Tanh(), Dense(9, O, rng=rng, dtype=np.float64), Exp()])
    inputs = rng.normal(size=(B, I))
    weights = np.array([1.0, 3.0, 0.5, 2.0, 4.0])
    check = check_gradients(network, inputs, counts(), Poisson(), sample_weights=weights)
    assert check.passed, check


@both_dtypes
def test_the_pair_is_finite_where_an_output_underflows(dtype: str) -> None:
    """At z = −1e4 the output is 0: the loss is y · 1e4 and more, δ is −y, and NumPy is silent."""
    z = np.array([[-1e4, 0.0, 2.0]], dtype)
    y = np.array([[3.0, 0.0, 1.0]], dtype)
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        a, _ = Exp().forward(z)
        losses, delta = exp_poisson(z, a, y)
    expected = 3e4 + 3 * math.log(3) - 3 + 1 + (math.exp(2) - 2 - 1)
    assert losses[0] == pytest.approx(expected, rel=1e-6)
    assert_allclose(delta, [[-3, 1, math.exp(2) - 1]], rtol=1e-6)


@both_dtypes
def test_dtype_is_kept(dtype: str) -> None:
    """Outputs, losses and gradients are the network's dtype, whatever the targets' is."""
    z = logits().astype(dtype)
    a, saved = Exp().forward(z)
    assert a.dtype == dtype
    assert Exp().backward(a, saved)[0].dtype == dtype
    for y in (counts(), counts().astype(np.float32), counts().astype(int)):
        dense = Poisson().dense_targets(y, a)
        assert dense.dtype == Poisson().gradient(a, dense).dtype == dtype
        assert loss_and_delta(Exp(), Poisson(), z, a, y).delta.dtype == dtype


@pytest.mark.parametrize(("wrong", "got"), [(-1.0, "-1"), (-0.25, "-0.25"), (np.nan, "nan")])
def test_targets_below_0_are_refused(wrong: float, got: str) -> None:
    """A count is never negative, and a NaN is none."""
    y = counts()
    y[3, 1] = wrong
    message = f"Poisson: expected targets of at least 0, got {got}."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        Poisson().value(np.exp(logits()), y)


def test_an_output_that_may_be_negative_is_refused() -> None:
    """The logarithm of a negative output would be a NaN."""
    message = (
        "Poisson: expected outputs in [0, ∞), got identity, whose outputs lie in (−∞, ∞); use softmax "
        "or sigmoid, or the loss squared_error."
    )
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        check_pair(Identity(), Poisson())
    check_pair(Exp(), Poisson())
