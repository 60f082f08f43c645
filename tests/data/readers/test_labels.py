"""Which classes numeric labels have."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import IntArray
from inkling.data.readers.labels import name_numbered_classes
from inkling.errors import DataError


def name(
    train: IntArray, test: IntArray | None = None
) -> tuple[tuple[str, ...], dict[str, IntArray]]:
    """Names the classes, with plain locations of labels."""
    labels = {"train": train} if test is None else {"train": train, "test": test}
    return name_numbered_classes(labels, lambda part, row: f"{part}[{row}]")


@pytest.mark.parametrize("labels", [[0], [9, 3], list(range(10)), [2] * 20 + [5]])
def test_labels_up_to_nine_are_digits(labels: list[int]) -> None:
    """There are ten classes, whichever of the digits occur."""
    classes, numbers = name(np.array(labels))
    assert classes == tuple("0123456789")
    assert numbers["train"].tolist() == labels


@pytest.mark.parametrize(
    "present",
    [
        range(26),
        range(1, 27),  # the letters of EMNIST
        [number for number in range(25) if number != 9],  # Sign Language MNIST
        range(1, 11),
        [100, 200, 1000],
    ],
)
@pytest.mark.parametrize("dtype", [np.uint16, np.int64, np.uint64])
def test_other_numbers_are_the_names_of_classes(present: list[int], dtype: type) -> None:
    """From 1, with gaps, or large; class c is the c-th of the numbers, in the test set too."""
    train = np.repeat(np.array(present), 5)
    order = np.random.default_rng(0).permutation(len(train))
    test = np.array([max(present), min(present)])
    classes, numbers = name(train[order].astype(dtype), test.astype(dtype))
    assert classes == tuple(map(str, present))
    assert [int(classes[c]) for c in numbers["train"]] == train[order].tolist()
    assert numbers["test"].tolist() == [len(present) - 1, 0]
    assert numbers["test"].dtype == np.int64


@pytest.mark.parametrize("count", [1, 5])
def test_a_class_without_a_gap_may_be_rare(count: int) -> None:
    """Letters that nobody writes are classes if both ends of the range are."""
    train = np.concatenate(
        [np.repeat(np.arange(1, 27), 500), np.full(count, 27), np.repeat(28, 500)]
    )
    assert len(name(train)[0]) == 28


DIGITS = list(range(10)) * 60


@pytest.mark.parametrize(
    ("train", "test", "reason"),
    [
        ([0] * 20, None, r"train\[0\]: expected labels of at least two classes, got only 0"),
        ([3, 0, 10, 5, 42], None, r"train\[2\]: expected a label from 0 to 9, got 10; .* twice"),
        ([3, 0, -1], None, r"train\[2\]: .* got -1"),
        ([3, 0, 10**12], None, r"train\[2\]: .* got 1000000000000"),
        ([11, *range(10)], None, r"train\[0\]: expected a label from 0 to 9, got 11; .* twice"),
        ([*DIGITS, 42, 42], None, r"train\[600\]: expected a label from 0 to 9, got 42"),
        ([*DIGITS, 10], None, r"train\[600\]: expected a label from 0 to 9, got 10"),
        ([*DIGITS, -1, *[10] * 60], None, r"train\[600\]: .* from 0 to 10, got -1\.$"),
        ([*list(range(1, 27)) * 40, 27], None, r"from 1 to 26, got 27; .* 20 times less often"),
        ([0, *list(range(1, 27)) * 40], None, r"train\[0\]: .* from 1 to 26, got 0\.$"),
        (list(range(12)), [11, 12], r"test\[1\]: expected a label from 0 to 11, got 12\.$"),
        ([0, 0, 20, 20], [20, 7], r"test\[1\]: .* from 0 to 20 that occurs in training, got 7"),
        (
            list(range(1, 100)),
            None,
            r"train\[0\]: .* none that occurs twice; .* numbers of the images",
        ),
    ],
)
def test_a_wrong_label_is_located(train: list[int], test: list[int] | None, reason: str) -> None:
    """One class, a number among digits, one that is rare, or one that only the test set has."""
    with pytest.raises(DataError, match=reason):
        name(np.array(train), None if test is None else np.array(test))
