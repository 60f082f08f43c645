"""Draws every stage between an image and the answer side by side, to show where a reading went wrong.

Nothing is read again: the panels show what the recognizer kept while it read (``reading.py``).

a page:    image  →  its light  →  its ink  →  components  →  candidates  →  28 × 28
one digit: image  →  its ink  →  cropped  →  20 × 20  →  28 × 28
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inkling._types import AnyArray
from inkling.image.normalize import crop
from inkling.image.page.filters import blocks, reduction
from inkling.image.page.segment import Segmentation
from inkling.recognize.annotate import annotate, color_of, rescale, write
from inkling.recognize.reading import Digit, DigitTrace, PageTrace

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

PANEL = 520
"""Longest side, in pixels, of one stage on the sheet."""
TITLE = 30
"""Height of the line above it."""
COLUMNS = 3
MOST_DIGITS = 60
"""The most 28 × 28 images that are shown."""
PALETTE = ((0, 98, 177), (194, 78, 0), (0, 130, 90), (150, 60, 150), (120, 100, 0), (0, 130, 160))
IGNORED = (205, 205, 205)

Stage = tuple[str, "AnyArray | PillowImage"]


def draw_stages(trace: PageTrace | DigitTrace) -> PillowImage:
    """Draws the stages of one reading."""
    return _sheet(_page_stages(trace) if isinstance(trace, PageTrace) else _digit_stages(trace))


def _page_stages(trace: PageTrace) -> list[Stage]:
    """Six panels, or two if the page is too small to contain a digit."""
    stages: list[Stage] = [("1 · the image", trace.gray)]
    strokes = trace.found.strokes
    if strokes is not None:
        stages += [
            ("2 · its light: paper without ink", strokes.paper),
            ("3 · its ink: 1 - gray / paper", 255 - strokes.ink),
            ("4 · components; pale: ignored", _color_components(trace.found)),
            ("5 · candidates, and the chosen ones", _draw_candidates(trace)),
        ]
    inputs = _draw_inputs(trace.reading.digits)
    return [*stages, (f"{len(stages) + 1} · what the network gets", inputs)]


def _digit_stages(trace: DigitTrace) -> list[Stage]:
    """Five panels, or two if there is no ink."""
    ink, resized, pixels = trace.steps
    stages: list[Stage] = [("1 · the image", trace.gray), ("2 · its ink", 255 - ink)]
    if ink.any():
        coarse = blocks(ink, reduction(ink, 2 * PANEL)).max(axis=(1, 3))  # no more than is seen
        stages += [
            ("3 · cropped to a square", 255 - crop(coarse)),
            ("4 · 20 × 20, strongest ink 255", 255 - resized),
            (f"5 · center of mass in 28 × 28: {trace.digit.text}", 255 - pixels),
        ]
    return stages


def _color_components(found: Segmentation) -> NDArray[np.uint8]:
    """(H, W, 3): each component in a color of its own, pale if no mark of a row contains it."""
    assert found.strokes is not None
    components = found.strokes.components
    image = np.full((*found.strokes.ink.shape, 3), 255, dtype=np.uint8)
    kept = {part for row in found.rows for mark in row.marks for part in mark.parts}
    for number, (left, top, right, bottom) in enumerate(components.boxes.tolist()):
        mask = components.mask([number], (left, top, right, bottom))
        color = PALETTE[number % len(PALETTE)] if number in kept else IGNORED
        image[top:bottom, left:right][mask] = color
    return image


def _draw_candidates(trace: PageTrace) -> PillowImage:
    from PIL import ImageDraw

    image = annotate(trace.gray, trace.reading.digits)
    draw = ImageDraw.Draw(image)
    scale = image.width / trace.gray.shape[1]
    for lattice in trace.lattices:
        for candidate in lattice.candidates:
            draw.rectangle([side * scale for side in candidate.box], outline="#8a8a8a")
    return image


def _draw_inputs(digits: Sequence[Digit]) -> PillowImage:
    """The images that the network gets, with its answers."""
    from PIL import Image, ImageDraw

    shown = digits[:MOST_DIGITS]
    columns = max(4, math.ceil(math.sqrt(2 * len(shown))))
    side = PANEL // columns
    sheet = Image.new("RGB", (PANEL, math.ceil(len(shown) / columns) * (side + 20)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, digit in enumerate(shown):
        left, top = number % columns * side, number // columns * (side + 20)
        tile = Image.fromarray(255 - digit.pixels)
        sheet.paste(tile.resize((side - 4, side - 4), Image.Resampling.NEAREST), (left + 2, top))
        draw.rectangle((left + 1, top, left + side - 2, top + side - 4), outline="#c0c0c0")
        answer = f"{digit.text} {digit.percent}"
        write(draw, (left + side / 2, top + side - 2), answer, 13, color_of(digit), "mt")
    return sheet


def _sheet(stages: Sequence[Stage]) -> PillowImage:
    """Panels side by side, three per line, each with its title."""
    from PIL import Image, ImageDraw

    images = [
        Image.fromarray(stage) if isinstance(stage, np.ndarray) else stage for _, stage in stages
    ]
    panels = [rescale(image, PANEL / max(image.size)) for image in images]
    height = max(panel.height for panel in panels) + TITLE + 12
    columns = min(COLUMNS, len(panels))
    lines = math.ceil(len(panels) / columns)
    sheet = Image.new("RGB", (columns * (PANEL + 12) + 12, lines * height + 12), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (panel, (title, _)) in enumerate(zip(panels, stages, strict=True)):
        left, top = 12 + number % columns * (PANEL + 12), 12 + number // columns * height
        write(draw, (left, top), title, 17, "#222222", "lt")
        sheet.paste(panel, (left, top + TITLE))
        edge = (left - 1, top + TITLE - 1, left + panel.width, top + TITLE + panel.height)
        draw.rectangle(edge, outline="#c0c0c0")
    return sheet
