"""The layers of a model that are exported, under stable names. Next: ``onnx.py``."""

from __future__ import annotations

from collections import Counter

from inkling._checks import complain
from inkling.errors import SettingError
from inkling.model.model import Model
from inkling.nn.activations import Activation
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.network import Network


def acting_layers(network: Network) -> dict[str, Dense | Activation]:
    """Returns the layers that act in prediction, by name ("dense1", "relu1", "dense2" ...), in order.

    Dropout does nothing in prediction and is left out.

    Raises:
        SettingError: a layer is neither Dense, nor an activation, nor dropout.

    Example:
        >>> import numpy as np
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((7, 5, 5, 3), dropout=0.5, rng=np.random.default_rng(0))
        >>> list(acting_layers(network))
        ['dense1', 'relu1', 'dense2', 'relu2', 'dense3', 'softmax1']
    """
    counts: Counter[str] = Counter()
    named: dict[str, Dense | Activation] = {}
    for layer in network.layers:
        if isinstance(layer, Dropout):
            continue
        if not isinstance(layer, Dense | Activation):
            expected = "layers that are Dense, Dropout or an activation"
            raise SettingError(complain("export", expected, repr(layer)))
        counts[layer.kind] += 1
        named[f"{layer.kind}{counts[layer.kind]}"] = layer
    return named


def signature(model: Model) -> str:
    """Returns the first line of the function that the Python of every format defines."""
    height, width = model.image_shape
    shapes = f"uint8 (N, {height}, {width}), 0 paper to 255 ink → (N, {len(model.classes)})"
    return f"def predict_proba(images):  # {shapes}"
