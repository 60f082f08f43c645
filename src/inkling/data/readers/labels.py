"""Labels that are numbers: how many classes there are, and which label is a mistake.

IDX, CSV and npz files hold numbers and no names. What a number means is decided here, in one place, for
all three. A folder of pictures (``folders.py``) names its classes itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from inkling._checks import complain
from inkling._types import IntArray
from inkling.errors import DataError


def name_numbered_classes(
    labels: Mapping[str, IntArray], where: Callable[[str, int], str]
) -> tuple[str, ...]:
    """Names the classes of a source whose labels are numbers from 0.

    Labels up to 9 are the ten digits, whether all ten occur or not. More classes are believed only if
    each number from 0 upwards occurs in training, for otherwise one wrong number in a file of digits
    would quietly make a network of 43 classes.

    Args:
        labels: the labels (N,) of "train" and, where there is one, of "test".
        where: says where the label of a part and row (from 0) stands, to begin the sentence.

    Returns:
        ("0", ..., "9"), or more.

    Raises:
        DataError: a label is out of range; the sentence names the first. Or all labels are the same.

    Example:
        >>> name_numbered_classes({"train": np.array([3, 1, 0])}, lambda part, row: f"{part} {row}")
        ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')
    """
    present = np.unique(labels["train"])
    if len(present) == 1 and len(labels["train"]) > 1:
        only = f"{present[0]} alone"
        advice = "an image begins with its label, perhaps here it ends with it"
        raise DataError(complain(where("train", 0), "labels of two classes at least", only, advice))
    gapless = np.array_equal(present, np.arange(len(present)))
    count = max(10, len(present)) if gapless else 10
    advice = "more than ten classes are numbered from 0 without a gap" if count == 10 else ""
    for part, numbers in labels.items():
        wrong = np.flatnonzero((numbers < 0) | (numbers >= count))
        if len(wrong):
            row = int(wrong[0])
            expected = f"a label from 0 to {count - 1}"
            raise DataError(complain(where(part, row), expected, numbers[row], advice))
    return tuple(str(number) for number in range(count))
