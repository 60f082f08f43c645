"""Where the output activation meets the loss: δ = ∂ℓ/∂z, from which back-propagation starts.

By the chain rule, δ is the gradient of the loss passed back through the activation. Written out, the
1/a of the logarithm and the a of the activation cancel, and what remains is shorter, and finite where
a is 0 or 1. ``CLOSED_FORMS`` lists these pairs; every other pair, such as squared error, uses the chain
rule. Tests hold both forms equal. Next: ``network.py``.

| loss | output | δ |
|---|---|---|
| cross-entropy | softmax | a − y |
| cross-entropy | sigmoid | −y (1 − a) |
| binary cross-entropy | sigmoid | a − y |
| binary cross-entropy | softmax | see ``softmax_binary_cross_entropy`` |
| Poisson | exp | a − y |
| squared error | any | (a − y) through the activation's gradient |

A pair is allowed if the outputs of the activation lie in the domain of the loss; other pairs raise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from inkling._checks import check_type, complain, interval
from inkling._types import AnyArray, FloatArray
from inkling.errors import SettingError
from inkling.nn.activations import Activation
from inkling.nn.losses import Loss
from inkling.nn.poisson import y_log_y
from inkling.nn.targets import sample_shares


class LossAndDelta(NamedTuple):
    """The mean loss L of a batch, and its gradient with respect to the logits, ∂L/∂z (B, O)."""

    loss: float
    delta: FloatArray


def loss_and_delta(
    activation: Activation,
    loss: Loss,
    logits: FloatArray,
    outputs: FloatArray,
    targets: AnyArray,
    sample_weights: FloatArray | None = None,
) -> LossAndDelta:
    """Computes the mean loss and its gradient with respect to the logits.

        L = Σ_n w̄_n ℓ_n        ∂L/∂z_nk = w̄_n ∂ℓ_n/∂z_nk

    w̄_n is the share of sample n in the mean: 1 / B, or its weight divided by the sum of the weights.

    Args:
        activation: the output activation.
        loss: the loss.
        logits: z (B, O), the inputs of the activation.
        outputs: a (B, O), its outputs.
        targets: labels (B,) or (B, O).
        sample_weights: (B,), at least 0; equal by default.

    Raises:
        SettingError: the pair is not allowed; the message names outputs that are.
        ShapeError: targets or weights do not match the outputs.

    Example:
        >>> from inkling.nn import CrossEntropy, Softmax
        >>> z, a = np.log([[1.0, 3.0]]), np.array([[0.25, 0.75]])
        >>> loss_and_delta(Softmax(), CrossEntropy(), z, a, np.array([1])).delta
        array([[ 0.25, -0.25]])
    """
    check_pair(activation, loss)
    y = loss.dense_targets(targets, outputs)
    shares = sample_shares(type(loss).__name__, len(outputs), sample_weights, outputs.dtype)
    closed_form = CLOSED_FORMS.get((activation.kind, loss.kind))
    if closed_form is None:
        losses, delta = chain_rule(activation, loss, logits, outputs, y)
    else:
        losses, delta = closed_form(logits, outputs, y)
    return LossAndDelta(
        float(losses @ shares),  # [mean-loss]
        delta * shares[:, np.newaxis],  # [mean-delta]
    )


def check_pair(activation: Activation, loss: Loss) -> None:
    """Raises SettingError unless the outputs of the activation lie in the domain of the loss."""
    check_type("Network", "loss", loss, Loss, "pass an object such as CrossEntropy()")
    (low, high), (domain_low, domain_high) = activation.output_range, loss.domain
    if low < domain_low or high > domain_high:
        fitting = "exp" if domain_high == np.inf else "softmax or sigmoid"
        raise SettingError(
            complain(
                type(loss).__name__,
                f"outputs in {interval(domain_low, domain_high)}",
                f"{activation.kind}, whose outputs lie in {interval(low, high)}",
                f"use {fitting}, or the loss squared_error",
            )
        )


def chain_rule(
    activation: Activation, loss: Loss, z: FloatArray, a: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Computes ℓ (B,) and δ_j = Σ_k ∂ℓ/∂a_k ∂a_k/∂z_j (B, O) for any activation and loss."""
    return loss.per_sample(a, y), activation.gradient(loss.gradient(a, y), z, a)  # [output-delta]


def softmax_cross_entropy(
    z: FloatArray, a: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Computes ℓ = − Σ_k y_k log a_k and δ = a − y, for targets whose rows sum to 1."""
    return -(y * log_softmax(z)).sum(axis=1), a - y  # [ce-softmax-delta]


def sigmoid_cross_entropy(
    z: FloatArray, a: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Computes ℓ = − Σ_k y_k log σ(z_k) and δ = −y (1 − a).

    Because log σ(z) = −log(1 + e^−z), the loss is a sum of softplus: ℓ = Σ_k y_k log(1 + e^−z_k).
    """
    losses = (y * softplus(-z)).sum(axis=1)  # [ce-sigmoid-loss]
    return losses, y * (a - 1)  # [ce-sigmoid-delta]


def sigmoid_binary_cross_entropy(
    z: FloatArray, a: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Computes ℓ = − Σ_k [y_k log σ(z_k) + (1 − y_k) log σ(−z_k)] and δ = a − y.

    Because 1 − σ(z) = σ(−z), both logarithms are softplus: ℓ = Σ_k [log(1 + e^z_k) − y_k z_k].
    """
    losses = (softplus(z) - y * z).sum(axis=1)  # [bce-sigmoid-loss]
    return losses, a - y  # [bce-sigmoid-delta]


def softmax_binary_cross_entropy(
    z: FloatArray, a: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Computes the binary cross-entropy of softmax outputs and its δ, finite for any logits.

    With o_k = (1 − y_k) a_k / (1 − a_k) [bce-softmax-odds], the chain rule gives

        δ_k = o_k − y_k − a_k Σ_j (o_j − y_j)  [bce-softmax-delta]

    Only the largest output of a row, a_m, can approach 1, where o_m grows without bound and the products
    cancel. Its part is therefore written with q, the softmax over the other classes, for which
    a_k / (1 − a_m) = q_k:  (1 − y_m) a_m is added to δ_m, and (1 − y_m) a_m q_k subtracted from δ_k.

    The loss needs log(1 − a_k) = log Σ_{j≠k} e^z_j − log Σ_j e^z_j [log-complement] as well.
    """
    rows = np.arange(len(z))
    largest = z.argmax(axis=1)
    others = z.copy()
    others[rows, largest] = -np.inf
    log_others = log_softmax(others)
    rest = np.exp(log_others)

    smaller = a.copy()
    smaller[rows, largest] = 0
    odds = (1 - y) * smaller / (1 - smaller)
    delta = (odds - y) - a * (odds - y).sum(axis=1, keepdims=True)
    share = ((1 - y) * a)[rows, largest]
    delta -= share[:, np.newaxis] * rest
    delta[rows, largest] += share

    # log(1 − a_m) = log Σ_{j≠m} e^z_j − log Σ_j e^z_j; for the others 1 − a ≥ ½ is exact enough.
    log_a = log_softmax(z)
    log_complements = np.log1p(-np.where(np.isinf(others), 0, a))
    second = others.argmax(axis=1)
    log_complements[rows, largest] = log_a[rows, second] - log_others[rows, second]
    return -(y * log_a + (1 - y) * log_complements).sum(axis=1), delta


def exp_poisson(z: FloatArray, a: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Computes half the Poisson deviance and δ = a − y; log a = z is exact even if a underflows."""
    losses = (a - y * z + y_log_y(y) - y).sum(axis=1)  # [poisson-exp-loss]
    return losses, a - y  # [poisson-exp-delta]


def log_softmax(z: FloatArray) -> FloatArray:
    """Returns log a_k = z_k − m − log Σ_j e^(z_j − m), m = max_j z_j, for each row.

    No exponential can overflow and no logarithm meets 0, however far apart the logits are.
    """
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # [log-softmax]


def softplus(z: FloatArray) -> FloatArray:
    """Returns log(1 + e^z) = max(z, 0) + log(1 + e^−|z|), which cannot overflow."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))  # [softplus]


ClosedForm = Callable[[FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

CLOSED_FORMS: dict[tuple[str, str], ClosedForm] = {
    ("softmax", "cross_entropy"): softmax_cross_entropy,
    ("sigmoid", "cross_entropy"): sigmoid_cross_entropy,
    ("sigmoid", "binary_cross_entropy"): sigmoid_binary_cross_entropy,
    ("softmax", "binary_cross_entropy"): softmax_binary_cross_entropy,
    ("exp", "poisson"): exp_poisson,
}
"""(activation, loss) → ℓ (B,) and δ (B, O) from logits z, outputs a and dense targets y, all (B, O)."""
