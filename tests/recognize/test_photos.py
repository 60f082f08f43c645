"""Four photographs of handwritten numbers, read with the model that ships."""

from __future__ import annotations

import json
import os
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from inkling.recognize.recognizer import Recognizer


@pytest.fixture
def photos() -> Path:
    """The folder of the photographs."""
    folder = Path(os.environ.get("INKLING_HANDWRITING", ""), "photos")
    if not (folder / "labels.json").is_file():
        pytest.skip("INKLING_HANDWRITING does not name the folder with photos/labels.json in it")
    return folder


@pytest.mark.slow
def test_digits_right_and_in_order(photos: Path) -> None:
    """At least 95 % of 129 digits, all rows, and the number of digits on three photos of four."""
    labels = json.loads((photos / "labels.json").read_text())
    recognizer = Recognizer()
    right = counted = total = 0
    for name, label in labels.items():
        truth = "".join(label["rows"]).replace(" ", "")
        reading = recognizer.read(photos / name)
        assert len(reading.text) == len(label["rows"])
        matches = SequenceMatcher(None, "".join(reading.text), truth, autojunk=False)
        right += sum(match.size for match in matches.get_matching_blocks())
        counted += len(reading.digits) == label["n_digits"]
        total += label["n_digits"]
    assert right >= 0.95 * total
    assert counted >= 3
