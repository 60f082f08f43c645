"""One sample on its way through a network, and slopes on their way back to its inputs.

    x → layer → … → h → last dense layer → logits z → output activation → a

Training carries the slope of the loss back; an explanation carries the slope of something else, such as
the difference of two logits. Each layer's own ``backward`` does the work, so that no derivative is
written twice. Next: ``contributions.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling._checks import check_shape
from inkling._types import AnyArray, FloatArray
from inkling.nn.activations import Activation, Identity, LeakyReLU, ReLU
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.network import Network

HOMOGENEOUS = (ReLU, LeakyReLU, Identity)
"""The activations with f(z) = f'(z) · z: straight lines through the origin on either side of it."""


@dataclass(frozen=True, eq=False)
class ForwardTrace:
    """A sample and everything the network computed for it.

    Attributes:
        network: the network, which nothing changes.
        inputs: x (1, I).
        outputs: a (1, O), what the network said.
        saved: what each layer kept of its forward pass.
        last: the place of the last dense layer among the layers.
    """

    network: Network
    inputs: FloatArray
    outputs: FloatArray
    saved: list[Any]
    last: int

    @property
    def hidden(self) -> FloatArray:
        """What comes into the last dense layer, h (1, J): the last hidden layer's activations."""
        hidden: FloatArray = self.saved[self.last]
        return hidden

    @property
    def last_dense(self) -> Dense:
        """The last dense layer."""
        return dense_at(self.network, self.last)

    @property
    def logits(self) -> FloatArray:
        """The weighted sums of the last dense layer, z (1, O)."""
        return self.last_dense.forward(self.hidden)[0]


def forward_trace(network: Network, inputs: AnyArray) -> ForwardTrace:
    """Sends one sample through a network and keeps everything; dropout is off.

    Args:
        network: the network.
        inputs: x (1, I), floats, scaled as in training.

    Raises:
        ShapeError: the inputs are not one row of floats of the network's width.

    Example:
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((7, 5, 3), rng=np.random.default_rng(0))
        >>> passage = forward_trace(network, np.ones((1, 7)))
        >>> passage.hidden.shape, passage.logits.shape
        ((1, 5), (1, 3))
    """
    check_shape("forward_trace", "inputs", inputs, (1, network.inputs))
    outputs, saved = network.forward(inputs)
    last = dense_places(network)[-1]
    return ForwardTrace(network, inputs.astype(network.dtype, copy=False), outputs, saved, last)


def is_piecewise_linear(network: Network) -> bool:
    """Says whether the logits are straight functions of the inputs wherever no unit changes sides.

    Then a logit is its slope times the inputs, plus a share of the biases, exactly. It holds for hidden
    layers of ReLU, leaky ReLU and identity, and for a network without hidden layers.

    Example:
        >>> from inkling.nn.mlp import build_mlp
        >>> rng = np.random.default_rng(0)
        >>> [is_piecewise_linear(build_mlp((7, 5, 3), rng=rng, activation=name))
        ...  for name in ("relu", "leaky_relu", "tanh")]
        [True, True, False]
    """
    straight = (Dense, Dropout, *HOMOGENEOUS)
    before_logits = network.layers[: dense_places(network)[-1]]
    return all(isinstance(layer, straight) for layer in before_logits)


def input_gradient(
    passage: ForwardTrace, place: int, slopes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Carries slopes from the inputs of one layer back to the inputs of the network.

    Args:
        passage: the sample's way through the network.
        place: the layer, by its place in ``network.layers``.
        slopes: (K, J), row k holds the slopes of a quantity q_k with respect to the layer's J inputs.

    Returns:
        ∂q/∂x (K, I), and for each q the sum of every bias before the layer times its own slope (K,):

            Σₙ Σ_j b_j⁽ⁿ⁾ ∂q_k/∂b_j⁽ⁿ⁾
    """
    shares = np.zeros(len(slopes), slopes.dtype)
    for index in reversed(range(place)):
        layer, kept = passage.network.layers[index], passage.saved[index]
        if isinstance(layer, Dense):  # its own backward would form ∂q/∂W as well, the costly part
            shares += slopes @ layer.bias
            slopes = slopes @ layer.weights.T
        elif isinstance(layer, Activation):  # else dropout, which lets everything through
            z, a = (np.broadcast_to(array, slopes.shape) for array in kept)
            slopes, _ = layer.backward(slopes, (z, a))
    return slopes, shares


def dense_places(network: Network) -> list[int]:
    """Returns the places of the dense layers among all layers; there is at least one."""
    return [place for place, layer in enumerate(network.layers) if isinstance(layer, Dense)]


def dense_at(network: Network, place: int) -> Dense:
    """Returns the dense layer at a place among the layers."""
    layer = network.layers[place]
    assert isinstance(layer, Dense)
    return layer
