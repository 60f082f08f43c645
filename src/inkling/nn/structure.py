"""The checks of a network: its layers, and the inputs that it is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from inkling._checks import check_array, check_shape, check_type, complain
from inkling._types import AnyArray, FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.nn.activations import Activation, Softmax
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer

_PARAMETERS = ("weights", "get_weights", "state_dict")
_NO_MODE = "it is not needed, because dropout acts only if rng is given"
INSTEAD = {
    **dict.fromkeys(_PARAMETERS, "use parameters"),
    **dict.fromkeys(("train", "eval"), _NO_MODE),
    "fit": "use inkling.train, or loss_and_gradients and an optimizer of inkling.optim",
    "zero_grad": "it is not needed, because loss_and_gradients returns new gradients",
    "evaluate": "use Model(network, classes).evaluate",
    "save": "use Model(network, classes).save",
    "predict_proba": "use predict",
}
"""What other libraries call something else."""


def check_layers(given: Iterable[Layer]) -> tuple[tuple[Layer, ...], Activation]:
    """Returns the layers, and the output activation, which is the last of them.

    Raises SettingError or ShapeError if they are not a network.
    """
    check_type("Network", "layers", given, Iterable, "pass a list such as [Dense(…), Softmax()]")
    layers = tuple(given)
    for layer, count in Counter(layers).items():
        if not isinstance(layer, Layer):
            advice = "write ReLU(), not ReLU"
            raise SettingError(complain("Network", "layers", repr(layer), advice))
        if count > 1:  # the two would share their parameters
            advice = "make a new one for each place"
            raise SettingError(complain("Network", "each layer once", f"{layer} twice", advice))
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    if not dense:
        raise SettingError(complain("Network", "at least one Dense layer", list(layers)))
    last = layers[-1]
    if not isinstance(last, Activation):
        advice = "Softmax() for classes, Identity() for regression"
        raise SettingError(complain("Network", "an activation as the last layer", last, advice))
    for before, after in pairwise(dense):
        if before.weights.shape[1] != after.weights.shape[0]:
            expected = f"a Dense layer with {before.weights.shape[1]} inputs after {before}"
            raise ShapeError(complain("Network", expected, after))
        if before.weights.dtype != after.weights.dtype:
            got = f"{before.weights.dtype} and {after.weights.dtype}"
            raise ShapeError(complain("Network", "Dense layers of one dtype", got))
    if isinstance(last, Softmax) and dense[-1].weights.shape[1] == 1:  # it would always be 1
        advice = "use sigmoid for a single yes or no"
        raise SettingError(complain("Network", "at least two outputs for softmax", 1, advice))
    return layers, last


def summarize(layers: Sequence[Layer]) -> str:
    """Returns the layers after the inputs in one line."""
    text = ""
    for layer in layers:
        if isinstance(layer, Dense):
            text += f" → {layer.weights.shape[1]}"
        else:
            text += f" {layer.kind}" + (f" {layer.rate:g}" if isinstance(layer, Dropout) else "")
    return text


def as_inputs(x: AnyArray, n_inputs: int, dtype: np.dtype[Any]) -> FloatArray:
    """Returns inputs in the dtype of a network; raises ShapeError unless they are floats (B, I)."""
    check_array("Network", "inputs", x)
    if x.dtype.kind != "f":
        advice = "scale pixels first, for example images / 255"
        raise ShapeError(complain("Network", "floats as inputs", x.dtype, advice))
    advice = "flatten images with images.reshape(len(images), -1)" if x.ndim > 2 else ""
    check_shape("Network", "inputs", x, ("B", n_inputs), advice)
    return x.astype(dtype, copy=False)
