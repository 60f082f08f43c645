"""Margins: digits that fill their image, and pictures on a frame that is not their paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling._types import ByteArray
from inkling.image.margins import even_paper, inside_frame, paper_of_crop
from inkling.image.normalize import normalize
from inkling.image.page.segment import segment
from inkling.image.single import normalize_single

WHOLE = (slice(0, 200), slice(0, 200))


def draw_bold(digit: str) -> ByteArray:
    """Draws a digit (120, 100) with a pen so wide that a crop contains more ink than paper."""
    lines = {
        "0": [[(50, 25), (78, 45), (78, 75), (50, 95), (22, 75), (22, 45), (50, 25)]],
        "2": [[(24, 38), (50, 22), (76, 40), (24, 95), (80, 95)]],
        "4": [[(30, 20), (24, 66), (78, 66)], [(66, 34), (66, 100)]],
        "7": [[(20, 26), (78, 26), (42, 98)]],
    }[digit]
    page = Image.new("L", (100, 120), 240)
    pen = ImageDraw.Draw(page)
    for line in lines:
        pen.line(line, fill=20, width=26, joint="curve")
        for x, y in line:
            pen.ellipse((x - 13, y - 13, x + 13, y + 13), fill=20)
    return np.asarray(page)


@pytest.mark.parametrize("digit", "0247")
@pytest.mark.parametrize("cut", [0, 5])
@pytest.mark.parametrize("negative", [False, True])
def test_a_digit_that_fills_its_image(digit: str, cut: int, negative: bool) -> None:
    """It gives what it would give with a margin, also with ink on most of the edge."""
    page = draw_bold(digit)
    rows, columns = (np.flatnonzero((page < 130).any(axis=axis)) for axis in (1, 0))
    crop = page[rows[0] + cut : rows[-1] + 1 - cut, columns[0] + cut : columns[-1] + 1 - cut]
    wanted = normalize(np.pad(crop, 20, constant_values=240))
    image = 255 - crop if negative else crop
    assert paper_of_crop(image) == (15 if negative else 240)
    assert np.array_equal(normalize_single(image), wanted)
    (row,) = segment(image).rows
    (mark,) = row.lattice().candidates
    height, width = image.shape
    assert mark.box == (0, 0, width, height)
    seen = normalize(mark.ink)
    assert np.corrcoef(seen.ravel(), wanted.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("margin", [8, 20, 40])
@pytest.mark.parametrize("negative", [False, True])
def test_a_bold_digit_with_a_margin(margin: int, negative: bool) -> None:
    """What is narrow in this 8 are its holes; they are not the writing."""
    line = [(80, 50), (52, 75), (60, 105), (100, 150), (100, 190), (80, 206), (55, 190), (62, 155)]
    line += [(100, 100), (105, 70), (80, 50)]
    page = Image.new("L", (160, 250), 240)
    ImageDraw.Draw(page).line(line, fill=20, width=26, joint="curve")
    gray = np.pad(np.asarray(page)[40:219, 40:118], margin, constant_values=240)
    image = 255 - gray if negative else gray
    assert even_paper(image) == (15 if negative else 240)
    (row,) = segment(image).rows
    (mark,) = row.lattice().candidates
    wanted = (margin, margin, margin + 78, margin + 179)
    assert np.abs(np.subtract(mark.box, wanted)).max() <= 1


def test_white_paper_on_an_even_table() -> None:
    """It holds strokes, so the table that surrounds it is not its paper."""
    table = np.full((300, 300), 20, dtype=np.uint8)
    table[90:210, 80:230] = 240
    table[110:190, 120:126] = table[110:190, 180:186] = 40
    assert even_paper(table) is None
    assert even_paper(table[100:200, 90:220]) == 240


def test_a_large_crop_gets_a_margin() -> None:
    """Of any size: a scanner crops at the ink, too."""
    crop = draw_bold("2")[12:106, 14:90].repeat(9, axis=0).repeat(9, axis=1)
    (row,) = segment(crop).rows
    assert len(row.marks) == 1


@pytest.mark.parametrize("look", [{}, {"table": 45}, {"shadow": 0.5}, {"chalk": True}])
def test_a_page_is_no_crop(look: dict[str, Any], page: Callable[..., Any]) -> None:
    """Neither a shadow nor a table that crosses the edge is ink."""
    gray = page(["58", "2"], 1, **look).gray
    assert paper_of_crop(gray) is None
    if look:
        assert paper_of_crop(gray[40:, 40:]) is None
        assert paper_of_crop(gray[:, 40:-40]) is None
    assert inside_frame(gray) == (slice(0, gray.shape[0]), slice(0, gray.shape[1]))


@pytest.mark.parametrize("frame", [255, 0, 90])
@pytest.mark.parametrize("paper", [{"grain": 0.0}, {"paper": 150, "grain": 0.0}, {"fall": 0.4}])
@pytest.mark.parametrize("bars", [False, True])
def test_paper_inside_a_frame(
    frame: int, paper: dict[str, Any], bars: bool, page: Callable[..., Any]
) -> None:
    """The frame is cut off, whether it is on all sides or only on two."""
    gray = page(["3"], 2, height=100, **paper).gray
    around = ((0, 0), (50, 70)) if bars else ((30, 40), (50, 70))
    framed = np.pad(gray, around, constant_values=frame)
    rows, columns = inside_frame(framed)
    for inside, (before, after), length in zip((rows, columns), around, framed.shape, strict=True):
        assert before <= inside.start <= before + 6 * (before > 0)
        assert length - after - 6 * (after > 0) <= inside.stop <= length - after
    one, other = normalize_single(gray), normalize_single(framed)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.95
    (place,) = [m.box for row in segment(framed).rows for m in row.lattice().candidates]
    (wanted,) = [m.box for row in segment(gray).rows for m in row.lattice().candidates]
    shift = (around[1][0], around[0][0]) * 2
    assert np.abs(np.subtract(place, wanted) - shift).max() <= 3


@pytest.mark.parametrize("shape", ["bar", "box", "slope", "blank", "digit"])
def test_what_is_no_frame(shape: str) -> None:
    """A bold upright 1, a printed box, a slope of light, blank paper, a digit with a margin."""
    gray = np.full((200, 200), 240, dtype=np.uint8)
    if shape == "bar":
        gray[20:180, 60:140] = 20
    elif shape == "box":
        gray[20:180, 20:180] = 20
        gray[26:174, 26:174] = 240
        gray[60:140, 95:105] = 20
    elif shape == "slope":
        gray[:] = np.linspace(250, 120, 200)
        gray[60:140, 95:105] = 20
    elif shape == "digit":
        gray[40:160, 50:150] = draw_bold("2")
    assert inside_frame(gray) == WHOLE
