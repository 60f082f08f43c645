"""Dropout: how often it silences, what it keeps, and the one mask of both passes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inkling.errors import SettingError
from inkling.nn.dropout import Dropout

B, I = 5, 7  # noqa: E741 (the axis letters)


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.9])
def test_it_silences_the_given_share(rate: float) -> None:
    """Of n = 200,000 signals a share p is silenced, within 5 standard deviations √(p (1 − p) / n)."""
    x = np.ones((400, 500))
    outputs, _ = Dropout(rate).forward(x, training=True, rng=np.random.default_rng(16))
    deviation = math.sqrt(rate * (1 - rate) / x.size)
    assert (outputs == 0).mean() == pytest.approx(rate, abs=5 * deviation)


def test_what_is_kept_is_divided_by_one_minus_the_rate() -> None:
    """Every signal is 0 or x / (1 − p), so that its expectation stays x."""
    x = np.random.default_rng(17).normal(size=(B, I))
    outputs, mask = Dropout(0.75).forward(x, training=True, rng=np.random.default_rng(18))
    assert mask is not None
    assert set(mask.ravel()) == {0.0, 4.0}
    assert_array_equal(outputs, np.where(mask > 0, 4 * x, 0))


def test_forward_and_backward_share_the_mask() -> None:
    """A gradient passes exactly where the signal did, and as strongly."""
    layer = Dropout(0.4)
    outputs, mask = layer.forward(np.ones((B, I)), training=True, rng=np.random.default_rng(19))
    grad_inputs, gradients = layer.backward(np.ones((B, I)), mask)
    assert 0 < np.count_nonzero(outputs) < outputs.size
    assert_array_equal(grad_inputs, outputs)
    assert gradients == {}


def test_masks_differ_from_row_to_row_and_step_to_step() -> None:
    """Each sample and each step draws its own mask; the same seed draws the same ones."""
    x, layer, rng = np.ones((B, 40)), Dropout(0.5), np.random.default_rng(20)
    first, second = (layer.forward(x, training=True, rng=rng)[0] for _ in range(2))
    assert (first != second).any()
    assert len(np.unique(first, axis=0)) == B
    again, _ = layer.forward(x, training=True, rng=np.random.default_rng(20))
    assert_array_equal(first, again)


def test_both_dtypes_draw_the_same_mask() -> None:
    """A float32 network and its float64 twin silence the same units."""
    masks = [
        Dropout(0.4).forward(np.ones((B, I), dtype), training=True, rng=np.random.default_rng(21))[
            1
        ]
        for dtype in (np.float32, np.float64)
    ]
    assert masks[0] is not None
    assert masks[1] is not None
    assert_array_equal(masks[0] == 0, masks[1] == 0)
    assert_array_equal(masks[0], masks[1].astype(np.float32))


def test_a_rate_of_zero_changes_nothing() -> None:
    """Nothing is silenced, in training either."""
    x = np.random.default_rng(22).normal(size=(B, I))
    outputs, _ = Dropout(0).forward(x, training=True, rng=np.random.default_rng(23))
    assert_array_equal(outputs, x)


def test_prediction_passes_inputs_and_gradients_through() -> None:
    """Outside training it needs no generator, returns the very array and saves nothing."""
    x, layer = np.ones((B, I)), Dropout(0.4)
    outputs, saved = layer.forward(x)
    assert outputs is x
    assert saved is None
    assert layer.backward(x, saved)[0] is x


def test_training_without_a_generator_is_refused() -> None:
    """There is no hidden source of random numbers to fall back on."""
    with pytest.raises(SettingError) as error:
        Dropout(0.4).forward(np.ones((B, I)), training=True)
    assert str(error.value) == (
        "Dropout: expected a generator while training, got None; "
        "pass rng=np.random.default_rng(seed)."
    )


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, math.nan, "0.5", None, True])
def test_a_rate_outside_its_range_is_refused(rate: Any) -> None:
    """At 1 nothing would be left to divide."""
    with pytest.raises(SettingError) as error:
        Dropout(rate)
    assert str(error.value) == f"Dropout: expected rate in [0, 1), got {rate!r}."


def test_a_numpy_rate_becomes_plain_data() -> None:
    """A rate taken from an array can still be written into a model file."""
    rate: Any = np.float32(0.25)
    assert type(Dropout(rate).settings()["rate"]) is float
    assert repr(Dropout(rate)) == "Dropout(rate=0.25)"
