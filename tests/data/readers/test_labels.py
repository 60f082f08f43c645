"""How many classes numeric labels have."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import IntArray
from inkling.data.readers.labels import name_numbered_classes
from inkling.errors import DataError


def name(train: IntArray, test: IntArray | None = None) -> tuple[str, ...]:
    """Names the classes, with plain locations of labels."""
    labels = {"train": train} if test is None else {"train": train, "test": test}
    return name_numbered_classes(labels, lambda part, row: f"{part}[{row}]")


@pytest.mark.parametrize("labels", [[0], [9, 3], list(range(10)), [2] * 20 + [5]])
def test_labels_up_to_nine_are_digits(labels: list[int]) -> None:
    """There are ten classes, whichever of the digits occur."""
    assert name(np.array(labels)) == tuple("0123456789")


def test_more_classes_need_every_number() -> None:
    """Labels 0 to 25 are 26 classes; the test set may lack some of them."""
    assert name(np.arange(26), np.array([25, 3])) == tuple(str(number) for number in range(26))


@pytest.mark.parametrize(
    ("train", "test", "reason"),
    [
        ([0] * 20, None, r"train\[0\]: expected labels of at least two classes, got only 0"),
        ([3, 0, 10, 5, 42], None, r"train\[2\]: expected a label from 0 to 9, got 10; .* gap"),
        ([3, 0, -1], None, r"train\[2\]: .* got -1"),
        ([3, 0, 10**12], None, r"train\[2\]: .* got 1000000000000"),
        ([11, *range(10)], None, r"train\[0\]: expected a label from 0 to 9, got 11; .* gap"),
        (list(range(12)), [11, 12], r"test\[1\]: expected a label from 0 to 11, got 12\.$"),
    ],
)
def test_a_wrong_label_is_located(train: list[int], test: list[int] | None, reason: str) -> None:
    """A single class, a number among digits, a gap, or a class that occurs only in the test set."""
    with pytest.raises(DataError, match=reason):
        name(np.array(train), None if test is None else np.array(test))
