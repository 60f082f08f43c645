"""Light: paper without its writing, writing without its light."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.image.page.light import find_off_page, find_paper, ink_map, keep_ruling


@pytest.fixture
def falling() -> ByteArray:
    """Bare paper in light that falls off to 40 % across it, 240 × 320."""
    return np.broadcast_to(np.linspace(230, 92, 320), (240, 320)).astype(np.uint8)


def write_on(paper: ByteArray) -> tuple[ByteArray, ByteArray]:
    """A grid of strokes that swallow 60 % of the light, and where they are."""
    strokes = np.zeros(paper.shape, dtype=bool)
    strokes[40:200, 40:300:52] = strokes[40:200, 41:300:52] = strokes[40:200, 42:300:52] = True
    strokes[118:122, 60:260] = True
    return np.where(strokes, paper * 0.4, paper).astype(np.uint8), strokes


def test_paper_is_what_was_there_before_writing(falling: ByteArray) -> None:
    """To within a few grey levels, however dark the light."""
    page, _ = write_on(falling)
    off = np.abs(find_paper(page, 12).astype(int) - falling)
    assert off.max() <= 12
    assert off.mean() <= 3


def test_ink_is_as_strong_in_the_dark(falling: ByteArray) -> None:
    """60 % of 255 everywhere on the strokes and next to nothing beside them."""
    page, strokes = write_on(falling)
    paper = find_paper(page, 12)
    ink = ink_map(page, paper, np.zeros_like(strokes))
    assert np.abs(ink[strokes].astype(int) - 153).max() <= 15
    assert ink[~strokes].max() <= 15


def test_a_hard_shadow_is_not_ink() -> None:
    """Half of the light goes from one pixel to the next."""
    page = np.full((200, 300), 210, dtype=np.uint8)
    page[:, 130:] = 105
    assert not ink_map(page, find_paper(page, 12), page < 0).any()


def test_the_formula() -> None:
    """1 − grey / paper, worked by hand; nothing where it is brighter than paper or off the page."""
    grey = np.array([[100, 200, 0, 250, 10]], dtype=np.uint8)
    paper = np.array([[200, 200, 200, 200, 200]], dtype=np.uint8)
    off_page = np.array([[False, False, False, False, True]])
    assert ink_map(grey, paper, off_page).tolist() == [[127, 0, 255, 0, 0]]


def test_a_table_is_off_the_page(falling: ByteArray) -> None:
    """The dark rim is, with a strip of paper along it; the paper is not, nor a shadow on it."""
    page = falling.copy()
    page[:20] = page[-20:] = page[:, :20] = 30
    page[100:, 200:] = (page[100:, 200:] * 0.55).astype(np.uint8)
    off_page = find_off_page(page)
    assert off_page[:20].all()
    assert off_page[-20:].all()
    assert off_page[:, :20].all()
    assert not off_page[28:-28, 28:].any()


@pytest.mark.parametrize("turned", [False, True])
def test_ruled_lines_belong_to_the_paper(turned: bool) -> None:
    """Lines that slope a little, in either direction; strokes do not."""
    page = np.full((150, 260), 220, dtype=np.uint8)
    columns = np.arange(260)
    for row in (40, 80, 120):
        page[row + columns // 20, columns] = 120
    page[50:75, 100:104] = 40
    page = page.T.copy() if turned else page
    kept = keep_ruling(page, 60, 3)
    kept = kept.T if turned else kept
    line = (80 + columns // 20, columns)
    assert (kept[line][30:230] == 120).all()
    assert (kept[52:73, 100:104] == 220).all()
