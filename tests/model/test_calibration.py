"""Calibration: one temperature, found safely, and how far confidence is from the truth."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling._types import FloatArray, IntArray
from inkling.errors import SettingError, ShapeError
from inkling.model.calibration import calibrate, expected_calibration_error, fit_temperature


def softmax(logits: FloatArray) -> FloatArray:
    """The softmax of rows, written independently."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def drawn(seed: int, count: int, modesty: float) -> tuple[FloatArray, IntArray]:
    """Logits of 5 classes, and labels drawn with exactly the probabilities of logits / modesty."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (count, 5))
    draws = rng.random((count, 1))
    return logits, (softmax(logits / modesty).cumsum(axis=1) < draws).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.2, 0.7, 1.0, 3.0])
def test_calibrated_probabilities_are_the_softmax_of_scaled_logits(temperature: float) -> None:
    """Powers of probabilities are the same as division of logits, far from rounding."""
    logits = np.random.default_rng(0).normal(0, 4, (7, 5))
    np.testing.assert_allclose(
        calibrate(softmax(logits), temperature), softmax(logits / temperature), rtol=1e-10
    )


def test_each_row_may_have_a_temperature_of_its_own() -> None:
    """Rows do not touch each other; an empty batch has none."""
    p = softmax(np.random.default_rng(1).normal(size=(3, 5)))
    temperatures = np.array([0.5, 1.0, 4.0])
    rows = [calibrate(row[np.newaxis], float(t))[0] for row, t in zip(p, temperatures, strict=True)]
    np.testing.assert_allclose(calibrate(p, temperatures), rows, rtol=1e-12)
    assert calibrate(p[:0], temperatures[:0]).shape == (0, 5)


def test_extremes_stay_probabilities() -> None:
    """One class with everything, in float32, and powers that vanish: no NaN, no warning, sums of 1."""
    p = np.array([[1, 0, 0], [1e-30, 1 - 1e-7, 1e-7], [0.4, 0.3, 0.3]], np.float32)
    for temperature in (0.005, 0.3, 20.0):
        q = calibrate(p, temperature)
        assert q.dtype == np.float32
        np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-6)
        np.testing.assert_array_equal(q.argmax(axis=1), p.argmax(axis=1))
    assert calibrate(p, 1.0) is p


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_is_positive(temperature: float) -> None:
    """Anything else is said."""
    message = f"calibrate: expected temperature in (0, ∞), got {temperature!r}."
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        calibrate(np.array([[0.5, 0.5]]), temperature)


@given(st.integers(0, 1000), st.integers(30, 400), st.sampled_from([0.3, 0.8, 1.0, 2.5]))
@settings(max_examples=25)
def test_the_temperature_is_the_best_that_scipy_finds(
    seed: int, count: int, modesty: float
) -> None:
    """Over the whole range, on the loss as the docstring has it."""
    optimize = pytest.importorskip("scipy.optimize")
    logits, labels = drawn(seed, count, modesty)
    p = softmax(logits)

    def loss(log_temperature: float) -> float:
        log_q = np.log(softmax(logits / np.exp(log_temperature)))
        return float(-log_q[np.arange(count), labels].sum() - log_q.mean(axis=1).sum() / count)

    best = optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    assert np.log(fit_temperature(p, labels)) == pytest.approx(best.x, abs=1e-4)


def test_the_temperature_that_made_the_labels_is_found() -> None:
    """20,000 labels drawn with known probabilities; and calibration then leaves only chance."""
    logits, labels = drawn(3, 20_000, 0.6)
    temperature = fit_temperature(softmax(logits), labels)
    assert temperature == pytest.approx(0.6, rel=0.03)
    before, after = softmax(logits), calibrate(softmax(logits), temperature)
    errors = [
        expected_calibration_error(p.max(axis=1), p.argmax(axis=1) == labels)
        for p in (before, after)
    ]
    assert errors[0] > 0.05
    assert errors[1] < 0.01


def test_a_few_images_that_are_all_right_do_not_make_it_certain() -> None:
    """Without the imagined image the loss would fall for ever; worked by hand in the docstring."""
    p = np.tile([0.2, 0.8], (4, 1))  # 4 right, half of the imagined one: 0.9
    assert calibrate(p, fit_temperature(p, np.ones(4, int)))[0, 1] == pytest.approx(0.9)


def test_certain_and_wrong_has_an_answer() -> None:
    """A probability of 0 for the truth, and one of 1: the hottest temperature at most, and finite."""
    p = np.array([[1.0, 0.0, 0.0]] * 5, np.float32)
    assert 0.05 <= fit_temperature(p, np.array([1, 2, 1, 2, 1])) <= 20


def test_the_error_by_hand() -> None:
    """Ten answers in three bins of five; an empty bin counts nothing; 0.4 belongs to (0.2, 0.4]."""
    confidence = np.array([0.3, 0.4, 0.4, 0.35, 0.95, 0.9, 1.0, 0.85, 0.7, 0.7])
    right = np.array([0, 1, 0, 0, 1, 1, 1, 0, 1, 1], bool)
    by_bin = [abs(0.3 + 0.4 + 0.4 + 0.35 - 1), abs(0.7 + 0.7 - 2), abs(0.95 + 0.9 + 1 + 0.85 - 3)]
    assert expected_calibration_error(confidence, right, bins=5) == pytest.approx(sum(by_bin) / 10)


@pytest.mark.parametrize("bins", [1, 7, 15])
def test_the_error_as_its_definition_says_it(bins: int) -> None:
    """Against loops over bins, with confidences on the edges among them."""
    rng = np.random.default_rng(1)
    confidence = np.concatenate([rng.random(301), np.arange(bins + 1) / bins])
    right = rng.random(len(confidence)) < confidence**2
    total = 0.0
    for m in range(1, bins + 1):
        inside = np.isclose(confidence, m / bins) | (
            (confidence > (m - 1) / bins)
            & (confidence < m / bins)
            & ~np.isclose(confidence, (m - 1) / bins)
        )
        inside |= (m == 1) & (confidence == 0)
        if inside.any():
            total += inside.sum() * abs(right[inside].mean() - confidence[inside].mean())
    measured = expected_calibration_error(confidence, right, bins)
    # An edge such as 3/7·7 may round to either side; each of them moves the sum by 2 at most.
    assert measured == pytest.approx(total / len(confidence), abs=2 * bins / len(confidence) / 50)


@pytest.mark.parametrize(
    ("confidence", "right", "message"),
    [
        (np.zeros(0), np.zeros(0, bool), "expected at least one sample, got none."),
        (np.ones((2, 3)), np.ones(2, bool), "expected confidences of shape (N), got (2, 3)."),
        (np.ones(3), np.ones(2, bool), "expected what is true of shape (3,), got (2,)."),
        (np.array([0.5, 1.5]), np.ones(2, bool), "expected confidences in [0, 1], got 0.5…1.5."),
    ],
)
def test_the_error_of_what_does_not_fit(
    confidence: FloatArray, right: FloatArray, message: str
) -> None:
    """Said in one line."""
    message = message.replace("(N)", "(N,)")
    with pytest.raises(ShapeError) as error:
        expected_calibration_error(confidence, right)
    assert str(error.value) == f"expected_calibration_error: {message}"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0, 3, 1]), "expected labels in [0, 3), got 0…3."),
        (np.array([-1, 2, 1]), "expected labels in [0, 3), got -1…2."),
        (np.array([0, 1]), "expected what is true of shape (3,), got (2,)."),
    ],
)
def test_labels_that_do_not_fit(labels: IntArray, message: str) -> None:
    """Said in one line."""
    with pytest.raises(ShapeError) as error:
        fit_temperature(np.full((3, 3), 1 / 3), labels)
    assert str(error.value) == f"fit_temperature: {message}"
