"""How good a classifier is: accuracy and its interval, confusion matrix, scores per class, mistakes.

All functions take labels and predicted classes (N,), whole numbers from 0 to C − 1, N at least 1, and
raise ShapeError otherwise. ``training/run.py`` uses them at the end, when the test set is read once;
``plots/report.py`` draws the results.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from inkling._checks import check_range, check_shape, complain
from inkling._types import FloatArray, IntArray
from inkling.errors import ShapeError

Z = NormalDist().inv_cdf(0.975)
"""The normal quantile for 95 %: 1.96."""


def accuracy(labels: IntArray, predicted: IntArray) -> float:
    """Returns the share of samples whose predicted class is the label.

    accuracy = (1/N) Σₙ [labelsₙ = predictedₙ]
    """
    _check_classes("accuracy", labels, predicted)
    return int((labels == predicted).sum()) / len(labels)


def confusion_matrix(labels: IntArray, predicted: IntArray, n_classes: int) -> NDArray[np.int64]:
    """Counts how often each class was predicted for samples of each class, (C, C).

    M[i, j] = number of samples of class i that were predicted to be of class j
    """
    _check_classes("confusion_matrix", labels, predicted)
    for what, classes in (("labels", labels), ("predicted classes", predicted)):
        low, high = int(classes.min()), int(classes.max())
        if low < 0 or high >= n_classes:
            expected = f"{what} in [0, {n_classes})"
            raise ShapeError(complain("confusion_matrix", expected, low if low < 0 else high))
    # Each pair (i, j) has a number of its own, C·i + j, so that counting these gives the matrix.
    pairs = labels.astype(np.int64) * n_classes + predicted.astype(np.int64)
    counts: NDArray[np.int64] = np.bincount(pairs, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


@dataclass(frozen=True)
class ClassScores:
    """The scores of each class, three arrays (C,)."""

    precision: NDArray[np.float64]
    """The share of the predictions of this class that are right; NaN if it was never predicted."""
    recall: NDArray[np.float64]
    """The share of the samples of this class that were found; NaN if there are none."""
    count: NDArray[np.int64]
    """The number of samples of this class."""


def per_class(confusion: IntArray) -> ClassScores:
    """Returns precision, recall and number of samples of every class, for a confusion matrix (C, C).

    precisionⱼ = M[j, j] / Σᵢ M[i, j],    recallᵢ = M[i, i] / Σⱼ M[i, j]
    """
    right, predicted, count = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN
        return ClassScores(right / predicted, right / count, count.astype(np.int64))


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """Returns the 95 % interval [low, high] for the true accuracy, given ``correct`` of ``n`` answers.

        (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n),    p̂ = correct/n,    z = 1.96

    Unlike p̂ ± z √(p̂(1 − p̂)/n), it stays within [0, 1] and has a width even if all answers are right.

    Reference:
        Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    check_range("wilson_interval", "n", n, low=1, whole=True)
    check_range("wilson_interval", "correct", correct, low=0, high=n, whole=True)
    share = correct / n
    middle = share + Z**2 / (2 * n)
    margin = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    # For 0 or n of n a bound is exactly 0 or 1, which rounding would miss.
    low = 0.0 if correct == 0 else (middle - margin) / scale
    high = 1.0 if correct == n else (middle + margin) / scale
    return low, high


def interval_of(accuracy: float, n: int) -> tuple[float, float]:
    """Returns the Wilson interval of an accuracy on ``n`` samples."""
    return wilson_interval(round(accuracy * n), n)


@dataclass(frozen=True)
class McNemar:
    """The result of McNemar's test."""

    first_only: int
    """The number of samples that only the first classifier has right."""
    second_only: int
    p_value: float
    """The probability of so uneven a division, or a more uneven one, by chance."""


def mcnemar(labels: IntArray, first: IntArray, second: IntArray) -> McNemar:
    """Tests whether one of two classifiers is better, given their predictions for the same samples.

        p = min(1, 2 Σ_{k=0…min(b, c)} (n over k) / 2ⁿ),    n = b + c

    b samples are right with only the first, c with only the second; the others do not count. If both
    were equally good, each of the n samples would fall to either side like a coin: p is the probability
    that n coins fall as unevenly as b and c, or more so. This is the exact test, valid for few samples.

    Reference:
        Dietterich, "Approximate statistical tests", Neural Computation 10, 1998, section 3.1.
    """
    _check_classes("mcnemar", labels, first)
    _check_classes("mcnemar", labels, second)
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((first != labels) & (second == labels)).sum())
    tail = ways = 1  # (n over 0); each following one from the one before, which is faster than comb
    for k in range(min(b, c)):
        ways = ways * (b + c - k) // (k + 1)
        tail += ways
    return McNemar(b, c, min(1.0, 2 * tail / 2 ** (b + c)))  # integers, divided once


def most_confident_mistakes(
    labels: IntArray, probabilities: FloatArray, at_most: int
) -> NDArray[np.int64]:
    """Returns the row numbers of the wrong answers with the highest confidence, highest first.

    The prediction is the largest probability (N, C) of a row, which is its confidence.
    """
    check_shape("most_confident_mistakes", "probabilities", probabilities, ("N", "C"))
    predicted = probabilities.argmax(axis=1)
    _check_classes("most_confident_mistakes", labels, predicted)
    wrong = np.flatnonzero(predicted != labels)
    order = np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")
    return wrong[order[:at_most]]


def _check_classes(who: str, labels: IntArray, predicted: IntArray) -> None:
    for what, classes in (("labels", labels), ("predicted classes", predicted)):
        if classes.ndim != 1 or not np.issubdtype(classes.dtype, np.integer):
            got = f"{classes.dtype} with {classes.shape}"
            raise ShapeError(complain(who, f"{what} as whole numbers (N,)", got))
    if len(labels) != len(predicted):
        got = f"{len(labels)} and {len(predicted)}"
        raise ShapeError(complain(who, "as many labels as predicted classes", got))
    if len(labels) == 0:
        raise ShapeError(complain(who, "at least one sample", "none"))
