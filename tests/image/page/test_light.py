"""Light: paper without its writing, writing without its light."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.image.page.light import find_off_page, find_paper, ink_map, keep_ruling


@pytest.fixture
def falling() -> ByteArray:
    """Blank paper (240, 320) in light that falls to 40 % across it."""
    return np.broadcast_to(np.linspace(230, 92, 320), (240, 320)).astype(np.uint8)


def test_paper_and_ink_in_falling_light(falling: ByteArray) -> None:
    """Strokes that absorb 60 % of the light are found with equal strength in light and dark."""
    strokes = np.zeros(falling.shape, dtype=bool)
    strokes[40:200, 40:300:52] = strokes[40:200, 41:300:52] = strokes[118:122, 60:260] = True
    page = np.where(strokes, falling * 0.4, falling).astype(np.uint8)
    paper = find_paper(page, 12)
    off = np.abs(paper.astype(int) - falling)
    assert off.max() <= 12
    assert off.mean() <= 3
    ink = ink_map(page, paper, np.zeros_like(strokes))
    assert np.abs(ink[strokes].astype(int) - 153).max() <= 15
    assert ink[~strokes].max() <= 15


def test_a_table_is_off_the_page(falling: ByteArray) -> None:
    """The dark rim is, with a strip of paper along it; neither the paper nor a shadow on it is."""
    page = falling.copy()
    page[:20] = page[-20:] = page[:, :20] = 30
    page[100:, 200:] = (page[100:, 200:] * 0.55).astype(np.uint8)
    off_page = find_off_page(page)
    assert off_page[page == 30].all()
    assert not off_page[28:-28, 28:].any()
    assert not ink_map(page, np.full_like(page, 200), off_page)[off_page].any()


@pytest.mark.parametrize("turned", [False, True])
def test_ruled_lines_belong_to_the_paper(turned: bool) -> None:
    """Lines that slope a little, in either direction; strokes do not."""
    page = np.full((150, 260), 220, dtype=np.uint8)
    columns = np.arange(260)
    for row in (40, 80, 120):
        page[row + columns // 20, columns] = 120
    page[50:75, 100:104] = 40
    kept = keep_ruling(page.T.copy(), 60, 3).T if turned else keep_ruling(page, 60, 3)
    assert (kept[80 + columns // 20, columns][30:230] == 120).all()
    assert (kept[52:73, 100:104] == 220).all()
