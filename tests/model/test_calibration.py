"""Calibration: probabilities under a temperature, and the temperature that fits labels best."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling._types import FloatArray, IntArray
from inkling.model.calibration import calibrate, fit_temperature


def softmax(logits: FloatArray) -> FloatArray:
    """The softmax of rows, written independently."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def drawn(seed: int, count: int, true_temperature: float) -> tuple[FloatArray, IntArray]:
    """Logits of 5 classes, and labels drawn with the probabilities of logits / temperature."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (count, 5))
    draws = rng.random((count, 1))
    return logits, (softmax(logits / true_temperature).cumsum(axis=1) < draws).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0, np.array([0.5, 0.5, 1, 1, 2, 3, 4])])
def test_calibrated_probabilities_are_the_softmax_of_scaled_logits(temperature: float) -> None:
    """Powers of probabilities are the same as a division of logits, by one number or one per row."""
    logits = np.random.default_rng(0).normal(0, 4, (7, 5))
    expected = softmax(logits / np.reshape(temperature, (-1, 1)))
    np.testing.assert_allclose(calibrate(softmax(logits), temperature), expected, rtol=1e-10)


def test_extremes_stay_probabilities() -> None:
    """Probabilities of 0 and 1, and powers that vanish, give no NaN and no warning, but sums of 1."""
    p = np.array([[1, 0, 0], [1e-30, 1 - 1e-7, 1e-7], [0.4, 0.3, 0.3]], np.float32)
    for temperature in (0.005, 0.3, 20.0):
        q = calibrate(p, temperature)
        assert q.dtype == np.float32
        np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-6)
        np.testing.assert_array_equal(q.argmax(axis=1), p.argmax(axis=1))
    assert calibrate(p[:0], np.ones(0)).shape == (0, 3)


@given(st.integers(0, 1000), st.integers(30, 400), st.sampled_from([0.3, 0.8, 1.0, 2.5]))
@settings(max_examples=25)
def test_the_temperature_is_the_best_that_scipy_finds(
    seed: int, count: int, true_temperature: float
) -> None:
    """SciPy minimizes the loss of the docstring over the whole range."""
    optimize = pytest.importorskip("scipy.optimize")
    logits, labels = drawn(seed, count, true_temperature)
    p = softmax(logits)

    def loss(log_temperature: float) -> float:
        log_q = np.log(softmax(logits / np.exp(log_temperature)))
        return float(-log_q[np.arange(count), labels].sum() - log_q.mean(axis=1).sum() / count)

    best = optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    assert np.log(fit_temperature(p, labels)) == pytest.approx(best.x, abs=1e-4)


def test_a_few_images_that_are_all_right_do_not_make_it_certain() -> None:
    """Without the imagined image the loss would fall forever."""
    p = np.tile([0.2, 0.8], (4, 1))  # 4 right, half of the imagined one: 0.9
    assert calibrate(p, fit_temperature(p, np.ones(4, int)))[0, 1] == pytest.approx(0.9)


def test_certain_and_wrong_probabilities_have_a_temperature() -> None:
    """A probability of 0 for the label gives a finite loss."""
    p = np.array([[1.0, 0.0, 0.0]] * 5, np.float32)
    assert 0.05 <= fit_temperature(p, np.array([1, 2, 1, 2, 1])) <= 20
