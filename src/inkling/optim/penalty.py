"""The L2 term of the loss, for those who want to see it there; weight decay is its slope alone.

    λ → ½ λ ‖W‖² to the loss, λ W to the gradient

``Optimizer`` has weight decay as a setting. scikit-learn divides λ by the size of each batch and shows
the term in its losses, which takes this. Next: ``clipping.py``.
"""

from __future__ import annotations

import numpy as np

from inkling.optim.optimizer import Parameters


def add_l2_penalty(parameters: Parameters, gradients: Parameters, strength: float) -> float:
    """Adds λ·W to the gradient of every weight matrix, in place, and returns the term ½·λ·‖W‖².

        L₂ = ½ λ Σ W²  [l2-penalty]     g ← g + λ W  [weight-decay]

    Biases are left alone, as by weight decay.

    Args:
        parameters: arrays by name.
        gradients: ∂L/∂parameter under the same names.
        strength: λ, at least 0.

    Example:
        >>> weights, gradient = np.array([[3.0, 1.0]]), np.array([[0.5, 0.5]])
        >>> add_l2_penalty({"w": weights}, {"w": gradient}, 0.1), gradient
        (0.5, array([[0.8, 0.6]]))
    """
    squares = 0.0
    for name, parameter in parameters.items():
        if parameter.ndim > 1:
            squares += float(np.vdot(parameter, parameter))
            gradients[name][...] += strength * parameter
    return 0.5 * strength * squares
