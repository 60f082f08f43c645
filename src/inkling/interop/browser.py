"""A model as the page in the browser reads it: one safetensors file, of one network or several.

    networks, temperature, rejector, description  →  text and tensors  →  static/model_file.js

Weights keep the precision of the model file: float16 where that loses nothing, else the network's own
type. With ``eight_bits`` they are rounded to integers with a scale per output (``quantized.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from inkling._checks import check_name, complain
from inkling._types import AnyArray
from inkling.errors import SettingError
from inkling.image.normalize import FIELD
from inkling.interop.layers import acting_layers
from inkling.interop.quantized import quantize_weights
from inkling.model.committee import CommitteeModel
from inkling.model.model import CLASS_MEANS, Classifier, Model
from inkling.model.tensors import tensor_bytes
from inkling.nn.dense import Dense

FORMAT = "inkling-page-1"
ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax")
"""The activations in ``activations.js``; add your own in both places."""


def browser_bytes(
    model: Classifier, about: Mapping[str, Any], *, eight_bits: bool = False
) -> bytes:
    """Returns the file of a model; ``about`` is what the page shows of it.

    Raises SettingError if the model's images are not 28 × 28, ``ACTIVATIONS`` lacks an activation, or a
    number is too large for float32.
    """
    if model.image_shape != (FIELD, FIELD):
        expected = f"a model for images of {FIELD} × {FIELD} pixels"
        height, width = model.image_shape
        raise SettingError(complain("page", expected, f"{height} × {width}"))
    if isinstance(model, CommitteeModel):
        members, temperature = model.members, model.temperature
    else:
        single = model.require_single("page")
        members, temperature = (single,), single.temperature
    rejector = model.rejector
    description = {
        "about": about,
        "members": [_describe(member) for member in members],
        "temperature": temperature,
        "nondigits": None if rejector is None else rejector.settings(),
    }
    tensors = browser_tensors(members, eight_bits=eight_bits)
    for number, member in enumerate(members, start=1):
        if member.class_means is not None:
            tensors[f"member{number}/{CLASS_MEANS}"] = member.class_means
    if rejector is not None:
        tensors["nondigits.weights"] = _small(rejector.weights)
    return tensor_bytes(tensors, {"format": FORMAT, "model": json.dumps(description)})


def browser_tensors(members: tuple[Model, ...], *, eight_bits: bool) -> dict[str, AnyArray]:
    """Returns weights, scales if they are rounded, and biases, such as "member1/dense2.weights"."""
    tensors: dict[str, AnyArray] = {}
    for number, member in enumerate(members, start=1):
        for name, layer in acting_layers(member.network).items():
            if not isinstance(layer, Dense):
                continue
            place = f"member{number}/{name}"
            if eight_bits:
                tensors[f"{place}.weights"], scales = quantize_weights(layer.weights)
                tensors[f"{place}.scales"] = scales
                tensors[f"{place}.bias"] = _in_float32(layer.bias)
            else:
                tensors[f"{place}.weights"] = _small(layer.weights)
                tensors[f"{place}.bias"] = _small(layer.bias)
    return tensors


def _describe(member: Model) -> dict[str, Any]:
    layers = acting_layers(member.network)
    for layer in layers.values():
        if not isinstance(layer, Dense):
            check_name("page", "activation", layer.kind, ACTIVATIONS)
    return {
        "layers": [
            {"name": name, "kind": layer.kind, **layer.settings()} for name, layer in layers.items()
        ],
        "scaling": {"factor": member.scaling.factor, "offset": member.scaling.offset},
        "temperature": member.temperature,
    }


def _small(array: AnyArray) -> AnyArray:
    """The array in float16 if that loses nothing."""
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if (half == array).all() else array


def _in_float32(array: AnyArray) -> AnyArray:
    with np.errstate(over="ignore"):
        single = array.astype(np.float32)
    if not np.isfinite(single).all():
        raise SettingError(complain("page", "numbers that float32 can hold", "larger ones"))
    return single
