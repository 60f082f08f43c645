"""Gradient clipping: a gradient that is too long is shortened and keeps its direction.

It is applied between the backward pass and the optimizer, where an unlucky batch could otherwise move
the weights far away.
"""

from __future__ import annotations

import math

import numpy as np

from inkling._checks import check_range
from inkling.optim._settings import Parameters


def clip_by_global_norm(gradients: Parameters, max_norm: float) -> float:
    """Multiplies all gradients by min(1, max_norm / ‖g‖), in place.

    The norm ‖g‖ = √(Σ g²) runs over all arrays as if they were one long vector, so their proportions
    stay. A norm that is not finite has no direction to keep: the gradients are left as they are and the
    norm, NaN or ∞, is returned.

    Args:
        gradients: arrays of any shape by name.
        max_norm: the largest norm that is left as it is, in (0, ∞).

    Returns:
        The norm before clipping.

    Raises:
        SettingError: ``max_norm`` is out of range.

    Example:
        >>> gradients = {"w": np.array([[3.0, 0.0]]), "b": np.array([4.0])}
        >>> clip_by_global_norm(gradients, 1.0)
        5.0
        >>> gradients["w"].round(6), gradients["b"].round(6)
        (array([[0.6, 0. ]]), array([0.8]))

    Reference:
        Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML
        2013, Algorithm 1.
    """
    check_range("clip_by_global_norm", "max_norm", max_norm, low=0, open_low=True)
    norm = _global_norm(gradients)
    if max_norm < norm < math.inf:
        for gradient in gradients.values():
            gradient *= float(max_norm) / norm  # [clip]
    return norm


def _global_norm(gradients: Parameters) -> float:
    """Returns ‖g‖; arrays are scaled only if their squares would overflow, from 1e19 on in float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = math.fsum(float(np.vdot(array, array)) for array in gradients.values())
    if total != math.inf:
        return math.sqrt(total)  # [global-norm]
    largest = max(float(np.max(np.abs(array), initial=0)) for array in gradients.values())
    if largest == math.inf:
        return largest
    parts = (array / largest for array in gradients.values())
    return largest * math.sqrt(math.fsum(float(np.vdot(part, part)) for part in parts))
