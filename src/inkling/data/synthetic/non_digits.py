"""Images that are not digits, drawn at random: what a model should reject.

    random points → strokes, scribbles or noise → normalized like a digit

None of them is a letter of a font or comes from a benchmark: they teach the boundary of digits, not
what is outside. About one in a hundred is a digit by chance, which is harmless.
``training/post_training.py`` fits a model's rejector to them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from inkling._checks import check_range
from inkling._types import ByteArray, FloatArray
from inkling.image.normalize import normalize

SIDE = 84  # side of the page, in pixels: three per pixel of the finished image
THINNEST, THICKEST = 5.0, 17.0  # width of the pen, in pixels of the page


def draw_non_digits(count: int, *, rng: np.random.Generator) -> ByteArray:
    """Draws ``count`` normalized images (N, 28, 28): half strokes, three in ten scribbles, then noise.

    Raises:
        SettingError: if ``count`` is not a whole number of at least 1.
    """
    check_range("draw_non_digits", "count", count, low=1, whole=True)
    kinds: tuple[Callable[[np.random.Generator], ByteArray], ...] = (_strokes, _scribble, _noise)
    chosen = rng.choice(len(kinds), count, p=(0.5, 0.3, 0.2))
    return np.stack([normalize(kinds[kind](rng)) for kind in chosen])


def _strokes(rng: np.random.Generator) -> ByteArray:
    """Draws three to six strokes between the knots of a grid, as in letters, or random points."""
    if rng.random() < 0.5:
        grid = np.stack(np.meshgrid([0, 0.5, 1], [0, 0.5, 1]), axis=-1).reshape(-1, 2)
        knots = grid * [rng.uniform(0.5, 1.1), 1]
    else:
        knots = rng.random((rng.integers(4, 8), 2))
    lines = []
    for _ in range(rng.integers(3, 7)):
        start, end = knots[rng.choice(len(knots), 2, replace=False)]
        middle = (start + end) / 2
        if rng.random() < 0.3:
            middle = middle + rng.normal(0, 0.25, 2)
        share = np.linspace(0, 1, 12)[:, np.newaxis]  # along a quadratic Bézier curve
        lines.append((1 - share) ** 2 * start + 2 * share * (1 - share) * middle + share**2 * end)
    return _draw(lines, rng)


def _scribble(rng: np.random.Generator) -> ByteArray:
    """Draws one long line: back and forth, a random walk or a zigzag; with corners or rounded."""
    count = rng.integers(6, 22)
    kind = rng.random()
    if kind < 0.4:
        points = rng.random((count, 2))
    elif kind < 0.7:
        points = rng.normal(size=(count, 2)).cumsum(axis=0)
    else:
        along = np.arange(count) / count * rng.uniform(0.5, 2)
        across = np.arange(count) % 2 + rng.normal(0, 0.1, count)
        angle = rng.uniform(0, 2 * np.pi)
        turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        points = np.stack([along, across], axis=1) @ np.array(turn)
    return _draw([_rounded(points) if rng.random() < 0.6 else points], rng)


def _rounded(points: FloatArray) -> FloatArray:
    """Smooths a line: eight steps per point, then the mean of every nine steps."""
    at = np.arange(len(points))
    steps = np.linspace(0, len(points) - 1, 8 * len(points))
    padded = [np.pad(np.interp(steps, at, axis), 4, mode="edge") for axis in points.T]
    return np.stack([np.convolve(axis, np.full(9, 1 / 9), "valid") for axis in padded], axis=1)


def _noise(rng: np.random.Generator) -> ByteArray:
    """Draws gray or black grains of several sizes, some blurred, some thresholded."""
    side = int(rng.choice([14, 28, 28, 56]))
    grains = rng.random((side, side))
    if rng.random() < 0.5:
        grains = (grains < rng.uniform(0.05, 0.6)).astype(float)
    for _ in range(rng.integers(0, 4)):
        for axis in (0, 1):
            grains = (grains + np.roll(grains, 1, axis) + np.roll(grains, -1, axis)) / 3
    grains = (grains - grains.min()) / np.ptp(grains)
    if rng.random() < 0.3:
        grains = (grains > rng.uniform(0.3, 0.7)).astype(float)
    noise: ByteArray = (255 * grains).astype(np.uint8)
    return noise


def _draw(lines: list[FloatArray], rng: np.random.Generator) -> ByteArray:
    """Draws lines of points (P, 2), scaled to the page, with a pen of random width."""
    from PIL import Image, ImageDraw

    pen = rng.uniform(THINNEST, THICKEST)
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    size = (SIDE - pen - 8) / max((high - low).max(), 1e-6)
    page = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(page)
    for line in lines:
        placed = [(float(x), float(y)) for x, y in (line - (low + high) / 2) * size + SIDE / 2]
        draw.line(placed, fill=255, width=round(pen), joint="curve")
        for x, y in (placed[0], placed[-1]):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(page)
