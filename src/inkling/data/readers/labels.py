"""Numeric labels: how many classes there are, and which label is a mistake.

IDX, CSV and npz files contain numbers and no names; this module decides for all three what the numbers
mean. A folder of images (``folders.py``) names its classes itself.
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

    Labels up to 9 are the ten digits, even if some do not occur. More classes are accepted only if every
    number from 0 occurs in training; otherwise one wrong label in a file of digits would silently make a
    network with 43 classes. ``where`` locates a label for the message, from its part and row (from 0).

    Raises:
        DataError: if a label is out of range (the message locates the first), or all are the same.
    """
    present = np.unique(labels["train"])
    if len(present) == 1 and len(labels["train"]) > 1:
        only = f"only {present[0]}"
        advice = "the label must come before the pixels, not after them"
        raise DataError(complain(where("train", 0), "labels of at least two classes", only, advice))
    contiguous = np.array_equal(present, np.arange(len(present)))
    count = max(10, len(present)) if contiguous else 10
    advice = "more than ten classes must be numbered from 0 without a gap" if count == 10 else ""
    for part, numbers in labels.items():
        wrong = np.flatnonzero((numbers < 0) | (numbers >= count))
        if len(wrong):
            row = int(wrong[0])
            expected = f"a label from 0 to {count - 1}"
            raise DataError(complain(where(part, row), expected, numbers[row], advice))
    return tuple(str(number) for number in range(count))
