"""The Poisson loss against SciPy's distribution."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose
from scipy.stats import poisson

from inkling.nn import Poisson


def test_the_loss_is_the_negative_log_likelihood_above_its_minimum() -> None:
    """ℓ = log P(y | y) − log P(y | a), also for y = 0."""
    a = np.exp(np.random.default_rng(1).normal(size=(5, 3)))
    y = np.random.default_rng(2).poisson(1.5, size=(5, 3)).astype(np.float64)
    assert (y == 0).any()
    expected = poisson.logpmf(y, np.where(y == 0, 1e-300, y)) - poisson.logpmf(y, a)
    assert_allclose(Poisson().per_sample(a, y), expected.sum(axis=1), rtol=1e-12)
