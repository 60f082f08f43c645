"""Strokes and grain: the pen is found, the paper's noise is not."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.image.page.threshold import FAINTEST, NOISIEST, find_strokes


@pytest.mark.parametrize("grain", [3.0, 8.0, 15.0])
def test_noise_alone_has_no_strokes(grain: float) -> None:
    """At most one pixel in two thousand, whatever the grain."""
    # Paper is found as the brightest around, so that grain lies some way above 0.
    noise = np.random.default_rng(1).normal(2.5 * grain, grain, (300, 400))
    strokes, _ = find_strokes(noise.clip(0, 255).astype(np.uint8), 24)
    assert strokes.mean() < 1 / 2000


@pytest.mark.parametrize("ink", [35, 90, 200])
def test_strokes_on_grain(ink: int) -> None:
    """Soft pencil or marker, on paper of moderate grain: nearly all of it, and little else."""
    rng = np.random.default_rng(2)
    truth = np.zeros((240, 320), dtype=bool)
    truth[40:200, 50:300:40] = truth[40:200, 51:300:40] = truth[40:200, 52:300:40] = True
    level = np.where(truth, ink, 0) + np.abs(rng.normal(0, 3, truth.shape))
    strokes, _ = find_strokes(level.clip(0, 255).astype(np.uint8), 24)
    assert strokes[truth].mean() > 0.98
    assert strokes[~truth].mean() < 0.001


def test_grain_is_local() -> None:
    """The dark half is grainier; a faint stroke in the calm half is found all the same."""
    rng = np.random.default_rng(3)
    level = np.abs(rng.normal(0, 2, (240, 400)))
    level[:, 200:] = rng.normal(35, 14, (240, 200))
    level[60:180, 80:84] = 40
    strokes, floor = find_strokes(level.clip(0, 255).astype(np.uint8), 24)
    assert strokes[60:180, 80:84].all()
    assert strokes[:, 230:].mean() < 1 / 2000
    assert floor[120, 60] < 30 < floor[120, 320]


def test_the_edge_of_a_stroke_is_not_the_stroke() -> None:
    """What has less than 40 % of the strongest ink nearby: a blurred edge, faint ruling across it."""
    ink = np.zeros((100, 100), dtype=np.uint8)
    ink[20:80, 40:46] = 200
    ink[20:80, 39] = ink[20:80, 46] = 70
    ink[50, 34:52] = np.maximum(ink[50, 34:52], 60)
    strokes, _ = find_strokes(ink, 24)
    assert strokes[20:80, 40:46].all()
    assert strokes.sum() == 60 * 6


def test_a_pen_wider_than_the_blocks() -> None:
    """A block full of ink does not make the ink its grain."""
    ink = np.zeros((280, 280), dtype=np.uint8)
    ink[40:240, 100:180] = 250
    strokes, floor = find_strokes(ink, 24)
    assert np.array_equal(strokes, ink > 0)
    assert FAINTEST <= floor.max() <= NOISIEST
