"""Ruled paper whose lines are as dark as pencil."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.image.page.components import find_components
from inkling.image.page.ruling import is_ruled
from inkling.image.page.segment import segment


def rule(gray: ByteArray, slope: float) -> ByteArray:
    """Draws lines of gray 120 through an image (H, W), from side to side."""
    y, x = np.mgrid[: gray.shape[0], : gray.shape[1]]
    line = (y - slope * x) % 56 < 3
    return np.where(line, np.minimum(gray, 120), gray).astype(np.uint8)


@pytest.mark.parametrize("slope", [0.0, 0.012])
@pytest.mark.parametrize("grain", [0.0, 4.0])
def test_digits_on_dark_lines(slope: float, grain: float, page: Callable[..., Any]) -> None:
    """Each is found as a whole, in its place, although lines cross it."""
    written = page(["358", "20"], 2, height=110, grain=grain, gap=0.6)
    rows = segment(rule(written.gray, slope)).rows
    assert [len(row.marks) for row in rows] == [3, 2]
    for row, truth in zip(rows, written.boxes, strict=True):
        boxes = [candidate.box for candidate in row.lattice().candidates]
        assert np.abs(np.subtract(boxes, truth)).max() <= 15


def test_lines_across() -> None:
    """Two lines or more that are thin and cross the image; a grid is for its cells to be found."""
    mask = np.zeros((200, 300), dtype=np.bool_)
    mask[50:53] = True
    assert not is_ruled(find_components(mask), mask.shape)
    mask[100:103] = mask[150:153] = True
    assert is_ruled(find_components(mask), mask.shape)
    short = mask.copy()
    short[:, 180:] = False
    assert not is_ruled(find_components(short), mask.shape)
    grid = mask.copy()
    grid[:, 60:63] = grid[:, 160:163] = True
    assert not is_ruled(find_components(grid), mask.shape)
