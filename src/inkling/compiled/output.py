"""Loss and δ of one sample, for every output activation × loss. The formulas of ``nn/output.py``."""

from __future__ import annotations

import math
from typing import Any

from inkling.compiled.activations import pass_back
from inkling.compiled.codes import (
    SIGMOID_BINARY,
    SIGMOID_CROSS_ENTROPY,
    SOFTMAX_BINARY,
    SOFTMAX_CROSS_ENTROPY,
)
from inkling.compiled.jit import compiled


@compiled
def loss_and_delta(
    pair: int, activation: int, slope: float, z: Any, a: Any, y: Any, share: float, delta: Any
) -> float:
    """Writes s_b ∂ℓ/∂z (O,) [mean-delta] and returns ℓ.

    Args:
        pair: the code of the output and loss.
        activation: the output activation.
        slope: of a leaky rectifier.
        z: (O,), the logits.
        a: (O,), the outputs.
        y: (O,), the targets, after any label smoothing.
        share: s_b, the sample's share in the mean.
        delta: (O,), overwritten.
    """
    real = z.dtype.type
    if pair == SOFTMAX_CROSS_ENTROPY:
        loss = softmax_cross_entropy(z, a, y, delta)
    elif pair == SIGMOID_CROSS_ENTROPY:
        loss = 0.0
        for k in range(len(z)):
            loss += y[k] * softplus(-z[k])  # [ce-sigmoid-loss]
            delta[k] = y[k] * (a[k] - real(1))  # [ce-sigmoid-delta]
    elif pair == SIGMOID_BINARY:
        loss = 0.0
        for k in range(len(z)):
            loss += softplus(z[k]) - y[k] * z[k]  # [bce-sigmoid-loss]
            delta[k] = a[k] - y[k]  # [bce-sigmoid-delta]
    elif pair == SOFTMAX_BINARY:
        loss = softmax_binary_cross_entropy(z, a, y, delta)
    else:
        loss = 0.0
        for k in range(len(z)):
            delta[k] = a[k] - y[k]  # [squared-error-grad]
            loss += 0.5 * delta[k] * delta[k]  # [squared-error]
        pass_back(activation, slope, z, a, delta)  # [output-delta]
    for k in range(len(z)):
        delta[k] *= real(share)
    return loss


@compiled
def softmax_cross_entropy(z: Any, a: Any, y: Any, delta: Any) -> float:
    """δ = a − y [ce-softmax-delta], ℓ = − Σ_k y_k log a_k with the stable [log-softmax].

    The largest output is a_m = 1 / Σ_j e^(z_j − z_m), so that one logarithm is enough, of a number that
    is never near 0.
    """
    largest = 0
    for k in range(1, len(z)):
        if z[k] > z[largest]:
            largest = k
    shift = z[largest] - math.log(a[largest])
    loss = 0.0
    for k in range(len(z)):
        loss -= y[k] * (z[k] - shift)
        delta[k] = a[k] - y[k]
    return loss


@compiled
def softmax_binary_cross_entropy(z: Any, a: Any, y: Any, delta: Any) -> float:
    """The two-sided cross-entropy of softmax outputs, finite for any logits.

    The largest output is treated by itself, as ``nn/output.py`` explains.
    """
    real = z.dtype.type
    largest = 0
    for k in range(1, len(z)):
        if z[k] > z[largest]:
            largest = k
    shift, shift_others = log_of_sum(z, -1), log_of_sum(z, largest)
    loss, total = 0.0, real(0)
    for k in range(len(z)):
        odds = real(0) if k == largest else (real(1) - y[k]) * a[k] / (real(1) - a[k])
        delta[k] = odds - y[k]  # [bce-softmax-odds]
        total += delta[k]
        log_rest = shift_others - shift if k == largest else math.log1p(-a[k])  # [log-complement]
        loss -= y[k] * (z[k] - shift) + (real(1) - y[k]) * log_rest
    share = (real(1) - y[largest]) * a[largest]
    for k in range(len(z)):
        delta[k] -= a[k] * total  # [bce-softmax-delta]
        if k != largest:
            delta[k] -= share * math.exp(z[k] - shift_others)
    delta[largest] += share
    return loss


@compiled
def log_of_sum(z: Any, without: int) -> float:
    """log Σ_j e^z_j without one j (−1 for all), by subtracting the maximum [softmax-shift]."""
    largest = -math.inf
    for k in range(len(z)):
        if k != without:
            largest = max(largest, z[k])
    total = 0.0
    for k in range(len(z)):
        if k != without:
            total += math.exp(z[k] - largest)
    return largest + math.log(total)


@compiled
def softplus(z: float) -> float:
    """log(1 + e^z) = max(z, 0) + log(1 + e^−|z|) [softplus]."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))
