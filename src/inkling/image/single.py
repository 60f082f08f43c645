"""Normalizes an image of exactly one digit, photographed or drawn.

    even paper:  gray → find_ink → normalize_in_steps
    otherwise:   gray → segment → the ink of all the writing → normalize_in_steps

A frame around the picture is cut off first, and a digit that fills its image gets a margin.

Drawings, scans and training images have even paper. On a photograph, shadows, grain or a table would
count as ink, so the light is divided out first, as for a page of digits. In a printed box, its lines
would, so they are removed, as on a page.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from inkling._types import BoolArray, ByteArray
from inkling.image.margins import inside_frame, paper_of_crop
from inkling.image.normalize import (
    Normalized,
    bounding_box,
    edge_pixels,
    find_ink,
    normalize_in_steps,
)
from inkling.image.page.cut_outs import own_ink
from inkling.image.page.filters import blocks
from inkling.image.page.rows import Mark
from inkling.image.page.segment import segment

THUMBNAIL = 40  # longer side, in pixels, below which an image is one digit and no photograph
EVEN = 2.0  # gray levels by which half of an even edge may differ from its median
COARSE = 24  # side of the coarse copy in which a frame is looked for; gaps of dashes vanish in it
WIDE = 0.8  # share of the ink's box that a row or column of a frame's ink spans
ENCLOSED = 0.7  # share of such rows, and of such columns, in a frame
MOST_INK = 0.5  # largest share of an image that a digit covers; more is paper on a table


def normalize_single(gray: ByteArray) -> ByteArray:
    """Normalizes the image (H, W) of one digit, in any light, to (28, 28); zeros if it is empty."""
    return normalize_single_in_steps(gray).pixels


def normalize_single_in_steps(gray: ByteArray) -> Normalized:
    """Normalizes the image (H, W) of one digit, and keeps what every step makes of it."""
    return normalize_in_steps(_find_single_ink(gray))


def _find_single_ink(gray: ByteArray) -> ByteArray:
    if max(gray.shape) >= THUMBNAIL:
        gray = gray[inside_frame(gray)]
    paper = paper_of_crop(gray)
    if paper is not None:
        return find_ink(np.pad(gray, 1, constant_values=paper))
    if max(gray.shape) < THUMBNAIL:
        return find_ink(gray)
    even = _is_even(gray)
    if even and not _is_enclosed(gray):
        return find_ink(gray)
    found = segment(gray)
    rows = found.rows
    if not rows or (even and (found.strokes is None or found.strokes.frames is None)):
        return find_ink(gray)
    whole = reduce(Mark.joined, [mark for row in rows for mark in row.marks])
    mask = rows[0].components.mask(whole.parts, whole.box)
    return own_ink(rows[0].ink, mask, *whole.box[:2])


def _is_enclosed(gray: ByteArray) -> bool:
    """Whether ink surrounds the middle of the image as a frame does; a round 0 is narrower above."""
    ink = find_ink(gray)
    ink = ink[bounding_box(ink > ink.max() // 4)] if ink.any() else ink
    factor = max(1, max(ink.shape) // COARSE)
    coarse: BoolArray = blocks(ink > ink.max() // 4, factor).max(axis=(1, 3))
    return all(_spans(part).mean() >= ENCLOSED for part in (coarse, coarse.T))


def _spans(mask: BoolArray) -> BoolArray:
    """Returns for each row of a mask (H, W) whether its ink extends over most of the width."""
    length = mask.shape[1]
    first, last = mask.argmax(axis=1), length - 1 - mask[:, ::-1].argmax(axis=1)
    spans: BoolArray = mask.any(axis=1) & (last - first >= WIDE * (length - 1))
    return spans


def _is_even(gray: ByteArray) -> bool:
    edge = edge_pixels(gray)
    paper = np.float32(np.median(edge))
    differs = np.abs(gray - paper)
    even = np.median(np.abs(edge - paper)) <= EVEN
    return bool(even and (differs > differs.max() / 2).mean() <= MOST_INK)
