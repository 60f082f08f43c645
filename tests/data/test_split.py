"""Labeled images, and stratified division."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling._types import AnyArray
from inkling.data.split import Split, divide, draw_stratified
from inkling.errors import SettingError, ShapeError


def split_of(labels: list[int]) -> Split:
    """Images of 5 × 3 whose every pixel is the number of their row."""
    rows = np.arange(len(labels), dtype=np.uint8)
    images = np.broadcast_to(rows[:, None, None], (len(labels), 5, 3))
    return Split(images, np.array(labels, dtype=np.int64))


IMAGES, LABELS = np.zeros((7, 5, 3), np.uint8), np.zeros(7, np.int64)


@pytest.mark.parametrize(
    ("images", "labels", "reason"),
    [
        (np.zeros((7, 15), np.uint8), LABELS, r"images of shape \(N, H, W\), got \(7, 15\)"),
        (IMAGES, LABELS[:6], r"labels of shape \(7,\), got \(6,\)"),
        (IMAGES.tolist(), LABELS, r"images as an array, got list; pass np.asarray\(images\)"),
        (IMAGES, LABELS.tolist(), r"labels as an array, got list; pass np.asarray\(labels\)"),
        (IMAGES.astype(np.float32), LABELS, r"images of uint8, got float32; .*\(255 \* images\)"),
        (IMAGES, LABELS.astype(np.uint8), r"labels of int64, got uint8; pass labels.astype\("),
        (IMAGES, LABELS - 2, "labels from 0, got -2"),
    ],
)
def test_a_wrong_split_is_an_error(images: AnyArray, labels: AnyArray, reason: str) -> None:
    """Axes, lengths, dtypes and the sign of labels are checked."""
    with pytest.raises(ShapeError, match=f"^Split: expected {reason}"):
        Split(images, labels)


@pytest.mark.parametrize(
    ("sizes", "count", "drawn"),
    [
        ([7, 5, 1], 5, [3, 2, 0]),  # due: 2.69, 1.92 and 0.38; 2, 1 and 0, then + 1 and + 1
        ([2, 2, 2], 4, [2, 1, 1]),  # due: 1.33 each; the lower label gets the fourth
    ],
)
def test_shares_by_hand(sizes: list[int], count: int, drawn: list[int]) -> None:
    """Remaining rows go to the largest remainders, and on a tie to the lower label."""
    labels = np.repeat([0, 1, 2], sizes)[::-1]
    rows = draw_stratified(labels, count, rng=np.random.default_rng(3))
    assert np.bincount(labels[rows], minlength=3).tolist() == drawn


@given(
    labels=st.lists(st.integers(0, 6), min_size=1, max_size=60),
    share=st.floats(0, 1),
    seed=st.integers(0, 5),
)
def test_a_split_is_divided_by_class(labels: list[int], share: float, seed: int) -> None:
    """Each image is in exactly one part, in order; each class is within one of its exact share."""
    count = int(share * len(labels))
    parts = divide(split_of(labels), count, rng=np.random.default_rng(seed))
    assert len(parts[1]) == count
    rows = [part.images[:, 0, 0].tolist() for part in parts]
    assert sorted(rows[0] + rows[1]) == list(range(len(labels)))
    for part, numbers in zip(parts, rows, strict=True):
        assert numbers == sorted(numbers)
        assert part.labels.tolist() == [labels[number] for number in numbers]
    for label in set(labels):
        due = Fraction(count * labels.count(label), len(labels))
        assert abs(int((parts[1].labels == label).sum()) - due) < 1


def test_every_row_can_be_drawn() -> None:
    """Different seeds draw different rows."""
    labels = np.zeros(50, dtype=np.int64)
    draws = [draw_stratified(labels, 10, rng=np.random.default_rng(seed)) for seed in range(60)]
    assert set(np.concatenate(draws).tolist()) == set(range(50))


@pytest.mark.parametrize("count", [-1, 4, 1.5])
def test_an_impossible_count_is_an_error(count: int) -> None:
    """It is a whole number from 0 to N."""
    with pytest.raises(SettingError, match=r"count as a whole number in \[0, 3\]"):
        draw_stratified(np.array([0, 1, 1]), count, rng=np.random.default_rng(0))
