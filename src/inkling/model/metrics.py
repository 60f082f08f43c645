"""How good a classifier is: accuracy and its interval, confusion matrix, scores per class, mistakes.

All functions take labels and predicted classes, whole numbers from 0 to C − 1. ``training/run.py`` uses
them at the end, when the test set is read once; ``plots/report.py`` draws the results.
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


def accuracy(labels: IntArray, predicted: IntArray) -> float:
    """Returns the share of samples whose predicted class (N,) is the label (N,).

        accuracy = (1/N) Σₙ [labelsₙ = predictedₙ]

    Raises:
        ShapeError: the two differ in length, are not (N,) whole numbers, or N is 0.

    Example:
        >>> accuracy(np.array([3, 1, 4, 1]), np.array([3, 1, 4, 7]))
        0.75
    """
    _check_classes("accuracy", labels, predicted)
    return int((labels == predicted).sum()) / len(labels)


def confusion_matrix(labels: IntArray, predicted: IntArray, n_classes: int) -> NDArray[np.int64]:
    """Counts how often each class was predicted for samples of each class.

        M[i, j] = number of samples of class i that were predicted to be of class j

    Args:
        labels: (N,), whole numbers in [0, C).
        predicted: (N,), whole numbers in [0, C).
        n_classes: C, at least 1; M is (C, C), int64.

    Raises:
        ShapeError: lengths differ, N is 0, or a class is outside [0, C).
        SettingError: ``n_classes`` is not a whole number of at least 1.

    Example:
        >>> confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 2, 1, 2]), n_classes=3)
        array([[1, 0, 1],
               [0, 1, 0],
               [0, 0, 1]])
    """
    check_range("confusion_matrix", "n_classes", n_classes, low=1, whole=True)
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
    """The scores of each class.

    Attributes:
        precision: (C,), the share of the predictions of this class that are right.
        recall: (C,), the share of the samples of this class that were found.
        count: (C,), the number of samples of this class.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    count: NDArray[np.int64]


def per_class(confusion: IntArray) -> ClassScores:
    """Returns precision, recall and number of samples of every class.

        precisionⱼ = M[j, j] / Σᵢ M[i, j],    recallᵢ = M[i, i] / Σⱼ M[i, j]

    The precision of a class that was never predicted, and the recall of one without samples, are NaN.

    Args:
        confusion: (C, C), from ``confusion_matrix``.

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> scores = per_class(np.array([[3, 1], [0, 4]]))
        >>> scores.precision.tolist(), scores.recall.tolist(), scores.count.tolist()
        ([1.0, 0.8], [0.75, 1.0], [4, 4])
    """
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ShapeError(complain("per_class", "a confusion matrix (C, C)", confusion.shape))
    right, predicted, count = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN
        return ClassScores(right / predicted, right / count, count.astype(np.int64))


def wilson_interval(correct: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Returns an interval [low, high] for the true accuracy, given ``correct`` of ``n`` test samples.

        (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n),    p̂ = correct/n

    z is the normal quantile of (1 + confidence)/2, 1.96 for 95 %. Unlike p̂ ± z √(p̂(1 − p̂)/n), the
    interval stays within [0, 1] and has a width even if all answers are right.

    Args:
        correct: the number of right answers, 0 to n.
        n: the number of samples, at least 1.
        confidence: the share of such intervals that contain the truth, in (0, 1).

    Raises:
        SettingError: a number is outside its range.

    Example:
        >>> low, high = wilson_interval(9658, 10_000)
        >>> f"{100 * low:.1f}-{100 * high:.1f} %"
        '96.2-96.9 %'

    Reference:
        Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    check_range("wilson_interval", "n", n, low=1, whole=True)
    check_range("wilson_interval", "correct", correct, low=0, high=n, whole=True)
    check_range(
        "wilson_interval", "confidence", confidence, low=0, high=1, open_low=True, open_high=True
    )
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = correct / n
    middle = share + z**2 / (2 * n)
    margin = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    # For 0 or n of n a bound is exactly 0 or 1, which rounding would miss.
    low = 0.0 if correct == 0 else (middle - margin) / scale
    high = 1.0 if correct == n else (middle + margin) / scale
    return low, high


@dataclass(frozen=True)
class McNemar:
    """The result of McNemar's test.

    Attributes:
        first_only: the number of samples that only the first classifier has right.
        second_only: the number that only the second has right.
        p_value: the probability of so uneven a division, or a more uneven one, by chance.
    """

    first_only: int
    second_only: int
    p_value: float


def mcnemar(labels: IntArray, first: IntArray, second: IntArray) -> McNemar:
    """Tests whether one of two classifiers is better, on the same samples.

        p = min(1, 2 Σ_{k=0…min(b, c)} (n over k) / 2ⁿ),    n = b + c

    b samples are right with only the first, c with only the second; the others do not count. If both
    were equally good, each of the n samples would fall to either side like a coin: p is the probability
    that n coins fall as unevenly as b and c, or more so. This is the exact test, valid for few samples.

    Args:
        labels: (N,), whole numbers.
        first: (N,), whole numbers, the predictions of the first classifier.
        second: (N,), whole numbers, those of the second.

    Raises:
        ShapeError: the three differ in length, are not (N,) whole numbers, or N is 0.

    Example:
        >>> labels = np.zeros(9, int)
        >>> first, second = np.zeros(9, int), np.array([1, 1, 1, 1, 1, 0, 0, 0, 0])
        >>> mcnemar(labels, first, second)  # p = 2 / 2⁵: five coins on one side
        McNemar(first_only=5, second_only=0, p_value=0.0625)

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
    """Finds the wrong answers with the highest confidence.

    Args:
        labels: (N,), whole numbers in [0, C).
        probabilities: (N, C); the prediction is the largest of a row, which is its confidence.
        at_most: how many row numbers to return, highest confidence first.

    Raises:
        ShapeError: the arrays do not fit, or N is 0.

    Example:
        >>> probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
        >>> most_confident_mistakes(np.array([0, 0, 0]), probabilities, at_most=25)
        array([1, 2])
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
