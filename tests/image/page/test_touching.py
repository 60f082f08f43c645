"""Cuts through touching digits: where they touch, in order, and as deep as the ink they cross."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling.image.page.touching import find_cuts


@pytest.mark.parametrize("scale", [1, 3])
def test_depth_is_in_strokes(scale: int) -> None:
    """0.9 for entering the bridge between two blocks, 0.1 for each of its one and a half pens."""
    mask = np.zeros((40, 60), dtype=bool)
    mask[:, 5:20] = mask[:, 40:55] = mask[18:24, 20:40] = True
    mask = np.kron(mask, np.ones((scale, scale), dtype=bool))
    cut = min(find_cuts(mask, 40 * scale, 4 * scale), key=lambda cut: cut.depth)
    assert cut.depth == pytest.approx(0.9 + 0.15)
    assert 20 * scale <= cut.columns[20 * scale] <= 40 * scale


def test_a_cut_may_lean() -> None:
    """Between two slanted strokes joined by a short bar, where a straight cut would cross both."""
    image = Image.new("L", (80, 60))
    pencil = ImageDraw.Draw(image)
    for line in ((26, 2, 6, 57), (66, 2, 46, 57), (16, 30, 56, 30)):
        pencil.line(line, fill=255, width=4)
    cut = min(find_cuts(np.asarray(image) > 0, 56, 4), key=lambda cut: cut.depth)
    assert cut.depth == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize("seed", range(4))
def test_cuts_keep_their_order(seed: int) -> None:
    """Through any scribble: no cut crosses the one before or leaves the mask; a stroke has none."""
    assert find_cuts(np.ones((40, 3), dtype=bool), 40, 3) == []
    rng = np.random.default_rng(seed)
    image = Image.new("L", (200, 48))
    pencil = ImageDraw.Draw(image)
    for start, stop in rng.integers(0, 200, (9, 2)).tolist():
        pencil.line((start, 0, stop, 47), fill=255, width=4)
    cuts = find_cuts(np.asarray(image) > 0, 48, 4)
    assert len(cuts) >= 5
    for one, other in itertools.pairwise(cuts):
        assert (one.columns <= other.columns).all()
    for cut in cuts:
        assert cut.depth > 0
        assert cut.columns.shape == (48,)
        assert 0 <= cut.columns.min() <= cut.columns.max() <= 200


def test_where_two_rings_touch_the_cut_runs_along_their_walls() -> None:
    """Not through one of the rings, whose wall it would enter twice."""
    image = Image.new("L", (58, 40))
    pencil = ImageDraw.Draw(image)
    for left in (0, 27):
        pencil.ellipse((left, 0, left + 30, 39), outline=255, width=4)
    cuts = find_cuts(np.asarray(image) > 0, 40, 4)
    distance, depth = min((np.abs(cut.columns[15:25] - 28.5).max(), cut.depth) for cut in cuts)
    assert distance <= 4
    assert depth < 1.8


@pytest.mark.parametrize("pen", [5, 6, 7])
def test_along_the_stem_of_a_nine_that_touches_a_zero(pen: int) -> None:
    """Not only above the zero, through the stem, which would leave a loop and a 6."""
    nine, zero = Image.new("L", (84, 84)), Image.new("L", (84, 84))
    pencil = ImageDraw.Draw(nine)
    pencil.ellipse((2, 2, 38, 38), outline=255, width=pen)
    pencil.rectangle((39 - pen, 10, 38, 80), fill=255)
    ImageDraw.Draw(zero).rounded_rectangle((39, 44, 69, 80), 14, outline=255, width=pen)
    left, right = np.asarray(nine) > 0, np.asarray(zero) > 0
    columns = np.arange(84)
    shares = []
    for cut in find_cuts(left | right, 80, pen):
        before = columns < cut.columns[:, None]
        shares.append(
            min((left & before).sum() / left.sum(), (right & ~before).sum() / right.sum())
        )
    assert max(shares) > 0.9
