"""The activations for one sample: a = f(z), and ∂L/∂z from ∂L/∂a. The formulas of ``nn/activations.py``.

Each has a code, because machine code has no classes; the loops are simple enough to become vector
instructions.
"""

from __future__ import annotations

import math
from typing import Any

from inkling.compiled.codes import (
    GELU_TANH,
    LEAKY_RELU,
    RELU,
    SIGMOID,
    SOFTMAX,
    TANH,
)
from inkling.compiled.jit import compiled

ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715


@compiled
def activate(code: int, slope: float, z: Any, a: Any) -> None:
    """Writes a = f(z) for one sample's z (O,)."""
    real = z.dtype.type
    if code == RELU:
        for k in range(len(z)):
            a[k] = max(z[k], real(0))  # [relu]
    elif code == SOFTMAX:
        softmax(z, a)
    elif code == SIGMOID:
        for k in range(len(z)):
            a[k] = real(1) / (real(1) + math.exp(-z[k]))  # [sigmoid]
    elif code == TANH:
        for k in range(len(z)):
            a[k] = math.tanh(z[k])  # [tanh]
    elif code == LEAKY_RELU:
        for k in range(len(z)):
            a[k] = max(z[k], real(slope) * z[k])  # [leaky-relu]
    elif code == GELU_TANH:
        for k in range(len(z)):
            a[k] = real(0.5) * z[k] * (real(1) + math.tanh(gelu_inner(z[k])))  # [gelu]
    else:
        for k in range(len(z)):
            a[k] = z[k]  # [identity]


@compiled
def pass_back(code: int, slope: float, z: Any, a: Any, gradient: Any) -> None:
    """Turns one sample's ∂L/∂a (O,) into ∂L/∂z, in place."""
    real = z.dtype.type
    if code == RELU:
        for k in range(len(z)):
            gradient[k] = gradient[k] if a[k] > real(0) else real(0)  # [relu-grad]
    elif code == SOFTMAX:
        total = real(0)
        for k in range(len(z)):
            total += gradient[k] * a[k]
        for k in range(len(z)):
            gradient[k] = a[k] * (gradient[k] - total)  # [softmax-grad]
    elif code == SIGMOID:
        for k in range(len(z)):
            gradient[k] *= a[k] * (real(1) - a[k])  # [sigmoid-grad]
    elif code == TANH:
        for k in range(len(z)):
            gradient[k] *= real(1) - a[k] * a[k]  # [tanh-grad]
    elif code == LEAKY_RELU:
        for k in range(len(z)):
            gradient[k] *= real(1) if z[k] > real(0) else real(slope)  # [leaky-relu-grad]
    elif code == GELU_TANH:
        for k in range(len(z)):
            t = math.tanh(gelu_inner(z[k]))
            slope_u = real(ROOT) * (real(1) + real(3 * CUBIC) * z[k] * z[k])
            inner = z[k] * (real(1) - t * t) * slope_u
            gradient[k] *= real(0.5) * (real(1) + t + inner)  # [gelu-grad]


@compiled
def softmax(z: Any, a: Any) -> None:
    """a_k = e^(z_k − m) / Σ_j e^(z_j − m) [softmax], m = max_j z_j [softmax-shift]."""
    largest = z[0]
    for k in range(1, len(z)):
        largest = max(largest, z[k])
    for k in range(len(z)):
        a[k] = math.exp(z[k] - largest)
    total = z.dtype.type(0)
    for k in range(len(z)):
        total += a[k]
    for k in range(len(z)):
        a[k] /= total


@compiled
def gelu_inner(z: Any) -> Any:
    """u = √(2/π) (z + 0.044715 z³) [gelu-inner]."""
    real = type(z)
    return real(ROOT) * (z + real(CUBIC) * z * z * z)
