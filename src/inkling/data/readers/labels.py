"""Numeric labels: which classes there are, and which label is a mistake.

IDX, CSV and npz files contain numbers and no names; this module decides for all three what the numbers
mean. A folder of images (``folders.py``) names its classes itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from inkling._checks import complain
from inkling._types import IntArray
from inkling.errors import DataError

RARE = 20
"""A number that occurs less than a twentieth as often as the median one is taken for a mistake."""
MOST_SINGLE = 50
"""More labels than this, all different, number the images."""

LABELS_MISSING = "the labels are missing: use inkling predict to classify images without labels"

NOT_RARE = (
    "numbers above 9 are classes if each occurs at least twice, and none "
    f"{RARE} times less often than the others"
)


def name_numbered_classes(
    labels: Mapping[str, IntArray], where: Callable[[str, int], str]
) -> tuple[tuple[str, ...], dict[str, IntArray]]:
    """Names the classes of a source whose labels are numbers.

    Labels up to 9 are the ten digits, even if some do not occur. Otherwise the classes are the numbers
    that occur in training, such as 1 to 26 for letters, or 0 to 24 without 9. One wrong label in a file
    of digits must not silently make a network with 11 classes, so every number must occur at least a
    twentieth as often as the median one, and twice if the numbers have a gap; in a range from 0 or 1
    without a gap only its ends can be such mistakes. ``where`` locates a label for the message, from its
    part and row (from 0).

    Returns:
        The names of the classes, and the labels of each part as numbers of classes, from 0.

    Raises:
        DataError: if a label is wrong (the message locates the first), or all are the same.
    """
    train = labels["train"]
    present, counts = np.unique(train, return_counts=True)
    if len(present) == 1 and len(train) > 1:
        advice = "if the labels are in another column, name it 'label' in a header"
        expected = "labels of at least two classes"
        raise DataError(complain(where("train", 0), expected, f"only {present[0]}", advice))
    if len(present) == len(train) > MOST_SINGLE:
        advice = "they look like the numbers of the images"
        expected = "labels of which some are equal"
        raise DataError(complain(where("train", 0), expected, "none that occurs twice", advice))
    classes = _classes_among(present, counts)
    for part, numbers in labels.items():
        wrong = np.flatnonzero(~np.isin(numbers, classes))
        if len(wrong):
            row = int(wrong[0])
            expected = f"a label from {classes[0]} to {classes[-1]}"
            if classes[-1] - classes[0] >= len(classes):
                expected += " that occurs in training"
            advice = NOT_RARE if part == "train" and numbers[row] > 9 else ""
            raise DataError(complain(where(part, row), expected, numbers[row], advice))
    names = tuple(str(number) for number in classes)
    return names, {
        part: np.searchsorted(classes, numbers).astype(np.int64) for part, numbers in labels.items()
    }


def _classes_among(present: IntArray, counts: IntArray) -> IntArray:
    """Returns the numbers that are classes, of those that occur; the ten digits if none is above 9."""
    start = min(max(int(present[0]), 0), 1)
    contiguous = np.array_equal(present, np.arange(start, start + len(present)))
    rare = counts < np.median(counts) / RARE
    if contiguous:
        rare[1:-1] = False
    else:
        rare |= counts < 2
    classes = present[~rare & (present >= 0)]
    return classes if len(classes) and classes[-1] > 9 else np.arange(10)
