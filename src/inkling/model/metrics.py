"""How good a classifier is: accuracy with its interval, confusion matrix, figures per class, mistakes.

They take labels and predicted classes, both whole numbers from 0 to C − 1, and know nothing of networks.
``loop.py`` uses the accuracy after every epoch; the rest is for the end, when the test set is read once,
and is drawn by ``report.py``.
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
    """The share of samples whose predicted class is the true one.

        accuracy = (1/N) Σₙ [labelsₙ = predictedₙ]

    Args:
        labels: (N,), whole numbers, the true classes.
        predicted: (N,), whole numbers, the answers.

    Returns:
        A number in [0, 1].

    Raises:
        ShapeError: the two differ in length, are not (N,) whole numbers, or N is 0.

    Example:
        >>> accuracy(np.array([3, 1, 4, 1]), np.array([3, 1, 4, 7]))
        0.75
    """
    _check_classes("accuracy", labels, predicted)
    return int((labels == predicted).sum()) / len(labels)


def confusion_matrix(labels: IntArray, predicted: IntArray, n_classes: int) -> NDArray[np.int64]:
    """Counts how often each class was taken for each other.

        M[i, j] = number of samples of class i that were answered with j

    Args:
        labels: (N,), whole numbers in [0, C), the true classes.
        predicted: (N,), whole numbers in [0, C), the answers.
        n_classes: C, the number of classes.

    Returns:
        (C, C), int64; rows are the truth, columns the answers.

    Raises:
        ShapeError: lengths differ, N is 0, or a class is outside [0, C).
        SettingError: the number of classes is not a whole number of at least 1.

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
    # Each pair (i, j) has the number C·i + j of its own, so that one count over them is the matrix.
    pairs = labels.astype(np.int64) * n_classes + predicted.astype(np.int64)
    counts: NDArray[np.int64] = np.bincount(pairs, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


@dataclass(frozen=True)
class ClassScores:
    """What ``per_class`` returns; every array has one entry for each class.

    Attributes:
        precision: (C,), of the answers with this class, the share that is right.
        recall: (C,), of the samples of this class, the share that was found.
        count: (C,), the number of samples of this class.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    count: NDArray[np.int64]


def per_class(confusion: IntArray) -> ClassScores:
    """Precision, recall and number of samples of every class.

        precisionⱼ = M[j, j] / Σᵢ M[i, j],    recallᵢ = M[i, i] / Σⱼ M[i, j]

    Args:
        confusion: (C, C), as from ``confusion_matrix``.

    Returns:
        Three arrays (C,). Where nothing was answered (or nothing is there to find) the share is NaN:
        0/0 is neither good nor bad.

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> scores = per_class(np.array([[3, 1], [0, 4]]))
        >>> scores.precision.tolist(), scores.recall.tolist(), scores.count.tolist()
        ([1.0, 0.8], [0.75, 1.0], [4, 4])
    """
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ShapeError(complain("per_class", "a confusion matrix (C, C)", confusion.shape))
    right = np.diagonal(confusion).astype(np.float64)
    answered, there = confusion.sum(axis=0), confusion.sum(axis=1)
    return ClassScores(
        precision=np.divide(right, answered, out=np.full(len(right), np.nan), where=answered > 0),
        recall=np.divide(right, there, out=np.full(len(right), np.nan), where=there > 0),
        count=there.astype(np.int64),
    )


def wilson_interval(correct: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval in which a true accuracy lies, given ``correct`` of ``n`` test samples.

        (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n),    p̂ = correct/n

    where z is the normal quantile of (1 + confidence)/2, 1.96 for 95 %. Unlike p̂ ± z √(p̂(1 − p̂)/n) it
    stays within [0, 1] and does not shrink to nothing when everything is right.

    Args:
        correct: number of right answers, 0 to n.
        n: number of samples, at least 1.
        confidence: share of such intervals that contain the truth, in (0, 1).

    Returns:
        (low, high), with 0 ≤ low ≤ correct/n ≤ high ≤ 1.

    Raises:
        SettingError: a number is outside its range.

    Example:
        >>> low, high = wilson_interval(9658, 10_000)
        >>> f"{100 * low:.1f}-{100 * high:.1f} %"
        '96.2-96.9 %'

    Reference:
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        Journal of the American Statistical Association 22, 1927.
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
    # At 0 of n and n of n the bounds are 0 and 1; rounding may miss them by one part in 10¹⁶.
    low = 0.0 if correct == 0 else (middle - margin) / scale
    high = 1.0 if correct == n else (middle + margin) / scale
    return low, high


@dataclass(frozen=True)
class McNemar:
    """What ``mcnemar`` returns.

    Attributes:
        first_only: samples that the first classifier alone had right.
        second_only: samples that the second alone had right.
        p_value: how often chance alone would divide them as unevenly, or more so, in [0, 1]; what is
            smaller than the smallest float is 0.
    """

    first_only: int
    second_only: int
    p_value: float


def mcnemar(labels: IntArray, first: IntArray, second: IntArray) -> McNemar:
    """Tests whether one of two classifiers is better, on the same samples.

        p = min(1, 2 Σ_{k=0…min(b, c)} (n over k) / 2ⁿ),    n = b + c

    b samples are right with the first alone, c with the second alone. Those that both have right, or
    wrong, say nothing. If the two were equally good, each of the n would fall to either side like a
    coin: p is how often n coins fall as unevenly as b and c, or more so. This is the exact test, which
    holds for few samples too.

    Args:
        labels: (N,), whole numbers, the true classes.
        first: (N,), whole numbers, the answers of the one.
        second: (N,), whole numbers, the answers of the other.

    Returns:
        b, c and p; where they never differ in being right, p is 1.

    Raises:
        ShapeError: the three differ in length, are not (N,) whole numbers, or N is 0.

    Example:
        >>> labels = np.zeros(9, int)
        >>> first, second = np.zeros(9, int), np.array([1, 1, 1, 1, 1, 0, 0, 0, 0])
        >>> mcnemar(labels, first, second)  # p = 2 / 2⁵: five coins, all on one side
        McNemar(first_only=5, second_only=0, p_value=0.0625)

    Reference:
        Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
        percentages", Psychometrika 12, 1947; Dietterich, "Approximate statistical tests for comparing
        supervised classification learning algorithms", Neural Computation 10, 1998, section 3.1.
    """
    _check_classes("mcnemar", labels, first)
    _check_classes("mcnemar", labels, second)
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((first != labels) & (second == labels)).sum())
    tail = ways = (
        1  # (n over 0); each of the others from the one before, as `comb` is slow for many
    )
    for k in range(min(b, c)):
        ways = ways * (b + c - k) // (k + 1)
        tail += ways
    return McNemar(b, c, min(1.0, 2 * tail / 2 ** (b + c)))  # whole numbers, divided once


def most_confident_mistakes(
    labels: IntArray, probabilities: FloatArray, at_most: int
) -> NDArray[np.int64]:
    """Finds the samples that were answered wrongly with the greatest confidence.

    Args:
        labels: (N,), whole numbers in [0, C), the true classes.
        probabilities: (N, C), the network's outputs; the answer is the largest of a row, its confidence
            is that value.
        at_most: the number of samples wanted.

    Returns:
        (at most ``at_most``,), int64, row numbers, most confident first; equals in their given order.

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
