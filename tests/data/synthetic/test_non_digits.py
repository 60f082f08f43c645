"""Drawn non-digits: as normalised as digits are, of every kind, the same for the same seed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from inkling.data.synthetic.non_digits import draw_non_digits
from inkling.errors import SettingError
from inkling.image.normalize import normalize


def test_they_are_prepared_like_digits() -> None:
    """Each has ink up to 255, its centre of mass on (14, 14), and passes normalisation unharmed."""
    figures = draw_non_digits(60, rng=np.random.default_rng(1))
    places = np.arange(28)
    for figure in figures:
        assert figure.max() == 255
        mass = figure.sum(dtype=float)
        middle = [figure.sum(axis=axis) @ places / mass for axis in (0, 1)]
        assert (
            np.abs(np.array(middle) - 14).max() < 1.5
        )  # noise fills the field and cannot move far
    assert figures.shape == (60, 28, 28)
    np.testing.assert_array_equal(normalize(figures[0]), normalize(normalize(figures[0])))


def test_there_are_all_kinds() -> None:
    """Thin strokes, thick scribbles, and noise, whose many grains have many edges."""
    figures = draw_non_digits(300, rng=np.random.default_rng(2)).astype(int)
    edges = np.abs(np.diff(figures, axis=2)).sum(axis=(1, 2)) / 255
    ink = (figures > 127).mean(axis=(1, 2))
    assert 0.01 < (edges > 105).mean() < 0.2  # strokes and scribbles hardly reach it
    assert ink.min() < 0.07
    assert np.quantile(ink, 0.9) > 0.2


def test_a_seed_fixes_them() -> None:
    """And another gives others; a larger set does not need to begin with the smaller."""
    one, same, other = (draw_non_digits(7, rng=np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize("count", [0, -3, 2.5])
def test_a_count_is_a_whole_number(count: float) -> None:
    """Said in one line."""
    message = f"draw_non_digits: expected count as a whole number in [1, ∞), got {count!r}."
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        draw_non_digits(count, rng=np.random.default_rng(0))  # type: ignore[arg-type]
