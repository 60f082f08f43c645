"""The order of the samples in an epoch."""

from __future__ import annotations

import json

import numpy as np
import pytest

from inkling.data.samplers import RandomSampler, SequentialSampler
from inkling.errors import SettingError


def test_a_random_sampler_permutes_and_can_be_restored() -> None:
    """Each epoch has another order; the state survives JSON and belongs to the next epoch."""
    sampler = RandomSampler(50, rng=np.random.default_rng(3))
    first = sampler.next()
    state = json.loads(json.dumps(sampler.state()))
    second = sampler.next()
    assert sorted(first.tolist()) == list(range(50))
    assert first.tolist() != second.tolist()
    other = RandomSampler(50, rng=np.random.default_rng(9))
    other.restore(state)
    np.testing.assert_array_equal(other.next(), second)


def test_a_sequential_order_is_that_of_the_file() -> None:
    """It has no state."""
    sampler = SequentialSampler(4)
    sampler.restore(sampler.state())
    assert [sampler.next().tolist() for _ in range(2)] == [[0, 1, 2, 3]] * 2
    assert sampler.state() == {}


@pytest.mark.parametrize("n_samples", [0, 2.5])
def test_a_sampler_needs_samples(n_samples: int) -> None:
    """The number is whole and at least 1."""
    with pytest.raises(SettingError, match="RandomSampler: expected n_samples as a whole number"):
        RandomSampler(n_samples, rng=np.random.default_rng(0))
