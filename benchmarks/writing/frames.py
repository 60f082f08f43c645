"""Pictures of handwritten digits in printed frames: single boxes, rows of boxes, grids.

    digits' strokes, a layout of cells  →  polylines in pixels  →  tilted  →  ink  →  paper, light, grain

Frames differ in line width, gray level, corners (square or rounded), and lines (single, double, dashed).
Digits differ in size and place, and may touch or cross their frame. Cells may be empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from inkling._types import ByteArray, FloatArray
from writing.strokes import Written

FINER = 2
"""Ink is drawn this much larger and averaged."""


@dataclass(frozen=True)
class Look:
    """How the frames of a picture look; lengths are in sides of a cell."""

    rows: int = 1
    columns: int = 1
    cell: float = 100.0  # side, in pixels
    gap: float = 0.0  # between neighboring boxes; 0 for a grid with common lines
    line: float = 2.0  # width of the lines, in pixels
    gray: float = 1.0  # how much of the light lines absorb, compared with ink
    radius: float = 0.0  # of the corners
    double: float = 0.0  # distance of the second line; 0 if there is none
    dash: float = 0.0  # length of a dash; 0 for solid lines
    block: int = 0  # every so many lines of a grid are thicker
    tilt: float = 0.0  # degrees
    pen: float = 0.07  # width of the pen
    size: tuple[float, float] = (0.5, 0.78)  # range of the digits' longer side
    touching: float = 0.0  # probability that a digit touches or crosses its frame
    filled: float = 1.0  # probability that a cell is not empty


@dataclass(frozen=True)
class Framed:
    """A picture (H, W), the same without frames, and the digits of each row that has some."""

    kind: str
    gray: ByteArray
    unframed: ByteArray
    text: tuple[str, ...]


@dataclass
class Drawing:
    """Polylines to be drawn, in pixels, with the width of each."""

    lines: list[tuple[FloatArray, float]] = field(default_factory=list)

    def add(self, points: FloatArray, width: float) -> None:
        """Adds a polyline (N, 2)."""
        self.lines.append((np.asarray(points, dtype=float), width))

    def cover(self, size: tuple[int, int], place: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Returns the share of each pixel (H, W) that is covered."""
        page = Image.new("L", (size[0] * FINER, size[1] * FINER), 0)
        pen = ImageDraw.Draw(page)
        for points, width in self.lines:
            placed = (place(points) * FINER).tolist()
            line = [(x, y) for x, y in placed]
            radius = width * FINER / 2
            if len(line) > 1:
                pen.line(line, fill=255, width=max(1, round(2 * radius)))
            for x, y in line if radius > 1 else ():
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        return np.asarray(page.reduce(FINER), dtype=float) / 255


def _one(rng: np.random.Generator) -> Look:
    """A single box with plain lines."""
    return Look(
        cell=rng.uniform(60, 260),
        line=rng.uniform(1, 4),
        gray=rng.uniform(0.45, 1),
        tilt=_tilt(rng),
    )


def _tilt(rng: np.random.Generator, least: float = 0, most: float = 1) -> float:
    return float(rng.choice([-1, 1]) * rng.uniform(least, most))


def _row(rng: np.random.Generator) -> Look:
    gap = float(rng.choice([0, rng.uniform(0.08, 0.3)]))
    columns = int(rng.integers(2, 7))
    return replace(_one(rng), columns=columns, gap=gap, cell=rng.uniform(45, 120), touching=0.1)


def _grid(rng: np.random.Generator) -> Look:
    rows, columns = (int(number) for number in rng.integers(2, 5, 2))
    gap = float(rng.choice([0, 0, rng.uniform(0.08, 0.3)]))
    cell, line = rng.uniform(45, 110), rng.uniform(1, 4)
    look = replace(_one(rng), rows=rows, columns=columns, gap=gap, cell=cell, line=line)
    return replace(look, filled=rng.uniform(0.4, 0.9), touching=0.05)


def _sudoku(rng: np.random.Generator) -> Look:
    side = int(rng.integers(3, 10))
    block = {4: 2, 6: 3, 8: 4, 9: 3}.get(side, 0)
    look = replace(_one(rng), rows=side, columns=side, block=block, cell=rng.uniform(36, 80))
    return replace(look, line=rng.uniform(1, 2.5), filled=rng.uniform(0.12, 0.3), touching=0.05)


KINDS: dict[str, Callable[[np.random.Generator], Look]] = {
    "one box": _one,
    "rounded": lambda rng: replace(_one(rng), radius=rng.uniform(0.06, 0.25)),
    "double": lambda rng: replace(
        _one(rng),
        cell=rng.uniform(90, 260),
        line=rng.uniform(1, 2.5),
        double=rng.uniform(0.03, 0.06),
    ),
    "dashed": lambda rng: replace(_one(rng), dash=rng.uniform(0.03, 0.09)),
    "tilted": lambda rng: replace(
        _one(rng), tilt=_tilt(rng, 1, 5), columns=int(rng.integers(1, 5))
    ),
    "touching": lambda rng: replace(_one(rng), touching=1.0, columns=int(rng.integers(1, 3))),
    "row of boxes": _row,
    "row with empty cells": lambda rng: replace(_row(rng), columns=6, filled=rng.uniform(0.2, 0.7)),
    "grid": _grid,
    "sudoku": _sudoku,
}
"""The kinds of pictures, and how each is made."""


def draw_framed(kind: str, digits: list[Written], rng: np.random.Generator) -> Framed:
    """Draws a picture of a kind with digits chosen at random."""
    look = KINDS[kind](rng)
    look = replace(look, pen=rng.uniform(0.035, 0.1), cell=min(look.cell, 900 / look.columns))
    step = look.cell * (1 + look.gap)
    frames, ink = Drawing(), Drawing()
    _add_frames(frames, look, step)
    rows = _add_digits(ink, look, step, digits, rng)
    width, height = (step * number - look.gap * look.cell for number in (look.columns, look.rows))
    margin = rng.uniform(0.12, 0.6) * look.cell + 0.09 * max(width, height) + 6
    size = round(width + 2 * margin), round(height + 2 * margin)
    turn = np.deg2rad(look.tilt)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    middle = np.array([width / 2, height / 2])

    def place(points: FloatArray) -> FloatArray:
        placed: FloatArray = (points - middle) @ matrix + np.array(size) / 2
        return placed

    lines, written = frames.cover(size, place), ink.cover(size, place)
    paper = _paper(size, rng)
    dark, blur = rng.uniform(0.75, 0.95), rng.uniform(0, 0.8)
    grain = rng.normal(0, rng.uniform(0, 4), paper.shape)
    pictures = []
    for cover in (np.maximum(written, look.gray * lines), written):
        page = Image.fromarray((paper * (1 - dark * cover)).clip(0, 255).astype(np.uint8))
        soft = np.asarray(page.filter(ImageFilter.GaussianBlur(blur)), dtype=float)
        pictures.append((soft + grain).clip(0, 255).astype(np.uint8))
    return Framed(kind, pictures[0], pictures[1], rows)


def _paper(size: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """The gray levels of paper (H, W) in light that falls off to one side."""
    across, down = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]))
    turn, fall = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.25)
    light = 1 - fall * (1 + np.cos(turn) * across + np.sin(turn) * down) / 2
    return np.asarray(rng.uniform(200, 255) * light)


def _add_frames(frames: Drawing, look: Look, step: float) -> None:
    if look.gap or look.radius or look.double or look.rows == look.columns == 1:
        for row in range(look.rows):
            for column in range(look.columns):
                _add_box(frames, look, step * np.array([column, row]))
        return
    for number in range(look.rows + 1):
        y = number * look.cell
        line = np.array([(0, y), (look.columns * look.cell, y)])
        _add_line(frames, look, line, _is_thick(look, number, look.rows))
    for number in range(look.columns + 1):
        x = number * look.cell
        line = np.array([(x, 0), (x, look.rows * look.cell)])
        _add_line(frames, look, line, _is_thick(look, number, look.columns))


def _is_thick(look: Look, number: int, last: int) -> bool:
    return look.block > 0 and (number % look.block == 0 or number == last)


def _add_box(frames: Drawing, look: Look, corner: FloatArray) -> None:
    for inset in (0, look.double) if look.double else (0,):
        side, radius = look.cell * (1 - 2 * inset), look.cell * look.radius
        start = corner + look.cell * inset
        turns = np.linspace(0, np.pi / 2, 12)
        points = []
        for quarter, (x, y) in enumerate(((1, 1), (0, 1), (0, 0), (1, 0))):
            center = start + np.array([x, y]) * (side - 2 * radius) + radius
            angle = turns + quarter * np.pi / 2
            points += list(center + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))
        _add_line(frames, look, np.array([*points, points[0]]), thick=False)


def _add_line(frames: Drawing, look: Look, points: FloatArray, thick: bool) -> None:
    """Adds a line, cut into dashes if it is dashed; gaps are 0.7 dashes long."""
    width = look.line * (2 if thick else 1)
    if not look.dash:
        frames.add(points, width)
        return
    lengths = np.concatenate([[0], np.linalg.norm(np.diff(points, axis=0), axis=1).cumsum()])
    dash = look.dash * look.cell
    for start in np.arange(0, lengths[-1], 1.7 * dash):
        along = np.linspace(start, min(start + dash, lengths[-1]), 8)
        places = [np.interp(along, lengths, points[:, axis]) for axis in (0, 1)]
        frames.add(np.stack(places, axis=1), width)


def _add_digits(
    ink: Drawing, look: Look, step: float, digits: list[Written], rng: np.random.Generator
) -> tuple[str, ...]:
    """Writes digits into the cells, at least one; returns those of each row that has some."""
    full = rng.random((look.rows, look.columns)) < look.filled
    full[rng.integers(look.rows), rng.integers(look.columns)] = True
    text = []
    for row, line in enumerate(full):
        written = ""
        for column in np.flatnonzero(line):
            digit = digits[rng.integers(len(digits))]
            _add_digit(ink, look, step * np.array([column, row]), digit, rng)
            written += str(digit.label)
        if written:
            text.append(written)
    return tuple(text)


def _add_digit(
    ink: Drawing, look: Look, corner: FloatArray, digit: Written, rng: np.random.Generator
) -> None:
    """Writes a digit inside its cell, or so that it touches or crosses one side of the frame."""
    strokes = [stroke * [1, -1] for stroke in digit.scaled]
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    size = rng.uniform(*look.size)
    inside = 1 - 2 * look.double
    room = (inside - size * (high - low) - look.pen) / 2 - 0.03
    shift = rng.uniform(-1, 1, 2) * np.minimum(np.maximum(room, 0), 0.12)
    if rng.random() < look.touching:
        axis, sign = int(rng.integers(2)), float(rng.choice([-1, 1]))
        # From ink that just reaches the line to a stroke that crosses it by a tenth of the cell.
        shift[axis] = sign * (room[axis] + 0.03 + rng.uniform(0, 0.1))
    middle = corner + look.cell * (0.5 + shift)
    for stroke in strokes:
        placed = (stroke - (low + high) / 2) * size * look.cell + middle
        ink.add(placed, max(1.2, look.pen * look.cell))
