"""The losses: how far outputs are from their targets, and the gradient with respect to the outputs.

A loss is a function of the network's outputs a and the targets y. For each sample it gives a number
ℓ(a, y) and the gradient ∂ℓ/∂a. Over a batch it is the mean, divided by the actual number of samples:

    L = (1 / B) Σ_n ℓ(a_n, y_n)          or, with sample weights w,  L = Σ_n w_n ℓ(a_n, y_n) / Σ_n w_n

Targets are class labels (B,), whole numbers, or (B, O): probabilities, 0/1 for each class, or values
for regression. Next: ``output.py``, which computes the gradient at z without dividing by zero.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar, final

import numpy as np

from inkling._checks import check_range, check_shape
from inkling._types import AnyArray, FloatArray
from inkling.nn.targets import check_row_sums, check_values, one_hot, sample_shares


class Loss(ABC):
    """The distance between outputs a and targets y. Concrete losses are final."""

    kind: ClassVar[str]
    """Its name in ``registry.py`` and in model files."""

    domain: ClassVar[tuple[float, float]]
    """The interval of outputs and targets; an activation with a wider range is not allowed."""

    def settings(self) -> dict[str, Any]:
        """Returns the constructor's arguments as plain data."""
        return {}

    @abstractmethod
    def per_sample(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        """Computes ℓ (B,) for outputs (B, O) and dense targets (B, O)."""

    @abstractmethod
    def gradient(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        """Computes ∂ℓ/∂a (B, O) of each sample's own loss, for dense targets (B, O)."""

    def dense_targets(self, targets: AnyArray, outputs: FloatArray) -> FloatArray:
        """Returns the targets in the shape (B, O) and dtype of the outputs; labels become one-hot rows.

        Raises:
            ShapeError: the targets are neither labels (B,) in [0, O) nor an array (B, O) of values in
                the domain of the loss.
        """
        y = one_hot(type(self).__name__, targets, outputs)
        if targets.ndim == 2:
            check_values(type(self).__name__, y, self.domain)
        return y

    @final
    def value(
        self, outputs: FloatArray, targets: AnyArray, sample_weights: FloatArray | None = None
    ) -> float:
        """Computes the mean loss over the batch, L = Σ_n w̄_n ℓ_n.

        Args:
            outputs: a (B, O), the outputs of a network.
            targets: labels (B,) or (B, O).
            sample_weights: (B,), each at least 0, not all 0; equal by default.

        Raises:
            ShapeError: the shapes do not match, or a label is out of range.
        """
        who = type(self).__name__
        check_shape(who, "outputs", outputs, ("B", "O"))
        y = self.dense_targets(targets, outputs)
        shares = sample_shares(who, len(outputs), sample_weights, outputs.dtype)
        return float((self.per_sample(outputs, y) * shares).sum())  # [mean-loss]

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.settings().items())
        return f"{type(self).__name__}({arguments})"


class SquaredError(Loss):
    """Half the squared distance, ℓ = ½ Σ_k (a_k − y_k)².

    Example:
        >>> SquaredError().value(np.array([[0.0, 3.0]]), np.array([[1.0, 1.0]]))
        2.5
    """

    kind: ClassVar[str] = "squared_error"
    domain: ClassVar[tuple[float, float]] = (-np.inf, np.inf)

    def per_sample(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        return 0.5 * ((a - y) ** 2).sum(axis=1)  # [squared-error]

    def gradient(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        return a - y  # [squared-error-grad]


class CrossEntropy(Loss):
    """The negative log-likelihood of the targets: ℓ = − Σ_k y_k log a_k, for probabilities a.

    With label smoothing ε the targets become y'_k = (1 − ε) y_k + ε / C. An output of 0 counts as the
    smallest normal number, so the loss stays finite; training computes log a from the logits instead
    (``output.py``). Targets (B, O) are probabilities: each row sums to 1. If several classes can be
    right at once, use ``BinaryCrossEntropy``.

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
        who, name = "CrossEntropy", "label_smoothing"
        check_range(who, name, label_smoothing, low=0, high=1, open_high=True)
        self.label_smoothing: float = float(label_smoothing)

    def settings(self) -> dict[str, Any]:
        """Returns the label smoothing."""
        return {"label_smoothing": self.label_smoothing}

    def dense_targets(self, targets: AnyArray, outputs: FloatArray) -> FloatArray:
        """Returns the smoothed targets y' (B, O), of which each row sums to 1."""
        y = super().dense_targets(targets, outputs)
        if targets.ndim == 2:
            check_row_sums("CrossEntropy", y)
        epsilon = self.label_smoothing
        return (1 - epsilon) * y + epsilon / outputs.shape[1]  # [label-smoothing]

    def per_sample(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        return -(y * np.log(above_zero(a))).sum(axis=1)  # [cross-entropy]

    def gradient(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        return -y / above_zero(a)  # [cross-entropy-grad]


class BinaryCrossEntropy(Loss):
    """The binary (two-sided) cross-entropy, in which each output is a yes or no of its own.

        ℓ = − Σ_k [y_k log a_k + (1 − y_k) log(1 − a_k)]

    For several labels per sample, with sigmoid outputs. It is summed over the outputs, not averaged.

    Example:
        >>> BinaryCrossEntropy().value(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])).__round__(4)
        1.3863

    Reference:
        Nielsen, "Neural Networks and Deep Learning" (2015), chapter 3, equation 63.
    """

    kind: ClassVar[str] = "binary_cross_entropy"
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def per_sample(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        yes, no = np.log(above_zero(a)), np.log(above_zero(1 - a))
        return -(y * yes + (1 - y) * no).sum(axis=1)  # [binary-cross-entropy]

    def gradient(self, a: FloatArray, y: FloatArray, /) -> FloatArray:
        # The same as (a − y) / (a (1 − a)), but finite at 0 and 1.
        return -y / above_zero(a) + (1 - y) / above_zero(1 - a)  # [binary-cross-entropy-grad]


def above_zero(a: FloatArray) -> FloatArray:
    """Returns the probabilities with 0 replaced by the smallest normal number of their dtype."""
    return np.maximum(a, np.finfo(a.dtype).tiny)  # [probability-floor]


def least_loss(label_smoothing: float, n_classes: int) -> float:
    """Returns the smallest cross-entropy that smoothed labels allow: the entropy of a smoothed target.

        H = −t log t − (C − 1) s log s,    s = ε / C,  t = 1 − ε + s

    Example:
        >>> round(least_loss(0.1, 10), 4), least_loss(0.0, 10)
        (0.5003, 0.0)
    """
    if label_smoothing == 0:
        return 0.0
    share = label_smoothing / n_classes
    target = 1 - label_smoothing + share
    return -target * math.log(target) - (n_classes - 1) * share * math.log(share)
