"""The formulas of ``nn/`` and ``optim/``: activations and losses of one sample, updates of one row.

Each has a code, because machine code has no classes. The loops are simple enough to be vectorized.
"""

from __future__ import annotations

import math
from typing import Any

from inkling.compiled import supported as code
from inkling.compiled.jit import compiled, merged, reordered
from inkling.optim.adaptive import SUBNORMAL

ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715


@compiled
def activate(layer: Any, z: Any, a: Any) -> None:
    """Writes a = f(z) for one sample's z (O,)."""
    real, kind = z.dtype.type, layer.activation
    if kind == code.RELU:
        for k in range(len(z)):
            a[k] = max(z[k], real(0))  # [relu]
    elif kind == code.SOFTMAX:
        largest, total = z[index_of_largest(z)], real(0)
        for k in range(len(z)):
            a[k] = math.exp(z[k] - largest)  # [softmax-shift]
        for k in range(len(z)):
            total += a[k]
        for k in range(len(z)):
            a[k] /= total  # [softmax]
    elif kind == code.SIGMOID:
        for k in range(len(z)):
            a[k] = real(1) / (real(1) + math.exp(-z[k]))  # [sigmoid]
    elif kind == code.TANH:
        for k in range(len(z)):
            a[k] = math.tanh(z[k])  # [tanh]
    elif kind == code.LEAKY_RELU:
        for k in range(len(z)):
            a[k] = max(z[k], real(layer.slope) * z[k])  # [leaky-relu]
    elif kind == code.GELU_TANH:
        for k in range(len(z)):
            a[k] = real(0.5) * z[k] * (real(1) + math.tanh(gelu_inner(z[k])))  # [gelu]
    else:
        for k in range(len(z)):
            a[k] = z[k]  # [identity]


@compiled
def pass_back(layer: Any, z: Any, a: Any, gradient: Any) -> None:
    """Turns one sample's ∂L/∂a (O,) into ∂L/∂z, in place."""
    real, kind = z.dtype.type, layer.activation
    if kind == code.RELU:
        for k in range(len(z)):
            gradient[k] = gradient[k] if a[k] > real(0) else real(0)  # [relu-grad]
    elif kind == code.SOFTMAX:
        total = real(0)
        for k in range(len(z)):
            total += gradient[k] * a[k]
        for k in range(len(z)):
            gradient[k] = a[k] * (gradient[k] - total)  # [softmax-grad]
    elif kind == code.SIGMOID:
        for k in range(len(z)):
            gradient[k] *= a[k] * (real(1) - a[k])  # [sigmoid-grad]
    elif kind == code.TANH:
        for k in range(len(z)):
            gradient[k] *= real(1) - a[k] * a[k]  # [tanh-grad]
    elif kind == code.LEAKY_RELU:
        for k in range(len(z)):
            gradient[k] *= real(1) if z[k] > real(0) else real(layer.slope)  # [leaky-relu-grad]
    elif kind == code.GELU_TANH:
        for k in range(len(z)):
            t = math.tanh(gelu_inner(z[k]))
            slope_u = real(ROOT) * (real(1) + real(3 * CUBIC) * z[k] * z[k])
            inner = z[k] * (real(1) - t * t) * slope_u
            gradient[k] *= real(0.5) * (real(1) + t + inner)  # [gelu-grad]


@compiled
def index_of_largest(numbers: Any) -> int:
    """argmax_k numbers[k], the first of equal ones."""
    largest = 0
    for k in range(1, len(numbers)):
        if numbers[k] > numbers[largest]:
            largest = k
    return largest


@compiled
def gelu_inner(z: Any) -> Any:
    """u = √(2/π) (z + 0.044715 z³) [gelu-inner]."""
    real = type(z)
    return real(ROOT) * (z + real(CUBIC) * z * z * z)


@compiled
def loss_and_delta(pair: int, layer: Any, z: Any, a: Any, y: Any, delta: Any) -> float:
    """Writes ∂ℓ/∂z (O,) and returns ℓ, for logits z, outputs a and targets y, all (O,)."""
    loss = 0.0
    for k in range(len(z)):
        delta[k] = a[k] - y[k]  # [ce-softmax-delta] [bce-sigmoid-delta] [squared-error-grad]
    if pair == code.SOFTMAX_CROSS_ENTROPY:
        # ℓ = − Σ_k y_k log a_k with the stable [log-softmax]. The largest output is
        # a_m = 1 / Σ_j e^(z_j − z_m), so that one logarithm is enough, of a number never near 0.
        largest = index_of_largest(z)
        shift = z[largest] - math.log(a[largest])
        for k in range(len(z)):
            loss -= y[k] * (z[k] - shift)
    elif pair == code.SIGMOID_BINARY:
        for k in range(len(z)):
            softplus = max(z[k], 0.0) + math.log1p(math.exp(-abs(z[k])))  # [softplus]
            loss += softplus - y[k] * z[k]  # [bce-sigmoid-loss]
    else:
        for k in range(len(z)):
            loss += 0.5 * delta[k] * delta[k]  # [squared-error]
        pass_back(layer, z, a, delta)  # [output-delta]
    return loss


@compiled
def update_row(
    rule: Any, step: Any, decays: bool, scale: float, p: Any, g: Any, first: Any, second: Any
) -> None:
    """Updates a row p (O,) of a parameter with its gradient g (O,), which is overwritten.

    ``rule`` is the optimizer, and ``first`` and ``second`` are its states, if it has them. Decay and the
    L2 term apply to weights, not to biases. g is multiplied by ``scale``.
    """
    real, kind = p.dtype.type, rule.kind
    decay = 0.0 if kind == code.ADAMW else rule.decay
    rate, added = real(step.rate), step.l2 + decay if decays else 0.0
    if added != 0 or scale != 1:
        for k in range(len(p)):
            g[k] = real(scale) * g[k] + real(added) * p[k]  # [weight-decay]
    if decays and kind == code.ADAMW:
        for k in range(len(p)):
            p[k] *= real(1 - step.rate * rule.decay)  # [adamw-decay]
    if kind == code.PLAIN:
        for k in range(len(p)):
            p[k] -= rate * g[k]  # [sgd]
    elif kind <= code.NESTEROV_SCALED:
        momentum_step(kind, real(rule.kept), rate, p, g, first)
    else:
        adam_step(rule, step, p, g, first, second)


@merged
def momentum_step(kind: int, kept: float, rate: float, p: Any, g: Any, velocity: Any) -> None:
    """Momentum and Nesterov's; in scikit-learn's form the rate is part of the velocity."""
    real, scaled = p.dtype.type, kind in (code.MOMENTUM_SCALED, code.NESTEROV_SCALED)
    gain, move = (-rate, real(1)) if scaled else (real(1), -rate)
    for k in range(len(p)):
        # [momentum-velocity] [momentum-step] [nesterov-step], or these with "-scaled" at the end
        v = velocity[k] = kept * velocity[k] + gain * g[k]
        p[k] += move * (kept * v + gain * g[k] if kind >= code.NESTEROV else v)


@merged
def adam_step(rule: Any, step: Any, p: Any, g: Any, mean: Any, mean_square: Any) -> None:
    """Adam in both conventions, and AdamW [adam-step] [adam-shortcut]."""
    real, kept, new = p.dtype.type, p.dtype.type(rule.kept), p.dtype.type(1 - rule.kept)
    kept_squares, new_squares = real(rule.kept_squares), real(1 - rule.kept_squares)
    size, epsilon = real(step.adam_rate), real(step.epsilon)
    for k in range(len(p)):
        m = kept * mean[k] + new * g[k]  # [adam-mean]
        m = mean[k] = m if abs(m) >= real(SUBNORMAL) else real(0)
        square = new_squares * (g[k] * g[k])
        mean_square[k] = kept_squares * mean_square[k] + square  # [adam-mean-square]
        p[k] -= size * (m / (math.sqrt(mean_square[k]) + epsilon))


@reordered
def sum_of_squares(numbers: Any) -> float:
    """Σ_k numbers[k]², with several sums at a time; in float64, where 10²⁰ squared is not infinite."""
    total = 0.0
    for k in range(len(numbers)):
        total += 1.0 * numbers[k] * numbers[k]  # 1.0 is of float64
    return total
