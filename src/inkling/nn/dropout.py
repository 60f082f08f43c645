"""Dropout: while training, a random part of the signals is silenced, so that no unit relies on another.

    training     a = x · mask,  mask = 0 with probability p, else 1 / (1 − p)
    prediction   a = x

Dividing by 1 − p while training keeps the expected signal, so that prediction needs no change
("inverted" dropout). Next: ``network.py``.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from inkling._checks import check_range, check_shape, complain
from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.nn.layer import Layer, Workspace, empty


class Dropout(Layer):
    """Silences each input with probability ``rate`` while training; does nothing in prediction.

    Forward a = x ⊙ m, backward ∂L/∂x = ∂L/∂a ⊙ m, with the same mask m (B, I).

    Args:
        rate: p, the probability to silence a signal, in [0, 1).

    Raises:
        SettingError: the rate is outside [0, 1), or training without a generator.

    Example:
        >>> x = np.ones((3, 1000))
        >>> outputs, mask = Dropout(0.25).forward(x, training=True, rng=np.random.default_rng(0))
        >>> sorted({float(value) for value in outputs.round(4).ravel()})
        [0.0, 1.3333]
        >>> Dropout(0.25).forward(x)[0] is x
        True

    Reference:
        Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
        JMLR 15 (2014), section 4; the division while training is their section 10's remark.
    """

    kind: ClassVar[str] = "dropout"

    def __init__(self, rate: float) -> None:
        check_range("Dropout", "rate", rate, low=0, high=1, open_high=True)
        self.rate: float = float(rate)

    def settings(self) -> dict[str, Any]:
        """The rate."""
        return {"rate": self.rate}

    def forward(
        self,
        inputs: FloatArray,
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
        workspace: Workspace | None = None,
    ) -> tuple[FloatArray, FloatArray | None]:
        """Computes a = x ⊙ m [dropout] while training, a = x else. What backward needs is m.

        The mask m is 0 where a uniform random number is below p, else 1 / (1 − p) [dropout-mask].
        """
        if not training:
            return inputs, None
        if rng is None:
            expected = "a generator while training"
            raise SettingError(
                complain("Dropout", expected, None, "pass rng=np.random.default_rng(seed)")
            )
        mask = empty(workspace, self, "mask", inputs.shape, inputs.dtype)
        # float32 numbers for a float32 network and float64 for a float64 one would be other masks for
        # the same seed; float32 for both keeps the two comparable.
        kept = rng.random(inputs.shape, dtype=np.float32) >= self.rate
        np.multiply(kept, 1.0 / (1.0 - self.rate), out=mask, casting="same_kind")
        outputs = empty(workspace, self, "outputs", inputs.shape, inputs.dtype)
        return np.multiply(inputs, mask, out=outputs), mask

    def backward(
        self,
        grad_outputs: FloatArray,
        saved: FloatArray | None,
        *,
        wants_grad_inputs: bool = True,  # noqa: ARG002 (its only product)
        workspace: Workspace | None = None,
    ) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Computes ∂L/∂x = ∂L/∂a ⊙ m [dropout-grad].

        Raises:
            ShapeError: the gradient is not of the mask's shape.
        """
        if saved is None:
            return grad_outputs, {}
        if grad_outputs.shape != saved.shape:  # NumPy would repeat a single row for every sample
            check_shape("Dropout", "gradients", grad_outputs, saved.shape)
        grad_inputs = empty(workspace, self, "grad_inputs", saved.shape, saved.dtype)
        return np.multiply(grad_outputs, saved, out=grad_inputs), {}
