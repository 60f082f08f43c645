"""The layers of a model that are exported, under stable names. Next: ``onnx.py``."""

from __future__ import annotations

from inkling._checks import complain
from inkling.errors import SettingError
from inkling.model.model import Model
from inkling.nn.activations import Activation
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.network import Network


def acting_layers(network: Network) -> dict[str, Dense | Activation]:
    """Returns the layers that act in prediction, by name ("dense1", "relu1", "dense2" ...), in order.

    Dropout, which does nothing in prediction, is left out; a layer of another kind raises SettingError.
    """
    acting: dict[str, Dense | Activation] = {}
    for name, layer in zip(network.names, network.layers, strict=True):
        if isinstance(layer, Dense | Activation):
            acting[name] = layer
        elif not isinstance(layer, Dropout):
            expected = "layers that are Dense, Dropout or an activation"
            raise SettingError(complain("export", expected, repr(layer)))
    return acting


def signature(model: Model) -> str:
    """Returns the first line of the function that the Python of every format defines."""
    height, width = model.image_shape
    shapes = f"uint8 (N, {height}, {width}), 0 paper to 255 ink → (N, {len(model.classes)})"
    return f"def predict_proba(images):  # {shapes}"
