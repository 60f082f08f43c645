"""From ink to strokes: which pixels belong to the pen and which to the grain of the paper.

One threshold for a whole photograph does not exist: paper has grain, more of it in the dark, ruled lines
are ink too, and pens differ. Here every pixel is measured against its surroundings twice: against
their grain, and against the strongest ink near it. ``components.py`` collects the pixels into strokes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling._types import ByteArray
from inkling.image.page.filters import dilate, resample
from inkling.image.page.light import BoolArray

FAINTEST = 18
"""Ink, of 255, below which nothing counts: the softest pencil that still reads."""
GRAIN = 4.5
"""How many standard deviations of the paper's grain a stroke must rise above it."""
NOISIEST = 90
"""Ink, of 255, to which grain reaches at most: what is above in a whole block is a broad pen."""
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
    if min(ink.shape) < 2 * block:  # too small to tell grain from ink
        return np.zeros_like(ink)
    samples = _samples(ink, block).astype(np.float32)
    low, middle, high = np.quantile(samples, [1 / 6, 1 / 2, 3 / 4], axis=-1)
    # Half of a normal distribution's upper half lies within 0.67 standard deviations. Ink in a block
    # makes its upper half wider; how much neighbouring pixels differ says how wide paper alone can be.
    apart = ink[:, ::3].astype(np.int16)
    change = np.abs(np.diff(apart, axis=1, append=apart[:, -1:])).repeat(3, axis=1)
    paper_alone = 2 + 2.5 * np.median(_samples(change[:, : ink.shape[1]], block), axis=-1)
    upper = np.minimum(1.48 * (high - middle), paper_alone)
    level = middle + GRAIN * np.maximum(np.maximum(middle - low, upper), 0.5 * middle)
    # A block full of ink knows nothing about paper; its calmest neighbour does.
    rows, columns = level.shape
    around = np.pad(level, 1, mode="edge")
    shifted = [around[y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    calm = np.minimum.reduce(shifted).clip(0, NOISIEST).astype(np.uint8)
    return resample(calm, (ink.shape[0], ink.shape[1]))


def _samples(image: NDArray[Any], block: int) -> NDArray[Any]:
    """(rows, columns, pixels): about 64 pixels of each block, enough for its quantiles."""
    rows, columns = image.shape[0] // block, image.shape[1] // block
    blocks = image[: rows * block, : columns * block].reshape(rows, block, columns, block)
    every = max(1, block // 8)
    spread = blocks[:, ::every, :, ::every].transpose(0, 2, 1, 3)
    return spread.reshape(rows, columns, -1)


def _strongest_nearby(ink: ByteArray) -> ByteArray:
    """(H, W): the strongest ink within a 32nd of the longer side, found on a coarse copy."""
    height, width = ink.shape
    factor = 4 if min(height, width) >= 64 else 1
    rows, columns = -(-height // factor), -(-width // factor)
    padded = np.pad(ink, ((0, rows * factor - height), (0, columns * factor - width)))
    coarse = padded.reshape(rows, factor, columns, factor).max(axis=(1, 3))
    near = dilate(coarse, max(2, max(coarse.shape) // NEARBY))
    return resample(near, (rows * factor, columns * factor))[:height, :width]
