"""The sheet of stages: every panel shows what its title says."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.image.normalize import normalize
from inkling.model.model import Model
from inkling.recognize.recognizer import Recognizer
from inkling.recognize.stages import PANEL, TITLE, draw_digit_stages, draw_page_stages


@pytest.fixture
def page() -> ByteArray:
    """Two strokes and a long line, on paper that grows darker."""
    page = np.broadcast_to(np.linspace(230, 140, 400), (260, 400)).astype(np.uint8)
    page[100:150, 100:105] = page[100:150, 180:185] = 40
    page[220, 20:380] = 60
    return page


def panel(sheet: ByteArray, number: int) -> ByteArray:
    """The pixels below the title of a panel of one of two lines."""
    line, column = divmod(number - 1, 3)
    lines = 2
    height = (sheet.shape[0] - 12) // lines
    top, left = 12 + line * height + TITLE, 12 + column * (PANEL + 12)
    return sheet[top : top + height - TITLE - 12, left : left + PANEL]


def test_a_page(page: ByteArray, strokes_model: Model) -> None:
    """Picture, light, ink, components, candidates, and the 28 × 28 that were shown."""
    reading = Recognizer(strokes_model).read(page)
    assert len(reading.digits) == 2
    sheet = np.asarray(draw_page_stages(page, reading.digits))
    assert sheet.shape[1] == 3 * (PANEL + 12) + 12
    scale = PANEL / 400
    stroke = (round(125 * scale), round(102 * scale))
    picture, light, ink, parts = (panel(sheet, number) for number in (1, 2, 3, 4))
    assert picture[stroke].max() < 80
    assert light[stroke].min() > 180  # the paper under the stroke
    assert ink[stroke].max() < 100
    assert ink[5, 5].min() > 230
    assert np.ptp(parts[stroke].astype(int)) > 60  # a colour
    line = parts[round(220 * scale), round(200 * scale)]
    assert np.ptp(line.astype(int)) < 10  # the ruled line is pale
    assert line.min() > 180
    assert (panel(sheet, 6) < 60).any()


def test_one_digit(page: ByteArray, strokes_model: Model) -> None:
    """Five panels, the last of them what the network is shown."""
    digit = Recognizer(strokes_model).read_digit(page)
    plain = np.full((90, 60), 250, np.uint8)
    plain[20:60, 28:33] = 30
    sheet = np.asarray(draw_digit_stages(plain, digit))
    last = panel(sheet, 5)[:PANEL, :, 0]
    centres = (np.arange(28) + 0.5) * PANEL / 28
    rows, columns = np.meshgrid(centres.astype(int), centres.astype(int), indexing="ij")
    assert np.array_equal(255 - last[rows, columns], normalize(plain))


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (28, 28), (200, 300)])
def test_empty_pictures(shape: tuple[int, int], strokes_model: Model) -> None:
    """As many stages as there are, and no error."""
    recognizer = Recognizer(strokes_model)
    grey = np.full(shape, 255, np.uint8)
    assert draw_digit_stages(grey, recognizer.read_digit(grey)).width > PANEL
    assert draw_page_stages(grey, recognizer.read(grey).digits).width > PANEL
