"""Filters on bytes: maximum, closing, shrinking, resampling.

The time of the maximum and the closing grows only with the logarithm of the window's size.
"""

from __future__ import annotations

import numpy as np

from inkling._types import AnyArray, ByteArray


def dilate(image: ByteArray, half: int) -> ByteArray:
    """Returns for every pixel of an image (H, W) the largest value in the square window around it.

    The window extends ``half`` pixels to every side; beyond the image the value is 0.
    """
    return running_max(running_max(image, half, axis=0), half, axis=1)


def close(image: ByteArray, half: int, axis: int | None = None) -> ByteArray:
    """Fills in what is darker than its surroundings and narrower than the window.

        close(image) = erode(dilate(image))

    Thin dark strokes vanish, while the edges of larger dark regions, such as shadows, stay where they
    are; a mean, a median or a maximum would move them. The window extends ``half`` pixels to every side,
    or along one ``axis``. Beyond the image its edge pixels are repeated, so that a dark table that is
    visible there counts as large.
    """
    axes = (0, 1) if axis is None else (axis,)
    margin = 2 * half + 1
    padded = np.pad(image, [(margin if side in axes else 0,) * 2 for side in (0, 1)], mode="edge")
    if axis is None:  # a stroke that ends at the edge must not continue in the margin
        for lines in (padded, padded.T):
            lines[:margin] = close(lines[margin : margin + 1], half, axis=1)
            lines[-margin:] = close(lines[-margin - 1 : -margin], half, axis=1)
    for side in axes:
        padded = running_max(padded, half, side)
    padded = 255 - padded
    for side in axes:
        padded = running_max(padded, half, side)
    inner = tuple(slice(margin, -margin) if side in axes else slice(None) for side in (0, 1))
    return np.asarray(255 - padded[inner], dtype=np.uint8)


def running_max(image: ByteArray, half: int, axis: int) -> ByteArray:
    """Returns for every pixel the largest value within ``half`` pixels along one axis.

    The window grows by doubling: the maximum over 2n pixels is the larger of two maxima over n.
    """
    image = np.moveaxis(image, axis, 0)
    beyond = np.zeros((half, *image.shape[1:]), dtype=image.dtype)
    largest = np.concatenate([beyond, image, beyond])
    covered, window = 1, 2 * half + 1
    while covered < window:
        step = min(covered, window - covered)
        largest = np.maximum(largest[:-step], largest[step:])
        covered += step
    return np.moveaxis(largest, 0, axis)


def reduction(image: ByteArray, side: int) -> int:
    """Returns the integer factor, at least 1, that brings the longer side nearest to ``side`` pixels."""
    return max(1, round(int(max(image.shape)) / side))


def shrink(image: ByteArray, factor: int) -> ByteArray:
    """Averages blocks of ``factor`` × ``factor`` pixels; the last ones may be smaller."""
    from PIL import Image

    return image if factor == 1 else np.asarray(Image.fromarray(image).reduce(factor))


def blocks(image: AnyArray, factor: int) -> AnyArray:
    """Divides an image into blocks, (rows, factor, columns, factor), filled with zeros at the end."""
    height, width = image.shape
    filled = np.pad(image, ((0, -height % factor), (0, -width % factor)))
    return filled.reshape(-1, factor, filled.shape[1] // factor, factor)


def resample(image: ByteArray, shape: tuple[int, ...]) -> ByteArray:
    """Resizes an image to another (height, width): area averaging to shrink, bilinear to enlarge."""
    from PIL import Image

    if image.shape == shape:
        return image
    height, width = shape
    grows = height * width > image.size
    how = Image.Resampling.BILINEAR if grows else Image.Resampling.BOX
    return np.asarray(Image.fromarray(image).resize((width, height), how))
