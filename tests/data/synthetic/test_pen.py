"""Digits drawn by a program."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.data.synthetic.allographs import Allograph, parse_stroke
from inkling.data.synthetic.pen import Pen, default_pen, draw_digits
from inkling.errors import SettingError
from inkling.image.normalize import normalize
from inkling.model.file import load_model


def test_the_same_seed_draws_the_same_digits() -> None:
    """Another one draws others."""
    first, again, other = (draw_digits(70, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert not np.array_equal(first.images, other.images)
    assert (first.images[0] != first.images[1:]).any(axis=(1, 2)).all()


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_every_allograph_is_drawn_and_normalized(spread: float) -> None:
    """Ink up to 255, no larger than in MNIST, around (14, 14): normalizing moves nothing."""
    pen = default_pen()
    numbers = np.repeat(np.arange(len(pen.allographs)), 3)
    images = pen.draw(numbers, rng=np.random.default_rng(3), spread=spread)
    assert (images.max(axis=(1, 2)) == 255).all()
    ink = images.sum(axis=(1, 2), dtype=float)
    for axis in (1, 2):
        mean = images.sum(axis=axis) @ np.arange(28) / ink
        assert (mean >= 13.4).all()
        assert (mean < 14.6).all()
        length = (images.max(axis=axis) > 51).sum(axis=1)
        assert length.max() <= 20
    assert np.abs(np.stack([normalize(image) for image in images]).astype(int) - images).mean() < 1


def test_the_table_gives_shape_and_label() -> None:
    """An upright bar of one's own, without any change, fills the height of two columns."""
    own = Allograph(1, "bar", "here", 1.0, (parse_stroke("0,0 0,100"),))
    (image,) = Pen([own]).draw([0], rng=np.random.default_rng(0), spread=0)
    rows, columns = (image > 127).nonzero()
    assert np.ptp(rows) >= 18
    assert np.ptp(columns) <= 4


def test_the_model_that_ships_reads_them() -> None:
    """Drawings of the first allograph of each digit, which is a plain one."""
    pen = default_pen()
    digits = [one.digit for one in pen.allographs]
    plain = np.repeat([digits.index(digit) for digit in range(10)], 20)
    images = pen.draw(plain, rng=np.random.default_rng(4))
    read = load_model().predict(images)
    assert (read == np.repeat(np.arange(10), 20)).mean() > 0.95


def test_weights_are_shares_within_a_digit() -> None:
    """Three of four ones are of the allograph with weight 3; the 7 is always the only one."""
    stroke = (parse_stroke("0,0 10,100"),)
    rows = [(1, 3.0), (1, 1.0), (7, 0.5)]
    pen = Pen([Allograph(digit, "", "", weight, stroke) for digit, weight in rows])
    numbers = pen.choose(np.repeat([1, 7], [4000, 10]), rng=np.random.default_rng(0))
    shares = np.bincount(numbers[:4000], minlength=3) / 4000
    assert shares == pytest.approx([0.75, 0.25, 0], abs=0.03)
    assert (numbers[4000:] == 2).all()


def test_labels_are_the_digits_of_the_allographs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn for a label is an allograph of that digit."""
    drawn: list[np.ndarray] = []
    draw = Pen.draw

    def watched(self: Pen, numbers: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
        drawn.append(numbers)
        return draw(self, numbers, rng=rng)

    monkeypatch.setattr(Pen, "draw", watched)
    split = draw_digits(300, rng=np.random.default_rng(5))
    digits = np.array([one.digit for one in default_pen().allographs])
    np.testing.assert_array_equal(digits[drawn[0]], split.labels)
    assert set(split.labels) == set(range(10))


def test_the_count_is_at_least_1() -> None:
    """The message names the argument."""
    with pytest.raises(SettingError, match="draw_digits: expected count as a whole number"):
        draw_digits(0, rng=np.random.default_rng(0))
