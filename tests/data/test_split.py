"""Labelled images, and dividing them fairly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling._types import AnyArray
from inkling.data.split import Source, Split, divide, draw_stratified
from inkling.errors import SettingError, ShapeError


def split_of(labels: list[int]) -> Split:
    """Images of 5 × 3 whose every pixel is the number of their row."""
    rows = np.arange(len(labels), dtype=np.uint8)
    images = np.broadcast_to(rows[:, None, None], (len(labels), 5, 3))
    return Split(images, np.array(labels, dtype=np.int64))


def test_a_split_knows_its_length_and_spares_the_pixels() -> None:
    """len() is the number of images; the printed form is short."""
    split = split_of([3, 1, 4, 1, 5, 9, 2])
    assert len(split) == 7
    assert repr(split) == "Split of 7 images of 5 × 3"


def test_a_split_may_be_empty() -> None:
    """No images still have a size."""
    assert repr(split_of([])) == "Split of 0 images of 5 × 3"


@pytest.mark.parametrize(
    ("images", "labels", "sentence"),
    [
        (
            np.zeros((7, 15), np.uint8),
            np.zeros(7, np.int64),
            "Split: expected images of shape (N, H, W), got (7, 15).",
        ),
        (
            np.zeros((7, 5, 3), np.uint8),
            np.zeros(6, np.int64),
            "Split: expected labels of shape (7,), got (6,); one for each image.",
        ),
        (
            np.zeros((7, 5, 3), np.float32),
            np.zeros(7, np.int64),
            "Split: expected images of uint8, got float32.",
        ),
        (
            np.zeros((7, 5, 3), np.uint8),
            np.zeros(7, np.uint8),
            "Split: expected labels of int64, got uint8.",
        ),
        (
            np.zeros((3, 5, 7), np.uint8),
            np.array([0, -2, 1]),
            "Split: expected labels from 0, got -2.",
        ),
    ],
)
def test_a_wrong_split_is_one_sentence(images: AnyArray, labels: AnyArray, sentence: str) -> None:
    """Axes, lengths, dtypes and the sign of labels are checked."""
    with pytest.raises(ShapeError) as error:
        Split(images, labels)
    assert str(error.value) == sentence


def test_a_source_lists_the_parts_it_has() -> None:
    """Parts that are absent are not listed."""
    split = split_of([0, 1, 2])
    assert list(Source(("a", "b", "c"), split).parts()) == ["train"]
    assert list(Source(("a", "b", "c"), split, split, split).parts()) == [
        "train",
        "validation",
        "test",
    ]


def test_remainders_go_to_the_largest() -> None:
    """Worked by hand: of 7, 5 and 1 rows, 2.69, 1.92 and 0.38 are due: 2, 1 and 0, and then + 1, + 1."""
    labels = np.repeat([0, 1, 2], [7, 5, 1])
    rows = draw_stratified(labels, 5, rng=np.random.default_rng(3))
    assert np.bincount(labels[rows], minlength=3).tolist() == [3, 2, 0]


def test_equal_remainders_go_to_the_lower_label() -> None:
    """Worked by hand: of 2, 2 and 2 rows, 1.33 are due: 1 each, and the first gets the fourth."""
    labels = np.array([2, 0, 1, 2, 1, 0])
    rows = draw_stratified(labels, 4, rng=np.random.default_rng(3))
    assert np.bincount(labels[rows]).tolist() == [2, 1, 1]


@given(
    labels=st.lists(st.integers(0, 6), min_size=1, max_size=60),
    share=st.floats(0, 1),
    seed=st.integers(0, 5),
)
def test_every_class_keeps_its_share(labels: list[int], share: float, seed: int) -> None:
    """Exactly the asked number, no row twice, rising, and each class within one of its exact share."""
    array, count = np.array(labels), int(share * len(labels))
    rows = draw_stratified(array, count, rng=np.random.default_rng(seed))
    assert len(rows) == count
    assert sorted(set(rows.tolist())) == rows.tolist()
    for label in set(labels):
        due = Fraction(count * labels.count(label), len(labels))
        assert abs(int((array[rows] == label).sum()) - due) < 1


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(0, 40))
def test_the_two_halves_are_disjoint_and_complete(labels: list[int], count: int) -> None:
    """Every image with its label is in exactly one of the halves, in the old order."""
    split = split_of(labels)
    count = min(count, len(labels))
    rest, drawn = divide(split, count, rng=np.random.default_rng(0))
    assert len(drawn) == count
    rows = [half.images[:, 0, 0].tolist() for half in (rest, drawn)]
    assert sorted(rows[0] + rows[1]) == list(range(len(labels)))
    for half, numbers in zip((rest, drawn), rows, strict=True):
        assert numbers == sorted(numbers)
        assert half.labels.tolist() == [labels[number] for number in numbers]
        assert half.images.shape[1:] == (5, 3)


def test_the_draw_is_random_within_a_class_and_fixed_by_the_generator() -> None:
    """The same generator draws the same rows, another one others; every row can be drawn."""
    labels = np.zeros(50, dtype=np.int64)
    draws = [draw_stratified(labels, 10, rng=np.random.default_rng(seed)) for seed in range(60)]
    np.testing.assert_array_equal(
        draws[0], draw_stratified(labels, 10, rng=np.random.default_rng(0))
    )
    assert draws[0].tolist() != draws[1].tolist()
    assert set(np.concatenate(draws).tolist()) == set(range(50))


@pytest.mark.parametrize("count", [-1, 4, 1.5])
def test_an_impossible_number_is_refused(count: int) -> None:
    """No more rows than there are, no fewer than none, and whole ones."""
    with pytest.raises(SettingError) as error:
        draw_stratified(np.array([0, 1, 1]), count, rng=np.random.default_rng(0))
    assert str(error.value) == (
        f"draw_stratified: expected count as a whole number in [0, 3], got {count}."
    )
