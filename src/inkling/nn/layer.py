"""The contract of every layer, and the axis letters that all docstrings use.

    x (B, I) → forward → outputs (B, O), saved
    ∂L/∂outputs (B, O), saved → grad_inputs → ∂L/∂x (B, I)
    ∂L/∂outputs (B, O), saved → grad_parameters → ∂L/∂parameter by name

A layer holds its parameters and nothing else. What the backward pass needs from the forward pass
travels in ``saved``, so a prediction between the two changes nothing, and threads can share a network.
Next: ``dense.py``, the only layer with parameters.

| letter | axis |
|---|---|
| B | samples in a batch |
| I, O | inputs and outputs of a layer |
| C | classes |
| H, W | height and width of an image, in pixels |
| N | samples in a data set |
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from inkling._types import FloatArray


class Layer(ABC):
    """One step of a network. Concrete layers are final: nothing in ``nn`` inherits from them.

    Shapes and dtypes are checked by ``Network`` and ``Dense``, not here.
    """

    kind: ClassVar[str]
    """Its name in ``registry.py`` and in model files."""

    @property
    def parameters(self) -> dict[str, FloatArray]:
        """The arrays that the layer learns, by name; the arrays themselves, not copies."""
        return {}

    def settings(self) -> dict[str, Any]:
        """Returns the constructor's arguments as plain data, without the parameters."""
        return {}

    @abstractmethod
    def forward(
        self, x: FloatArray, /, *, rng: np.random.Generator | None = None
    ) -> tuple[FloatArray, Any]:
        """Computes the outputs (B, O) of inputs x (B, I), and what the backward pass needs.

        ``rng`` is the source of random numbers for dropout while training; None for prediction.
        """

    @abstractmethod
    def grad_inputs(self, grad: FloatArray, saved: Any, /) -> FloatArray:
        """Computes ∂L/∂x (B, I) from ∂L/∂outputs (B, O) and what ``forward`` saved.

        ``grad`` may have K rows where ``saved`` has one: the gradients of K quantities for one sample.
        """

    def grad_parameters(self, grad: FloatArray, saved: Any, /) -> dict[str, FloatArray]:
        """Computes ∂L/∂parameter for each of ``parameters`` from ∂L/∂outputs (B, O)."""
        return {}

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.settings().items())
        return f"{type(self).__name__}({arguments})"
