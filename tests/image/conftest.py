"""Pages of handwriting to read: digits from strokes, on paper of any light, grain and slope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from inkling._types import ByteArray

Glyph = list[NDArray[np.float64]]
"""Strokes, each (N, 2): x to the right and y down, in heights of a digit."""

SKELETONS: tuple[tuple[tuple[tuple[float, float], ...], ...], ...] = (
    (((0.30, 0.0), (0.08, 0.2), (0.0, 0.55), (0.12, 0.9), (0.32, 1.0), (0.52, 0.85), (0.6, 0.5),
      (0.52, 0.15), (0.30, 0.0)),),
    (((0.1, 0.0), (0.08, 0.5), (0.05, 1.0)),),
    (((0.0, 0.2), (0.15, 0.02), (0.4, 0.0), (0.52, 0.2), (0.4, 0.5), (0.0, 1.0), (0.6, 0.98)),),
    (((0.0, 0.08), (0.3, 0.0), (0.5, 0.15), (0.42, 0.38), (0.18, 0.46), (0.48, 0.58), (0.55, 0.8),
      (0.3, 1.0), (0.0, 0.9)),),
    (((0.3, 0.0), (0.0, 0.62), (0.6, 0.62)), ((0.45, 0.35), (0.42, 1.0))),
    (((0.1, 0.0), (0.05, 0.42), (0.35, 0.4), (0.52, 0.65), (0.35, 0.97), (0.0, 0.95)),
     ((0.14, 0.0), (0.58, -0.03))),
    (((0.45, 0.0), (0.12, 0.35), (0.0, 0.75), (0.2, 1.0), (0.45, 0.9), (0.45, 0.62), (0.22, 0.55),
      (0.03, 0.75)),),
    (((0.0, 0.02), (0.55, 0.0), (0.3, 0.5), (0.2, 1.0)),),
    (((0.48, 0.12), (0.25, 0.0), (0.06, 0.15), (0.2, 0.42), (0.5, 0.7), (0.4, 0.97), (0.15, 0.97),
      (0.02, 0.75), (0.22, 0.48), (0.46, 0.25), (0.48, 0.12)),),
    (((0.5, 0.15), (0.3, 0.0), (0.05, 0.15), (0.05, 0.4), (0.25, 0.5), (0.46, 0.35), (0.5, 0.15),
      (0.48, 0.6), (0.4, 1.0)),),
)  # fmt: skip
"""How the digits 0 to 9 are written, one way each; the five with its bar, the four in two strokes."""


@dataclass(frozen=True)
class Look:
    """How a page looks and was photographed.

    Attributes:
        height: of a digit, in pixels.
        pen: width of the pen, in heights of a digit.
        gap: between digits, in heights; below 0 they touch.
        slope: of the rows, pixels down for each to the right.
        ink: the share of the light that the pen swallows.
        paper: the grey level of paper in full light.
        fall: how much darker the darkest corner is than the brightest.
        shadow: the light that is left in a shadow with a hard edge; 1 for none.
        grain: standard deviation of the noise, in grey levels.
        ruled: the share of the light that ruled lines swallow; 0 for none.
        table: grey level of a table that shows round the page; None where none does.
        chalk: whether the writing is bright on dark.
    """

    height: int = 44
    pen: float = 0.09
    gap: float = 0.3
    slope: float = 0.0
    ink: float = 0.75
    paper: int = 220
    fall: float = 0.0
    shadow: float = 1.0
    grain: float = 2.0
    ruled: float = 0.0
    table: int | None = None
    chalk: bool = False


@dataclass(frozen=True)
class Page:
    """A page and what stands on it.

    Attributes:
        grey: (H, W), uint8.
        boxes: for each row the digits' (left, top, right, bottom), half a pen more than their strokes.
    """

    grey: ByteArray
    boxes: list[list[tuple[float, float, float, float]]]


def write_digit(digit: int, rng: np.random.Generator) -> Glyph:
    """A digit as someone might write it: a little wider, more slanted and shakier each time."""
    slant, width = rng.uniform(-0.05, 0.25), rng.uniform(0.85, 1.15)
    strokes = []
    for skeleton in SKELETONS[digit]:
        points = np.array(skeleton) + rng.normal(0, 0.015, (len(skeleton), 2))
        dense = np.linspace(0, len(points) - 1, 6 * len(points))
        lines = [np.interp(dense, np.arange(len(points)), points[:, axis]) for axis in (0, 1)]
        stroke = np.stack(lines, axis=1)
        stroke[:, 0] = stroke[:, 0] * width + slant * (1 - stroke[:, 1])
        strokes.append(stroke)
    return strokes


def draw_page(
    rows: Sequence[Sequence[Glyph]], rng: np.random.Generator, look: Look | None = None
) -> Page:
    """Writes rows of digits on a page and photographs it."""
    look = look or Look()
    margin, leading = 1.5 * look.height, 2.0 * look.height
    placed, boxes = _place(rows, rng, look, margin, leading)
    width = max([box[2] for row in boxes for box in row], default=6 * margin) + margin
    bottom = max([box[3] for row in boxes for box in row], default=3 * margin)
    # Room for a row that climbs: everything moves down by what the lowest slope lifts it.
    lift = max(0.0, -look.slope * width)
    shape = (round(bottom + lift + margin), round(width))
    cover = _draw(placed, shape, look, lift)
    boxes = [[(x, y + lift, r, b + lift) for x, y, r, b in row] for row in boxes]
    return Page(_photograph(cover, rng, look, leading, margin), boxes)


def _place(
    rows: Sequence[Sequence[Glyph]],
    rng: np.random.Generator,
    look: Look,
    margin: float,
    leading: float,
) -> tuple[list[Glyph], list[list[tuple[float, float, float, float]]]]:
    """Puts every digit in its place; strokes and boxes in pixels."""
    placed, boxes = [], []
    half = look.pen * look.height / 2
    for number, row in enumerate(rows):
        x, line = margin, []
        for glyph in row:
            size = look.height * rng.uniform(0.88, 1.12)
            left = min(stroke[:, 0].min() for stroke in glyph)
            right = max(stroke[:, 0].max() for stroke in glyph)
            y = margin + number * leading + look.slope * x + look.height * rng.uniform(-0.06, 0.06)
            strokes = [(stroke - (left, 0)) * size + (x, y) for stroke in glyph]
            placed.append(strokes)
            points = np.concatenate(strokes)
            low, high = points.min(axis=0) - half, points.max(axis=0) + half
            line.append((low[0], low[1], high[0], high[1]))
            x += (right - left) * size + look.height * (look.gap + look.pen)
            x += look.height * rng.uniform(0, 0.15)
        boxes.append(line)
    return placed, boxes


def _draw(placed: list[Glyph], shape: tuple[int, int], look: Look, lift: float) -> ByteArray:
    """The share of each pixel (H, W) that ink covers, drawn three times as large."""
    large = Image.new("L", (3 * shape[1], 3 * shape[0]))
    pencil = ImageDraw.Draw(large)
    width = 3 * look.pen * look.height
    for glyph in placed:
        for stroke in glyph:
            points = [(3 * x, 3 * (y + lift)) for x, y in stroke.tolist()]
            pencil.line(points, fill=255, width=max(1, round(width)), joint="curve")
            for x, y in (points[0], points[-1]):
                pencil.ellipse(
                    (x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255
                )
    return np.asarray(large.resize(shape[::-1], Image.Resampling.BOX))


def _photograph(
    cover: ByteArray, rng: np.random.Generator, look: Look, leading: float, margin: float
) -> ByteArray:
    """Paper, ruling, light, table, lens and grain."""
    height, width = cover.shape
    y, x = np.mgrid[:height, :width]
    share = cover / 255
    page = look.paper * (1 - look.ink * share)
    if look.chalk:
        page = look.paper / 5 + look.paper * look.ink * share
    if look.ruled:
        on_line = np.abs((y - margin - 0.01 * x) % leading - look.height) < max(
            0.6, 0.015 * look.height
        )
        page *= 1 - look.ruled * on_line
    page = page * (1 - look.fall * (x / width + y / height) / 2)
    page[x + 0.4 * y > 0.6 * width] *= look.shadow
    if look.table is not None:
        inside = np.minimum.reduce([x, y - 0.02 * x, width - 1 - x + 0.02 * y, height - 1 - y])
        page[inside < 0.35 * margin] = look.table
    lens = Image.fromarray(page.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))
    return (np.asarray(lens) + rng.normal(0, look.grain, cover.shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture
def page() -> Callable[..., Page]:
    """Writes rows of digits, such as ["407", "12"], on a page; more about it by name."""

    def write(rows: Sequence[str], seed: int = 0, **looks: object) -> Page:
        rng = np.random.default_rng(seed)
        glyphs = [[write_digit(int(digit), rng) for digit in row] for row in rows]
        return draw_page(glyphs, rng, Look(**looks))  # type: ignore[arg-type]

    return write
