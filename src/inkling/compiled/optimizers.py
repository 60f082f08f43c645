"""The optimizers for one row of a parameter, in place: ``optim/descent.py`` and ``adaptive.py``.

A row's gradient is used while it is in the cache, so that it is not read from memory again.
"""

from __future__ import annotations

import math
from typing import Any

from inkling.compiled.codes import (
    ADAM,
    ADAM_SHORTCUT,
    ADAMW,
    EPSILON,
    KEPT,
    KEPT_SQUARES,
    MOMENTUM,
    MOMENTUM_SCALED,
    NESTEROV,
    NESTEROV_SCALED,
    PLAIN,
    WEIGHT_DECAY,
)
from inkling.compiled.jit import compiled, merged

StepConstants = tuple[float, float, float, float]
"""η, Adam's step size, its ε, and λ of the batch's L2 term: the constants of a step."""
STRENGTH = 3
"""The index of the last one."""


@compiled
def update_row(
    code: int,
    settings: Any,
    step_constants: StepConstants,
    decays: bool,
    p: Any,
    g: Any,
    first: Any,
    second: Any,
) -> None:
    """Updates a row p (O,) of a parameter with its gradient g (O,).

    Args:
        code: the optimizer's code.
        settings: the optimizer's settings.
        step_constants: of this step, from ``step_constants_of``.
        decays: whether weight decay and the L2 term apply: to weights, not to biases.
        p: changed in place.
        g: overwritten.
        first: the velocity or the mean; any array if there is none.
        second: the mean of squares; any array if there is none.
    """
    real = p.dtype.type
    rate, size, epsilon, strength = step_constants
    if decays and strength != 0:
        for k in range(len(p)):
            g[k] += real(strength) * p[k]  # [weight-decay]
    decay = settings[WEIGHT_DECAY] if decays else 0.0
    if decay != 0 and code == ADAMW:
        for k in range(len(p)):
            p[k] *= real(1 - rate * decay)  # [adamw-decay]
    elif decay != 0:
        for k in range(len(p)):
            g[k] += real(decay) * p[k]  # [weight-decay]
    if code == PLAIN:
        for k in range(len(p)):
            p[k] -= real(rate) * g[k]  # [sgd]
    elif code <= NESTEROV_SCALED:
        momentum_step(code, real(settings[KEPT]), real(rate), p, g, first)
    else:
        adam_step(settings, real(size), real(epsilon), p, g, first, second)


@compiled
def step_constants_of(
    code: int, settings: Any, rate: float, strength: float, step: int
) -> StepConstants:
    """Returns η, λ, and for Adam the step size and ε, corrected for step t.

    The two are moved out of the loops, as in ``Adam.step`` of ``optim/adaptive.py``: powers take as long
    as a row, so they are computed once per step.
    """
    if code < ADAM:
        return rate, rate, settings[EPSILON], strength
    root = math.sqrt(1 - settings[KEPT_SQUARES] ** step)
    epsilon = settings[EPSILON] * (1.0 if code == ADAM_SHORTCUT else root)
    return rate, rate * root / (1 - settings[KEPT] ** step), epsilon, strength


@merged
def momentum_step(code: int, kept: float, rate: float, p: Any, g: Any, velocity: Any) -> None:
    """Momentum and Nesterov's, in both conventions."""
    if code == MOMENTUM:
        for k in range(len(p)):
            velocity[k] = kept * velocity[k] + g[k]  # [momentum-velocity]
            p[k] -= rate * velocity[k]  # [momentum-step]
    elif code == MOMENTUM_SCALED:
        for k in range(len(p)):
            velocity[k] = kept * velocity[k] - rate * g[k]  # [momentum-velocity-scaled]
            p[k] += velocity[k]  # [momentum-step-scaled]
    elif code == NESTEROV:
        for k in range(len(p)):
            velocity[k] = kept * velocity[k] + g[k]  # [momentum-velocity]
            p[k] -= rate * (g[k] + kept * velocity[k])  # [nesterov-step]
    else:
        for k in range(len(p)):
            velocity[k] = kept * velocity[k] - rate * g[k]  # [momentum-velocity-scaled]
            p[k] += kept * velocity[k] - rate * g[k]  # [nesterov-step-scaled]


@merged
def adam_step(
    settings: Any, size: float, epsilon: float, p: Any, g: Any, mean: Any, mean_square: Any
) -> None:
    """Adam in both conventions, and AdamW [adam-step] [adam-shortcut]."""
    real = p.dtype.type
    kept, new = real(settings[KEPT]), real(1 - settings[KEPT])
    kept_squares, new_squares = real(settings[KEPT_SQUARES]), real(1 - settings[KEPT_SQUARES])
    for k in range(len(p)):
        mean[k] = kept * mean[k] + new * g[k]  # [adam-mean]
        square = new_squares * (g[k] * g[k])
        mean_square[k] = kept_squares * mean_square[k] + square  # [adam-mean-square]
        p[k] -= size * (mean[k] / (math.sqrt(mean_square[k]) + epsilon))
