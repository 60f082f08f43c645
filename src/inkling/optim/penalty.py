"""The L2 term of the loss; weight decay is its gradient.

    ½ λ ‖W‖² is added to the loss, λ W to the gradient

Optimizers have weight decay as a setting. scikit-learn divides λ by the size of each batch and includes
the term in its losses, which requires this function. Next: ``clipping.py``.
"""

from __future__ import annotations

import numpy as np

from inkling.optim._settings import Parameters


def add_l2_penalty(parameters: Parameters, gradients: Parameters, strength: float) -> float:
    """Adds λ W to the gradient of every weight matrix, in place, and returns ½ λ ‖W‖².

    Args:
        parameters: arrays by name; those with a single axis (biases) have no penalty.
        gradients: ∂L/∂parameter under the same names.
        strength: λ, at least 0.

    Example:
        >>> weights, gradient = np.array([[3.0, 1.0]]), np.array([[0.5, 0.5]])
        >>> add_l2_penalty({"w": weights}, {"w": gradient}, 0.1), gradient
        (0.5, array([[0.8, 0.6]]))
    """
    squares = 0.0
    for name, p in parameters.items():
        if p.ndim > 1:
            squares += float(np.vdot(p, p))
            gradients[name][...] += strength * p  # [weight-decay]
    return 0.5 * strength * squares  # [l2-penalty]
