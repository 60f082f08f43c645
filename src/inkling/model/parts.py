"""What a model file holds: tensors by name, and plain data that describes them.

From weights (I, O), biases (O,) and the names of the activations between them. Next: ``npz.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from inkling._checks import complain
from inkling._types import FloatArray
from inkling.errors import ModelFileError


def name_tensors(
    weights: Sequence[FloatArray], biases: Sequence[FloatArray]
) -> dict[str, FloatArray]:
    """Returns weights and biases under the names that they have in a network."""
    tensors: dict[str, FloatArray] = {}
    for number, (weight, bias) in enumerate(zip(weights, biases, strict=True), start=1):
        tensors[f"dense{number}.weights"], tensors[f"dense{number}.bias"] = weight, bias
    return tensors


def describe_parts(
    weights: Sequence[FloatArray],
    activations: Sequence[str],
    classes: Sequence[str],
    image_shape: tuple[int, int],
) -> dict[str, Any]:
    """Returns the description of layers in a row, each with its activation; pixels scaled to 0 … 1."""
    architecture: list[dict[str, Any]] = []
    for weight, activation in zip(weights, activations, strict=True):
        inputs, outputs = weight.shape
        architecture += [
            {"kind": "dense", "inputs": inputs, "outputs": outputs},
            {"kind": activation},
        ]
    return {
        "architecture": architecture,
        "dtype": str(weights[0].dtype),
        "classes": list(classes),
        "image_shape": list(image_shape),
        "scaling": {"factor": 1 / 255, "offset": 0.0},
        "manifest": {},
    }


def square_shape(who: str, inputs: int) -> tuple[int, int]:
    """Returns the height and width of a square picture with so many pixels.

    Raises:
        ModelFileError: there is none.
    """
    side = math.isqrt(inputs)
    if side * side != inputs:
        raise ModelFileError(complain(who, "as many inputs as a square picture has pixels", inputs))
    return side, side
