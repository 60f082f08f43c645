"""The sheet of stages: every panel shows what its title names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.image.normalize import normalize
from inkling.image.page.lattice import Candidate, Lattice
from inkling.model.model import Model
from inkling.recognize.reading import PageTrace
from inkling.recognize.recognizer import Recognizer
from inkling.recognize.stages import PANEL, TITLE, draw_stages


def panel(sheet: ByteArray, number: int) -> ByteArray:
    """The pixels below the title of a panel on a sheet with two lines."""
    line, column = divmod(number - 1, 3)
    height = (sheet.shape[0] - 12) // 2
    top, left = 12 + line * height + TITLE, 12 + column * (PANEL + 12)
    return sheet[top : top + height - TITLE - 12, left : left + PANEL]


def test_a_page(strokes_model: Model) -> None:
    """The panels are image, light, ink, components, candidates, and inputs of the network."""
    page = np.broadcast_to(np.linspace(230, 140, 400), (260, 400)).astype(np.uint8)
    page[100:150, 100:105] = page[100:150, 180:185] = 40  # two strokes
    page[220, 20:380] = 60  # a ruled line
    trace = Recognizer(strokes_model).trace(page)
    assert len(trace.reading.digits) == 2
    sheet = np.asarray(draw_stages(trace))
    scale = PANEL / 400
    stroke = (round(125 * scale), round(102 * scale))
    image, light, ink, components = (panel(sheet, number) for number in (1, 2, 3, 4))
    assert image[stroke].max() < 80
    assert light[stroke].min() > 180  # the paper under the stroke
    assert ink[stroke].max() < 100
    assert ink[5, 5].min() > 230
    assert np.ptp(components[stroke].astype(int)) > 60  # a color
    line = components[round(220 * scale), round(200 * scale)]
    assert np.ptp(line.astype(int)) < 10  # the ruled line is pale
    assert (panel(sheet, 6) < 60).any()


def test_one_digit(strokes_model: Model) -> None:
    """The last of five panels is the input of the network."""
    page = np.full((90, 60), 250, np.uint8)
    page[20:60, 28:33] = 30
    trace = Recognizer(strokes_model).trace_digit(page)
    last = panel(np.asarray(draw_stages(trace)), 5)[:PANEL, :, 0]
    centers = ((np.arange(28) + 0.5) * PANEL / 28).astype(int)
    assert np.array_equal(255 - last[np.ix_(centers, centers)], normalize(page))


def test_one_digit_in_a_shadow(strokes_model: Model) -> None:
    """The ink is that of the stroke alone, as the network gets it, and not that of the shadow."""
    page = np.full((90, 120), 230, np.uint8)
    page[:, 70:] = 110
    page[20:70, 30:36] = 30
    trace = Recognizer(strokes_model).trace_digit(page)
    sheet = np.asarray(draw_stages(trace))
    ink, last = panel(sheet, 2)[..., 0], panel(sheet, 5)[:PANEL, :, 0]
    assert (ink < 128).any(axis=0).sum() < 0.15 * PANEL  # no wider than the stroke
    centers = ((np.arange(28) + 0.5) * PANEL / 28).astype(int)
    assert np.array_equal(255 - last[np.ix_(centers, centers)], trace.digit.pixels)


def test_only_candidates_that_were_weighed(strokes_model: Model) -> None:
    """The panel of candidates shows the boxes in the trace, and no other cuts."""
    page = np.full((200, 400), 230, np.uint8)
    page[60:140, 100:110] = page[60:140, 190:200] = page[130:140, 100:200] = 30
    trace = Recognizer(strokes_model).trace(page)
    assert isinstance(trace, PageTrace)
    ink = np.zeros((4, 4), np.uint8)
    weighed = Lattice(1, (Candidate(0, 1, (60, 20, 240, 180), ink, width=1.0, cut=0.0),))
    sheets = [
        panel(np.asarray(draw_stages(replace(trace, lattices=lattices))).astype(int), 5)
        for lattices in ((), (weighed,))
    ]
    rows, columns = np.nonzero(np.abs(sheets[0] - sheets[1]).sum(axis=2))
    scale = PANEL / 400
    near = [np.abs(columns - side * scale) < 3 for side in (60, 240)]
    near += [np.abs(rows - side * scale) < 3 for side in (20, 180)]
    assert all(side.any() for side in near)
    assert np.logical_or.reduce(near).all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (200, 300)])
def test_empty_images(shape: tuple[int, int], strokes_model: Model) -> None:
    """A digit's sheet has the two panels image and ink."""
    recognizer = Recognizer(strokes_model)
    gray = np.full(shape, 255, np.uint8)
    assert draw_stages(recognizer.trace_digit(gray)).width == 2 * (PANEL + 12) + 12
    assert draw_stages(recognizer.trace(gray)).width > PANEL


def test_a_long_thin_digit(strokes_model: Model) -> None:
    """The square around it is drawn smaller, with the stroke in its middle."""
    page = np.full((20_000, 30), 255, np.uint8)
    page[100:19_900, 14:16] = 0
    square = panel(np.asarray(draw_stages(Recognizer(strokes_model).trace_digit(page))), 3)
    assert (square[:, PANEL // 2 - 2 : PANEL // 2 + 2] < 255).any()
    assert (square[:, : PANEL // 2 - 4] == 255).all()
