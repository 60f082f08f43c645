"""Finding the digits of a page: all of them, in order, in any light, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.image.page.segment import segment

LOOKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "thin pencil": {"pen": 0.045, "ink": 0.28, "height": 60, "fall": 0.3, "grain": 3.0},
    "marker": {"pen": 0.16, "gap": 0.4},
    "small": {"height": 18, "pen": 0.1},
    "large": {"height": 140, "pen": 0.06, "fall": 0.5, "grain": 4.0},
    "a shadow with a hard edge": {"shadow": 0.55},
    "a row that climbs": {"slope": -0.15},
    "ruled paper": {"ruled": 0.25, "fall": 0.3},
    "a dark table": {"table": 45, "fall": 0.2},
    "chalk": {"chalk": True, "ink": 0.6, "grain": 3.0},
    "yellow, dim and noisy": {"paper": 120, "grain": 7.0, "ink": 0.65},
    "narrow gaps": {"gap": 0.08},
}
ROWS = ["40718", "2365", "980124"]


def boxes_of(gray: ByteArray) -> list[list[tuple[int, int, int, int]]]:
    """The boxes of the whole marks, row by row."""
    lattices = [row.lattice() for row in segment(gray).rows]
    return [[c.box for c in w.candidates if c.stop == c.first + 1] for w in lattices]


@pytest.mark.parametrize("look", LOOKS)
def test_finds_every_digit_in_order(look: str, page: Callable[..., Any]) -> None:
    """Each in its row and place, within an eighth of a digit."""
    written = page(ROWS, 1, **LOOKS[look])
    found = boxes_of(written.gray)
    assert [len(row) for row in found] == [5, 4, 6]
    slack = LOOKS[look].get("height", 44) / 8 + 1
    for row, truth in zip(found, written.boxes, strict=True):
        assert np.abs(np.subtract(row, truth)).max() <= slack


def test_boxes_are_in_pixels_of_the_original(page: Callable[..., Any]) -> None:
    """Also if a large image is shrunk first."""
    written = page(ROWS, 3, height=60)
    large = written.gray.repeat(5, axis=0).repeat(5, axis=1)
    assert max(large.shape) > 1600
    for row, truth in zip(boxes_of(large), written.boxes, strict=True):
        assert np.abs(np.subtract(row, np.multiply(truth, 5))).max() <= 40


def test_an_image_cropped_to_its_digit() -> None:
    """Strokes end at the edge on every side: paper is added, and the box stays inside."""
    crop = np.full((60, 44), 240, dtype=np.uint8)
    crop[:, 18:24] = crop[28:34] = 30  # a cross from edge to edge
    assert boxes_of(crop) == [[(0, 0, 44, 60)]]


def test_specks_blots_and_creases_are_not_digits(page: Callable[..., Any]) -> None:
    """Dirt between and around the digits changes nothing."""
    rng = np.random.default_rng(6)
    gray = np.pad(page(["407", "18"], 4, gap=0.8).gray, 40, mode="edge")
    height, width = gray.shape
    for _ in range(60):
        y, x = rng.integers(0, height - 2), rng.integers(0, width - 2)
        gray[y : y + 2, x : x + 2] = 90
    gray[10:34, 30:52] = 60  # a blot
    gray[height - 16, 10 : width - 20] = 120  # a crease
    assert [len(row) for row in boxes_of(gray)] == [3, 2]


@pytest.mark.parametrize("grain", [0.0, 6.0])
def test_blank_paper_has_no_rows(grain: float) -> None:
    """Also with shadows and noise on it."""
    light = np.broadcast_to(np.linspace(220, 100, 400), (300, 400)).copy()
    light[:, 250:] *= 0.6
    noise = np.random.default_rng(7).normal(0, grain, light.shape)
    assert segment((light + noise).clip(0, 255).astype(np.uint8)).rows == ()


@pytest.mark.parametrize("shape", [(1, 1), (900, 3), (8, 8), (8, 2000)])
def test_images_too_small_for_a_digit(shape: tuple[int, int]) -> None:
    """An empty image has no rows, and noise has at most one per 8 pixels."""
    assert segment(np.zeros(shape, dtype=np.uint8)).rows == ()
    gray = np.random.default_rng(8).integers(0, 256, shape, dtype=np.uint8)
    assert len(segment(gray).rows) <= shape[0] // 8


def test_the_number_of_marks_is_bounded() -> None:
    """Pure noise contains a hundred thousand components."""
    noise = np.random.default_rng(9).integers(0, 256, (700, 900), dtype=np.uint8)
    assert sum(len(row.marks) for row in segment(noise).rows) <= 2000
