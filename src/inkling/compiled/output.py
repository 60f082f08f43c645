"""Loss and δ of one sample, for every output activation × loss. The formulas of ``nn/output.py``."""

from __future__ import annotations

import math
from typing import Any

from inkling.compiled.activations import pass_back
from inkling.compiled.codes import SIGMOID_BINARY, SOFTMAX_CROSS_ENTROPY
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
    elif pair == SIGMOID_BINARY:
        loss = 0.0
        for k in range(len(z)):
            loss += softplus(z[k]) - y[k] * z[k]  # [bce-sigmoid-loss]
            delta[k] = a[k] - y[k]  # [bce-sigmoid-delta]
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
def softplus(z: float) -> float:
    """log(1 + e^z) = max(z, 0) + log(1 + e^−|z|) [softplus]."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))
