"""The threshold that separates strokes from the grain of the paper.

No single threshold fits a whole photograph: paper has grain, more of it in the dark, ruled lines are ink
too, and pens differ. Every pixel is compared with its surroundings twice: with their grain, and with the
strongest ink near it.
"""

from __future__ import annotations

import numpy as np

from inkling._types import AnyArray, BoolArray, ByteArray
from inkling.image.page.filters import blocks, dilate, resample

FAINTEST = 18  # ink, of 255, below which nothing counts: the faintest legible pencil
GRAIN = 4.5  # how many standard deviations of the paper's grain a stroke must exceed
NOISIEST = 90  # largest ink, of 255, that counts as grain; a whole block above it is a broad pen
SHARE = 0.4  # share of the strongest ink nearby that a stroke has, but not its edges or ruling
NEARBY = 32  # nearby means within a 32nd of the image's longer side


def threshold(ink: ByteArray, block: int) -> tuple[BoolArray, ByteArray]:
    """Separates strokes from paper in an ink map (H, W).

    Grain is measured in blocks of ``block`` × ``block`` pixels, several pens wide, so that they contain
    paper. Returns the strokes, (H, W) bool, and the threshold due to the grain alone, (H, W) uint8.
    """
    from PIL import Image, ImageFilter

    floor = np.maximum(_grain(ink, block), FAINTEST)
    # A single extreme pixel is no pen, so the strongest ink is the largest mean of 3 × 3 pixels.
    soft = np.asarray(Image.fromarray(ink).filter(ImageFilter.BoxBlur(1)))
    return ink > np.maximum(floor, _strongest_nearby(soft) * np.float32(SHARE)), floor


def _grain(ink: ByteArray, block: int) -> ByteArray:
    """Returns (H, W): the level of ``GRAIN`` standard deviations of the surrounding paper's grain."""
    if min(ink.shape) < 2 * block:  # too small to distinguish grain from ink
        return np.zeros_like(ink)
    samples = _samples(ink, block).astype(np.float32)
    low, middle, high = np.quantile(samples, [1 / 6, 1 / 2, 3 / 4], axis=-1)
    # Half of a normal distribution's upper half lies within 0.67 standard deviations. Ink in a block
    # widens its upper half; the differences between neighboring pixels show how wide paper alone can be.
    apart = ink[:, ::3].astype(np.int16)
    change = np.abs(np.diff(apart, axis=1, append=apart[:, -1:])).repeat(3, axis=1)
    paper_alone = 2 + 2.5 * np.median(_samples(change[:, : ink.shape[1]], block), axis=-1)
    upper = np.minimum(1.48 * (high - middle), paper_alone)
    level = middle + GRAIN * np.maximum(np.maximum(middle - low, upper), 0.5 * middle)
    # A block full of ink contains no paper; its calmest neighbor shows the grain.
    calm = 255 - dilate(255 - level.clip(0, NOISIEST).astype(np.uint8), 1)
    return resample(calm, ink.shape)


def _samples(image: AnyArray, block: int) -> AnyArray:
    """Returns (rows, columns, pixels): about 64 pixels per block, enough for its quantiles."""
    rows, columns = image.shape[0] // block, image.shape[1] // block
    whole = blocks(image[: rows * block, : columns * block], block)
    every = max(1, block // 8)
    return whole[:, ::every, :, ::every].transpose(0, 2, 1, 3).reshape(rows, columns, -1)


def _strongest_nearby(ink: ByteArray) -> ByteArray:
    """Returns (H, W): the strongest ink nearby, found on a coarse copy."""
    height, width = ink.shape
    factor = 4 if min(height, width) >= 64 else 1
    coarse = blocks(ink, factor).max(axis=(1, 3))
    near = dilate(coarse, max(2, max(coarse.shape) // NEARBY))
    return resample(near, tuple(factor * side for side in near.shape))[:height, :width]
