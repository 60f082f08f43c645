"""What eight bits cost in accuracy, for the model where somebody has looked.

The exporter has a model and no pictures, so it cannot know. ``benchmarks/quantized.py`` measures it for
the model that ships; the shares stand here under the fingerprint of the very numbers they belong to,
and the page shows them. Of any other model it says that it was not measured.
"""

from __future__ import annotations

import hashlib

from inkling._types import AnyArray, FloatArray

MEASURED: dict[str, dict[str, float]] = {
    "31664c62f4b45153de8a3e4b54d3ec2b0f787f946169e0b53366b1c145e97d35": {
        "before": 0.9951,
        "after": 0.9951,
    },
}
"""Fingerprint → the share of MNIST's test images that is read right, before and after rounding."""


def fingerprint(weights: AnyArray, numbers: FloatArray) -> str:
    """Returns the SHA-256 of what is stored of a model.

    Args:
        weights: all weights as whole numbers, int8.
        numbers: all other numbers, float32.
    """
    return hashlib.sha256(weights.tobytes() + numbers.tobytes()).hexdigest()
