"""``inkling predict`` of files of images: a label for every image, in the columns of a competition."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.model.decision import classify
from inkling.model.file import load_model

Command = Callable[..., Any]


@pytest.fixture
def images_csv(strokes_file: Path, tmp_path: Path) -> Path:
    """1,100 images without labels, the first one empty, more than a batch."""
    with np.load(strokes_file) as arrays:
        images = np.resize(arrays["x_train"], (1100, 28, 28)).astype(np.uint8)
    images[0] = 0
    np.save(tmp_path / "images.npy", images)
    path = tmp_path / "test.csv"
    header = ",".join(f"pixel{number}" for number in range(784))
    np.savetxt(path, images.reshape(1100, -1), "%d", ",", header=header, comments="")
    return path


@pytest.fixture
def expected(trained: Path, images_csv: Path) -> list[str]:
    """The most probable class of every image."""
    images = np.load(images_csv.with_name("images.npy"))
    return [str(number) for number in load_model(trained).predict(images)]


def test_a_table_as_competitions_want_it(
    inkling: Command, trained: Path, images_csv: Path, expected: list[str]
) -> None:
    """ImageId from 1 and Label, for every image, on standard output or in a file."""
    outcome = inkling("predict", images_csv, "--model", trained)
    assert outcome.status == 0
    rows = list(csv.reader(outcome.out.splitlines()))
    assert rows[0] == ["ImageId", "Label"]
    assert rows[1:] == [[str(number), label] for number, label in enumerate(expected, start=1)]
    for options in ((), ("--json",)):
        inkling("predict", images_csv, "--model", trained, "--out", "answers.csv", *options)
        assert images_csv.with_name("answers.csv").read_bytes().decode() == outcome.out
    assert inkling("predict", images_csv, "--model", trained, "--out", "-").out == outcome.out


def test_json(inkling: Command, trained: Path, images_csv: Path, expected: list[str]) -> None:
    """The keys of pictures: each image is a row of one digit, with a reason if it is rejected."""
    outcome = inkling("predict", images_csv, "--model", trained, "--json")
    (file,) = outcome.json["files"]
    assert (file["file"], file["text"]) == (str(images_csv), expected)
    answers = classify(load_model(trained), np.load(images_csv.with_name("images.npy"))[:2])
    for row, digit in enumerate(file["digits"][:2]):
        assert digit == {
            "digit": int(expected[row]),
            "reason": answers.reasons[row],
            "confidence": pytest.approx(float(answers.confidence[row])),
            "box": [0, 0, 28, 28],
            "row": row,
        }
    assert file["digits"][0]["reason"] == "empty"
    rejected = sum(digit["reason"] is not None for digit in file["digits"])
    assert f"{rejected:,} of 1,100 images" in outcome.err


def test_names_cannot_control_the_terminal(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """What is not text is escaped, in the column that numbers the images and in names of classes."""
    pixels = [",".join([value] * 784) for value in ("pixel", "0", "255")]
    ids = (b"id", b"\x1b[2J", b"\xff")
    lines = [name + b"," + line.encode() for name, line in zip(ids, pixels, strict=True)]
    (tmp_path / "odd.csv").write_bytes(b"\n".join(lines))
    outcome = inkling("predict", "odd.csv", "--model", trained)
    assert outcome.status == 0
    assert "\x1b" not in outcome.out
    assert outcome.out.splitlines()[1].startswith("\\x1b[2J,")


def test_labels_are_ignored_with_a_note(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """``inkling evaluate`` compares them with the answers."""
    (tmp_path / "labeled.csv").write_text("5," + ",".join(["0", "255"] * 392))
    outcome = inkling("predict", "labeled.csv", "--model", trained)
    assert (outcome.status, len(outcome.out.splitlines())) == (0, 2)
    assert "the labels, in column 1, are ignored" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("small.csv",), 1, "small.csv: expected images of 28 × 28 pixels, .* got 2 × 2"),
        (("missing.csv",), 1, "missing.csv cannot be read: no such file"),
        (("small.csv", "small.csv"), 2, "predict: expected pictures, or a single .* got 2 files"),
        (("small.csv", "one.png"), 2, "predict: expected pictures, or a single .* got 2 files"),
        (("small.csv", "--single"), 2, "--single: expected pictures, got small.csv"),
        (("small.csv", "--stages", "s.png"), 2, "--stages: expected pictures, got small.csv"),
        (("one.png", "--out", "a.csv"), 2, "--out: expected a CSV, npz or IDX file to read"),
        (("small.csv", "--out", "small.csv"), 2, "--out: expected another file than"),
        (
            ("small.csv", "--out", "no/a.csv"),
            2,
            "--out: expected a file name in an existing folder",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(
    inkling: Command,
    trained: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    status: int,
    reason: str,
) -> None:
    """And nothing is written."""
    (tmp_path / "small.csv").write_text("0,255,0,255\n")
    before = set(tmp_path.iterdir())
    outcome = inkling("predict", *arguments, "--model", trained)
    assert outcome.status == status
    assert re.match(reason, outcome.complaint)
    assert set(tmp_path.iterdir()) == before
