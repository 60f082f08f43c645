"""Frames: cells and their order, lines that go and strokes that stay, and shapes that are no frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inkling._types import BoolArray
from inkling.image.page import cells, frames
from inkling.image.page.frames import find_frames
from inkling.image.page.segment import segment
from inkling.image.single import normalize_single

Points = list[tuple[float, float]]


def turned(points: Points, degrees: float) -> Points:
    """Turns points around (150, 150)."""
    turn = np.deg2rad(degrees)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    placed: NDArray[np.float64] = (np.array(points) - 150) @ matrix + 150
    return [(x, y) for x, y in placed.tolist()]


def drawn(draw: Callable[[ImageDraw.ImageDraw], None]) -> BoolArray:
    """Returns what is drawn on 300 × 300 pixels."""
    page = Image.new("L", (300, 300), 0)
    draw(ImageDraw.Draw(page))
    return np.asarray(page) > 127


def box(pen: ImageDraw.ImageDraw, kind: str) -> None:
    """Draws the frame of one box from (80, 80) to (220, 220)."""
    if kind == "rounded":
        pen.rounded_rectangle((80, 80, 220, 220), radius=30, outline=255, width=3)
    elif kind == "double":
        pen.rectangle((80, 80, 220, 220), outline=255, width=2)
        pen.rectangle((86, 86, 214, 214), outline=255, width=2)
    elif kind == "dashed":
        for start in range(80, 220, 14):
            for side in (80, 220):
                pen.line((start, side, start + 8, side), fill=255, width=2)
                pen.line((side, start, side, start + 8), fill=255, width=2)
    else:
        corners: Points = [(80, 80), (220, 80), (220, 220), (80, 220), (80, 80)]
        pen.line(turned(corners, {"tilted": 5}.get(kind, 0)), fill=255, width=3)


@pytest.mark.parametrize("kind", ["plain", "rounded", "double", "dashed", "tilted"])
def test_only_the_writing_stays(kind: str) -> None:
    """The lines of every kind of frame go, and a stroke inside keeps every pixel."""
    stroke = drawn(lambda pen: pen.line((170, 110, 130, 190), fill=255, width=9))
    frame = drawn(lambda pen: box(pen, kind))
    found = find_frames(frame | stroke)
    assert found is not None
    assert len(found.cells) == 1
    assert not (found.lines & stroke).any()
    assert (frame & ~found.lines).sum() <= 0.02 * frame.sum()


def test_strokes_that_cross_a_line_stay_whole() -> None:
    """Of an upright stroke across the lower line, every pixel stays, and the line beside it goes."""
    stroke = drawn(lambda pen: pen.line((150, 120, 150, 245), fill=255, width=9))
    frame = drawn(lambda pen: box(pen, "plain"))
    found = find_frames(frame | stroke)
    assert found is not None
    assert not (found.lines & stroke).any()
    assert found.lines[220, 90:140].all()


def test_cells_in_reading_order() -> None:
    """A grid of 3 × 3 cells, two of which have writing: nine cells, in three rows from left to right."""

    def grid(pen: ImageDraw.ImageDraw) -> None:
        for place in (30, 110, 190, 270):
            pen.line((30, place, 270, place), fill=255, width=2)
            pen.line((place, 30, place, 270), fill=255, width=2)
        pen.line((70, 50, 70, 90), fill=255, width=6)
        pen.line((230, 130, 230, 170), fill=255, width=6)

    found = find_frames(drawn(grid))
    assert found is not None
    middles = [
        [found.cells[cell].mean(axis=0).round(-1).tolist() for cell in row] for row in found.rows
    ]
    assert middles == [[[x, y] for x in (70, 150, 230)] for y in (70, 150, 230)]


@pytest.mark.parametrize("gap", [0, 25])
def test_a_form_of_many_boxes(gap: int) -> None:
    """Of 20 × 20 boxes with a 4 in each, every box is a cell; spaces between boxes are in none."""
    step = 56 + gap
    page = np.zeros((40 + 20 * step,) * 2, np.bool_)
    box = np.pad(np.zeros((52, 52), np.bool_), 2, constant_values=True)
    box[12:33, 18:21] = box[30:33, 18:42] = box[22:45, 34:37] = True
    for top in range(20, 20 + 20 * step, step):
        for left in range(20, 20 + 20 * step, step):
            page[top : top + 56, left : left + 56] = box
    found = find_frames(page)
    assert found is not None
    assert [len(row) for row in found.rows] == [20] * 20
    assert all(np.ptp(cell, axis=0).max() < 60 for cell in found.cells)


def test_a_row_of_cells_is_a_row_of_marks() -> None:
    """Marks at different heights in one row of cells are read as one row, and empty cells as nothing.

    What is written below the cells has a row of its own.
    """
    page = np.full((200, 400), 235, np.uint8)
    page[30:32, 30:331] = page[128:130, 30:331] = 60
    for x in (30, 130, 230, 329):
        page[30:130, x : x + 2] = 60
    page[40:75, 75:81] = page[85:120, 275:281] = 30
    page[145:180, 75:81] = 30
    rows = segment(page).rows
    assert [[mark.box[0] for mark in row.marks] for row in rows] == [[75, 275], [75]]
    assert [row.in_cells for row in rows] == [True, False]


@pytest.mark.parametrize(
    "draw",
    [
        lambda pen: pen.rectangle((100, 60, 200, 240), outline=255, width=8),
        lambda pen: pen.rounded_rectangle((100, 60, 200, 240), radius=40, outline=255, width=8),
        lambda pen: pen.ellipse((60, 40, 240, 260), outline=255, width=6),
        lambda pen: [
            pen.rectangle((100, top, 200, top + 100), outline=255, width=8) for top in (40, 140)
        ],
        lambda pen: [pen.line((x, 60, x, 240), fill=255, width=4) for x in (60, 120, 180, 240)],
        lambda pen: [pen.line((40, y, 260, y), fill=255, width=4) for y in (60, 120, 180, 240)],
    ],
    ids=["square 0", "rounded 0", "round 0", "angular 8", "ones", "ruled"],
)
def test_digits_and_ruling_are_no_frames(draw: Callable[[ImageDraw.ImageDraw], None]) -> None:
    """Shapes that enclose paper but no writing, and lines that enclose nothing, stay as they are."""
    assert find_frames(drawn(draw)) is None


@pytest.mark.parametrize("pattern", ["checkerboard", "fabric"])
def test_what_has_many_corners_takes_little_time(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the nearest corners of each are tried, and none in a fabric, which has more than a form."""
    examined = 0
    is_wall = cells._is_wall

    def count(*arguments: Any) -> bool:
        nonlocal examined
        examined += 1
        return is_wall(*arguments)

    monkeypatch.setattr(cells, "_is_wall", count)
    y, x = np.mgrid[:1000, :1000]
    if pattern == "checkerboard":
        find_frames((y // 8 + x // 8) % 2 == 1)
    else:
        assert find_frames((y % 14 < 2) | (x % 14 < 2)) is None
    assert examined <= 60_000


def test_the_inner_of_two_cells_in_one_place() -> None:
    """Of a double line the smaller cell stays; cells elsewhere stay, whatever their size."""

    def square(x: float, y: float, side: float) -> NDArray[np.float64]:
        return np.array([(x, y), (x + side, y), (x, y + side), (x + side, y + side)])

    inner, outer, other = square(10, 10, 80), square(5, 5, 90), square(100, 5, 90)
    kept = frames._innermost([outer, other, inner])
    assert [id(cell) for cell in kept] == [id(inner), id(other)]


def test_a_cell_of_two_whose_wall_was_not_found() -> None:
    """Of a grid one wall of which is missing, the cells beside it are two, and in their rows."""

    def grid(pen: ImageDraw.ImageDraw) -> None:
        for place in (30, 110, 190, 270):
            pen.line((30, place, 110 if place == 110 else 270, place), fill=255, width=2)
            pen.line((190, place, 270, place), fill=255, width=2)
            pen.line((place, 30, place, 270), fill=255, width=2)
        pen.line((150, 50, 150, 90), fill=255, width=6)
        pen.line((150, 130, 150, 170), fill=255, width=6)
        pen.line((70, 130, 70, 170), fill=255, width=6)

    found = find_frames(drawn(grid))
    assert found is not None
    assert [len(row) for row in found.rows] == [3, 3, 3]
    strokes = np.array([(147, 50, 154, 90), (147, 130, 154, 170)], float)
    assert found.cell_of(strokes) == [found.rows[0][1], found.rows[1][1]]


def test_a_single_digit_loses_its_frame() -> None:
    """The 28 × 28 pixels of a stroke in a box are almost those of the stroke alone."""

    def page(framed: bool) -> NDArray[np.uint8]:
        ink = drawn(lambda pen: pen.line((170, 110, 130, 190), fill=255, width=9))
        if framed:
            ink = ink | drawn(lambda pen: box(pen, "plain"))
        return np.where(ink, 30, 240).astype(np.uint8)

    framed, alone = (normalize_single(page(framed)).astype(int) for framed in (True, False))
    assert np.abs(framed - alone).mean() <= 2
