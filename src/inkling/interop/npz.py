"""npz: plain arrays, and as few lines of NumPy as compute with them.

    w1 (I, O)   b1 (O,)   w2   b2   …   factor   offset   classes

The names are tutorial 1's, whose own loader reads them; ``inkling.load_model`` reads the file as well,
from ``description``, the JSON that every model file has. Next: ``torch.py``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inkling._checks import look_up
from inkling._types import AnyArray
from inkling.interop.layers import acting_layers, signature
from inkling.model.model import Model
from inkling.nn.dense import Dense

Form = Callable[[str, dict[str, Any]], list[str]]
"""An activation as lines of NumPy: z as an expression, the activation's settings → lines that give a."""

FORMS: dict[str, Form] = {
    "identity": lambda z, _: [f"a = {z}"],
    # e^−log(1 + e^−z) is the sigmoid, without the overflow of e^−z
    "sigmoid": lambda z, _: [f"a = np.exp(-np.logaddexp(0, -({z})))"],
    "tanh": lambda z, _: [f"a = np.tanh({z})"],
    "relu": lambda z, _: [f"a = np.maximum({z}, 0)"],
    "leaky_relu": lambda z, settings: [f"z = {z}", f"a = np.maximum(z, {settings['slope']!r} * z)"],
    "gelu": lambda z, _: [
        f"z = {z}",
        f"a = z / 2 * (1 + np.tanh({np.sqrt(2 / np.pi).item()!r} * (z + 0.044715 * z * z * z)))",
    ],
    "softmax": lambda z, _: [
        f"z = {z}",
        "a = np.exp(z - z.max(axis=1, keepdims=True))",
        "a /= a.sum(axis=1, keepdims=True)",
    ],
}
"""The activations in NumPy; one of your own is added here."""


def npz_bytes(model: Model) -> bytes:
    """Returns the archive of a model's arrays.

    Raises:
        SettingError: the network has an activation that ``FORMS`` does not know, or a layer of its own.
    """
    npz_code(model, Path())  # it raises before there is a file that nobody can compute with
    arrays: dict[str, AnyArray] = {}
    dense = [layer for layer in acting_layers(model.network).values() if isinstance(layer, Dense)]
    for number, layer in enumerate(dense, start=1):
        arrays[f"w{number}"], arrays[f"b{number}"] = layer.weights, layer.bias
    arrays["factor"] = np.asarray(model.scaling.factor, model.network.dtype)
    arrays["offset"] = np.asarray(model.scaling.offset, model.network.dtype)
    arrays["classes"] = np.array(model.classes)
    arrays["description"] = np.array(json.dumps(model.describe()))
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def npz_code(model: Model, path: Path) -> str:
    """Returns the lines of NumPy that compute with the file.

    Raises:
        SettingError: as above.
    """
    lines = ['a = images.reshape(len(images), -1) * m["factor"] + m["offset"]']
    z, number = "a", 0
    for layer in acting_layers(model.network).values():
        if isinstance(layer, Dense):
            lines += [f"a = {z}"] if z != "a" else []  # two layers without an activation in between
            number += 1
            z = f'a @ m["w{number}"] + m["b{number}"]'
        else:
            form = look_up("npz export", "activation", layer.kind, FORMS)
            lines += form(z, layer.settings())
            z = "a"
    body = "\n    ".join(lines)
    return f"""\
import numpy as np

with np.load({str(path)!r}) as file:
    m = dict(file)
classes = m["classes"].tolist()


{signature(model)}
    {body}
    return a
"""
