"""One digit in any light becomes what it would have been on even paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling.image.normalize import normalize
from inkling.image.single import normalize_single


@pytest.mark.parametrize(
    "look",
    [
        {"fall": 0.6},
        {"shadow": 0.5},
        {"table": 45},
        {"grain": 8.0},
        {"ruled": 0.2, "fall": 0.3},
        {"pen": 0.06, "ink": 0.35, "fall": 0.4, "grain": 3.0},
        {"chalk": True, "ink": 0.6, "grain": 5.0},
    ],
)
@pytest.mark.parametrize("digit", "258")
def test_a_photograph_is_as_good_as_a_scan(
    digit: str, look: dict[str, Any], page: Callable[..., Any]
) -> None:
    """Nearly the same 28 × 28 pixels as from the same strokes in even light without grain."""
    scan = page([digit], 3, height=120, grain=0.0, pen=look.get("pen", 0.09)).grey
    photo = page([digit], 3, height=120, **look).grey
    one, other = (
        image.astype(float).ravel() for image in (normalize(scan), normalize_single(photo))
    )
    assert np.corrcoef(one, other)[0, 1] > 0.9


def test_even_paper_goes_straight_on(page: Callable[..., Any]) -> None:
    """Drawings and small images are normalised as in training, to the last bit."""
    scan = page(["4"], grain=0.0).grey
    assert np.array_equal(normalize_single(scan), normalize(scan))
    small = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    assert np.array_equal(normalize_single(small), normalize(small))


def test_uneven_paper_without_writing() -> None:
    """Falls back to the plain recipe, and nothing goes wrong."""
    light = np.broadcast_to(np.linspace(220, 100, 80), (60, 80)).astype(np.uint8)
    assert normalize_single(light).shape == (28, 28)
