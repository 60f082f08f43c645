"""Accuracy, confusion matrix, scores per class, intervals and tests, against scikit-learn and SciPy."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling._types import IntArray
from inkling.errors import SettingError, ShapeError
from inkling.model.metrics import (
    accuracy,
    confusion_matrix,
    mcnemar,
    per_class,
    wilson_interval,
)


@st.composite
def predictions(draw: st.DrawFn) -> tuple[IntArray, IntArray, int]:
    """Labels, predicted classes, and a number of classes that may be larger than both need."""
    n_classes = draw(st.integers(2, 13))
    pairs = draw(st.lists(st.tuples(*[st.integers(0, n_classes - 1)] * 2), min_size=1, max_size=60))
    labels, predicted = np.array(pairs).T
    return labels, predicted, n_classes


@settings(max_examples=30)
@given(predictions())
def test_equal_to_scikit_learn(case: tuple[IntArray, IntArray, int]) -> None:
    """Accuracy, matrix, precision, recall and counts, with classes that never occur as well."""
    metrics = pytest.importorskip("sklearn.metrics")
    labels, predicted, n_classes = case
    classes = range(n_classes)
    assert accuracy(labels, predicted) == pytest.approx(metrics.accuracy_score(labels, predicted))
    matrix = confusion_matrix(labels, predicted, n_classes)
    expected = metrics.confusion_matrix(labels, predicted, labels=classes)
    np.testing.assert_array_equal(matrix, expected)
    precision, recall, _, count = metrics.precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=np.nan
    )
    scores = per_class(matrix)
    np.testing.assert_allclose(scores.precision, precision)
    np.testing.assert_allclose(scores.recall, recall)
    np.testing.assert_array_equal(scores.count, count)


def test_narrow_integers_do_not_overflow() -> None:
    """Labels in uint8, as MNIST stores them, with so many classes that C² is above 255."""
    labels = np.array([46, 46, 20], dtype=np.uint8)
    matrix = confusion_matrix(labels, np.array([46, 45, 20], dtype=np.uint64), 47)
    assert matrix[46, 46] == matrix[46, 45] == matrix[20, 20] == 1


@settings(max_examples=30)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_equals_scipy(case: tuple[int, int]) -> None:
    """SciPy's Wilson interval; the bounds enclose the share."""
    stats = pytest.importorskip("scipy.stats")
    correct, n = case
    expected = stats.binomtest(correct, n).proportion_ci(0.95, method="wilson")
    low, high = wilson_interval(correct, n)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= low <= correct / n <= high <= 1


@pytest.mark.parametrize(("correct", "n"), [(0, 0), (11, 10)])
def test_impossible_counts(correct: int, n: int) -> None:
    """No samples, or more right answers than samples."""
    with pytest.raises(SettingError, match="wilson_interval: expected"):
        wilson_interval(correct, n)


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        (np.zeros(0, int), np.zeros(0, int), "at least one sample"),
        (np.zeros(3, int), np.zeros(2, int), "as many labels as predicted classes, got 3 and 2."),
        (np.zeros((1, 3), int), np.zeros(3, int), "labels as whole numbers (N,), got int64 with"),
        (np.zeros(2, int), np.zeros(2), "predicted classes as whole numbers (N,), got float64"),
    ],
)
def test_arrays_that_do_not_fit(labels: IntArray, predicted: IntArray, message: str) -> None:
    """Nothing is broadcast, nothing is rounded."""
    for function, extra in ((accuracy, ()), (confusion_matrix, (7,)), (mcnemar, (predicted,))):
        with pytest.raises(ShapeError, match=re.escape(f"{function.__name__}: expected {message}")):
            function(labels, predicted, *extra)


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([0, 1, 2], [0, 3, 2], "expected predicted classes in [0, 3), got 3."),
        ([0, -1, 2], [0, 1, 2], "expected labels in [0, 3), got -1."),
    ],
)
def test_classes_out_of_range(labels: list[int], predicted: list[int], message: str) -> None:
    """They would be counted as another class."""
    with pytest.raises(ShapeError, match=re.escape(message)):
        confusion_matrix(np.array(labels), np.array(predicted), 3)


@pytest.mark.parametrize(
    ("first_only", "second_only"),
    [(0, 0), (1, 0), (7, 7), (12, 3), (3, 12), (700, 611), (9000, 8000), (2000, 0)],
)
def test_mcnemar_is_the_exact_binomial_test(first_only: int, second_only: int) -> None:
    """SciPy's p-value; samples that both have right or both have wrong do not count."""
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
