"""Drawn images that are not digits."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.data.synthetic.non_digits import draw_non_digits
from inkling.errors import SettingError
from inkling.image.normalize import normalize


@pytest.fixture(scope="module")
def drawings() -> ByteArray:
    """200 of them."""
    return draw_non_digits(200, rng=np.random.default_rng(2))


def test_they_are_normalized_like_digits(drawings: ByteArray) -> None:
    """Ink up to 255, the center of mass near (14, 14); normalizing again changes nothing more."""
    assert drawings.shape == (200, 28, 28)
    assert drawings.max(axis=(1, 2)).min() == 255
    mass = drawings.sum(axis=(1, 2), dtype=float)
    for axis in (1, 2):  # noise fills the field and cannot move far
        assert np.abs(drawings.sum(axis=axis) @ np.arange(28) / mass - 14).max() < 1.5
    once = normalize(drawings[0])
    np.testing.assert_array_equal(normalize(once), once)


def test_there_are_all_kinds(drawings: ByteArray) -> None:
    """Thin strokes, thick scribbles, and noise, whose many grains have many edges."""
    edges = np.abs(np.diff(drawings.astype(int), axis=2)).sum(axis=(1, 2)) / 255
    ink = (drawings > 127).mean(axis=(1, 2))
    assert 0.01 < (edges > 105).mean() < 0.2  # strokes and scribbles hardly reach it
    assert ink.min() < 0.07
    assert np.quantile(ink, 0.9) > 0.2


def test_the_count_is_at_least_1() -> None:
    """The message names the argument."""
    with pytest.raises(SettingError, match="draw_non_digits: expected count as a whole number"):
        draw_non_digits(0, rng=np.random.default_rng(0))
