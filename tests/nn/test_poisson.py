"""The Poisson loss: SciPy's distribution, PyTorch's loss, and targets that are not counts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import xlogy
from scipy.stats import poisson

from inkling._types import FloatArray
from inkling.errors import ShapeError
from inkling.nn import Exp, Poisson, loss_and_delta

B, O = 5, 3  # noqa: E741 (the axis letters)


def _logits() -> FloatArray:
    return np.random.default_rng(1).normal(size=(B, O))


def _counts() -> FloatArray:
    """Targets (B, O), some of them 0."""
    return np.random.default_rng(2).poisson(1.5, size=(B, O)).astype(np.float64)


def test_the_loss_is_the_negative_log_likelihood_above_its_minimum() -> None:
    """log P(y | y) − log P(y | a), with SciPy's Poisson distribution."""
    a, y = np.exp(_logits()), _counts()
    assert (y == 0).any()
    expected = (poisson.logpmf(y, np.where(y == 0, 1e-300, y)) - poisson.logpmf(y, a)).sum(axis=1)
    assert_allclose(Poisson().per_sample(a, y), expected, rtol=1e-12)


def test_loss_and_delta_are_pytorchs() -> None:
    """poisson_nll_loss of logits differs by y log y − y, which depends on y alone."""
    torch = pytest.importorskip("torch")
    z, y = _logits(), _counts()
    theirs = torch.tensor(z, requires_grad=True)
    value = torch.nn.functional.poisson_nll_loss(theirs, torch.tensor(y), reduction="sum") / B
    value.backward()
    ours = loss_and_delta(Exp(), Poisson(), z, np.exp(z), y)
    assert ours.loss == pytest.approx(value.item() + (xlogy(y, y) - y).sum() / B, rel=1e-12)
    assert_allclose(ours.delta, theirs.grad.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("wrong", [-1.0, -0.25, np.nan])
def test_targets_below_0_raise(wrong: float) -> None:
    """A count is never negative, nor a NaN."""
    y = _counts()
    y[3, 1] = wrong
    with pytest.raises(ShapeError, match=f"Poisson: expected targets of at least 0, got {wrong:g}"):
        Poisson().value(np.exp(_logits()), y)
