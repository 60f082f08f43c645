"""A model whose weights are whole numbers of eight bits, a quarter of float32.

    q_ij = round(W_ij / s_j),    s_j = max_i |W_ij| / 127,    W ≈ q · s

Each output has a scale of its own, so that one large weight costs the others of its column nothing
more. ``html/`` stores the whole numbers; here they are floats again, so that everything that takes a
model can say what the rounding costs: ``inkling evaluate``, the tests, ``benchmarks/quantized.py``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inkling._checks import complain
from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.model.model import Model
from inkling.nn.dense import Dense

LARGEST = 127
"""The largest whole number of eight bits whose negative is one as well."""


def quantize_weights(weights: FloatArray) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rounds weights to whole numbers times a scale a column.

    Args:
        weights: W (I, O).

    Returns:
        q (I, O), int8, in [−127, 127]; and s (O,), float32, 0 for a column of zeros.

    Raises:
        SettingError: a weight is larger than float32 can hold.

    Example:
        >>> q, s = quantize_weights(np.array([[2.54, 0.0], [-1.0, 0.0], [0.011, 0.0]]))
        >>> q.T
        array([[127, -50,   1],
               [  0,   0,   0]], dtype=int8)
        >>> s.round(4)
        array([0.02, 0.  ], dtype=float32)

    Reference:
        Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
        inference", CVPR 2018, section 2.1, with zero at zero.
    """
    with np.errstate(over="ignore"):
        scales = (np.abs(weights).max(axis=0) / LARGEST).astype(np.float32)
    if not np.isfinite(scales).all():
        raise SettingError(complain("quantize", "weights that float32 can hold", "larger ones"))
    # Where the scale is among the smallest numbers there are, it is rounded so much that 127 of it may
    # not reach the largest weight.
    whole = np.rint(weights / np.where(scales > 0, scales, 1)).clip(-LARGEST, LARGEST)
    return whole.astype(np.int8), scales


def quantize(model: Model) -> Model:
    """Returns the model with each weight replaced by what eight bits keep of it.

    Biases are rounded to float32; the unit that refuses what is no digit stays as it is.

    Args:
        model: the model; it is not changed.

    Raises:
        SettingError: a weight is larger than float32 can hold.

    Example:
        >>> from inkling.nn.mlp import build_mlp
        >>> model = Model(build_mlp((6, 3), rng=np.random.default_rng(0)), ("a", "b", "c"), (2, 3))
        >>> before, after = (m.network.layers[0].weights for m in (model, quantize(model)))
        >>> bool((np.abs(after - before) <= 0.51 * np.abs(before).max(axis=0) / 127).all())
        True
    """
    network = model.network.copy()
    for layer in network.layers:
        if isinstance(layer, Dense):
            whole, scales = quantize_weights(layer.weights)
            layer.weights[...] = whole * scales
            layer.bias[...] = layer.bias.astype(np.float32)
    return replace(model, network=network)
