"""The strokes of an image, found in two or three passes; each uses what the one before measured.

    paper → ink → strokes → width of the pen → paper again, with a window for this pen → …

How wide the window for the paper must be depends on the pen, which is not yet measured. So the first
pass uses a window wider than any pen, and the second one a window of a few pens, in which hardly any
shadow is left. If there are long lines, a third pass treats ruled lines as paper.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inkling._types import BoolArray, ByteArray
from inkling.image.page.components import Components, find_components
from inkling.image.page.filters import close, running_max
from inkling.image.page.frames import Frames, find_frames
from inkling.image.page.light import find_off_page, find_paper, ink_map, keep_ruling
from inkling.image.page.ruling import is_ruled
from inkling.image.page.threshold import threshold
from inkling.image.page.writing import Writing, find_writing

PENS = 5  # width of the second window in pens; strokes that cross are wider than one
SLOPE = 100  # pixels over which a dark ruled line may rise or fall by one
RULED = 0.15  # share of the ink in long lines from which on a page counts as ruled


@dataclass(frozen=True)
class Strokes:
    """The strokes of an image."""

    paper: ByteArray  # (H, W): the image without its writing
    ink: ByteArray  # (H, W), paper 0
    components: Components
    writing: Writing | None  # which components are writing, if any
    frames: Frames | None = None  # whose lines are not in the ink


def find_strokes(gray: ByteArray) -> Strokes:
    """Finds the dark strokes in an image (H, W) of at least 8 × 8 pixels, in any light."""
    half = max(2, max(gray.shape) // 6, min(gray.shape) // 4)
    paper = find_paper(gray, half)
    off_page = find_off_page(paper)
    block = max(24, min(gray.shape) // 6)
    strokes = _trace(gray, paper, off_page, block)
    ruled = is_ruled(strokes.components, gray.shape)
    mask, floor = threshold(strokes.ink, block)
    # Frames may be paler than strokes, but where lines are ruled, grain must not look like their sides.
    frames = find_frames(mask if ruled else strokes.ink > floor)
    if frames is not None:
        gray = np.where(frames.lines, paper, gray)
        strokes = _trace(gray, paper, off_page, block)
        ruled = is_ruled(strokes.components, gray.shape)
    ruling = np.full_like(paper, 255)
    if ruled:
        length = gray.shape[1] // 2
        ruling = close(
            255 - running_max(255 - gray, 1 + length // SLOPE, axis=0), length // 2, axis=1
        )
        paper = np.minimum(paper, ruling)
        strokes = _trace(gray, paper, off_page, block)
    if strokes.writing is None:
        return strokes
    block = max(12, round(4 * strokes.writing.pen))
    narrower = int(np.ceil(PENS * strokes.writing.pen / 2)) + 2
    if narrower < 0.8 * half:
        paper = np.minimum(find_paper(gray, narrower), ruling)
        strokes = _trace(gray, paper, off_page, block)
    if strokes.writing is not None and strokes.writing.ruled > RULED:
        height = strokes.writing.height
        lines = keep_ruling(gray, round(2 * height), max(1, int(0.12 * height)))
        strokes = _trace(gray, np.minimum(paper, lines), off_page, block)
    return replace(strokes, frames=frames)


def _trace(gray: ByteArray, paper: ByteArray, off_page: BoolArray, block: int) -> Strokes:
    ink = ink_map(gray, paper, off_page)
    mask, floor = threshold(ink, block)
    found = find_components(mask)
    return Strokes(paper, ink, found, find_writing(ink, floor, found) if len(found) else None)
