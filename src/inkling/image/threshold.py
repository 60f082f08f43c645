"""From ink to strokes: which pixels belong to the pen and which to the grain of the paper.

One threshold for a whole photograph does not exist: paper has grain, more of it in the dark, ruled lines
are ink too, and pens differ. Here every pixel is measured against its surroundings twice: against
their grain, and against the strongest ink near it. ``components.py`` collects the pixels into strokes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkling._types import ByteArray
from inkling.image.filters import dilate, resample
from inkling.image.light import BoolArray

FAINTEST = 18
"""Ink, of 255, below which nothing counts: the softest pencil that still reads."""
GRAIN = 4.5
"""How many standard deviations of the paper's grain a stroke must rise above it."""
SHARE = 0.4
"""Share of the strongest ink nearby that a stroke must have: its edges, and faint ruling, have less."""
NEARBY = 32
"""What is nearby lies within a 32nd of the picture's longer side."""


def find_strokes(ink: ByteArray, block: int) -> tuple[BoolArray, ByteArray]:
    """Separates strokes from paper.

    Args:
        ink: (H, W), uint8, paper 0.
        block: side, in pixels, of the blocks in which grain is measured: several pens wide, so that
            paper shows in them.

    Returns:
        The strokes, (H, W) bool, and what the grain alone required at every pixel, (H, W) uint8.

    Example:
        >>> ink = np.zeros((64, 64), dtype=np.uint8)
        >>> ink[20:40, 30:33] = 160
        >>> ink[50, 5:60] = 12  # a faint scratch
        >>> strokes, floor = find_strokes(ink, 16)
        >>> int(strokes.sum()), int(floor.max())
        (60, 18)
    """
    from PIL import Image, ImageFilter

    floor = np.maximum(_grain(ink, block), FAINTEST)
    # One dazzling pixel is no pen: the strongest ink is looked for in means of 3 × 3.
    soft = np.asarray(Image.fromarray(ink).filter(ImageFilter.BoxBlur(1)))
    strongest = _strongest_nearby(soft)
    return ink > np.maximum(floor, strongest * np.float32(SHARE)), floor


def _grain(ink: ByteArray, block: int) -> ByteArray:
    """(H, W): the level that GRAIN standard deviations of the surrounding paper's grain reach."""
    height, width = ink.shape
    block = max(1, min(block, height, width))
    rows, columns = height // block, width // block
    blocks = ink[: rows * block, : columns * block].reshape(rows, block, columns, block)
    every = max(1, block // 8)  # 64 pixels of a block are enough for its quantiles
    samples = blocks[:, ::every, :, ::every].transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    low, middle, high = _quantiles(samples)
    # Half of a normal distribution's upper half lies within 0.67 standard deviations. The lower side is
    # measured too: ink in a block widens the upper one.
    deviation = np.maximum(np.maximum(middle - low, 1.48 * (high - middle)), 0.5 * middle)
    level = middle + GRAIN * deviation
    # A block full of ink knows nothing about paper; its calmest neighbour does.
    around = np.pad(level, 1, mode="edge")
    shifted = [around[y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    calm = np.minimum.reduce(shifted).clip(0, 255).astype(np.uint8)
    return resample(calm, (height, width))


def _quantiles(samples: ByteArray) -> NDArray[np.float32]:
    """The 1/6, 1/2 and 3/4 quantiles of each block, as (3, rows, columns)."""
    count = samples.shape[-1]
    places = [count // 6, count // 2, 3 * count // 4]
    ordered = np.partition(samples, places, axis=-1)[..., places]
    return np.moveaxis(ordered, -1, 0).astype(np.float32)


def _strongest_nearby(ink: ByteArray) -> ByteArray:
    """(H, W): the strongest ink within a 32nd of the longer side, found on a coarse copy."""
    height, width = ink.shape
    factor = 4 if min(height, width) >= 64 else 1
    rows, columns = -(-height // factor), -(-width // factor)
    padded = np.pad(ink, ((0, rows * factor - height), (0, columns * factor - width)))
    coarse = padded.reshape(rows, factor, columns, factor).max(axis=(1, 3))
    near = dilate(coarse, max(2, max(coarse.shape) // NEARBY))
    return resample(near, (rows * factor, columns * factor))[:height, :width]
