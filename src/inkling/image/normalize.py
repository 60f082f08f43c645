"""MNIST's own recipe: one digit, of any size and either polarity, becomes (28, 28) with paper 0.

    grey image → find_ink → crop → resize → center
                 (H, W)     (S, S)  (20, 20) (28, 28)

A fully connected network does not know that a digit moved by three pixels is the same digit, so
what it is shown must be prepared exactly as its training images were. Each stage is a function of
its own and can be looked at. Files are opened in ``open.py``; the results go on to ``data/`` or
``recognize.py``.

Reference:
    LeCun, Cortes and Burges, "The MNIST database of handwritten digits"; reconstructed by Yadav and
    Bottou, "Cold Case: The Lost MNIST Digits", 2019, arXiv:1905.10498, section 2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkling._checks import check_shape, complain
from inkling._types import ByteArray, FloatArray, IntArray
from inkling.errors import ShapeError

FIELD = 28
"""Side of the finished image, in pixels."""
DIGIT = 20
"""Longer side of the digit in the finished image, in pixels."""
FAINTEST_INK = 12
"""Contrast (in grey levels of 255) below which a picture counts as empty paper."""
CROP_THRESHOLD = 0.2
"""Share of the strongest ink that a pixel needs in order to widen the crop."""


def normalize(image: ByteArray) -> ByteArray:
    """Prepares the picture of one digit as MNIST prepared its own.

    Paper becomes 0, a square is cut round the ink, its side is brought to 20 pixels by area averaging,
    the strongest ink becomes 255, and whole-pixel shifts put the centre of mass on pixel (14, 14) of a
    28 × 28 field. An image of MNIST passes through almost untouched.

    Args:
        image: (H, W), uint8, one digit; dark on light or light on dark.

    Returns:
        (28, 28), uint8, 0 paper to 255 ink; all zeros when the picture is empty.

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
    ink = find_ink(image)
    if not ink.any():
        return np.zeros((FIELD, FIELD), dtype=np.uint8)
    return center(resize(crop(ink)))


def is_empty(image: ByteArray) -> bool:
    """Says whether a picture holds no ink, so that ``normalize`` returns zeros.

    Args:
        image: (H, W), uint8.

    Returns:
        True for paper alone.

    Example:
        >>> is_empty(np.full((28, 28), 250, dtype=np.uint8))
        True
    """
    return not find_ink(image).any()


def find_ink(image: ByteArray) -> ByteArray:
    """Makes paper 0 and ink positive, whichever of the two was the brighter.

    The median of the outermost pixels is paper: handwriting seldom covers half of a picture's edge,
    even of a tight crop. Ink is what differs from it, on the side that differs more in total. A rule
    that compares with a fixed grey, or with the mean of the picture, takes bold digits in tight crops
    for paper, and a single glaring pixel can turn it over.

    Args:
        image: (H, W), uint8, either polarity.

    Returns:
        (H, W), uint8, difference from paper; all zeros when it is nowhere as much as ``FAINTEST_INK``.

    Raises:
        ShapeError: the image is not a (H, W) array of uint8 with at least one pixel.

    Example:
        >>> find_ink(np.array([[9, 9, 9], [9, 200, 9], [9, 9, 9]], dtype=np.uint8))
        array([[  0,   0,   0],
               [  0, 191,   0],
               [  0,   0,   0]], dtype=uint8)
    """
    check_grey("normalize", image)
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    paper = np.median(edge)
    # The median of an even number of pixels may lie half-way between two grey levels. Rounding it away
    # from each side in turn gives an image and its negative the same ink.
    low, high = np.uint8(np.floor(paper)), np.uint8(np.ceil(paper))
    lighter = np.maximum(image, low) - low
    darker = high - np.minimum(image, high)
    ink = lighter if lighter.sum() >= darker.sum() else darker
    if ink.max() < FAINTEST_INK:
        return np.zeros_like(image)
    return ink


def crop(ink: ByteArray) -> ByteArray:
    """Cuts a square round the ink; the shorter side is padded evenly with paper.

    Only pixels above a fifth of the strongest ink say where the box is, so that the grain of paper and
    the halo of a JPEG file do not widen it. Fainter ones inside the square stay: nothing is erased.

    Args:
        ink: (H, W), uint8, paper 0, not all zeros.

    Returns:
        (S, S), uint8, where S is the longer side of the ink's box in pixels.

    Example:
        >>> ink = np.zeros((9, 9), dtype=np.uint8)
        >>> ink[2:7, 4] = 255
        >>> crop(ink)[0]
        array([  0,   0, 255,   0,   0], dtype=uint8)
    """
    rows, columns = _box(ink > CROP_THRESHOLD * ink.max())
    height, width = rows.stop - rows.start, columns.stop - columns.start
    side = max(height, width)
    top, left = rows.start - (side - height) // 2, columns.start - (side - width) // 2
    seen = ink[max(top, 0) : top + side, max(left, 0) : left + side]
    square = np.zeros((side, side), dtype=np.uint8)
    above, before = max(-top, 0), max(-left, 0)
    square[above : above + seen.shape[0], before : before + seen.shape[1]] = seen
    return square


def resize(square: ByteArray) -> ByteArray:
    """Brings a square to 20 × 20 by area averaging and its strongest ink to 255.

    Every pixel is a small square of even grey; a new pixel is the mean over the area that it covers:

        resized ∝ A @ square @ Aᵀ,    A[i, j] = how much of old pixel j lies in new pixel i

    The shares are exact for every side, smaller than 20 too, where resampling filters that weigh whole
    pixels would leave stripes. Counted in twentieths of a pixel they are whole numbers, so that every
    sum is exact as well: each machine, and the page in ``page/export/``, rounds to the same bytes.

    Args:
        square: (S, S), uint8, paper 0, not all zeros.

    Returns:
        (20, 20), uint8, maximum 255.

    Example:
        >>> int(resize(np.full((50, 50), 90, dtype=np.uint8)).min())
        255
    """
    shares = _area_shares(len(square))
    # Exact: sums of whole numbers, below 2²⁴ at first (S up to 65,000), then below 2⁵³.
    strips = shares.astype(np.float32) @ square.astype(np.float32)
    digit = strips.astype(np.float64) @ shares.T
    return _to_bytes(digit * 255 / digit.max())


def center(digit: ByteArray) -> ByteArray:
    """Moves the digit by whole pixels so that its centre of mass falls on pixel (14, 14).

    The centre of mass, in pixel indices, ends up in [13.5, 14.5) on both axes. It is 14 and not the
    geometric middle, 13.5: half a pixel costs more than one point of accuracy. Ink may leave the
    20 × 20 middle of the field, as it does in MNIST; it is held back only from leaving the field.

    Args:
        digit: (H, W), uint8, at most 28 on either side, paper 0, not all zeros.

    Returns:
        (28, 28), uint8.

    Example:
        >>> field = center(np.full((3, 5), 255, dtype=np.uint8))
        >>> rows, columns = field.nonzero()
        >>> float(rows.mean()), float(columns.mean())
        (14.0, 14.0)
    """
    ink = digit[_box(digit > 0)]
    height, width = ink.shape
    top = _start(ink.sum(axis=1, dtype=np.int64))
    left = _start(ink.sum(axis=0, dtype=np.int64))
    field = np.zeros((FIELD, FIELD), dtype=np.uint8)
    field[top : top + height, left : left + width] = ink
    return field


def _start(mass: NDArray[np.int64]) -> int:
    """Where a profile of masses (L,) must start for its centre to fall in [13.5, 14.5)."""
    middle = (mass @ np.arange(len(mass))) / mass.sum()
    wanted = int(np.ceil(FIELD / 2 - 0.5 - middle))
    return min(max(wanted, 0), FIELD - len(mass))


def _box(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and columns of the smallest rectangle that holds every true pixel."""
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _area_shares(side: int) -> IntArray:
    """A (20, S): the twentieths of old pixel j that lie in new pixel i; every row sums to S."""
    edges = side * np.arange(DIGIT + 1)[:, None]
    pixels = DIGIT * np.arange(side)
    overlap = np.minimum(edges[1:], pixels + DIGIT) - np.maximum(edges[:-1], pixels)
    return overlap.clip(min=0)


def _to_bytes(values: FloatArray) -> ByteArray:
    return np.rint(values).astype(np.uint8)


def check_grey(who: str, image: ByteArray) -> None:
    """Refuses what is no grey picture; the sentence begins with who asks.

    Raises:
        ShapeError: the image is not a (H, W) array of uint8 with at least one pixel.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        got = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        advice = "open_image turns any picture into one"
        raise ShapeError(complain(who, "an image as an array of uint8", got, advice))
    check_shape(who, "an image", image, ("H", "W"), "open_image turns colours into grey")
    if image.size == 0:
        raise ShapeError(complain(who, "an image of at least one pixel", image.shape))
