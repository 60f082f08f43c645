"""``inkling predict``: one digit a picture, a question mark where there is none, and wrong pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.model_file import Model
from inkling.nn.mlp import build_mlp
from inkling.recognize import Recognizer

Command = Callable[..., Any]


def test_one_json_object(inkling: Command, trained: Path, pictures: Path) -> None:
    """The promised keys for every file, in the order they were given."""
    files = [pictures / "one.png", pictures / "empty.png"]
    outcome = inkling("predict", *files, "--model", trained, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert set(outcome.json) == {"files"}
    one, empty = outcome.json["files"]
    expected = Recognizer(trained).read_digit(files[0])
    assert one == {
        "file": str(files[0]),
        "text": [str(expected.digit)],
        "digits": [
            {
                "digit": expected.digit,
                "reason": None,
                "confidence": expected.confidence,
                "box": [0, 0, 40, 60],
                "row": 0,
            }
        ],
    }
    assert empty == {
        "file": str(files[1]),
        "text": ["?"],
        "digits": [
            {"digit": None, "reason": "empty", "confidence": 0.0, "box": [0, 0, 40, 60], "row": 0}
        ],
    }


def test_words_for_people(inkling: Command, trained: Path, pictures: Path) -> None:
    """A line for each file: its name as it is, the digit, the confidence."""
    files = sorted(path for path in pictures.iterdir() if path.name != "note.png")
    outcome = inkling("predict", *files, "--model", trained)
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert len(lines) == len(files)
    recognizer = Recognizer(trained)
    for line, path in zip(lines, files, strict=True):
        digit = recognizer.read_digit(path)
        if digit.digit is None:
            assert line == f"{path}  ?  nothing drawn"
        else:
            assert line == f"{path}  {digit.digit}  {100 * digit.confidence:.2f} %"


def test_pictures_that_cannot_be_read(
    inkling: Command, trained: Path, pictures: Path, tmp_path: Path
) -> None:
    """One line each, exit status 1; the others are read all the same."""
    wrong = [pictures / "note.png", pictures, tmp_path / "nowhere.png", Path()]
    outcome = inkling(
        "predict", wrong[0], pictures / "one.png", *wrong[1:], "--model", trained, "--json"
    )
    assert outcome.status == 1
    assert [file["file"] for file in outcome.json["files"]] == [str(pictures / "one.png")]
    complaints = outcome.err.splitlines()
    assert len(complaints) == 4
    for complaint, path in zip(complaints, wrong, strict=True):
        assert complaint.startswith(f"inkling: {path}: expected a picture (PNG, JPEG, ")


def test_a_name_that_is_no_text(inkling: Command, trained: Path, pictures: Path) -> None:
    """Any bytes may be a file's name; the JSON stays JSON, and gives them back."""
    name = pictures / b"\xff.png".decode(errors="surrogateescape")
    try:
        name.write_bytes((pictures / "one.png").read_bytes())
    except OSError:
        pytest.skip("this system's file names are text")
    outcome = inkling("predict", name, "--model", trained, "--json")
    assert outcome.json["files"][0]["file"] == str(name)
    outcome = inkling("predict", name, "--model", trained)
    assert (outcome.status, outcome.err) == (0, "")
    assert "\\udcff.png" in outcome.out


def test_without_a_model(inkling: Command, pictures: Path) -> None:
    """What to do is said."""
    outcome = inkling("predict", pictures / "one.png")
    assert outcome.status == 1
    assert outcome.complaint == (
        "model: expected a model file or a run in runs/, got none; train one with: inkling train"
    )


@pytest.mark.parametrize("classes", [("a", "b", "c"), ("1", "2", "²"), ("1", "2", "10")])
def test_a_model_of_something_else(
    inkling: Command, pictures: Path, tmp_path: Path, classes: tuple[str, ...]
) -> None:
    """It has no digits to give."""
    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    Model(network, classes).save(tmp_path / "m")
    outcome = inkling("predict", pictures / "one.png", "--model", "m")
    assert outcome.status == 1
    assert outcome.complaint == (
        "Recognizer: expected a model of digits in 28 × 28 pixels, got (28, 28) pixels, classes "
        f"{', '.join(classes)}."
    )


def test_without_a_picture_is_wrong_usage(inkling: Command) -> None:
    """There is nothing to do."""
    outcome = inkling("predict")
    assert (outcome.status, outcome.out) == (2, "")
    assert "Usage: inkling predict" in outcome.err
