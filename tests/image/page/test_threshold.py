"""Strokes and grain: the pen is found, the paper's noise is not."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.image.page.threshold import threshold


@pytest.mark.parametrize("grain", [3.0, 8.0, 15.0])
def test_noise_alone_has_no_strokes(grain: float) -> None:
    """At most one pixel in two thousand, whatever the grain."""
    # Paper is the brightest around, so its grain lies above 0.
    noise = np.random.default_rng(1).normal(2.5 * grain, grain, (300, 400))
    strokes, _ = threshold(noise.clip(0, 255).astype(np.uint8), 24)
    assert strokes.mean() < 1 / 2000


def test_grain_is_local() -> None:
    """A faint stroke in the calm half is found although the other half is grainier."""
    rng = np.random.default_rng(3)
    level = np.abs(rng.normal(0, 2, (240, 400)))
    level[:, 200:] = rng.normal(35, 14, (240, 200))
    level[60:180, 80:84] = 40
    strokes, floor = threshold(level.clip(0, 255).astype(np.uint8), 24)
    assert strokes[60:180, 80:84].all()
    assert strokes[:, 230:].mean() < 1 / 2000
    assert floor[120, 60] < 30 < floor[120, 320]


def test_the_edge_of_a_stroke_is_not_the_stroke() -> None:
    """A blurred edge and faint ruling have less than 40 % of the strongest ink nearby."""
    ink = np.zeros((100, 100), dtype=np.uint8)
    ink[20:80, 39:47] = ink[50, 34:52] = 70
    ink[20:80, 40:46] = 200
    strokes, _ = threshold(ink, 24)
    assert np.array_equal(strokes, ink == 200)


def test_a_pen_wider_than_the_blocks() -> None:
    """The ink of a block full of ink is not its grain."""
    ink = np.zeros((280, 280), dtype=np.uint8)
    ink[40:240, 100:180] = 250
    assert np.array_equal(threshold(ink, 24)[0], ink > 0)
