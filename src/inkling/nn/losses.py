"""The losses: how wrong an output is, and in which direction it should move.

A loss is a function of the network's outputs a and the targets y. For each sample it gives one number
ℓ(a, y) and the gradient ∂ℓ/∂a; over a batch it is the mean, divided by the real number of samples:

    L = (1 / B) Σ_b ℓ(a_b, y_b)          or, with sample weights w,  L = Σ_b w_b ℓ(a_b, y_b) / Σ_b w_b

Targets are class labels (B,), whole numbers, or (B, O): probabilities, 0/1 per class, or values to
regress on. Next: ``output.py``, which carries the gradient from a to z without dividing by zero.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar, final

import numpy as np

from inkling._checks import check_array, check_range, check_shape, complain
from inkling._types import AnyArray, FloatArray
from inkling.errors import ShapeError


class Loss(ABC):
    """How wrong the outputs a are, given the targets y. Concrete losses are final."""

    kind: ClassVar[str]
    """Its name in the registry and in model files."""

    domain: ClassVar[tuple[float, float]]
    """The interval outputs must lie in; an activation whose range is wider cannot meet this loss."""

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments as plain data."""
        return {}

    @abstractmethod
    def per_sample(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """Returns ℓ (B,) for outputs (B, O) and dense targets (B, O)."""

    @abstractmethod
    def gradient(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """Returns ∂ℓ/∂a (B, O) of each sample's own loss, for dense targets (B, O)."""

    def dense_targets(self, targets: AnyArray, outputs: FloatArray) -> FloatArray:
        """Returns the targets in the outputs' shape (B, O) and dtype: labels become one-hot rows.

        Raises:
            ShapeError: the targets are neither labels (B,) in [0, O) nor an array (B, O).
        """
        return one_hot(type(self).__name__, targets, outputs)

    @final
    def value(
        self, outputs: FloatArray, targets: AnyArray, sample_weights: FloatArray | None = None
    ) -> float:
        """Returns the mean loss over the batch, L = Σ_b s_b ℓ_b [mean-loss].

        Args:
            outputs: a (B, O), what the network said.
            targets: labels (B,) or (B, O).
            sample_weights: (B,), each at least 0, not all 0; equal by default.

        Raises:
            ShapeError: the shapes do not fit each other, or a label is out of range.
        """
        who = type(self).__name__
        check_shape(who, "outputs", outputs, ("B", "O"))
        dense = self.dense_targets(targets, outputs)
        weights = sample_shares(who, len(outputs), sample_weights, outputs.dtype)
        return float((self.per_sample(outputs, dense) * weights).sum())

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.settings().items())
        return f"{type(self).__name__}({arguments})"


class SquaredError(Loss):
    """Half the squared distance.

        ℓ = ½ Σ_k (a_k − y_k)²          ∂ℓ/∂a_k = a_k − y_k

    Example:
        >>> SquaredError().value(np.array([[0.0, 3.0]]), np.array([[1.0, 1.0]]))
        2.5
    """

    kind: ClassVar[str] = "squared_error"
    domain: ClassVar[tuple[float, float]] = (-np.inf, np.inf)

    def per_sample(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """ℓ = ½ Σ_k (a_k − y_k)² [squared-error]."""
        difference = outputs - targets
        losses: FloatArray = 0.5 * (difference * difference).sum(axis=1)
        return losses

    def gradient(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """∂ℓ/∂a_k = a_k − y_k [squared-error-grad]."""
        return outputs - targets


class CrossEntropy(Loss):
    """The negative log-likelihood of the targets, for outputs that are probabilities.

        ℓ = − Σ_k y_k log a_k          ∂ℓ/∂a_k = − y_k / a_k

    With label smoothing ε the targets become y'_k = (1 − ε) y_k + ε / C. Outputs at 0 are read as the
    smallest normal number, so that the loss stays finite; training does better and computes log a from
    the logits (``output.py``).

    Targets (B, O) are probabilities: each row sums to 1. Where several classes can be right at once,
    the loss is ``BinaryCrossEntropy``.

    Args:
        label_smoothing: ε in [0, 1); 0 by default.

    Raises:
        SettingError: ε is outside [0, 1).

    Example:
        >>> CrossEntropy().value(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 0])).__round__(4)
        1.0397

    Reference:
        Label smoothing: Szegedy et al., "Rethinking the Inception architecture", CVPR 2016, section 7.
    """

    kind: ClassVar[str] = "cross_entropy"
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(self, label_smoothing: float = 0.0) -> None:
        check_range(
            "CrossEntropy", "label_smoothing", label_smoothing, low=0, high=1, open_high=True
        )
        self.label_smoothing: float = float(label_smoothing)

    def settings(self) -> dict[str, Any]:
        """The label smoothing."""
        return {"label_smoothing": self.label_smoothing}

    def dense_targets(self, targets: AnyArray, outputs: FloatArray) -> FloatArray:
        """Returns y' (B, O): labels become one-hot rows, then ε of every row is spread evenly.

            y'_k = (1 − ε) y_k + ε / C  [label-smoothing]

        Raises:
            ShapeError: the targets do not fit, or a row of (B, O) targets is not probabilities.
        """
        dense = one_hot("CrossEntropy", targets, outputs)
        if targets.ndim == 2:
            check_shares("CrossEntropy", dense)
            self._check_sums(dense.sum(axis=1))
        if self.label_smoothing == 0:
            return dense
        smooth: FloatArray = (1 - self.label_smoothing) * dense
        smooth += self.label_smoothing / outputs.shape[1]
        return smooth

    def _check_sums(self, sums: FloatArray) -> None:
        wrong = np.flatnonzero(~(np.abs(sums - 1) < 1e-3))
        if len(wrong):
            got = f"a sum of {sums[wrong[0]]:g} in row {wrong[0]}"
            advice = "use binary_cross_entropy where several classes can be right at once"
            raise ShapeError(complain("CrossEntropy", "rows of targets that sum to 1", got, advice))

    def per_sample(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """ℓ = − Σ_k y_k log a_k [cross-entropy]."""
        losses: FloatArray = -(targets * np.log(above_zero(outputs))).sum(axis=1)
        return losses

    def gradient(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """∂ℓ/∂a_k = − y_k / a_k [cross-entropy-grad]."""
        return -targets / above_zero(outputs)


class BinaryCrossEntropy(Loss):
    """The two-sided cross-entropy: each output is a yes or no of its own.

        ℓ = − Σ_k [y_k log a_k + (1 − y_k) log(1 − a_k)]
        ∂ℓ/∂a_k = (a_k − y_k) / (a_k (1 − a_k))

    For several labels a sample, with sigmoid outputs. It is summed over the outputs, not averaged.

    Example:
        >>> BinaryCrossEntropy().value(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])).__round__(4)
        1.3863

    Reference:
        Nielsen, "Neural Networks and Deep Learning" (2015), chapter 3, equation 63.
    """

    kind: ClassVar[str] = "binary_cross_entropy"
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def dense_targets(self, targets: AnyArray, outputs: FloatArray) -> FloatArray:
        """Returns y (B, O): labels become one-hot rows.

        Raises:
            ShapeError: the targets do not fit, or one of (B, O) targets is not in [0, 1].
        """
        dense = one_hot("BinaryCrossEntropy", targets, outputs)
        if targets.ndim == 2:
            check_shares("BinaryCrossEntropy", dense)
        return dense

    def per_sample(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """ℓ = − Σ_k [y_k log a_k + (1 − y_k) log(1 − a_k)] [binary-cross-entropy]."""
        yes, no = np.log(above_zero(outputs)), np.log(above_zero(1 - outputs))
        losses: FloatArray = -(targets * yes + (1 - targets) * no).sum(axis=1)
        return losses

    def gradient(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """∂ℓ/∂a_k = − y_k / a_k + (1 − y_k) / (1 − a_k) [binary-cross-entropy-grad].

        It is the same as (a_k − y_k) / (a_k (1 − a_k)), but safe at 0 and 1.
        """
        return -targets / above_zero(outputs) + (1 - targets) / above_zero(1 - outputs)


def least_loss(label_smoothing: float, n_classes: int) -> float:
    """Returns the least cross-entropy that smoothed labels allow: the entropy of a smoothed target.

        H = −t log t − (C − 1) s log s,    s = ε / C,  t = 1 − ε + s

    Args:
        label_smoothing: ε, in [0, 1).
        n_classes: C.

    Example:
        >>> round(least_loss(0.1, 10), 4), least_loss(0.0, 10)
        (0.5003, 0.0)
    """
    if label_smoothing == 0:
        return 0.0
    share = label_smoothing / n_classes
    target = 1 - label_smoothing + share
    return -target * math.log(target) - (n_classes - 1) * share * math.log(share)


def above_zero(probabilities: FloatArray) -> FloatArray:
    """Returns max(a, tiny) [probability-floor]: 0 becomes the dtype's smallest normal number."""
    return np.maximum(probabilities, np.finfo(probabilities.dtype).tiny)


def check_shares(who: str, targets: FloatArray) -> None:
    """Raises unless every target (B, O) is a number from 0 to 1.

    Raises:
        ShapeError: one is not, NaN included.
    """
    wrong = ~((targets >= 0) & (targets <= 1))
    if wrong.any():
        raise ShapeError(complain(who, "targets from 0 to 1", f"{targets[wrong][0]:g}"))


def one_hot(who: str, targets: AnyArray, outputs: FloatArray) -> FloatArray:
    """Returns targets in the outputs' shape (B, O) and dtype: labels (B,) become rows with a single 1.

        y_bk = 1 where k is sample b's label, else 0  [one-hot]

    Raises:
        ShapeError: labels are not whole numbers in [0, O), or the array is neither (B,) nor (B, O).

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
    check_labels(who, targets, n_outputs)
    check_shape(who, "labels", targets, (n_samples,))
    dense = np.zeros_like(outputs)
    dense[np.arange(n_samples), targets] = 1
    return dense


def check_labels(who: str, labels: AnyArray, n_classes: int) -> None:
    """Raises unless ``labels`` are whole numbers (N,) in [0, C).

    Raises:
        ShapeError: they are not; the sentence names the first that is out of range.
    """
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        got = f"{labels.dtype} of shape {labels.shape}"
        advice = "make a column of them with targets.reshape(-1, 1)" if n_classes == 1 else ""
        expected = f"class labels (B,) or targets (B, {n_classes})"
        raise ShapeError(complain(who, expected, got, advice))
    if len(labels) and (labels.min() < 0 or labels.max() >= n_classes):
        wrong = int(labels[(labels < 0) | (labels >= n_classes)][0])
        raise ShapeError(complain(who, f"labels from 0 to {n_classes - 1}", wrong))


def sample_shares(
    who: str, n_samples: int, sample_weights: FloatArray | None, dtype: np.dtype[Any]
) -> FloatArray:
    """Returns each sample's share in the mean (B,), which sums to 1: s_b = w_b / Σ w [sample-shares].

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
    shares: FloatArray = (sample_weights / total).astype(dtype)
    return shares
