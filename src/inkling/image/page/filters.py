"""The few filters that finding ink needs: the brightest pixel around, closing, shrinking, enlarging.

All of them work on bytes, where a maximum is cheap, and their time does not grow with the size of the
window but with its logarithm. ``light.py`` tells paper from ink with them.
"""

from __future__ import annotations

import numpy as np

from inkling._types import ByteArray


def dilate(image: ByteArray, half: int) -> ByteArray:
    """Gives every pixel the largest value in the square window around it.

    Args:
        image: (H, W), uint8.
        half: how far the window reaches on every side, in pixels; beyond the picture lies 0.

    Returns:
        (H, W), uint8.

    Example:
        >>> dilate(np.array([[0, 0, 7, 0, 0, 0]], dtype=np.uint8), 1)
        array([[0, 7, 7, 7, 0, 0]], dtype=uint8)
    """
    return running_max(running_max(image, half, axis=0), half, axis=1)


def close(image: ByteArray, half: int, axis: int | None = None) -> ByteArray:
    """Fills in what is darker than its surroundings and narrower than the window.

    Thin dark strokes vanish; the edges of larger dark regions, such as shadows, stay exactly where they
    are. That is what a mean, a median or a maximum alone cannot do.

        close(image) = erode(dilate(image))

    Args:
        image: (H, W), uint8.
        half: how far the window reaches on every side. The picture goes on beyond its edge with the
            pixels of the edge, so that a dark table that shows there counts as large.
        axis: the one axis along which to close; both by default.

    Returns:
        (H, W), uint8, nowhere darker than the image.

    Example:
        >>> close(np.array([[9, 9, 2, 9, 9, 3, 3, 3, 3]], dtype=np.uint8), 1)
        array([[9, 9, 9, 9, 9, 3, 3, 3, 3]], dtype=uint8)
    """
    axes = (0, 1) if axis is None else (axis,)
    margin = 2 * half + 1
    padded = np.pad(image, [(margin if side in axes else 0,) * 2 for side in (0, 1)], mode="edge")
    if axis is None:
        _cross_no_edge(padded, half, margin)
    for side in axes:
        padded = running_max(padded, half, side)
    padded = 255 - padded
    for side in axes:
        padded = running_max(padded, half, side)
    inner = tuple(slice(margin, -margin) if side in axes else slice(None) for side in (0, 1))
    return np.asarray(255 - padded[inner], dtype=np.uint8)


def _cross_no_edge(padded: ByteArray, half: int, margin: int) -> None:
    """Takes strokes that end at the picture's edge out of the margin, or they would count as large."""
    for lines in (padded, padded.T):
        lines[:margin] = close(lines[margin : margin + 1], half, axis=1)
        lines[-margin:] = close(lines[-margin - 1 : -margin], half, axis=1)


def running_max(image: ByteArray, half: int, axis: int) -> ByteArray:
    """Gives every pixel the largest value within ``half`` pixels along one axis.

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


def shrink(image: ByteArray, factor: int) -> ByteArray:
    """Averages blocks of ``factor`` × ``factor`` pixels; the last ones may be cut off by the edge.

    Args:
        image: (H, W), uint8.
        factor: at least 1.

    Returns:
        (⌈H / factor⌉, ⌈W / factor⌉), uint8.
    """
    from PIL import Image

    return image if factor == 1 else np.asarray(Image.fromarray(image).reduce(factor))


def resample(image: ByteArray, shape: tuple[int, int]) -> ByteArray:
    """Brings an image to another shape, smoothly: by area where it shrinks, by lines where it grows.

    Args:
        image: (H, W), uint8.
        shape: the new height and width.
    """
    from PIL import Image

    if image.shape == shape:
        return image
    grows = shape[0] * shape[1] > image.size
    how = Image.Resampling.BILINEAR if grows else Image.Resampling.BOX
    return np.asarray(Image.fromarray(image).resize(shape[::-1], how))
