"""The scale of pixels: from 0 … 255, 0 … 16, 0 or 1, or fractions of 1, to bytes from 0 to 255.

    file → Pixels per split → to_bytes, for all splits together → images of uint8

One image cannot tell 16 levels of ink from a faint gray, and a small test set may lack the strongest
ink, so the scale is decided once for all images of a source. A scale that is not certain is an error:
images read on the wrong scale train a poor network without a word.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from inkling._checks import complain
from inkling._types import AnyArray, ByteArray
from inkling.errors import DataError

FULL = 255  # the strongest ink
SIXTEEN = 16  # the strongest ink of scikit-learn's digits and of UCI's optdigits
LOW = 128  # a data set whose strongest ink is below it is read as it is, with a note
BRIGHT = 192  # images whose edges are brighter on average, and not the rest, show dark ink
ROUNDING = 1e-6  # by which fractions may exceed 1: resizing in float32 does that
BLOCK = 2**22  # pixels per step, so that copies in other dtypes stay small


class Pixels(NamedTuple):
    """Pixels as a file gives them, before their scale is known."""

    values: ByteArray  # (N, H, W): the whole numbers in the file, or 255 times the fractions
    fractions: bool  # whether the file contains fractions of 1

    @property
    def peak(self) -> int:
        """The strongest ink."""
        return int(self.values.max(initial=0))


def to_pixels(who: str, array: AnyArray) -> Pixels:
    """Returns images (N, H, W) of any numeric dtype as bytes; only fractions change their scale.

    Raises:
        DataError: if there are other values than whole numbers from 0 to 255, or fractions from 0 to 1.
    """
    if array.dtype == np.uint8:
        return Pixels(array, fractions=False)
    values = np.empty(array.shape, dtype=np.uint8)
    whole = True
    for rows in _blocks(array):
        with np.errstate(
            invalid="ignore"
        ):  # NaN becomes some number here, and differs from it below
            values[rows] = array[rows].astype(np.uint8)
        whole = whole and np.array_equal(values[rows], array[rows])
    if whole:
        return Pixels(values, fractions=False)
    if not (array.min() >= 0 and array.max() <= 1 + ROUNDING):  # also for NaN
        expected = "whole numbers from 0 to 255, or fractions from 0 to 1"
        got = f"values from {array.min():g} to {array.max():g}"
        advice = "bring them to 0 … 255 and round them"
        raise DataError(complain(who, expected, got, advice))
    for rows in _blocks(array):
        values[rows] = to_bytes(array[rows])
    return Pixels(values, fractions=True)


def to_bytes(fractions: AnyArray) -> ByteArray:
    """Returns fractions of 1 as the nearest bytes, 255 for 1."""
    rounded: ByteArray = np.rint(FULL * np.minimum(fractions, 1)).astype(np.uint8)
    return rounded


def to_common_scale(parts: Mapping[str, Pixels]) -> tuple[dict[str, ByteArray], tuple[str, ...]]:
    """Brings the images of a source to the scale from 0 (paper) to 255 (ink).

    The keys of ``parts`` say where the images are, for messages.

    Returns:
        The images of each part, and what the user should know about their scale.

    Raises:
        DataError: if the scale is not certain, or differs between parts.
    """
    first = next(iter(parts))
    peaks = {name: pixels.peak for name, pixels in parts.items() if not pixels.fractions}
    if len(peaks) < len(parts):
        notes: tuple[str, ...] = (_rescaled(first, "fractions of 1", "255"),)
        check_same_scale(peaks, range(1, 2), "fractions of 1")
        factor = float(FULL)
    else:
        factor, notes = find_factor(peaks, sum(len(pixels.values) for pixels in parts.values()))
    images = {name: _multiply(pixels, factor) for name, pixels in parts.items()}
    peak = max(int(array.max(initial=0)) for array in images.values())
    if 0 < peak < LOW:
        advice = f"if {peak} means full ink, multiply the pixels by 255 / {peak}"
        notes += (f"{first}: all ink is faint, at most {peak} of 255; {advice}.",)
    for name, array in images.items():
        edges = (array[:, 0], array[:, -1], array[:, :, 0], array[:, :, -1])
        paper = np.mean([edge.mean() for edge in edges])
        if paper > BRIGHT and array.mean() < paper:
            advice = "if the ink is darker, replace each pixel by 255 minus the pixel"
            notes += (f"{name}: the edges of the images are bright, as ink should be; {advice}.",)
    return images, notes


def find_factor(peaks: Mapping[str, int], count: int) -> tuple[float, tuple[str, ...]]:
    """Returns what whole pixels must be multiplied by, from the strongest ink in each part.

    The numbers 0 and 1 alone, and a maximum of 16 in several images, are recognized; a maximum above 16
    is on the scale to 255. ``count`` is the number of all images.

    Raises:
        DataError: if the maximum is another one and may mean any scale, or if parts differ in scale.
    """
    first, peak = next(iter(peaks)), max(peaks.values())
    if peak == 0 or peak > SIXTEEN:
        check_same_scale(peaks, range(SIXTEEN + 1, FULL + 1), f"pixels up to {peak}")
        return 1.0, ()
    if peak == 1 or (peak == SIXTEEN and count > 1):
        scale = "0 or 1" if peak == 1 else f"whole numbers from 0 to {peak}"
        return FULL / peak, (_rescaled(first, scale, "255" if peak == 1 else f"255 / {peak}"),)
    expected = "pixels from 0 to 255, 0 to 16 or 0 to 1"
    advice = f"if {peak} means full ink, multiply the pixels by 255 / {peak} and round them"
    raise DataError(complain(first, expected, f"none above {peak}", advice))


def check_same_scale(peaks: Mapping[str, int], possible: range, scale: str) -> None:
    """Raises DataError if a part has ink, but none as strong as a scale makes possible."""
    for name, peak in peaks.items():
        if peak and peak not in possible:
            expected = f"the same scale as in another part of the data set, {scale}"
            raise DataError(complain(name, expected, f"pixels up to {peak}"))


def multiply(image: ByteArray, factor: float) -> ByteArray:
    """Returns pixels (…) times a factor, rounded to bytes."""
    products = np.rint(np.arange(FULL + 1) * factor).clip(max=FULL).astype(np.uint8)
    product: ByteArray = products[image]
    return product


def _rescaled(where: str, scale: str, factor: str) -> str:
    return f"{where}: the pixels are {scale}; they were multiplied by {factor}."


def _multiply(pixels: Pixels, factor: float) -> ByteArray:
    """Returns whole numbers times a factor, in place; fractions are bytes already."""
    if factor != 1 and not pixels.fractions:
        for rows in _blocks(pixels.values):
            pixels.values[rows] = multiply(pixels.values[rows], factor)
    return pixels.values


def _blocks(array: AnyArray) -> Iterator[slice]:
    step = max(1, BLOCK // math.prod(array.shape[1:]))
    return (slice(start, start + step) for start in range(0, len(array), step))
