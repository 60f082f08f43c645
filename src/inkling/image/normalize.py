"""Normalization of one digit: any size, dark on light or light on dark → (28, 28), as in MNIST.

    gray image → find_ink → square_around → resize → center
                 (H, W)     (S, S)          (20, 20) (28, 28)

A fully connected network does not recognize a digit that is moved by three pixels, so an image must be
prepared exactly as the training images were.

Reference:
    LeCun, Cortes and Burges, "The MNIST database of handwritten digits"; reconstructed by Yadav and
    Bottou, "Cold Case: The Lost MNIST Digits", 2019, arXiv:1905.10498, section 2.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from inkling._checks import complain
from inkling._types import BoolArray, ByteArray, IntArray
from inkling.errors import ShapeError

AnyScalar = TypeVar("AnyScalar", bound=np.generic)

FIELD = 28  # side of the normalized image, in pixels
DIGIT = 20  # longer side of the digit in it
FAINTEST_INK = 12  # contrast, in gray levels, below which an image counts as empty paper
CROP_THRESHOLD = 0.2  # share of the strongest ink that a pixel needs in order to widen the crop


class Normalized(NamedTuple):
    """A digit after each step of its normalization; zeros if there is no ink."""

    ink: ByteArray  # (H, W), paper 0
    resized: ByteArray  # (20, 20), strongest ink 255
    pixels: ByteArray  # (28, 28), the input of the network


def normalize(image: ByteArray) -> ByteArray:
    """Normalizes the image of one digit as MNIST was made.

    Paper becomes 0, a square is cut around the ink, its side is resized to 20 pixels by area averaging,
    the strongest ink becomes 255, and a shift by whole pixels puts the center of mass on pixel (14, 14)
    of 28 × 28. Images of MNIST stay almost unchanged.

    Args:
        image: (H, W), uint8, one digit; dark on light or light on dark.

    Returns:
        (28, 28), uint8, 0 paper to 255 ink; all zeros if the image is empty.

    Raises:
        ShapeError: the image is not a (H, W) array of uint8 with at least one pixel.

    Example:
        >>> page = np.full((90, 60), 255, dtype=np.uint8)
        >>> page[20:60, 30:34] = 0  # an upright stroke, 40 pixels high, dark on white
        >>> digit = normalize(page)
        >>> rows, columns = digit.nonzero()
        >>> int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())
        (4, 23, 13, 14)
    """
    return normalize_ink(find_ink(image))


def normalize_ink(ink: ByteArray) -> ByteArray:
    """Normalizes ink (H, W), 0 where there is paper: what ``normalize`` does after it has found it."""
    return normalize_in_steps(ink).pixels


def normalize_in_steps(ink: ByteArray) -> Normalized:
    """Normalizes ink (H, W) and keeps what every step makes of it."""
    if not ink.any():
        empty = (np.zeros((side, side), dtype=np.uint8) for side in (DIGIT, FIELD))
        return Normalized(ink, *empty)
    resized = resize(ink, *square_around(ink))
    return Normalized(ink, resized, center(resized))


def find_ink(image: ByteArray) -> ByteArray:
    """Returns how much each pixel (H, W) differs from paper; zeros if that is faint everywhere.

    The median of the edge pixels is paper, because handwriting seldom covers half of an image's edge.
    Ink is what differs from paper, on the side that differs more in total. Comparing with a fixed gray
    or with the mean of the image fails for bold digits in tight crops.
    """
    check_gray("normalize", image)
    paper = np.median(edge_pixels(image))
    # The median of an even number of pixels may lie halfway between two gray levels. Rounding it away
    # from each side in turn gives an image and its negative the same ink.
    low, high = np.uint8(np.floor(paper)), np.uint8(np.ceil(paper))
    lighter = np.maximum(image, low) - low
    darker = high - np.minimum(image, high)
    ink = lighter if lighter.sum() >= darker.sum() else darker
    return ink if ink.max() >= FAINTEST_INK else np.zeros_like(image)


def square_around(ink: ByteArray) -> tuple[int, int, int]:
    """Returns top, left and side S of the square around the ink (H, W), which is not all zeros.

    S is the longer side of the ink's box; the shorter one is padded evenly, also beyond the image. Faint
    pixels do not widen the square, because paper grain and JPEG artifacts would, but stay inside it.
    """
    rows, columns = bounding_box(ink > CROP_THRESHOLD * ink.max())
    height, width = rows.stop - rows.start, columns.stop - columns.start
    side = max(height, width)
    return (
        int(rows.start - (side - height) // 2),
        int(columns.start - (side - width) // 2),
        int(side),
    )


def crop(ink: ByteArray) -> ByteArray:
    """Cuts the square (S, S) around the ink (H, W) out, with paper where it leaves the image."""
    top, left, side = square_around(ink)
    return cut_out(ink, top, left, (side, side))


def resize(ink: ByteArray, top: int = 0, left: int = 0, side: int | None = None) -> ByteArray:
    """Resizes a square (S, S) to 20 × 20 by area averaging and scales its strongest ink to 255.

        resized ∝ A @ square @ Aᵀ,    A[i, j] = the share of new pixel i that old pixel j covers

    The square is the whole ink map, or the part of it with a place and side; beyond it is paper, for
    which the products are left out: around a long thin stroke, the square would not fit in memory.

    The shares are exact for every side, also below 20, where common resampling filters leave stripes.
    Measured in twentieths of a pixel they are integers, so every sum is exact and every machine, and the
    JavaScript in ``page/static/``, rounds to the same bytes.
    """
    side = len(ink) if side is None else side
    inside = ink[max(top, 0) : top + side, max(left, 0) : left + side]
    above, before = max(-top, 0), max(-left, 0)
    shares = _area_shares(side)
    rows, columns = (
        shares[:, start : start + length]
        for start, length in zip((above, before), inside.shape, strict=True)
    )
    # Exact: sums of integers, below 2²⁴ in float32 (S up to 65,000), then below 2⁵³ in float64.
    strips = rows.astype(np.float32) @ inside.astype(np.float32)
    digit = strips.astype(np.float64) @ columns.T
    rounded: ByteArray = np.rint(digit * 255 / digit.max()).astype(np.uint8)
    return rounded


def center(digit: ByteArray) -> ByteArray:
    """Shifts a digit (H, W) by whole pixels in (28, 28), so that its mass is centered on (14, 14).

    In pixel indices the center of mass ends up in [13.5, 14.5) on both axes. The target is 14, not the
    geometric middle 13.5: half a pixel costs more than one percentage point of accuracy. As in MNIST,
    ink may leave the middle 20 × 20 pixels, but not the 28 × 28.
    """
    ink = digit[bounding_box(digit > 0)]
    top = _start(ink.sum(axis=1, dtype=np.int64))
    left = _start(ink.sum(axis=0, dtype=np.int64))
    return cut_out(ink, -top, -left, (FIELD, FIELD))


def _start(mass: NDArray[np.int64]) -> int:
    """Returns where a profile of masses (L,) must start for its center to fall in [13.5, 14.5)."""
    middle = (mass @ np.arange(len(mass))) / mass.sum()
    wanted = int(np.ceil(FIELD / 2 - 0.5 - middle))
    return min(max(wanted, 0), FIELD - len(mass))


def _area_shares(side: int) -> IntArray:
    """Returns A (20, S): the twentieths of old pixel j that lie in new pixel i; every row sums to S."""
    edges = side * np.arange(DIGIT + 1)[:, None]
    pixels = DIGIT * np.arange(side)
    overlap = np.minimum(edges[1:], pixels + DIGIT) - np.maximum(edges[:-1], pixels)
    return overlap.clip(min=0)


def edge_pixels(image: NDArray[AnyScalar]) -> NDArray[AnyScalar]:
    """Returns the outermost pixels of an image (H, W); those in the corners twice."""
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])


def bounding_box(mask: BoolArray) -> tuple[slice, slice]:
    """Returns the rows and columns of the smallest rectangle that contains every true pixel."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def cut_out(image: ByteArray, top: int, left: int, shape: tuple[int, int]) -> ByteArray:
    """Copies a rectangle out of an image; zeros where it extends beyond the image."""
    part = np.zeros(shape, dtype=np.uint8)
    visible = image[max(top, 0) : top + shape[0], max(left, 0) : left + shape[1]]
    above, before = max(-top, 0), max(-left, 0)
    part[above : above + visible.shape[0], before : before + visible.shape[1]] = visible
    return part


def check_gray(where: str, image: ByteArray) -> None:
    """Raises ``ShapeError``, whose message begins with ``where``, unless ``image`` is a gray image."""
    is_array = isinstance(image, np.ndarray)
    if not (is_array and image.dtype == np.uint8 and image.ndim == 2 and image.size):
        expected = "an image as an array of uint8 with shape (H, W), not empty"
        got = f"{image.dtype} with {image.shape}" if is_array else type(image).__name__
        advice = "open_image turns any picture into one"
        raise ShapeError(complain(where, expected, got, advice))
