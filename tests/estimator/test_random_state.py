"""Initial weights, held-out samples and dropout generators drawn from random_state."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inkling.estimator.random_state import dropout_generator, held_out_rows, initial_weights


def test_each_layer_is_drawn_within_its_own_bound() -> None:
    """The bound is √(6 / (I + O)) for relu and √(2 / (I + O)) for logistic."""
    source = np.random.RandomState(0)
    weights, biases = initial_weights(
        (700, 500, 300, 100), ["logistic", "relu"], source, np.float64
    )
    factors = (2, 6, 6)
    for matrix, bias, factor in zip(weights, biases, factors, strict=True):
        bound = np.sqrt(factor / sum(matrix.shape))
        assert 0.98 * bound < np.abs(matrix).max() <= bound
        assert 0.9 * bound < np.abs(bias).max() <= bound
        assert bias.shape == matrix.shape[1:]


def test_held_out_rows_keep_proportions() -> None:
    """No row is in both parts, and a tenth of each class is held out."""
    classes = np.repeat([0, 1], [300, 100])
    train, rows = held_out_rows(400, 0.1, classes, np.random.RandomState(0))
    assert_array_equal(np.sort(np.r_[train, rows]), np.arange(400))
    assert_array_equal(np.bincount(classes[rows]), [30, 10])


def test_too_few_to_hold_out() -> None:
    """A single sample is too few for a validation set."""
    with pytest.raises(ValueError, match="validation set is too small"):
        held_out_rows(5, 0.1, None, np.random.RandomState(0))


def test_dropout_has_a_generator_of_its_own() -> None:
    """Its state depends on random_state."""
    first, same, other = (
        dropout_generator(np.random.RandomState(seed)).random(4) for seed in (1, 1, 2)
    )
    assert_array_equal(first, same)
    assert not np.array_equal(first, other)
