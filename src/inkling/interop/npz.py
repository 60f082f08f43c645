"""npz: plain arrays, and the few lines of NumPy that compute with them.

    w1 (I, O)   b1 (O,)   w2   b2   …   factor   offset   classes

The names are those of tutorial 1, whose own code reads the file. ``inkling.load_model`` reads it too,
from ``description``, the JSON that every model file contains. Next: ``torch.py``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inkling._checks import complain, look_up
from inkling._types import AnyArray
from inkling.errors import SettingError
from inkling.interop.layers import acting_layers, signature
from inkling.model.model import Model
from inkling.nn.dense import Dense

Form = Callable[[str, dict[str, Any]], list[str]]
"""Returns lines of NumPy that compute a, from an expression for z and the activation's settings."""

FORMS: dict[str, Form] = {
    "identity": lambda z, _: [f"a = {z}"],
    # exp(−log(1 + exp(−z))) is the sigmoid without the overflow of exp(−z)
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
"""The activations in NumPy; add your own here."""


def npz_bytes(model: Model) -> bytes:
    """Returns the archive of a model's arrays.

    Raises SettingError if a class name ends in a zero character, which NumPy's arrays of text drop.
    """
    ending = [name for name in model.classes if name.endswith("\0")]
    if ending:
        expected = "class names that do not end in a zero character"
        raise SettingError(complain("npz export", expected, repr(ending[0])))
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

    Raises SettingError if ``FORMS`` lacks an activation.
    """
    lines = ['a = images.reshape(len(images), -1) * m["factor"] + m["offset"]']
    z, number = "a", 0
    for layer in acting_layers(model.network).values():
        if isinstance(layer, Dense):
            lines += [f"a = {z}"] if z != "a" else []  # two dense layers in a row
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
