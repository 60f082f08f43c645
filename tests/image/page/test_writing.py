"""Measuring the writing: its height and pen, and what is not writing."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.image.page.components import find_components
from inkling.image.page.writing import find_writing


def test_dirt_is_not_writing() -> None:
    """A large frame, a line, a blob, a speck and faint scratches; twelve strokes remain."""
    ink = np.zeros((300, 700), dtype=np.uint8)
    ink[40:242, 450:453] = ink[40:242, 647:650] = ink[40:43, 450:650] = 180
    for left in range(60, 420, 30):
        ink[100:150, left : left + 5] = 180
    ink[250, 20:380] = ink[20:50, 300:330] = ink[60:62, 60:62] = 180
    ink[200:240, 60:63] = 60
    found = find_components(ink > 0)
    writing = find_writing(ink, np.full(ink.shape, 18, dtype=np.uint8), found)
    assert writing is not None
    assert sorted(found.boxes[writing.kept].tolist()) == [
        [left, 100, left + 5, 150] for left in range(60, 420, 30)
    ]
    assert writing.height == 50
    assert writing.pen == pytest.approx(5, abs=1.5)
    assert writing.ruled == pytest.approx((360 + 1794) / (ink > 0).sum(), abs=0.01)


def test_specks_alone_are_not_writing() -> None:
    """There is nothing to measure."""
    ink = np.zeros((60, 60), dtype=np.uint8)
    ink[10::17, 10::17] = 200
    floor = np.full(ink.shape, 18, dtype=np.uint8)
    assert find_writing(ink, floor, find_components(ink > 0)) is None
