"""The contract every layer keeps, the axis letters, and the arrays that are used again.

    inputs (B, I) → layer.forward → outputs (B, O), saved
    ∂L/∂outputs (B, O), saved → layer.backward → ∂L/∂inputs (B, I), ∂L/∂parameters

A layer holds its parameters and nothing else. What ``backward`` needs to know about ``forward`` travels
in ``saved``, so that a prediction between the two changes nothing and threads can share one network.
Next: ``dense.py``, the only layer with parameters.

| letter | axis |
|---|---|
| B | samples in a batch |
| I, O | inputs and outputs of a layer |
| C | classes |
| H, W | height and width of a picture, in pixels |
| N | samples in a data set |
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from inkling._types import AnyArray, FloatArray


class Workspace:
    """Arrays that one training run uses again at every step.

    Without them every step would allocate, touch and free a megabyte or two. A workspace belongs to one
    run in one thread; whoever passes none gets fresh arrays.

    Example:
        >>> workspace = Workspace()
        >>> first = workspace.empty("owner", "outputs", (5, 3), np.float32)
        >>> first is workspace.empty("owner", "outputs", (5, 3), np.float32)
        True
        >>> workspace.empty("owner", "outputs", (4, 3), np.float32).base is first  # a smaller last batch
        True
    """

    def __init__(self) -> None:
        self._arrays: dict[tuple[object, str], AnyArray] = {}

    def empty(
        self, owner: object, purpose: str, shape: tuple[int, ...], dtype: DTypeLike
    ) -> AnyArray:
        """Returns an array with undefined contents, the same one as long as it is large enough.

        Args:
            owner: the layer that uses it.
            purpose: what for; one owner may hold several.
            shape: its shape; the first axis may be shorter than last time.
            dtype: its dtype.
        """
        key = (owner, purpose)
        array = self._arrays.get(key)
        if array is not None and array.dtype == dtype:
            if array.shape == shape:
                return array
            if array.shape[1:] == shape[1:] and array.shape[0] > shape[0]:
                return array[: shape[0]]
        array = self._arrays[key] = np.empty(shape, dtype)
        return array


def empty(
    workspace: Workspace | None,
    owner: object,
    purpose: str,
    shape: tuple[int, ...],
    dtype: DTypeLike,
) -> AnyArray:
    """Returns an array from the workspace, or a fresh one where there is none."""
    if workspace is None:
        return np.empty(shape, dtype)
    return workspace.empty(owner, purpose, shape, dtype)


class Layer(ABC):
    """One step of the network.

    A subclass says what it computes (``forward``), the product of a gradient with its Jacobian
    (``backward``), which arrays it learns (``parameters``), and how to build it again (``settings``).
    Concrete layers are final: nothing inherits from them.
    """

    kind: ClassVar[str]
    """Its name in the registry and in model files."""

    name: str = ""
    """Its name in a network ("dense1"), which the network gives."""

    @property
    def parameters(self) -> dict[str, FloatArray]:
        """The arrays it learns, by name; the arrays themselves, not copies."""
        return {}

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments as plain data, without the parameters."""
        return {}

    @abstractmethod
    def forward(
        self,
        inputs: FloatArray,
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
        workspace: Workspace | None = None,
    ) -> tuple[FloatArray, Any]:
        """Computes the outputs.

        Args:
            inputs: (B, I), float32 or float64.
            training: False for prediction; only dropout makes a difference.
            rng: the source of random numbers for a layer that needs them while training.
            workspace: arrays to use again; the outputs may then be overwritten by the next call.

        Returns:
            The outputs (B, O), and what ``backward`` needs.
        """

    @abstractmethod
    def backward(
        self,
        grad_outputs: FloatArray,
        saved: Any,
        *,
        wants_grad_inputs: bool = True,
        workspace: Workspace | None = None,
    ) -> tuple[FloatArray | None, dict[str, FloatArray]]:
        """Carries the gradient of the loss back through the layer.

        Args:
            grad_outputs: ∂L/∂outputs (B, O).
            saved: what ``forward`` returned beside the outputs.
            wants_grad_inputs: False for the first layer, whose inputs nobody learns.
            workspace: arrays to use again.

        Returns:
            ∂L/∂inputs (B, I), or None where it is not wanted, and ∂L/∂parameter by name.
        """

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.settings().items())
        return f"{type(self).__name__}({arguments})"
