"""Division by a hash of the pixels: what is added later moves nothing."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling._types import IntArray
from inkling.data.hash_split import divide_by_hash, hash_images
from inkling.data.split import Split
from inkling.errors import SettingError


def split_of(numbers: IntArray) -> Split:
    """An image of 4 × 3 for each number, equal for equal numbers; the labels are the rows."""
    images = np.zeros((len(numbers), 4, 3), np.uint8)
    images[:, 1] = np.asarray(numbers)[:, None] // [1, 256, 65536] % 256
    return Split(images, np.arange(len(numbers)))


def part_of_each(split: Split, validation: int | None = None) -> list[str]:
    """The name of the part that each image is in; an image in no part, or in two, fails."""
    parts = divide_by_hash(split, validation)
    names: dict[int, str] = {}
    for name, part in parts._asdict().items():
        assert part.labels.tolist() == sorted(part.labels)
        np.testing.assert_array_equal(part.images, split.images[part.labels])
        names |= dict.fromkeys(part.labels.tolist(), name)
    assert sum(map(len, parts)) == len(names) == len(split)
    return [names[row] for row in range(len(split))]


def test_the_hash_is_the_documented_one() -> None:
    """BLAKE2b of shape and pixels; the shape counts, the place among the images does not."""
    images = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    key = b"inkling hash-1"
    expected = [
        int.from_bytes(hashlib.blake2b(b"(4, 3)" + x.tobytes(), key=key, digest_size=8).digest())
        for x in images
    ]
    assert hash_images(images).tolist() == expected
    assert hash_images(images[::-1]).tolist() == expected[::-1]
    assert not set(hash_images(images.reshape(2, 3, 4)).tolist()) & set(expected)


def test_shares() -> None:
    """A fifth for the test, a tenth of the rest for validation, within four standard deviations."""
    parts, n = part_of_each(split_of(np.arange(10_000))), 10_000
    for name, share in (("test", 0.2), ("validation", 0.08)):
        assert abs(parts.count(name) - share * n) < 4 * np.sqrt(n * share * (1 - share))


@pytest.mark.parametrize("validation", [None, 0])
@pytest.mark.parametrize("seed", range(10))
def test_added_images_move_none(seed: int, validation: int | None) -> None:
    """Images keep their part in another order with others between them; copies are in one part."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 80, 100)
    both = rng.permutation([*first, *rng.integers(60, 120, 50)])
    before = dict(zip(first.tolist(), part_of_each(split_of(first), validation), strict=True))
    pairs = set(zip(both.tolist(), part_of_each(split_of(both), validation), strict=True))
    assert len(dict(pairs)) == len(pairs)  # one part for all copies
    assert before.items() <= pairs


@given(numbers=st.lists(st.integers(0, 30), min_size=2, max_size=50), share=st.floats(0, 1))
def test_a_number_of_validation_images(numbers: list[int], share: float) -> None:
    """As many as asked for, or fewer if copies, which stay together, do not fit; as often as wanted."""
    split = split_of(np.array(numbers))
    whole = part_of_each(split)
    count = int(share * (len(split) - whole.count("test") - 1))
    parts = part_of_each(split, count)
    assert [part == "test" for part in parts] == [part == "test" for part in whole]
    held_out = parts.count("validation")
    assert held_out <= count
    rest = [number for number, part in zip(numbers, parts, strict=True) if part == "train"]
    assert rest
    assert all(rest.count(number) > count - held_out for number in rest)  # no other fits
    assert part_of_each(split, held_out) == parts  # as a resumed run asks for it
    assert part_of_each(split, whole.count("validation")) == whole


@pytest.mark.parametrize("count", [-1, 100, 1.5, True])
def test_an_impossible_number(count: int) -> None:
    """One training image must be left."""
    with pytest.raises(SettingError, match=r"validation as a whole number in \[0, "):
        divide_by_hash(split_of(np.arange(100)), count)


@given(numbers=st.lists(st.integers(0, 2**24 - 1), min_size=2, max_size=6, unique=True))
def test_a_tiny_source_has_a_test_and_a_training_image(numbers: list[int]) -> None:
    """Wherever the few hashes fall."""
    assert {"train", "test"} <= set(part_of_each(split_of(np.array(numbers))))


def test_copies_of_one_image_cannot_be_divided() -> None:
    """They are for training, so that none is tested on."""
    assert set(part_of_each(split_of(np.zeros(5, np.int64)))) == {"train"}
