"""The margin of an image: found where a crop has none, and removed where it belongs to no paper.

    a picture pasted on a frame   →  inside_frame   →  the picture
    a digit that fills its image  →  paper_of_crop  →  the gray of its paper, for a margin
    a drawing                     →  even_paper     →  the gray of its paper

Everything else takes what surrounds the writing for its paper. In a tight crop strokes cover most of the
edge, and in a picture that was pasted on a page, a slide or a square, the surroundings are no paper.
"""

from __future__ import annotations

import numpy as np

from inkling._types import BoolArray, ByteArray
from inkling.image.normalize import bounding_box, edge_pixels
from inkling.image.page.components import Components, find_components
from inkling.image.page.filters import reduction, shrink

SIDE = 400  # longer side, in pixels, of the copy in which ink is told from paper
EVEN = 3  # gray levels that a fifth of the pixels of an even paper may span
CONTRAST = 40  # gray levels by which ink differs from the paper of an even crop
ONE_INK = 0.65  # least share of the strongest contrast that half of the ink has; a shadow has less
CROSSING = 0.02  # share of the edge from which on ink crosses it
MOSTLY = 0.8  # share of the edge and of the image from which on a color is certainly the paper
CLEARLY = 0.75  # share of the edge from which on it decides if the pieces do not
SPECK = 0.002  # share of an image below which a piece of one color is a speck
STROKE = 60  # least square of a stroke's outline, in areas
FRAME = 6  # gray levels that the pixels of a frame span, and by which a picture differs from it
LEFT = 0.1  # largest share of a picture in a frame that has the frame's color
STEP = 12  # gray levels by which the edge of a picture stands out from its frame
LEAST = 0.25  # least share of an image that a picture in a frame covers
INK = 0.25  # least contrast of ink in that picture, as a share of the contrast of paper and frame


def inside_frame(gray: ByteArray) -> tuple[slice, slice]:
    """Returns the rows and columns of an image (H, W) that lie inside a frame of one even color.

    The frame is also the bars that make a picture square, on two sides only. What is inside counts as a
    picture if it fills its rectangle and has ink of its own; otherwise all of the image is returned.
    """
    whole = (slice(0, gray.shape[0]), slice(0, gray.shape[1]))
    sides = [side for side in (gray[0], gray[-1], gray[:, 0], gray[:, -1]) if np.ptp(side) <= FRAME]
    for frame in sorted({int(np.median(side)) for side in sides}):
        differs = np.maximum(gray, frame) - np.minimum(gray, frame) > FRAME
        if not differs.any():
            continue
        box = bounding_box(differs)
        if box == whole or differs[box].mean() < 1 - LEFT:
            continue
        soft = max(1, min(gray.shape) // 100)  # where the picture and its frame blend
        rows, columns = (
            slice(side.start + soft * (side.start > 0), side.stop - soft * (side.stop < length))
            for side, length in zip(box, gray.shape, strict=True)
        )
        inside = gray[rows, columns]
        if inside.size >= LEAST * gray.size and _is_picture(inside, frame):
            return rows, columns
    return whole


def _is_picture(inside: ByteArray, frame: int) -> bool:
    """Whether an image has an edge that stands out from the frame around it, and ink on its paper."""
    sides = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
    if min(abs(float(np.median(side)) - frame) for side in sides) < STEP:
        return False
    paper = np.float32(np.median(edge_pixels(inside)))
    contrast = np.percentile(np.abs(inside - paper), 99.5)
    return bool(contrast >= max(CONTRAST, INK * abs(paper - frame)))


def paper_of_crop(gray: ByteArray) -> int | None:
    """Returns the gray of the paper of an image (H, W) that a digit fills; None if it is another image.

    What crosses the edge of a photograph is a shadow or the table, and the paper is not even.
    """
    return None if has_margin(gray) else even_paper(gray)


def has_margin(gray: ByteArray) -> bool:
    """Whether one gray surrounds what an image (H, W) shows, and covers half of it."""
    edge = edge_pixels(gray)
    differs = np.abs(gray - np.float32(edge[0])) > CONTRAST
    return bool(np.ptp(edge) < CONTRAST and differs.mean() < 0.5)


def even_paper(gray: ByteArray) -> int | None:
    """Returns the gray of the paper of an image (H, W) whose paper and ink are of one even gray each.

    None for another image, such as a photograph with shadows, and for paper on an even table.
    """
    gray = shrink(gray, reduction(gray, SIDE))
    low, high = np.percentile(gray, [2, 98])
    if high - low < CONTRAST:
        return None
    light = gray > (low + high) / 2
    is_light = _is_light_paper(light)
    if is_light is None:
        return None
    paper, ink = gray[light == is_light], gray[light != is_light]
    # The soft edges of strokes are paper, too, on the side towards the ink.
    level, farthest = np.percentile(paper, [75, 95] if is_light else [25, 5])
    is_even = abs(farthest - level) <= EVEN
    strongest = level - low if is_light else high - level
    has_one_ink = abs(np.median(ink) - level) >= ONE_INK * strongest
    return int(level) if is_even and has_one_ink else None


def _is_light_paper(light: BoolArray) -> bool | None:
    """Returns whether the light pixels of a digit that fills its image are the paper; None if none does.

    The edge consists of stretches of ink and of paper in turn. Lines that connect them within the image
    cannot cross, so either the ink connects its stretches and separates those of the paper, or the
    reverse. A pen connects: the paper is the color that falls into more pieces. If that is a tie, or if
    one color covers most of the image and its edge, the edge decides, unless it is a close result.
    """
    on_edge = float(edge_pixels(light).mean())
    is_light, most = on_edge > 0.5, max(on_edge, 1 - on_edge)
    covered = (light == is_light).mean()
    if most < 1 - CROSSING and min(covered, most) < MOSTLY:
        pieces = _pieces_on_edge(light) - _pieces_on_edge(~light)
        if pieces == 0 and most < CLEARLY:
            return None
        is_light = pieces > 0 if pieces else is_light
    ink = light != is_light
    may_be_paper = ink.mean() > 0.5 or most == 1
    return None if may_be_paper and _holds_ink(ink) else is_light


def _holds_ink(shape: BoolArray) -> bool:
    """Whether a shape is paper on a table and no ink: it has holes as long and thin as strokes.

    A disk has a squared outline, in pixel sides, of 20 times its area. Nine in ten holes of bold digits
    have less than 65 times theirs; a slit may have more, and its digit is then read as a photograph.
    """
    holes = find_components(~shape)
    inner = ~_touches_edge(holes, shape) & (holes.areas >= SPECK * shape.size)
    return bool((holes.edges[inner] ** 2 > STROKE * holes.areas[inner]).any())


def _pieces_on_edge(color: BoolArray) -> int:
    """Returns how many pieces of a color touch the edge, without specks."""
    found = find_components(color)
    return int((_touches_edge(found, color) & (found.areas >= SPECK * color.size)).sum())


def _touches_edge(found: Components, image: BoolArray) -> BoolArray:
    left, top, right, bottom = found.boxes.T
    height, width = image.shape
    touches: BoolArray = (left == 0) | (top == 0) | (right == width) | (bottom == height)
    return touches
