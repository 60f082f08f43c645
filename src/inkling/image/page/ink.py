"""From a grey picture to its writing: find it, measure it, and once more with what was learnt.

    polarity → paper → ink → strokes → pen's width → paper again with a window for this pen → …

How wide a window should look for paper depends on the pen, and the pen is known only after looking. So
the first pass uses a window that no pen fills, and a second one a window of a few pens, in which hardly
any shadow is left. Where long lines show up, a third takes ruled lines for paper. The strokes go to
``segment.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._types import ByteArray
from inkling.image.page.components import Components, find_components
from inkling.image.page.light import BoolArray, find_off_page, find_paper, ink_map, keep_ruling
from inkling.image.page.threshold import find_strokes
from inkling.image.page.writing import Writing, find_writing
from inkling.image.polarity import is_light_on_dark

PENS = 5
"""Width of the second window in pens: strokes that cross are wider than one."""
RULED = 0.15
"""Share of the ink in long lines from which on a page counts as ruled."""


@dataclass(frozen=True)
class Strokes:
    """The writing of a picture.

    Attributes:
        paper: (H, W), uint8: the light, what the picture would be without its writing.
        ink: (H, W), uint8, paper 0.
        components: what hangs together.
        writing: which components are worth reading; None where none is.
    """

    paper: ByteArray
    ink: ByteArray
    components: Components
    writing: Writing | None


def find_ink(grey: ByteArray) -> Strokes:
    """Finds the writing in a picture, whatever its light and polarity.

    Args:
        grey: (H, W), uint8, at least 8 pixels on either side.

    Returns:
        Its strokes.
    """
    dark_on_light = 255 - grey if is_light_on_dark(grey) else grey
    half = max(2, max(grey.shape) // 6, min(grey.shape) // 4)
    paper = find_paper(dark_on_light, half)
    off_page = find_off_page(paper)
    strokes = _trace(dark_on_light, paper, off_page, max(24, min(grey.shape) // 6))
    if strokes.writing is None:
        return strokes
    block = round(4 * strokes.writing.pen)
    narrower = int(np.ceil(PENS * strokes.writing.pen / 2)) + 2
    if narrower < 0.8 * half:
        paper = find_paper(dark_on_light, narrower)
        strokes = _trace(dark_on_light, paper, off_page, max(12, block))
    if strokes.writing is not None and strokes.writing.ruled > RULED:
        height = strokes.writing.height
        ruled = keep_ruling(dark_on_light, round(2 * height), max(1, int(0.12 * height)))
        strokes = _trace(dark_on_light, np.minimum(paper, ruled), off_page, max(12, block))
    return strokes


def _trace(grey: ByteArray, paper: ByteArray, off_page: BoolArray, block: int) -> Strokes:
    ink = ink_map(grey, paper, off_page)
    mask, floor = find_strokes(ink, block)
    found = find_components(mask)
    return Strokes(paper, ink, found, find_writing(ink, floor, found) if len(found) else None)
