"""Measuring the writing: its height and pen, and what is not writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling.image.page.components import find_components
from inkling.image.page.ink import find_ink
from inkling.image.page.writing import common_height, find_writing


@pytest.mark.parametrize(
    "look",
    [
        {},
        {"height": 22, "pen": 0.12},
        {"height": 90, "pen": 0.05},
        {"fall": 0.5, "grain": 5.0},
        {"pen": 0.16},
        {"chalk": True, "ink": 0.6},
        {"ruled": 0.25},
        {"table": 45},
    ],
)
def test_height_and_pen(look: dict[str, Any], page: Callable[..., Any]) -> None:
    """Within a sixth and a third of what the page was written with."""
    writing = find_ink(page(["40718", "2365", "980"], **look).grey).writing
    assert writing is not None
    height = look.get("height", 44)
    assert writing.height == pytest.approx(height * (1 + look.get("pen", 0.09)), rel=1 / 6)
    pen = height * look.get("pen", 0.09)
    assert writing.pen == pytest.approx(pen, rel=1 / 3, abs=1)


def test_dirt_is_not_writing() -> None:
    """A line, a blob, a speck, faint scratches, a large frame; twelve strokes remain."""
    ink = np.zeros((300, 700), dtype=np.uint8)
    ink[40:242, 450:453] = ink[40:242, 647:650] = ink[40:43, 450:650] = 180
    for left in range(60, 420, 30):
        ink[100:150, left : left + 5] = 180
    ink[250, 20:380] = 180  # a line
    ink[20:50, 300:330] = 180  # a blob
    ink[60:62, 60:62] = 180  # a speck
    ink[200:240, 60:63] = 60  # a scratch
    found = find_components(ink > 0)
    writing = find_writing(ink, np.full(ink.shape, 18, dtype=np.uint8), found)
    assert writing is not None
    assert sorted(found.boxes[writing.kept].tolist()) == [
        [left, 100, left + 5, 150] for left in range(60, 420, 30)
    ]
    assert writing.height == 50
    assert writing.pen == pytest.approx(5, abs=1.5)
    assert writing.ruled == pytest.approx((360 + 1794) / (ink > 0).sum(), abs=0.01)


def test_nothing_is_writing() -> None:
    """Specks alone."""
    ink = np.zeros((60, 60), dtype=np.uint8)
    ink[10::17, 10::17] = 200
    found = find_components(ink > 0)
    assert find_writing(ink, np.full(ink.shape, 18, dtype=np.uint8), found) is None


def test_common_height_is_of_many_or_of_much() -> None:
    """Neither a hundred specks nor one tall line decides."""
    heights = np.array([3] * 100 + [38, 40, 42, 44] + [600])
    weights = np.array([3.0] * 100 + [200.0] * 4 + [300.0])
    assert common_height(heights, weights) in (38, 40, 42, 44)
