"""What every rung begins with: images, labels, an order, first weights; and how much memory it takes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from inkling._types import ByteArray, FloatArray, IntArray

PIXELS, CLASSES = 784, 10
INK = 19
"""Of a hundred pixels of MNIST, so many are not 0."""

Weights = list[FloatArray]
"""W and b of every layer."""


def load_images() -> tuple[ByteArray, IntArray]:
    """Returns MNIST's training images (60000, 784) and labels, or noise where it is not here."""
    if os.environ.get("INKLING_DATA"):
        from inkling import load_dataset

        train = load_dataset("mnist", validation=0).train
        return train.images.reshape(len(train), -1), train.labels
    rng = np.random.default_rng(0)
    pixels = rng.integers(1, 256, (60_000, PIXELS), dtype=np.uint8)
    pixels[rng.integers(0, 100, pixels.shape, dtype=np.uint8) >= INK] = 0
    return pixels, rng.integers(0, CLASSES, len(pixels))


def check_mnist(docs: Path | None) -> None:
    """Ends where the page's tables are asked for and MNIST is not here."""
    if docs is not None and not os.environ.get("INKLING_DATA"):
        sys.exit(
            "--docs: expected MNIST, which the page says was trained on, got noise; "
            "set INKLING_DATA to the folder of its files."
        )


def first_weights(hidden: int, dtype: DTypeLike = np.float32) -> Weights:
    """Returns W and b of both layers of 784-H-10, the same every time."""
    from inkling.nn.mlp import build_mlp

    network = build_mlp((PIXELS, hidden, CLASSES), rng=np.random.default_rng(1))
    return [array.astype(dtype) for array in network.parameters.values()]


def megabytes(kind: str) -> float:
    """Returns memory of this process, as Linux counts it; not a number on other systems.

    Args:
        kind: "VmHWM", the most that was ever resident; "RssAnon", what is its own now; "RssFile", the
            pages of files that it has looked at, which the system takes back when it needs them.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(f"{kind}:"))
