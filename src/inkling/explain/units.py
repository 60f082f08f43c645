"""The hidden units: their activations, the units that add most, and what each of them responds to.

activations    a, layer by layer
push           a unit's part of the difference of two logits, the largest and the smallest
picture        ∂z_j/∂x; in the first layer, the weights of the unit
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from inkling._checks import check_range
from inkling._types import FloatArray
from inkling.explain.forward_trace import ForwardTrace, dense_at, dense_indices, input_gradient
from inkling.nn.activations import Activation, Identity
from inkling.nn.network import Network


@dataclass(frozen=True, eq=False)
class LayerActivations:
    """The activations of one Dense layer."""

    name: str
    """The name of the Dense layer, "dense1"."""
    activation: str
    """The kind of the activation that follows; "identity" if there is none."""
    values: FloatArray
    """a (O,)."""


@dataclass(frozen=True, eq=False)
class Unit:
    """A unit of the first hidden layer."""

    layer: str
    number: int
    """j, its index in the layer."""
    activation: float
    """h_j."""
    push: float
    """c_j, what it adds to the difference of the two logits."""
    picture: FloatArray
    """W_ij (I,), what it responds to."""


def dense_layers(network: Network) -> list[tuple[str, int, str]]:
    """Returns the name, the number of units and the kind of the activation of every Dense layer."""
    layers, indices = network.layers, dense_indices(network)
    found = []
    for index, following in pairwise([*indices, len(layers)]):
        kinds = [layer.kind for layer in layers[index:following] if isinstance(layer, Activation)]
        units = len(dense_at(network, index).bias)
        found.append((network.names[index], units, [Identity.kind, *kinds][-1]))
    return found


def layer_activations(trace: ForwardTrace) -> list[LayerActivations]:
    """Returns the activations of every Dense layer, in order."""
    # The activations of a layer are the inputs that the next Dense layer saved.
    following = [trace.saved[index][0] for index in dense_indices(trace.network)[1:]]
    values = [*following, trace.outputs[0]]
    return [
        LayerActivations(name, activation, a)
        for (name, _, activation), a in zip(dense_layers(trace.network), values, strict=True)
    ]


def strongest_units(trace: ForwardTrace, parts: FloatArray, count: int) -> list[Unit]:
    """Returns the units of the first hidden layer that add most to a difference, then those against it.

    At most ``count`` with a positive part (J,), then at most ``count`` with a negative one, strongest
    first. The first layer has the most units that matter, and its weights are pictures.

    Raises:
        SettingError: the count is out of range.
    """
    check_range("strongest_units", "count", count, low=0, whole=True)
    order = parts.argsort(kind="stable")
    chosen = [j for j in order[::-1][:count] if parts[j] > 0]
    chosen += [j for j in order[:count] if parts[j] < 0]
    if not chosen:
        return []
    first, second = dense_indices(trace.network)[:2]
    name, activations = trace.network.names[first], trace.saved[second][0]
    pictures = unit_pictures(trace, first, chosen)
    return [
        Unit(name, int(j), float(activations[j]), float(parts[j]), picture)
        for j, picture in zip(chosen, pictures, strict=True)
    ]


def unit_pictures(trace: ForwardTrace, index: int, numbers: list[int]) -> FloatArray:
    """Computes v_i = ∂z_j/∂x_i for K units j of the Dense layer ``index``, (K, I).

    In the first layer they are the weights W_ij, whatever the sample. In deeper layers they are the
    gradient at this sample: the effect of a little more ink in a pixel.
    """
    weights = dense_at(trace.network, index).weights
    return input_gradient(trace, index, weights[:, numbers].T)  # [unit-picture]
