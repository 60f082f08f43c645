"""Rounds weights to integers of eight bits, a quarter of the size of float32.

    q_ij = round(W_ij / s_j),    s_j = max_i |W_ij| / 127,    W ≈ q · s

Each output has its own scale, so that one large weight does not make the others of its layer coarser.
``browser.py`` stores the integers; ``quantize`` turns them back into floats, so that everything that
takes a model can measure the effect of the rounding.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from inkling._checks import complain
from inkling._types import ByteArray, FloatArray
from inkling.data.synthetic.non_digits import draw_non_digits
from inkling.errors import SettingError
from inkling.model.committee import CommitteeModel
from inkling.model.model import Classifier, Model
from inkling.model.tensors import content_digest
from inkling.nn.dense import Dense

LARGEST = 127
"""The largest integer of eight bits whose negative also has eight bits."""
MOST_CHANGE = 0.05
"""Rounding changes the outputs of trained networks by 0.01 of their spread over the classes."""
MEASURED: dict[str, dict[str, float]] = {
    "cae4197fe7a0319b096ed50d58042f95b9eed7288323bccbe4f92d5208f71e01": {
        "before": 0.994,
        "after": 0.9941,
    },
}
"""The accuracy on MNIST's test images before and after rounding, by the model's fingerprint: measured by
``benchmarks/quantized.py`` for the model that ships. The page of another model states that its
accuracies were not measured."""


def quantize_weights(weights: FloatArray) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Returns weights (I, O) as integers q (I, O) in [−127, 127] and one scale s (O,) per column.

    Raises SettingError if a weight is too large for float32.

    Reference:
        Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
        inference", CVPR 2018, section 2.1, with zero at zero.
    """
    with np.errstate(over="ignore"):
        scales = (np.abs(weights).max(axis=0) / LARGEST).astype(np.float32)
    if not np.isfinite(scales).all():
        raise SettingError(complain("quantize", "weights that float32 can hold", "larger ones"))
    # A subnormal scale has few digits, and 127 times it may be smaller than the largest weight.
    whole = np.rint(weights / np.where(scales > 0, scales, 1)).clip(-LARGEST, LARGEST)
    return whole.astype(np.int8), scales


def quantize(model: Classifier) -> Classifier:
    """Returns a copy of the model with weights rounded to eight bits and biases to float32.

    Raises SettingError if a weight is too large for float32.
    """
    if isinstance(model, CommitteeModel):
        return replace(model, members=tuple(_quantize(member) for member in model.members))
    return _quantize(model.require_single("quantize"))


def _quantize(model: Model) -> Model:
    network = model.network.copy()
    for layer in network.layers:
        if isinstance(layer, Dense):
            whole, scales = quantize_weights(layer.weights)
            layer.weights[...] = whole * scales
            layer.bias[...] = layer.bias.astype(np.float32)
    return replace(model, network=network)


def check_rounding(model: Classifier) -> None:
    """Raises SettingError if rounding changes a model's outputs by much of their spread.

    Weights of a scikit-learn pipeline may be small where pixels vary and a hundred times as large at the
    border, where the scaler found no variance: rounded by one scale, the small ones would be lost.
    """
    drawings = _drawings()
    before, after = model.predict_proba(drawings), quantize(model).predict_proba(drawings)
    spread = np.abs(before - before.mean(axis=1, keepdims=True)).sum()
    if (change := np.abs(before - after).sum()) > MOST_CHANGE * spread:
        got = f"one whose outputs then change by {change / max(spread, change):.0%}"
        advice = "export it to onnx, npz or torch, or fit it to pixels divided by 255"
        expected = "a model whose weights can be rounded to eight bits"
        raise SettingError(complain("HTML export", expected, got, advice))


@cache
def _drawings() -> ByteArray:
    return draw_non_digits(100, rng=np.random.default_rng(0))


def fingerprint(model: Classifier) -> str:
    """Returns the SHA-256 of the parameters of a model, the key of ``MEASURED``."""
    arrays = {
        f"{number}/{name}": array
        for number, network in enumerate(model.networks)
        for name, array in network.parameters.items()
    }
    return content_digest(arrays, {})
