"""``inkling data``: what is in a data set, in numbers and as a picture."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.data.dataset import load_dataset

Command = Callable[..., Any]


def test_info_as_json(inkling: Command, strokes_file: Path) -> None:
    """Size, classes, identity, and how many of each class in each split."""
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
            name: np.bincount(split.labels, minlength=10).tolist() for name, split in splits.items()
        },
    }


def test_info_for_people(inkling: Command, strokes_file: Path) -> None:
    """The same, with sums."""
    outcome = inkling("data", "info", strokes_file)
    assert (outcome.status, outcome.err) == (0, "")
    first, *table = outcome.out.splitlines()
    sha256 = load_dataset(strokes_file).sha256
    assert first == f"strokes.npz: images of 28 × 28 pixels; SHA-256 {sha256}"
    (total,) = (line for line in table if line.startswith("│ all"))
    assert [cell.strip() for cell in total.strip("│").split("│")] == ["all", "216", "24", "53"]


def test_show_draws_a_sheet(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """Ten training images of each class, the same for the same seed."""
    from PIL import Image

    pytest.importorskip("matplotlib")
    outcome = inkling("data", "show", strokes_file, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.json["dataset"] == "strokes.npz"
    assert outcome.json["picture"] == "samples.png"
    rows = outcome.json["rows"]
    labels = load_dataset(strokes_file).train.labels
    assert labels[rows].tolist() == np.repeat(np.arange(10), 10).tolist()
    assert len(set(rows)) == 100
    with Image.open(io.BytesIO((tmp_path / "samples.png").read_bytes())) as sheet:
        assert sheet.format == "PNG"
        assert min(sheet.size) > 300
    again = inkling("data", "show", strokes_file, "--out", "other.png", "--json").json
    assert again == {**outcome.json, "picture": "other.png"}
    other = inkling("data", "show", strokes_file, "--seed", "1", "--json").json
    assert other["rows"] != rows
    outcome = inkling("data", "show", strokes_file)
    assert outcome.out == ""
    assert outcome.err == "100 training images of strokes.npz: samples.png\n"


@pytest.mark.parametrize("out", [".", "nowhere/sheet.png", ""])
def test_a_sheet_that_cannot_be_written(inkling: Command, strokes_file: Path, out: str) -> None:
    """Said before the data are read."""
    outcome = inkling("data", "show", strokes_file, "--out", out)
    assert outcome.status == 2
    assert outcome.complaint == (
        f"--out: expected a file name in a folder that is there, got {str(Path(out))!r}."
    )


@pytest.mark.parametrize("command", ["info", "show"])
def test_data_that_are_not_there(inkling: Command, command: str) -> None:
    """A name that nothing has; MNIST, which is the default, where it cannot be had."""
    outcome = inkling("data", command, "nowhere")
    assert outcome.status == 1
    assert outcome.complaint == (
        "load_dataset: expected 'mnist', 'digits' or the path of a file or folder of images, got "
        "'nowhere', which does not exist."
    )
    outcome = inkling("data", command)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.splitlines()[-1].startswith(
        "inkling: MNIST is not on this machine and could"
    )


def test_a_download_is_announced(inkling: Command, tmp_path: Path) -> None:
    """From where, to where, how much; on standard error, with --json too."""
    outcome = inkling("data", "info", "--json")
    first, second, _ = outcome.err.splitlines()
    for line in (first, second):
        assert line.startswith("Downloading MNIST (4 files, 11.6 MB) from https://")
        assert line.endswith(f" to {tmp_path / 'cache' / 'inkling' / 'mnist'}.")
    assert first != second
