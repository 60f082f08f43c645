"""Accuracy, confusion matrix, figures per class, Wilson's interval: against scikit-learn and by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling._types import AnyArray, IntArray
from inkling.errors import SettingError, ShapeError
from inkling.model.metrics import (
    accuracy,
    confusion_matrix,
    mcnemar,
    per_class,
    wilson_interval,
)


@st.composite
def answers(draw: st.DrawFn) -> tuple[IntArray, IntArray, int]:
    """Labels, predicted classes and a number of classes that is larger than both need."""
    n_classes = draw(st.integers(2, 13))
    pairs = draw(st.lists(st.tuples(*[st.integers(0, n_classes - 1)] * 2), min_size=1, max_size=60))
    labels, predicted = np.array(pairs).T
    return labels, predicted, n_classes


@settings(deadline=None)
@given(answers())
def test_equal_to_scikit_learn(case: tuple[IntArray, IntArray, int]) -> None:
    """Accuracy, matrix, precision, recall and counts, with classes that nobody saw or answered."""
    metrics = pytest.importorskip("sklearn.metrics")
    labels, predicted, n_classes = case
    classes = range(n_classes)
    assert accuracy(labels, predicted) == pytest.approx(metrics.accuracy_score(labels, predicted))
    matrix = confusion_matrix(labels, predicted, n_classes)
    np.testing.assert_array_equal(
        matrix, metrics.confusion_matrix(labels, predicted, labels=classes)
    )
    precision, recall, _, count = metrics.precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=np.nan
    )
    scores = per_class(matrix)
    np.testing.assert_allclose(scores.precision, precision)
    np.testing.assert_allclose(scores.recall, recall)
    np.testing.assert_array_equal(scores.count, count)


def test_rows_are_the_truth() -> None:
    """Two ones taken for sevens stand in row 1, column 7."""
    matrix = confusion_matrix(np.array([1, 1, 3]), np.array([7, 7, 3]), 10)
    assert matrix[1, 7] == 2
    assert matrix[7, 1] == 0
    assert matrix[3, 3] == 1
    assert matrix.sum() == 3
    assert matrix.dtype == np.int64


def test_narrow_integers_do_not_overflow() -> None:
    """Labels as MNIST stores them, uint8, with so many classes that C² is beyond 255."""
    labels = np.array([46, 46, 20], dtype=np.uint8)
    matrix = confusion_matrix(labels, np.array([46, 45, 20], dtype=np.uint64), 47)
    assert matrix[46, 46] == 1
    assert matrix[46, 45] == 1
    assert matrix[20, 20] == 1


def test_figures_per_class_by_hand() -> None:
    """Three classes: one answered too often, one never answered, one that is not there."""
    scores = per_class(np.array([[4, 0, 0], [2, 0, 1], [0, 0, 0]]))
    np.testing.assert_allclose(scores.precision, [4 / 6, np.nan, 0])
    np.testing.assert_allclose(scores.recall, [1, 0, np.nan])
    np.testing.assert_array_equal(scores.count, [4, 3, 0])


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [
        (9658, 10_000, "0.962", "0.969"),  # 96.58 %: 96.2 to 96.9
        (0, 10, "0.000", "0.278"),  # z²/(n + z²) = 3.8415/13.8415
        (10, 10, "0.722", "1.000"),
        (5, 10, "0.237", "0.763"),
        (1, 1, "0.207", "1.000"),  # 1/(1 + z²) = 1/4.8415
    ],
)
def test_interval_worked_by_hand(correct: int, n: int, low: str, high: str) -> None:
    """Known values, to the third decimal."""
    bounds = wilson_interval(correct, n)
    assert f"{bounds[0]:.3f}" == low
    assert f"{bounds[1]:.3f}" == high


@settings(deadline=None)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_equals_scipy(case: tuple[int, int]) -> None:
    """SciPy's own Wilson interval, at three confidences; the bounds enclose the share itself."""
    stats = pytest.importorskip("scipy.stats")
    correct, n = case
    for confidence in (0.5, 0.95, 0.999):
        expected = stats.binomtest(correct, n).proportion_ci(confidence, method="wilson")
        low, high = wilson_interval(correct, n, confidence)
        assert low == pytest.approx(expected.low, abs=1e-12)
        assert high == pytest.approx(expected.high, abs=1e-12)
        assert 0 <= low <= correct / n <= high <= 1


def test_interval_holds_what_it_promises() -> None:
    """Of 95 % intervals for a share of 0.97, 95 % contain it (exact binomial sum, 200 samples)."""
    stats = pytest.importorskip("scipy.stats")
    truth, n = 0.97, 200
    bounds = [wilson_interval(correct, n) for correct in range(n + 1)]
    chances = stats.binom.pmf(np.arange(n + 1), n, truth)
    covered = sum(
        chance for chance, (low, high) in zip(chances, bounds, strict=True) if low <= truth <= high
    )
    assert covered == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0), "wilson_interval: expected n as a whole number in [1, ∞), got 0."),
        ((11, 10), "wilson_interval: expected correct as a whole number in [0, 10], got 11."),
        ((-1, 10), "wilson_interval: expected correct as a whole number in [0, 10], got -1."),
        ((5, 10, 1.0), "wilson_interval: expected confidence in (0, 1), got 1.0."),
    ],
)
def test_impossible_counts_are_refused(arguments: tuple[int, int], message: str) -> None:
    """No samples, more right than there are, certainty."""
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        wilson_interval(*arguments)


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([], [], "expected at least one sample, got none."),
        ([1, 2, 3], [1, 2], "expected as many labels as predicted classes, got 3 and 2."),
        (
            [[1, 2, 3]],
            [1, 2, 3],
            "expected labels as whole numbers (N,), got int64 with (1, 3).",
        ),
        (
            [1, 2, 3],
            [0.1, 0.2, 0.7],
            "expected predicted classes as whole numbers (N,), got float64 with (3,).",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    labels: list[int], predicted: list[int], message: str
) -> None:
    """Nothing is broadcast, nothing is rounded."""
    truth: AnyArray = np.array(labels, dtype=None if labels else np.int64)
    answer: AnyArray = np.array(predicted, dtype=None if predicted else np.int64)
    with pytest.raises(ShapeError, match=f"^{re.escape('accuracy: ' + message)}$"):
        accuracy(truth, answer)
    with pytest.raises(ShapeError, match=f"^{re.escape('confusion_matrix: ' + message)}$"):
        confusion_matrix(truth, answer, 7)


def test_classes_out_of_range_are_refused() -> None:
    """A class that has no row, or would silently count in another one's."""
    inside = np.array([0, 1, 2])
    with pytest.raises(
        ShapeError,
        match=re.escape("confusion_matrix: expected predicted classes in [0, 3), got 3."),
    ):
        confusion_matrix(inside, np.array([0, 3, 2]), 3)
    with pytest.raises(
        ShapeError, match=re.escape("confusion_matrix: expected labels in [0, 3), got -1.")
    ):
        confusion_matrix(np.array([0, -1, 2]), inside, 3)


def test_a_matrix_that_is_not_square_is_refused() -> None:
    """Rows and columns are the same classes."""
    message = "per_class: expected a confusion matrix (C, C), got (3, 5)."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        per_class(np.zeros((3, 5), dtype=np.int64))


@pytest.mark.parametrize(
    ("first_only", "second_only"),
    [
        (0, 0),
        (1, 0),
        (0, 1),
        (5, 0),
        (7, 7),
        (12, 3),
        (3, 12),
        (61, 40),
        (700, 611),
        (9000, 8000),
        (2000, 0),
    ],
)
def test_mcnemar_is_the_exact_binomial_test(first_only: int, second_only: int) -> None:
    """Against SciPy, for as many as there can be; agreement, right or wrong, does not count."""
    stats = pytest.importorskip("scipy.stats")
    labels = np.zeros(first_only + second_only + 5, int)
    first, second = labels.copy(), labels.copy()
    first[:second_only] = 3
    second[second_only : second_only + first_only] = 4
    first[-2:], second[-2:] = 1, 2
    result = mcnemar(labels, first, second)
    assert (result.first_only, result.second_only) == (first_only, second_only)
    n = first_only + second_only
    expected = stats.binomtest(first_only, n, 0.5).pvalue if n else 1.0
    assert result.p_value == pytest.approx(expected, rel=1e-9)


def test_mcnemar_by_hand() -> None:
    """Seven coins, one of them on the other side: 2 · (1 + 7) / 2⁷ = 1 / 8."""
    labels, first = np.array([2, 0, 1, 1, 0, 2, 2, 1, 0]), np.array([2, 0, 1, 1, 0, 2, 0, 1, 1])
    second = np.array([0, 1, 0, 0, 1, 0, 2, 1, 2])
    assert mcnemar(labels, first, second).p_value == 0.125
    assert mcnemar(labels, second, first) == mcnemar(labels, first, second).__class__(1, 6, 0.125)


def test_mcnemar_needs_answers_for_the_same_samples() -> None:
    """Said of whichever does not fit."""
    labels, short = np.zeros(5, int), np.zeros(4, int)
    message = "mcnemar: expected as many labels as predicted classes, got 5 and 4."
    for pair in ((labels, short), (short, labels)):
        with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
            mcnemar(labels, *pair)
