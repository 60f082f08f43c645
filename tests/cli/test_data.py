"""``inkling data``: a data set in numbers and as a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling.data.dataset import load_dataset
from inkling.data.synthetic.allographs import read_allographs

Command = Callable[..., Any]


def test_info_as_json(inkling: Command, strokes_file: Path) -> None:
    """Size, classes, checksum, and the number of images per class and split."""
    outcome = inkling("data", "info", strokes_file, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    dataset = load_dataset(strokes_file)
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    assert outcome.json == {
        "dataset": "strokes.npz",
        "image_shape": [28, 28],
        "classes": list("0123456789"),
        "sha256": dataset.sha256,
        "counts": {
            name: [list(split.labels).count(c) for c in range(10)] for name, split in splits.items()
        },
    }


def test_info_for_people(inkling: Command, strokes_file: Path) -> None:
    """The same, with sums."""
    outcome = inkling("data", "info", strokes_file)
    assert (outcome.status, outcome.err) == (0, "")
    first, *table, last = outcome.out.splitlines()
    assert first == "strokes.npz: images of 28 × 28 pixels"
    (total,) = (line for line in table if line.startswith("all"))
    assert total.split() == ["all", "216", "24", "53"]
    assert last.split() == ["SHA-256", load_dataset(strokes_file).sha256]


def test_show_draws_a_sheet(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """Ten training images of each class; the same seed selects the same images."""
    pytest.importorskip("matplotlib")
    outcome = inkling("data", "show", strokes_file, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    rows = outcome.json["rows"]
    assert outcome.json == {"dataset": "strokes.npz", "picture": "samples.png", "rows": rows}
    labels = load_dataset(strokes_file).train.labels
    assert labels[rows].tolist() == np.repeat(np.arange(10), 10).tolist()
    assert len(set(rows)) == 100
    with Image.open(tmp_path / "samples.png") as sheet:
        assert sheet.format == "PNG"


def test_show_other_images(
    inkling: Command, strokes_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another seed selects other images, and --augment changes them."""
    sheets: list[Any] = []

    def digit_sheet(images: Any, *_: object) -> bytes:
        sheets.append(images)
        return b""

    monkeypatch.setattr("inkling.plots.charts.digit_sheet", digit_sheet)
    for options in ((), ("--seed", "1"), ("--augment", "affine")):
        outcome = inkling("data", "show", strokes_file, *options, "--out", "other.png")
        assert outcome.err == "100 training images of strokes.npz: other.png\n"
    plain, other, augmented = sheets
    assert not np.array_equal(plain, other)
    assert plain.shape == augmented.shape
    assert not np.array_equal(plain, augmented)


def test_the_sheet_of_the_pen_shows_all_allographs(inkling: Command, tmp_path: Path) -> None:
    """In strips with their names; the data set itself need not be drawn for that."""
    pytest.importorskip("matplotlib")
    outcome = inkling("data", "show", "pen", "--json")
    assert (outcome.status, outcome.err) == (0, "")
    names = [f"{one.digit} {one.name}" for one in read_allographs()]
    assert outcome.json == {"dataset": "pen", "picture": "samples.png", "allographs": names}
    with Image.open(tmp_path / "samples.png") as sheet:
        assert sheet.width == 1600
    outcome = inkling("data", "show", "pen", "--augment", "elastic", "--seed", "1")
    assert outcome.err == f"{len(names)} allographs of the pen: samples.png\n"


def test_a_sheet_that_cannot_be_written(inkling: Command) -> None:
    """The error comes before the data are loaded."""
    outcome = inkling("data", "show", "nowhere", "--out", "nowhere/sheet.png")
    assert outcome.status == 2
    assert outcome.complaint.startswith("--out: expected a file name in an existing folder")


def test_data_that_do_not_exist(inkling: Command) -> None:
    """The message has the path."""
    outcome = inkling("data", "info", "nowhere")
    assert outcome.status == 1
    assert "'nowhere', which does not exist" in outcome.complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ("data", "info", "--json"),
        ("data", "show"),
        ("evaluate",),
        ("evaluate", "--data", "mnist"),
        ("trace",),
        ("train", "--data", "mnist"),
        ("committee", "--data", "mnist"),
        ("tutorials",),
    ],
)
def test_mnist_is_unavailable(inkling: Command, arguments: tuple[str, ...]) -> None:
    """The same three short lines everywhere, and no other data instead."""
    pytest.importorskip("matplotlib")
    outcome = inkling(*arguments)
    assert (outcome.status, outcome.out) == (1, "")
    reason, files, others = outcome.err.splitlines()
    start = "inkling: MNIST is not on this machine and could not be downloaded ("
    assert reason.startswith(start)
    assert "://" not in outcome.err
    assert files == "If you have its four files, set INKLING_DATA to their folder."
    assert others == "Or use other data: the path of your own, or 'pen', digits drawn by a program."
    assert max(map(len, (reason, files, others))) < 100


def test_the_data_are_not_overwritten(inkling: Command, strokes_file: Path) -> None:
    """By a sheet of their own images."""
    before = strokes_file.read_bytes()
    outcome = inkling("data", "show", strokes_file, "--out", strokes_file)
    assert outcome.complaint.startswith("--out: expected another file than the data")
    assert strokes_file.read_bytes() == before
