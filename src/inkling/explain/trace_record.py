"""The records of a trace: quantities, gradients with their finite differences, one step.

``trace.py`` creates them; ``to_dict`` returns what ``inkling trace --json`` prints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling._types import FloatArray
from inkling.nn.gradcheck import TOLERANCES

TOLERANCE = TOLERANCES[np.dtype(np.float64)]
"""The largest relative error with which a gradient passes."""


@dataclass(frozen=True, eq=False)
class Quantity:
    """An array of the forward or backward pass."""

    symbol: str
    """Its name, with the number of its layer: "z1", "a1", "δ2", "∂L/∂W2"."""
    formula: str
    """The label of its formula; empty for the inputs."""
    values: FloatArray

    @property
    def norm(self) -> float:
        """The root of the sum of squares."""
        return float(np.sqrt((self.values**2).sum()))

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data for JSON; the values of weight matrices are omitted."""
        is_row = self.values.ndim == 1 or len(self.values) == 1
        return {
            "symbol": self.symbol,
            "formula": self.formula,
            "shape": list(self.values.shape),
            "norm": self.norm,
            "values": self.values.ravel().tolist() if is_row else None,
        }


@dataclass(frozen=True, eq=False)
class Gradient(Quantity):
    """A gradient, and its finite differences."""

    index: tuple[int, ...]
    """The position of its largest entry."""
    measured: float
    """The central difference there."""
    compared: int
    """The number of entries compared."""
    max_relative_error: float
    """The largest |gradient − difference| among them, relative to the largest of: the difference, 1 % of
    the largest difference, and the effect of rounding."""

    @property
    def largest(self) -> float:
        """The gradient at ``index``."""
        return float(self.values[self.index])

    @property
    def passed(self) -> bool:
        """Whether gradient and differences agree."""
        return self.max_relative_error <= TOLERANCE

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        names = ("largest", "measured", "compared", "max_relative_error", "passed")
        numbers = {name: getattr(self, name) for name in names}
        return {**super().to_dict(), "index": list(self.index), **numbers}


@dataclass(frozen=True)
class Step:
    """One step of gradient descent on this sample."""

    formula: str
    learning_rate: float
    loss_before: float
    promised: float
    """The change for an infinitesimal step, −η Σ g²."""
    loss_after: float

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data for JSON, which has no infinity: a loss that is not finite is null."""
        after = self.loss_after if math.isfinite(self.loss_after) else None
        return {**vars(self), "loss_after": after}


@dataclass(frozen=True, eq=False)
class Trace:
    """Both passes of one sample."""

    network: str
    """The network's layers in one line."""
    label: int
    """The true class."""
    forward: tuple[Quantity, ...]
    """Inputs, weighted sums and activations, in the order of computation."""
    target: Quantity
    """y."""
    loss_name: str
    loss_formula: str
    loss: float
    backward: tuple[Gradient, ...]
    """All gradients, from the output to the first layer."""
    corners: int
    """Units of ReLU or leaky ReLU so near to the kink that a difference may step across it."""
    step: Step

    @property
    def outputs(self) -> FloatArray:
        """The outputs of the network (C,)."""
        row: FloatArray = self.forward[-1].values[0]
        return row

    @property
    def answer(self) -> int:
        """The class with the largest output."""
        return int(self.outputs.argmax())

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        return {
            "network": self.network,
            "label": self.label,
            "answer": self.answer,
            "forward": [quantity.to_dict() for quantity in self.forward],
            "target": self.target.to_dict(),
            "loss": {"name": self.loss_name, "formula": self.loss_formula, "value": self.loss},
            "backward": [gradient.to_dict() for gradient in self.backward],
            "corners": self.corners,
            "step": self.step.to_dict(),
        }
