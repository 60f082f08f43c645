"""PyTorch: a state dict in safetensors, and the lines of PyTorch that build the network for it.

    dense1.weight (O, I)   dense1.bias (O,)   dense2.weight   …

PyTorch stores a weight matrix as (outputs, inputs), the transpose of ours. Writing the file does not
need PyTorch. Next: ``formats.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from inkling._checks import look_up
from inkling._types import FloatArray
from inkling.interop.layers import acting_layers, signature
from inkling.model.model import Model
from inkling.model.tensors import tensor_bytes
from inkling.nn.dense import Dense

FORMS: dict[str, Callable[[dict[str, Any]], str]] = {
    "identity": lambda _: "Identity()",
    "sigmoid": lambda _: "Sigmoid()",
    "tanh": lambda _: "Tanh()",
    "relu": lambda _: "ReLU()",
    "leaky_relu": lambda settings: f"LeakyReLU({settings['slope']!r})",
    "gelu": lambda _: 'GELU(approximate="tanh")',
    "softmax": lambda _: "Softmax(dim=1)",
}
"""The activations in ``torch.nn``, from their settings; add your own here."""


def torch_bytes(model: Model) -> bytes:
    """Returns the safetensors file of the state dict."""
    tensors: dict[str, FloatArray] = {}
    for name, layer in acting_layers(model.network).items():
        if isinstance(layer, Dense):
            tensors[f"{name}.weight"], tensors[f"{name}.bias"] = layer.weights.T, layer.bias
    return tensor_bytes(tensors, {"format": "pt", "classes": json.dumps(model.classes)})


def torch_code(model: Model, path: Path) -> str:
    """Returns the lines of PyTorch that build the network, load the file and compute.

    Raises SettingError if ``FORMS`` lacks an activation.
    """
    dtype = f"torch.{model.network.dtype}"
    cast = f".to({dtype})" if dtype != "torch.float32" else ""
    modules = "\n".join(f"    {line}," for line in _modules(model))
    return f"""\
from collections import OrderedDict

import torch
from safetensors.torch import load_file
from torch import nn

layers = OrderedDict(
{modules}
)
network = nn.Sequential(layers){cast}
network.load_state_dict(load_file({str(path)!r}))
classes = {list(model.classes)!r}


{signature(model)}
    inputs = torch.as_tensor(images).flatten(1).to({dtype})
    with torch.no_grad():
        return network(inputs * {model.scaling.factor!r} + {model.scaling.offset!r})
"""


def _modules(model: Model) -> Iterator[str]:
    for name, layer in acting_layers(model.network).items():
        if isinstance(layer, Dense):
            yield f"{name}=nn.Linear({layer.weights.shape[0]}, {layer.weights.shape[1]})"
        else:
            form = look_up("PyTorch export", "activation", layer.kind, FORMS)
            yield f"{name}=nn.{form(layer.settings())}"
