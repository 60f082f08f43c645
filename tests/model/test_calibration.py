"""Calibration: probabilities under a temperature, and the temperature that fits labels best."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling._types import FloatArray, IntArray
from inkling.model.calibration import calibrate, fit_temperature
from inkling.nn.activations import Softmax


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
    """And therefore powers of the probabilities, divided by their sum; one T, or one per row."""
    logits = np.random.default_rng(0).normal(0, 4, (7, 5))
    powers = softmax(logits) ** (1 / np.reshape(temperature, (-1, 1)))
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax(calibrate(logits, temperature)), expected, rtol=1e-10)


def test_extremes_stay_probabilities() -> None:
    """Logits whose probabilities are 0 or 1 give no NaN and no warning, and keep dtype and order."""
    z = np.array([[900, 0, 0], [-70, 0, -16], [0.2, 0, 0]], np.float32)
    for temperature in (0.005, 0.3, 20.0):
        calibrated = calibrate(z, temperature)
        assert calibrated.dtype == np.float32
        np.testing.assert_allclose(Softmax().value(calibrated).sum(axis=1), 1, rtol=1e-6)
        np.testing.assert_array_equal(calibrated.argmax(axis=1), z.argmax(axis=1))
    assert calibrate(z[:0], np.ones(0)).shape == (0, 3)


@given(st.integers(0, 1000), st.integers(30, 400), st.sampled_from([0.3, 0.8, 1.0, 2.5]))
@settings(max_examples=25)
def test_the_temperature_is_the_best_that_scipy_finds(
    seed: int, count: int, true_temperature: float
) -> None:
    """SciPy minimizes the loss of the docstring over the whole range."""
    optimize = pytest.importorskip("scipy.optimize")
    logits, labels = drawn(seed, count, true_temperature)

    def loss(log_temperature: float) -> float:
        log_q = np.log(softmax(logits / np.exp(log_temperature)))
        return float(-log_q[np.arange(count), labels].sum() - log_q.mean(axis=1).sum() / count)

    best = optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    moved = logits + np.arange(count)[:, np.newaxis]  # a number added to a row changes no softmax
    assert np.log(fit_temperature(moved, labels)) == pytest.approx(best.x, abs=1e-4)


def test_a_few_images_that_are_all_right_do_not_make_it_certain() -> None:
    """Without the imagined image the loss would fall forever."""
    z = np.tile([0.0, 1.4], (4, 1))  # 4 right, half of the imagined one: 0.9
    temperature = fit_temperature(z, np.ones(4, int))
    assert softmax(calibrate(z, temperature))[0, 1] == pytest.approx(0.9)


def test_certain_and_wrong_probabilities_have_a_temperature() -> None:
    """Where float32 rounds the label's probability to 0, the hottest is the best."""
    z = np.array([[1e30, 0.0, 0.0]] * 5, np.float32)
    assert fit_temperature(z, np.array([1, 2, 1, 2, 1])) == pytest.approx(20)
