"""What random_state decides, against scikit-learn's own helpers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.utils import shuffle

from inkling.estimator.random_state import dropout_generator, first_weights, held_out, shuffled


def test_each_layer_is_drawn_within_its_own_bound() -> None:
    """√6 / √(I + O) for relu, √2 / √(I + O) for logistic; the output takes the last one's."""
    source = np.random.RandomState(0)
    weights, biases = first_weights((700, 500, 300, 100), ["logistic", "relu"], source, np.float64)
    factors = (2, 6, 6)
    for matrix, bias, factor in zip(weights, biases, factors, strict=True):
        bound = np.sqrt(factor / sum(matrix.shape))
        assert 0.98 * bound < np.abs(matrix).max() <= bound
        assert 0.9 * bound < np.abs(bias).max() <= bound
        assert bias.shape == matrix.shape[1:]


def test_every_epoch_shuffles_the_last_ones_order() -> None:
    """As often as one likes, it is what sklearn.utils.shuffle makes of it."""
    ours: Any = np.arange(37)
    theirs = np.arange(37)
    one, other = np.random.RandomState(6), np.random.RandomState(6)
    for _ in range(5):
        ours, theirs = shuffled(ours, one), shuffle(theirs, random_state=other)
        assert_array_equal(ours, theirs)


def test_held_out_rows_keep_proportions() -> None:
    """No row is on both sides; a tenth of each class is held out."""
    classes = np.repeat([0, 1], [300, 100])
    train, rows = held_out(400, 0.1, classes, np.random.RandomState(0))
    assert_array_equal(np.sort(np.r_[train, rows]), np.arange(400))
    assert_array_equal(np.bincount(classes[rows]), [30, 10])


def test_too_few_to_hold_out() -> None:
    """A single sample is no validation set."""
    message = (
        "The validation set is too small. Increase 'validation_fraction' or the size of your "
        "dataset."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        held_out(5, 0.1, None, np.random.RandomState(0))


def test_dropout_has_a_generator_of_its_own() -> None:
    """The same state gives the same one, another state another."""
    first, same, other = (
        dropout_generator(np.random.RandomState(seed)).random(4) for seed in (1, 1, 2)
    )
    assert_array_equal(first, same)
    assert not np.array_equal(first, other)
