"""Cuts through touching digits: where they touch, in order, and as deep as the ink they cross."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling.image.page.touching import find_cuts


@pytest.mark.parametrize("scale", [1, 3])
def test_depth_is_in_strokes(scale: int) -> None:
    """Nine tenths for entering the bridge between two blocks, one tenth for its one and a half pens."""
    mask = np.zeros((40 * scale, 60 * scale), dtype=bool)
    mask[:, 5 * scale : 20 * scale] = mask[:, 40 * scale : 55 * scale] = True
    mask[18 * scale : 24 * scale, 20 * scale : 40 * scale] = True
    cut = min(find_cuts(mask, 40 * scale, 4 * scale), key=lambda cut: cut.depth)
    assert cut.depth == pytest.approx(0.9 + 0.15)
    assert 20 * scale <= cut.columns[20 * scale] <= 40 * scale


def test_a_cut_that_leans() -> None:
    """Between two slanted strokes, joined by a short bar: a straight cut would cross both."""
    image = Image.new("L", (80, 60))
    pencil = ImageDraw.Draw(image)
    pencil.line((26, 2, 6, 57), fill=255, width=4)
    pencil.line((66, 2, 46, 57), fill=255, width=4)
    pencil.line((16, 30, 56, 30), fill=255, width=4)
    mask = np.asarray(image) > 0
    cut = min(find_cuts(mask, 56, 4), key=lambda cut: cut.depth)
    assert cut.depth == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize("seed", range(8))
def test_cuts_keep_their_order(seed: int) -> None:
    """Through any scribble: no cut crosses the one before or leaves the mask."""
    rng = np.random.default_rng(seed)
    image = Image.new("L", (200, 48))
    pencil = ImageDraw.Draw(image)
    for _ in range(9):
        pencil.line((*rng.integers(0, 200, 1), 0, *rng.integers(0, 200, 1), 47), fill=255, width=4)
    cuts = find_cuts(np.asarray(image) > 0, 48, 4)
    assert len(cuts) >= 5
    for one, other in itertools.pairwise(cuts):
        assert (one.columns <= other.columns).all()
    for cut in cuts:
        assert cut.depth > 0
        assert len(cut.columns) == 48
        assert 0 <= cut.columns.min() <= cut.columns.max() <= 200


def test_too_narrow_to_cut() -> None:
    """A single stroke offers nothing."""
    assert find_cuts(np.ones((40, 3), dtype=bool), 40, 3) == []


def test_where_two_rings_touch_the_cut_runs_along_their_walls() -> None:
    """Not through one of the rings, whose wall it would enter twice."""
    image = Image.new("L", (58, 40))
    pencil = ImageDraw.Draw(image)
    for left in (0, 27):
        pencil.ellipse((left, 0, left + 30, 39), outline=255, width=4)
    cuts = find_cuts(np.asarray(image) > 0, 40, 4)
    cut = min(cuts, key=lambda cut: np.abs(cut.columns[15:25] - 28.5).max())
    assert np.abs(cut.columns[15:25] - 28.5).max() <= 4
    assert cut.depth < 1.8
