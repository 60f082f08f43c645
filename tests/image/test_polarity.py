"""Polarity: chalk on a board or ink on paper, in any light and with anything around."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling.image.polarity import is_light_on_dark

LOOKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "thin": {"pen": 0.05, "ink": 0.4},
    "marker": {"pen": 0.17},
    "uneven light": {"fall": 0.6},
    "shadow": {"shadow": 0.5, "fall": 0.2},
    "dark table": {"table": 40},
    "ruled": {"ruled": 0.3},
    "noisy": {"grain": 8.0},
    "large": {"height": 150},
    "small": {"height": 20},
}


@pytest.mark.parametrize("look", LOOKS)
def test_ink_on_paper_and_its_negative(look: str, page: Callable[..., Any]) -> None:
    """A page is dark on light; its negative is light on dark."""
    for seed, rows in enumerate((["4071", "358"], ["26"], ["9", "1", "7"])):
        grey = page(rows, seed, **LOOKS[look]).grey
        assert not is_light_on_dark(grey)
        assert is_light_on_dark(255 - grey)


def test_chalk(page: Callable[..., Any]) -> None:
    """Bright strokes on a dark board whose light falls off."""
    assert is_light_on_dark(page(["8203", "64"], chalk=True, ink=0.6, fall=0.5).grey)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_empty_picture_counts_as_paper(grey: int) -> None:
    """There is nothing to tell from; even one pixel, or one row."""
    for shape in ((60, 80), (1, 1), (1, 50), (50, 1)):
        assert not is_light_on_dark(np.full(shape, grey, dtype=np.uint8))


def test_a_bold_ring() -> None:
    """Its hole is narrower than its stroke, which alone would make the hole the writing."""
    y, x = np.mgrid[:120, :120]
    away = np.hypot(y - 59.5, x - 59.5)
    ring = np.where((away > 12) & (away < 45), 30, 230).astype(np.uint8)
    assert not is_light_on_dark(ring)
    assert is_light_on_dark(255 - ring)
