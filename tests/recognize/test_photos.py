"""Four photographs of handwritten numbers, read with the model that ships."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from inkling.recognize.recognizer import SHIPPED, Recognizer


@pytest.fixture(scope="module")
def photos() -> Path:
    """The folder of the photographs."""
    folder = Path(os.environ.get("INKLING_HANDWRITING", ""), "photos")
    if not (folder / "labels.json").is_file():
        pytest.skip("INKLING_HANDWRITING does not name the folder with photos/labels.json in it")
    if not SHIPPED.is_file():
        pytest.skip("there is no model in models/digits.safetensors yet")
    return folder


def mistakes(text: str, truth: str) -> int:
    """The fewest digits to insert, leave out or change that turn one into the other (Levenshtein)."""
    row = np.arange(len(truth) + 1)
    for letter in text:
        changed = row[:-1] + [letter != wanted for wanted in truth]
        row = np.concatenate([[row[0] + 1], np.minimum(changed, row[1:] + 1)])
        for place in range(1, len(row)):
            row[place] = min(row[place], row[place - 1] + 1)
    return int(row[-1])


def test_the_measure() -> None:
    """Worked by hand."""
    assert mistakes("1234", "1234") == 0
    assert mistakes("134", "1234") == 1
    assert mistakes("12?45", "1234") == 2
    assert mistakes("", "1234") == 4


def test_digits_right_and_in_order(photos: Path) -> None:
    """At least 95 % of 129, and the right number of digits and of rows on three photos of four."""
    labels = json.loads((photos / "labels.json").read_text())
    recognizer = Recognizer()
    wrong = counted = 0
    for name, label in labels.items():
        rows = [row.replace(" ", "") for row in label["rows"]]
        reading = recognizer.read(photos / name)
        assert len(reading.text) == len(rows)
        wrong += mistakes("".join(reading.text), "".join(rows))
        counted += len(reading.digits) == label["n_digits"]
    assert wrong <= 0.05 * sum(label["n_digits"] for label in labels.values())
    assert counted >= 3
