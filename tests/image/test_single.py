"""One digit in any light gives what it would give on even paper."""

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
        {"shadow": 0.5},
        {"table": 45},
        {"grain": 8.0},
        {"ruled": 0.2, "fall": 0.3},
        {"pen": 0.06, "ink": 0.35, "fall": 0.4, "grain": 3.0},
        {"chalk": True, "ink": 0.6, "grain": 5.0},
    ],
)
@pytest.mark.parametrize("digit", "58")
def test_a_photograph_is_as_good_as_a_scan(
    digit: str, look: dict[str, Any], page: Callable[..., Any]
) -> None:
    """Nearly the same 28 × 28 pixels as from the same strokes in even light without grain."""
    scan = page([digit], 3, height=120, grain=0.0, pen=look.get("pen", 0.09)).gray
    photo = page([digit], 3, height=120, **look).gray
    one, other = (
        image.astype(float).ravel() for image in (normalize(scan), normalize_single(photo))
    )
    assert np.corrcoef(one, other)[0, 1] > 0.9


def test_even_paper_is_only_normalized(page: Callable[..., Any]) -> None:
    """Drawings and small images are normalized as in training, to the last bit."""
    scan = page(["4"], grain=0.0).gray
    assert np.array_equal(normalize_single(scan), normalize(scan))
    small = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    assert np.array_equal(normalize_single(small), normalize(small))


def test_uneven_paper_without_writing() -> None:
    """Without any writing the image is normalized as it is."""
    light = np.broadcast_to(np.linspace(220, 100, 80), (60, 80)).astype(np.uint8)
    assert np.array_equal(normalize_single(light), normalize(light))
