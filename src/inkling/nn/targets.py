"""Targets and sample weights in the form that the formulas of ``losses.py`` take, checked.

Labels (B,) become one-hot rows (B, O); sample weights become shares of the mean that sum to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling._checks import check_array, check_shape, complain, interval
from inkling._types import AnyArray, FloatArray
from inkling.errors import ShapeError


def one_hot(who: str, targets: AnyArray, outputs: FloatArray) -> FloatArray:
    """Returns targets in the shape (B, O) and dtype of the outputs; labels (B,) become one-hot rows.

        y_bk = 1 where k is the label of sample b, else 0

    Raises:
        ShapeError: labels are not whole numbers in [0, O), there are labels for a single output, or the
            array is neither (B,) nor (B, O).

    Example:
        >>> one_hot("CrossEntropy", np.array([2, 0]), np.empty((2, 3)))
        array([[0., 0., 1.],
               [1., 0., 0.]])
    """
    check_array(who, "targets", targets)
    if targets.ndim == 2:
        check_shape(who, "targets", targets, outputs.shape)
        return targets.astype(outputs.dtype, copy=False)
    n_samples, n_outputs = outputs.shape
    if targets.ndim != 1 or targets.dtype.kind not in "iu" or n_outputs == 1:
        got = f"{targets.dtype} of shape {targets.shape}"
        advice = "make them a column with targets.reshape(-1, 1)" if n_outputs == 1 else ""
        expected = f"{'' if n_outputs == 1 else 'class labels (B,) or '}targets (B, {n_outputs})"
        raise ShapeError(complain(who, expected, got, advice))
    check_shape(who, "labels", targets, (n_samples,))
    wrong = targets[(targets < 0) | (targets >= n_outputs)]
    if len(wrong):
        raise ShapeError(complain(who, f"labels from 0 to {n_outputs - 1}", wrong[0]))
    rows = np.zeros_like(outputs)
    rows[np.arange(n_samples), targets] = 1  # [one-hot]
    return rows


def check_values(who: str, targets: FloatArray, domain: tuple[float, float]) -> None:
    """Raises ShapeError unless all targets (B, O) lie in an interval."""
    low, high = domain
    wrong = ~((targets >= low) & (targets <= high))  # true for NaN
    if wrong.any():
        expected = f"targets in {interval(low, high)}"
        raise ShapeError(complain(who, expected, f"{targets[wrong][0]:g}"))


def check_row_sums(who: str, targets: FloatArray) -> None:
    """Raises ShapeError unless each row of targets (B, O) sums to 1."""
    sums = targets.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) >= 1e-3)
    if len(wrong):
        got = f"a sum of {sums[wrong[0]]:g} in row {wrong[0]}"
        advice = "use binary_cross_entropy if several classes can be right at once"
        raise ShapeError(complain(who, "rows of targets that sum to 1", got, advice))


def sample_shares(
    who: str, n_samples: int, sample_weights: FloatArray | None, dtype: np.dtype[Any]
) -> FloatArray:
    """Returns the share of each sample in the mean (B,): w̄_n = w_n / Σ w, or 1 / B without weights.

    Raises:
        ShapeError: there are no samples, or the weights are not (B,), at least 0 and not all 0.
    """
    if n_samples == 0:
        raise ShapeError(complain(who, "at least one sample", 0))
    if sample_weights is None:
        return np.full(n_samples, 1 / n_samples, dtype)
    check_shape(who, "sample weights", sample_weights, (n_samples,))
    smallest, total = sample_weights.min(), sample_weights.sum(dtype=np.float64)
    if not (np.isfinite(total) and total > 0 and smallest >= 0):
        got = f"a smallest of {smallest} and a sum of {total}"
        raise ShapeError(complain(who, "sample weights of at least 0 with a positive sum", got))
    return (sample_weights / total).astype(dtype)  # [sample-shares]
