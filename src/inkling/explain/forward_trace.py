"""The forward pass of one sample, with everything kept, and gradients back to its inputs.

    x (1, I) → forward_trace → ForwardTrace(network, inputs, logits, outputs, saved)
    ∂q/∂h (K, J) → input_gradient → ∂q/∂x (K, I)

The explanations in ``contributions.py`` and ``units.py`` start from here. Next: ``baseline.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inkling._checks import check_shape
from inkling._types import AnyArray, FloatArray
from inkling.nn.dense import Dense
from inkling.nn.network import Network


@dataclass(frozen=True, eq=False)
class ForwardTrace:
    """A sample and everything that the network computed for it."""

    network: Network
    inputs: FloatArray
    """x (1, I)."""
    logits: FloatArray
    """z of the output layer (1, O)."""
    outputs: FloatArray
    """a (1, O)."""
    saved: list[Any]
    """What each layer saved for the backward pass."""

    @property
    def last(self) -> int:
        """The index of the last Dense layer."""
        return dense_indices(self.network)[-1]

    @property
    def last_dense(self) -> Dense:
        """The last Dense layer."""
        return dense_at(self.network, self.last)


def forward_trace(network: Network, inputs: AnyArray) -> ForwardTrace:
    """Computes the forward pass of one sample (1, I), scaled as in training, without dropout.

    Raises:
        ShapeError: the inputs are not one row of floats of the network's width.
    """
    check_shape("forward_trace", "inputs", inputs, (1, network.inputs))
    inputs = inputs.astype(network.dtype, copy=False)
    return ForwardTrace(network, inputs, *network.forward(inputs))


def input_gradient(trace: ForwardTrace, index: int, gradients: FloatArray) -> FloatArray:
    """Computes the gradients ∂q/∂x (K, I) of K quantities at the inputs of the network.

    Row k of ``gradients`` (K, J) is the gradient of q_k at the inputs of layer ``index``.
    """
    for before in reversed(range(index)):
        gradients = trace.network.layers[before].grad_inputs(gradients, trace.saved[before])
    return gradients


def dense_indices(network: Network) -> list[int]:
    """Returns the indices of the Dense layers; there is at least one."""
    return [index for index, layer in enumerate(network.layers) if isinstance(layer, Dense)]


def dense_at(network: Network, index: int) -> Dense:
    """Returns the Dense layer at an index."""
    layer = network.layers[index]
    assert isinstance(layer, Dense)
    return layer
