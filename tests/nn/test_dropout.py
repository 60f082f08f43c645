"""Dropout: the share that it sets to zero, the scale of the rest, and one mask for both passes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inkling.errors import SettingError
from inkling.nn import Dropout

B, I = 5, 7  # noqa: E741 (the axis letters)


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.9])
def test_the_given_share_is_zero(rate: float) -> None:
    """Of n = 200,000 signals a share p is 0, within 5 standard deviations √(p (1 − p) / n)."""
    x = np.ones((400, 500))
    outputs, _ = Dropout(rate).forward(x, rng=np.random.default_rng(16))
    deviation = math.sqrt(rate * (1 - rate) / x.size)
    assert (outputs == 0).mean() == pytest.approx(rate, abs=5 * deviation)


def test_the_rest_is_divided_by_one_minus_the_rate() -> None:
    """Every signal is 0 or x / (1 − p), so its expectation stays x."""
    x = np.random.default_rng(17).normal(size=(B, I))
    outputs, mask = Dropout(0.75).forward(x, rng=np.random.default_rng(18))
    assert isinstance(mask, np.ndarray)
    assert set(mask.ravel()) == {0.0, 4.0}
    assert_array_equal(outputs, np.where(mask > 0, 4 * x, 0))


def test_masks_differ_from_row_to_row_and_step_to_step() -> None:
    """Each sample and each step draws its own mask; the same seed draws the same ones."""
    x, layer, rng = np.ones((B, 40)), Dropout(0.5), np.random.default_rng(20)
    first, second = (layer.forward(x, rng=rng)[0] for _ in range(2))
    assert (first != second).any()
    assert len(np.unique(first, axis=0)) == B
    assert_array_equal(first, layer.forward(x, rng=np.random.default_rng(20))[0])


def test_without_a_generator_signals_and_gradients_pass_unchanged() -> None:
    """In prediction it returns the very array; a rate of 0 changes nothing in training either."""
    x = np.random.default_rng(22).normal(size=(B, I))
    outputs, saved = Dropout(0.4).forward(x)
    assert outputs is x
    assert_array_equal(Dropout(0.4).grad_inputs(x, saved), x)
    assert_array_equal(Dropout(0).forward(x, rng=np.random.default_rng(23))[0], x)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, math.nan, "0.5", None, True])
def test_a_rate_outside_its_range_raises(rate: Any) -> None:
    """At 1 nothing would be left to divide."""
    with pytest.raises(SettingError, match=r"Dropout: expected rate in \[0, 1\)"):
        Dropout(rate)
