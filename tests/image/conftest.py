"""Pages of handwritten digits, drawn from strokes, on paper of any light, grain and slope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from inkling._types import ByteArray

Stroke = NDArray[np.float64]
"""(N, 2): x to the right and y down, in heights of a digit."""

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
"""One way to write each of the digits 0 to 9; the five has its bar, the four two strokes."""


@dataclass(frozen=True)
class Look:
    """How a page looks and was photographed."""

    height: int = 44  # of a digit, in pixels
    pen: float = 0.09  # width of the pen, in heights of a digit
    gap: float = 0.3  # between digits, in heights; below 0 they touch
    slope: float = 0.0  # of the rows, pixels down per pixel to the right
    ink: float = 0.75  # the share of the light that the ink absorbs
    paper: int = 220  # the gray level of paper in full light
    fall: float = 0.0  # how much darker the darkest corner is than the brightest
    shadow: float = 1.0  # the light that is left in a shadow with a hard edge
    grain: float = 2.0  # standard deviation of the noise, in gray levels
    ruled: float = 0.0  # the share of the light that ruled lines absorb
    table: int | None = None  # gray level of a table that is visible around the page
    chalk: bool = False  # whether the writing is light on dark


@dataclass(frozen=True)
class Page:
    """A page (H, W), and for each row its digits' boxes: left, top, right, bottom."""

    gray: ByteArray
    boxes: list[list[tuple[float, float, float, float]]]


@pytest.fixture
def page() -> Callable[..., Page]:
    """A function that draws a page."""
    return _draw_page


def _draw_page(rows: Sequence[str], seed: int = 0, **looks: Any) -> Page:
    """Writes rows of digits such as ["407", "12"] on a page and photographs it."""
    rng, look = np.random.default_rng(seed), Look(**looks)
    glyphs = [[_write_digit(int(digit), rng) for digit in row] for row in rows]
    margin, half = 1.5 * look.height, look.pen * look.height / 2
    strokes: list[Stroke] = []  # in pixels
    boxes: list[list[tuple[float, float, float, float]]] = []
    for number, row in enumerate(glyphs):
        x, line = margin, []
        for glyph in row:
            size = look.height * rng.uniform(0.88, 1.12)
            points = np.concatenate(glyph)
            y = margin + number * 2 * look.height + look.slope * x
            y += look.height * rng.uniform(-0.06, 0.06)
            left, right = points[:, 0].min(), points[:, 0].max()
            placed = [(stroke - (left, 0)) * size + (x, y) for stroke in glyph]
            strokes += placed
            low, high = np.concatenate(placed).min(axis=0), np.concatenate(placed).max(axis=0)
            line.append((*(low - half), *(high + half)))
            x += (right - left) * size + look.height * (look.gap + look.pen)
            x += look.height * rng.uniform(0, 0.15)
        boxes.append(line)
    width = max(box[2] for row in boxes for box in row) + margin
    lift = max(0.0, -look.slope * width)  # room for a row that climbs
    boxes = [[(x, y + lift, r, b + lift) for x, y, r, b in row] for row in boxes]
    bottom = max(box[3] for row in boxes for box in row)
    cover = _draw(strokes, (round(bottom + margin), round(width)), look, lift)
    return Page(_photograph(cover, rng, look, margin), boxes)


def _write_digit(digit: int, rng: np.random.Generator) -> list[Stroke]:
    """A digit as a person might write it: of another width and slant each time, and shaky."""
    slant, width = rng.uniform(-0.05, 0.25), rng.uniform(0.85, 1.15)
    strokes = []
    for skeleton in SKELETONS[digit]:
        points = np.array(skeleton) + rng.normal(0, 0.015, (len(skeleton), 2))
        dense = np.linspace(0, len(points) - 1, 6 * len(points))
        x, y = (np.interp(dense, np.arange(len(points)), points[:, axis]) for axis in (0, 1))
        strokes.append(np.stack([x * width + slant * (1 - y), y], axis=1))
    return strokes


def _draw(strokes: list[Stroke], shape: tuple[int, int], look: Look, lift: float) -> ByteArray:
    """The share of each pixel (H, W) that ink covers, drawn three times as large."""
    large = Image.new("L", (3 * shape[1], 3 * shape[0]))
    pencil = ImageDraw.Draw(large)
    width = 3 * look.pen * look.height
    for stroke in strokes:
        points = [(3 * x, 3 * (y + lift)) for x, y in stroke.tolist()]
        pencil.line(points, fill=255, width=max(1, round(width)), joint="curve")
        for point in (points[0], points[-1]):
            pencil.circle(point, width / 2, fill=255)
    return np.asarray(large.resize(shape[::-1], Image.Resampling.BOX))


def _photograph(cover: ByteArray, rng: np.random.Generator, look: Look, margin: float) -> ByteArray:
    """Paper, ruling, light, table, lens and grain."""
    height, width = cover.shape
    y, x = np.mgrid[:height, :width]
    page = look.paper * (1 - look.ink * cover / 255)
    if look.chalk:
        page = look.paper / 5 + look.paper * look.ink * cover / 255
    below = (y - margin - 0.01 * x) % (2 * look.height)  # the row's top
    page *= 1 - look.ruled * (np.abs(below - look.height) < max(0.6, 0.015 * look.height))
    page *= 1 - look.fall * (x / width + y / height) / 2
    page[x + 0.4 * y > 0.6 * width] *= look.shadow
    if look.table is not None:
        inside = np.minimum.reduce([x, y - 0.02 * x, width - 1 - x + 0.02 * y, height - 1 - y])
        page[inside < 0.35 * margin] = look.table
    lens = Image.fromarray(page.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))
    return (np.asarray(lens) + rng.normal(0, look.grain, cover.shape)).clip(0, 255).astype(np.uint8)
