"""Dropout: a random part of the signals is set to zero while training, so no unit relies on another.

    training     a = x ⊙ m,  m = 0 with probability p, else 1 / (1 − p)
    prediction   a = x

The division by 1 − p keeps the expected signal, so prediction needs no change ("inverted" dropout).
Next: ``network.py``.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from inkling._checks import check_range
from inkling._types import FloatArray
from inkling.nn.layer import Layer


class Dropout(Layer):
    """Sets each input to zero with probability ``rate`` if it is given a generator.

    Args:
        rate: p, in [0, 1).

    Raises:
        SettingError: the rate is outside [0, 1).

    Example:
        >>> x = np.ones((3, 1000))
        >>> outputs, mask = Dropout(0.25).forward(x, rng=np.random.default_rng(0))
        >>> np.unique(outputs).round(4)
        array([0.    , 1.3333])
        >>> Dropout(0.25).forward(x)[0] is x
        True

    Reference:
        Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
        JMLR 15 (2014), section 4; section 10 mentions the division while training.
    """

    kind: ClassVar[str] = "dropout"

    def __init__(self, rate: float) -> None:
        check_range("Dropout", "rate", rate, low=0, high=1, open_high=True)
        self.rate: float = float(rate)

    def settings(self) -> dict[str, Any]:
        """Returns the rate."""
        return {"rate": self.rate}

    def forward(
        self, x: FloatArray, /, *, rng: np.random.Generator | None = None
    ) -> tuple[FloatArray, FloatArray | float]:
        """Computes a = x ⊙ m with a generator, a = x without; the backward pass needs m."""
        if rng is None:
            return x, 1.0
        # Always float32 numbers, so that float32 and float64 networks draw the same mask.
        kept = rng.random(x.shape, dtype=np.float32) >= self.rate
        mask = kept.astype(x.dtype) * (1.0 / (1.0 - self.rate))  # [dropout-mask]
        return x * mask, mask  # [dropout]

    def grad_inputs(self, grad: FloatArray, mask: FloatArray | float, /) -> FloatArray:
        """Computes ∂L/∂x (B, I)."""
        return grad * mask  # [dropout-grad]
