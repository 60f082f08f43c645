"""How many classes numbered labels have."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import IntArray
from inkling.data.readers.labels import name_numbered_classes
from inkling.errors import DataError

DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def name(train: IntArray, test: IntArray | None = None) -> tuple[str, ...]:
    """Names the classes, with a plain way to say where a label stands."""
    labels = {"train": train} if test is None else {"train": train, "test": test}
    return name_numbered_classes(labels, lambda part, row: f"{part}[{row}]")


def test_labels_that_are_all_the_same_are_refused() -> None:
    """A file whose label stands last reads as paper: every first number is 0, and so every class."""
    with pytest.raises(DataError) as error:
        name(np.zeros(20, np.int64))
    assert str(error.value) == (
        "train[0]: expected labels of two classes at least, got 0 alone; an image begins with its "
        "label, perhaps here it ends with it."
    )


@pytest.mark.parametrize("labels", [[0], [9, 3], list(range(10)), [2] * 20 + [5]])
def test_labels_up_to_nine_are_digits(labels: list[int]) -> None:
    """There are ten classes, whichever of the ten digits occur."""
    assert name(np.array(labels)) == DIGITS


def test_more_classes_are_believed_without_a_gap() -> None:
    """Labels 0 to 25, each of which occurs, are 26 classes; the test set may lack some."""
    assert name(np.arange(26), np.array([25, 3])) == tuple(str(number) for number in range(26))


@pytest.mark.parametrize("wrong", [10, 42, -1, 10**12])
def test_a_number_among_digits_is_a_mistake(wrong: int) -> None:
    """One wrong label does not make more classes; however large, it costs no memory."""
    with pytest.raises(DataError) as error:
        name(np.array([3, 0, wrong, 5, 42]))
    assert str(error.value) == (
        f"train[2]: expected a label from 0 to 9, got {wrong}; "
        "more than ten classes are numbered from 0 without a gap."
    )


def test_a_gap_among_many_labels_is_a_mistake() -> None:
    """Twelve labels with one left out are not eleven classes."""
    with pytest.raises(DataError) as error:
        name(np.array([11, *range(10)]))
    assert str(error.value) == (
        "train[0]: expected a label from 0 to 9, got 11; "
        "more than ten classes are numbered from 0 without a gap."
    )


def test_a_test_label_needs_a_class_of_training() -> None:
    """A label that occurs in the test set alone cannot have been learnt."""
    with pytest.raises(DataError) as error:
        name(np.arange(12), np.array([11, 12]))
    assert str(error.value) == "test[1]: expected a label from 0 to 11, got 12."
