"""A picture of exactly one digit, photographed or drawn, becomes the 28 × 28 that the network knows.

    even paper:  grey → normalize
    uneven:      grey → segment → all the writing as one → normalize

Drawings, scans and training images lie on even paper and go straight to ``normalize.py``. On a
photograph shadows, grain or a table would count as ink there, so the light is divided out first, as for
a page of digits.
"""

from __future__ import annotations

import numpy as np

from inkling._types import ByteArray
from inkling.image.normalize import normalize
from inkling.image.page.cut_outs import own_ink
from inkling.image.page.segment import segment

THUMBNAIL = 40
"""Longer side, in pixels, below which a picture holds one digit at most, and is no photograph."""
EVEN = 2.0
"""Grey levels by which half of the edge may differ from its median where paper is even."""
MOST_INK = 0.5
"""Share of a picture beyond which what differs from its edge is no digit, but paper on a table."""


def normalize_single(grey: ByteArray) -> ByteArray:
    """Prepares the picture of one digit, in whatever light.

    Args:
        grey: (H, W), uint8, one digit; dark on light or light on dark.

    Returns:
        (28, 28), uint8, 0 paper to 255 ink; all zeros when the picture is empty.

    Raises:
        ShapeError: the image is not a (H, W) array of uint8 with at least one pixel.

    Example:
        >>> page = np.full((90, 60), 200, dtype=np.uint8)
        >>> page[20:60, 30:34] = 50  # an upright stroke
        >>> page = (page * np.linspace(1, 0.4, 60)).astype(np.uint8)  # the light falls off
        >>> np.flatnonzero((normalize_single(page) > 127).any(axis=0))
        array([13, 14])
    """
    if max(grey.shape) < THUMBNAIL or _is_even(grey):
        return normalize(grey)
    found = segment(grey)
    parts = [part for row in found.rows for mark in row.marks for part in mark.parts]
    if found.strokes is None or not parts:
        return normalize(grey)
    boxes = found.strokes.components.boxes[parts]
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = boxes[:, 2:].max(axis=0).tolist()
    mask = found.strokes.components.mask(parts, (left, top, right, bottom))
    return normalize(own_ink(found.strokes.ink, mask, left, top))


def _is_even(grey: ByteArray) -> bool:
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).astype(np.float32)
    away = np.median(np.abs(edge - np.median(edge)))
    differs = np.abs(grey - np.float32(np.median(edge)))
    return bool(away <= EVEN and (differs > differs.max() / 2).mean() <= MOST_INK)
