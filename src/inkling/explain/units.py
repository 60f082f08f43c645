"""The hidden units: what each one says, which pushed most, and what it looks for.

    what it says        its activation, layer by layer
    which pushed most   h_j (W_jk − W_jm), the largest and the smallest
    what it looks for   ∂z_j/∂x, a picture: in the first layer the unit's own weights

The app draws all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from inkling._checks import check_range
from inkling._types import FloatArray
from inkling.explain.contributions import push
from inkling.explain.forward_trace import ForwardTrace, dense_at, dense_places, input_gradient
from inkling.nn.activations import Activation, Identity


@dataclass(frozen=True, eq=False)
class LayerActivations:
    """What one dense layer and its activation said.

    Attributes:
        name: the dense layer's name, "dense1".
        activation: the kind of the activation behind it; "identity" where there is none.
        values: a (O,).
    """

    name: str
    activation: str
    values: FloatArray


@dataclass(frozen=True, eq=False)
class Unit:
    """A unit of the last hidden layer.

    Attributes:
        layer: the dense layer's name.
        number: j, its place in the layer, from 0.
        activation: h_j.
        push: h_j (W_jk − W_jm), what it adds to the difference of the two logits.
        picture: ∂z_j/∂x (I,), what it looks for.
        own_weights: True where the picture is the unit's weights themselves (first layer), the same for
            every sample; False where it is the slope at this sample.
    """

    layer: str
    number: int
    activation: float
    push: float
    picture: FloatArray
    own_weights: bool


def layer_activations(passage: ForwardTrace) -> list[LayerActivations]:
    """Returns what every dense layer said, behind its activation, in order.

    Example:
        >>> import numpy as np
        >>> from inkling.explain.forward_trace import forward_trace
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((7, 5, 3), rng=np.random.default_rng(0))
        >>> for layer in layer_activations(forward_trace(network, np.ones((1, 7)))):
        ...     print(layer.name, layer.activation, layer.values.shape)
        dense1 relu (5,)
        dense2 softmax (3,)
    """
    layers, places = passage.network.layers, dense_places(passage.network)
    # What a layer said is what the next dense layer heard, behind activation and dropout.
    said = [*(passage.saved[place][0] for place in places[1:]), passage.outputs[0]]
    found: list[LayerActivations] = []
    for (place, following), values in zip(pairwise([*places, len(layers)]), said, strict=True):
        kinds = [layer.kind for layer in layers[place:following] if isinstance(layer, Activation)]
        found.append(LayerActivations(layers[place].name, [Identity.kind, *kinds][-1], values))
    return found


def strongest_units(passage: ForwardTrace, wanted: int, other: int, count: int) -> list[Unit]:
    """Returns the units of the last hidden layer that pushed most for one class and against another.

    Args:
        passage: the sample's way through the network.
        wanted: k, in [0, O).
        other: m, in [0, O).
        count: how many of each kind at most; a unit that pushes nowhere is of neither.

    Returns:
        Those that pushed towards k, strongest first, then those towards m, strongest first; none in a
        network without hidden layers.

    Raises:
        SettingError: a class or the count is out of range.
    """
    high = passage.network.outputs - 1
    check_range("strongest_units", "wanted", wanted, low=0, high=high, whole=True)
    check_range("strongest_units", "other", other, low=0, high=high, whole=True)
    check_range("strongest_units", "count", count, low=0, whole=True)
    layers, places = passage.network.layers, dense_places(passage.network)
    if len(places) == 1:
        return []
    place, pushes = places[-2], push(passage, wanted, other)
    order = pushes.argsort(kind="stable")
    chosen = [j for j in order[::-1][:count] if pushes[j] > 0]
    chosen += [j for j in order[:count] if pushes[j] < 0]
    pictures = unit_pictures(passage, place, chosen)
    name, first = layers[place].name, place == places[0]
    return [
        Unit(name, int(j), float(passage.hidden[0, j]), float(pushes[j]), picture, first)
        for j, picture in zip(chosen, pictures, strict=True)
    ]


def unit_pictures(passage: ForwardTrace, place: int, numbers: list[int]) -> FloatArray:
    """Computes what units look for: the slopes of their weighted sums with respect to the inputs.

        v_i = ∂z_j/∂x_i  [unit-picture]

    In the first layer they are the unit's own weights W_ij, whatever the sample. Deeper they are the
    slope at this sample: what a little more ink in a pixel would add.

    Args:
        passage: the sample's way through the network.
        place: the dense layer of the units, by its place in ``network.layers``.
        numbers: which units of it, K of them.

    Returns:
        (K, I).
    """
    weights = dense_at(passage.network, place).weights
    return input_gradient(passage, place, weights[:, numbers].T)[0]
