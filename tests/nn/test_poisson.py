"""The Poisson loss against SciPy's distribution."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose
from scipy.stats import poisson

from inkling.nn import Poisson
from inkling.nn.output import exp_poisson


def test_the_loss_is_the_negative_log_likelihood_above_its_minimum() -> None:
    """ℓ = log P(y | y) − log P(y | a), also for y = 0."""
    a = np.exp(np.random.default_rng(1).normal(size=(5, 3)))
    y = np.random.default_rng(2).poisson(1.5, size=(5, 3)).astype(np.float64)
    assert (y == 0).any()
    expected = poisson.logpmf(y, np.where(y == 0, 1e-300, y)) - poisson.logpmf(y, a)
    assert_allclose(Poisson().per_sample(a, y), expected.sum(axis=1), rtol=1e-12)


def test_the_closed_form_with_an_output_that_underflows() -> None:
    """ℓ = a − y z + y log y − y with a = e⁻⁸⁰⁰ = 0, y = 2: 1600 + 2 log 2 − 2, and δ = −2."""
    losses, delta = exp_poisson(np.array([[-800.0]]), np.array([[0.0]]), np.array([[2.0]]))
    assert_allclose(losses, [1598 + 2 * np.log(2)], rtol=1e-15)
    assert_allclose(delta, [[-2]])
