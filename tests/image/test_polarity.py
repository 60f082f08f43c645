"""Polarity: dark on light or light on dark, in any light and with anything around."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling.image.polarity import is_light_on_dark


@pytest.mark.parametrize(
    "look",
    [
        {},
        {"pen": 0.05, "ink": 0.4},
        {"pen": 0.17},
        {"shadow": 0.5, "fall": 0.2},
        {"table": 40},
        {"ruled": 0.3, "grain": 8.0},
        {"height": 150},
        {"height": 20},
    ],
)
def test_ink_on_paper_and_its_negative(look: dict[str, Any], page: Callable[..., Any]) -> None:
    """A page is dark on light; its negative is light on dark."""
    for seed, rows in enumerate((["4071", "358"], ["26"], ["9", "1", "7"])):
        gray = page(rows, seed, **look).gray
        assert not is_light_on_dark(gray)
        assert is_light_on_dark(255 - gray)


def test_chalk(page: Callable[..., Any]) -> None:
    """Light strokes on a dark board in uneven light."""
    assert is_light_on_dark(page(["8203", "64"], chalk=True, ink=0.6, fall=0.5).gray)


@pytest.mark.parametrize("shape", [(60, 80), (1, 1), (1, 50), (50, 1)])
def test_an_empty_image_counts_as_dark_on_light(shape: tuple[int, int]) -> None:
    """Of any gray and size."""
    for gray in (0, 128, 255):
        assert not is_light_on_dark(np.full(shape, gray, dtype=np.uint8))


def test_a_bold_ring() -> None:
    """Its hole is narrower than its stroke; by widths alone the hole would be the writing."""
    y, x = np.mgrid[:120, :120]
    away = np.hypot(y - 59.5, x - 59.5)
    ring = np.where((away > 12) & (away < 45), 30, 230).astype(np.uint8)
    assert not is_light_on_dark(ring)
    assert is_light_on_dark(255 - ring)
