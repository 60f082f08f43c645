"""Every stage between a picture and the answer, side by side, to see where a reading went wrong.

    a page:    as opened → its light → its ink → what hangs together → candidates → 28 × 28
    one digit: as opened → its ink → cut out → 20 × 20 → 28 × 28

The stages are those of ``image/page/segment.py`` and ``image/normalize.py``; nothing is computed here
that reading does not compute.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inkling._types import ByteArray
from inkling.image.normalize import center, crop, find_ink, resize
from inkling.image.page.ink import Strokes
from inkling.image.page.segment import Segmentation, segment
from inkling.recognize.annotate import READ, REFUSED, annotate, write
from inkling.recognize.recognizer import Digit

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

PANEL = 520
"""Width, in pixels, of one stage on the sheet."""
TITLE = 30
"""Height of the line above it."""
COLUMNS = 3
MOST_DIGITS = 60
"""So many 28 × 28 images are shown at most."""
PALETTE = ((0, 98, 177), (194, 78, 0), (0, 130, 90), (150, 60, 150), (120, 100, 0), (0, 130, 160))
DROPPED = (205, 205, 205)

Stage = tuple[str, "PillowImage"]


def draw_page_stages(grey: ByteArray, digits: Sequence[Digit]) -> PillowImage:
    """Draws the stages of reading a page.

    Args:
        grey: (H, W), uint8, the upright picture.
        digits: what was read in it.

    Returns:
        A sheet of six panels.
    """
    from PIL import Image

    found = segment(grey)
    stages: list[Stage] = [("1 · the picture", Image.fromarray(grey))]
    if found.strokes is not None:
        stages += [
            ("2 · its light: paper alone", Image.fromarray(found.strokes.paper)),
            ("3 · its ink: 1 - grey / paper", Image.fromarray(255 - found.strokes.ink)),
            ("4 · what hangs together; pale: ignored", Image.fromarray(_colours(found.strokes))),
            ("5 · candidates, and which were chosen", _boxes(grey, found, digits)),
        ]
    stages.append((f"{len(stages) + 1} · what the network is shown", _tiles(digits)))
    return _sheet(stages)


def draw_digit_stages(grey: ByteArray, digit: Digit) -> PillowImage:
    """Draws the stages of reading a picture of one digit.

    Args:
        grey: (H, W), uint8, the upright picture.
        digit: what was read in it.

    Returns:
        A sheet of five panels; two where the picture is empty.
    """
    from PIL import Image

    stages: list[Stage] = [("1 · the picture", Image.fromarray(grey))]
    ink = find_ink(grey)
    stages.append(("2 · its ink", Image.fromarray(255 - ink)))
    if ink.any():
        square = crop(ink)
        small = resize(square)
        stages += [
            ("3 · a square round it", Image.fromarray(255 - square)),
            ("4 · 20 × 20, strongest ink 255", Image.fromarray(255 - small)),
            (f"5 · centre of mass in 28 × 28: {digit.text}", Image.fromarray(255 - center(small))),
        ]
    return _sheet(stages)


def _colours(strokes: Strokes) -> NDArray[np.uint8]:
    """(H, W, 3): each component in a colour of its own, the ignored ones pale."""
    picture = np.full((*strokes.ink.shape, 3), 255, dtype=np.uint8)
    kept = set() if strokes.writing is None else set(strokes.writing.kept.tolist())
    found = strokes.components
    for number, (left, top, right, bottom) in enumerate(found.boxes.tolist()):
        mask = found.mask([number], (left, top, right, bottom))
        colour = PALETTE[number % len(PALETTE)] if number in kept else DROPPED
        picture[top:bottom, left:right][mask] = colour
    return picture


def _boxes(grey: ByteArray, found: Segmentation, digits: Sequence[Digit]) -> PillowImage:
    """All candidates, and over them what was chosen."""
    from PIL import ImageDraw

    picture = annotate(grey, digits)
    pencil = ImageDraw.Draw(picture)
    scale = picture.width / grey.shape[1]
    for row in found.rows:
        for candidate in row.lattice(cut=range(len(row.marks))).candidates:
            pencil.rectangle([side * scale for side in candidate.box], outline="#8a8a8a")
    return picture


def _tiles(digits: Sequence[Digit]) -> PillowImage:
    """The images that went into the network, with the answers."""
    from PIL import Image, ImageDraw

    shown = digits[:MOST_DIGITS]
    columns = max(4, math.ceil(math.sqrt(2 * len(shown))))
    side = PANEL // columns
    rows = math.ceil(len(shown) / columns)
    sheet = Image.new("RGB", (PANEL, rows * (side + 20)), "white")
    pencil = ImageDraw.Draw(sheet)
    for number, digit in enumerate(shown):
        left, top = number % columns * side, number // columns * (side + 20)
        tile = Image.fromarray(255 - digit.pixels)
        sheet.paste(tile.resize((side - 4, side - 4), Image.Resampling.NEAREST), (left + 2, top))
        pencil.rectangle((left + 1, top, left + side - 2, top + side - 4), outline="#c0c0c0")
        answer = f"{digit.text} {100 * digit.confidence:.0f}"
        colour = READ if digit.reason is None else REFUSED
        write(pencil, (left + side / 2, top + side - 2), answer, 13, colour, "mt")
    return sheet


def _sheet(stages: Sequence[Stage]) -> PillowImage:
    """Panels side by side, three in a line, each with its title."""
    from PIL import Image, ImageDraw

    panels = [(title, _fit(picture)) for title, picture in stages]
    height = max(panel.height for _, panel in panels) + TITLE + 12
    columns = min(COLUMNS, len(panels))
    lines = math.ceil(len(panels) / columns)
    sheet = Image.new("RGB", (columns * (PANEL + 12) + 12, lines * height + 12), "white")
    pencil = ImageDraw.Draw(sheet)
    for number, (title, panel) in enumerate(panels):
        left = 12 + number % columns * (PANEL + 12)
        top = 12 + number // columns * height
        write(pencil, (left, top), title, 17, "#222222", "lt")
        sheet.paste(panel, (left, top + TITLE))
        edge = (left - 1, top + TITLE - 1, left + panel.width, top + TITLE + panel.height)
        pencil.rectangle(edge, outline="#c0c0c0")
    return sheet


def _fit(picture: PillowImage) -> PillowImage:
    """Brings a picture into a panel; enlarged pixels stay visible as squares."""
    from PIL import Image

    scale = min(PANEL / picture.width, PANEL / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    return picture.convert("RGB").resize(size, how)
