"""Reads a network from an npz archive: tutorial 1's ``nnmodel.npz``, or one that Inkling exported.

    w1 (I, O)   b1 (O,)   w2   b2   …   activations   or   description

Tutorial 1 saves only the weights: its activations are sigmoids, its inputs pixels / 255. An archive may
name other ``activations``; one written by ``inkling export`` holds the complete ``description``.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from inkling._checks import complain
from inkling._types import AnyArray
from inkling.data.readers.npz import load_arrays
from inkling.errors import DataError, ModelFileError
from inkling.model.tensors import MAX_BYTES

CONVERT = (
    "tutorial 0's file is a pickle, and opening a pickle runs the program in it; if you made the file "
    'yourself: weights, biases = numpy.load("model.npy", allow_pickle=True), then '
    'numpy.savez("model.npz", w1=weights[1].T, b1=biases[1].ravel(), w2=weights[2].T, '
    'b2=biases[2].ravel(), activations=["relu", "softmax"])'
)
"""How to convert a ``.npy`` file, for the error."""


def read_npz(path: Path) -> tuple[dict[str, AnyArray], str]:
    """Returns the tensors by name, and their description as JSON; neither is checked yet.

    Raises:
        ModelFileError: the file does not exist, is too large or damaged, or lacks an array.
    """
    who = f"model {path}"
    try:
        arrays = load_arrays(path, max_bytes=MAX_BYTES)
    except DataError as error:
        raise ModelFileError(f"model {error}") from error
    depth = 0
    while {f"w{depth + 1}", f"b{depth + 1}"} <= arrays.keys():
        depth += 1
    if not depth or f"w{depth + 1}" in arrays:
        expected = "arrays w1, b1, w2, b2 and so on"
        raise ModelFileError(complain(who, expected, ", ".join(arrays) or "none"))
    named = np.ravel(arrays.get("activations", ["sigmoid"] * depth))
    if len(named) != depth:
        raise ModelFileError(complain(who, f"{depth} activations, one per layer", len(named)))
    activations = [str(name) for name in named]
    tensors: dict[str, AnyArray] = {}
    architecture: list[dict[str, object]] = []
    for number, activation in enumerate(activations, start=1):
        weights = arrays[f"w{number}"]
        if weights.ndim != 2:
            expected = f"w{number} of shape (inputs, outputs)"
            raise ModelFileError(complain(who, expected, weights.shape))
        inputs, outputs = weights.shape
        tensors[f"dense{number}.weights"] = weights
        tensors[f"dense{number}.bias"] = arrays[f"b{number}"].reshape(-1)
        architecture += [
            {"kind": "dense", "inputs": inputs, "outputs": outputs},
            {"kind": activation},
        ]
    if "description" in arrays:
        return tensors, str(arrays["description"])
    description = {
        "architecture": architecture,
        "dtype": str(arrays["w1"].dtype),
        "classes": [str(number) for number in range(outputs)],
        "image_shape": [math.isqrt(len(arrays["w1"]))] * 2,  # square
        "scaling": {"factor": 1 / 255, "offset": 0.0},
        "manifest": {},
    }
    return tensors, json.dumps(description)
