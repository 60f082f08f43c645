"""``inkling report``: the report of a finished run, drawn again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.data.dataset import Dataset
from inkling.plots.report import write_report
from inkling.training.engine.choice import EngineChoice
from inkling.training.run import train
from inkling.training.run_directory import RunDirectory, describe_run
from inkling.training.settings import TrainingSettings

Command = Callable[..., Any]


def test_the_same_picture(
    inkling: Command, strokes_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte what the run drew, with validation, dropout and augmentation."""
    pytest.importorskip("matplotlib")
    monkeypatch.setattr("inkling.plots.report.write_report", write_report)
    options = ("--hidden", "9", "--epochs", "3", "--augment", "affine", "--dropout", "0.2")
    assert inkling("train", "--data", strokes_file, *options, "--out", "r").status == 0
    picture = tmp_path / "r" / "report.png"
    expected = picture.read_bytes()
    picture.unlink()
    outcome = inkling("report", "r", "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.json == {"run": "r", "report": str(Path("r", "report.png"))}
    assert picture.read_bytes() == expected
    outcome = inkling("report", "r")
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err == f"Report   {Path('r', 'report.png')}\n"


def test_what_has_no_report(
    inkling: Command, trained: Path, strokes: Dataset, tmp_path: Path
) -> None:
    """No run, an unfinished one, one on data from Python, or without its history: one line each."""
    shutil.copytree(trained, tmp_path / "history")
    started = describe_run(
        replace(strokes, source="digits"), TrainingSettings(), EngineChoice("numpy", 1)
    )
    RunDirectory(tmp_path / "unfinished").start(started)
    (tmp_path / "history" / "history.csv").unlink()
    train(strokes, hidden=(5,), epochs=1, run=tmp_path / "python")
    for path, words in (
        ("nowhere", "expected a directory with the run of one network"),
        ("unfinished", "expected a finished run, got one that is running"),
        ("python", "expected a data set on file, got one from Python"),
        ("history", "expected 15 epochs in history.csv, got No such file or directory"),
    ):
        outcome = inkling("report", path)
        assert outcome.status == 1
        assert outcome.complaint.startswith(f"run {path}: {words}")
        assert not (tmp_path / path / "report.png").exists()


def test_data_that_changed(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """A report on other images than the run's would be none of that run."""
    with np.load(strokes_file) as arrays:
        changed = dict(arrays)
    np.savez(tmp_path / "data.npz", **changed)
    options = ("--hidden", "5", "--epochs", "1")
    assert inkling("train", "--data", "data.npz", *options, "--out", "r").status == 0
    before = (tmp_path / "r" / "report.png").read_bytes()
    changed["x_test"] = 255 - changed["x_test"]
    np.savez(tmp_path / "data.npz", **changed)
    outcome = inkling("report", "r")
    assert outcome.status == 1
    assert "the data have changed since" in outcome.complaint
    assert (tmp_path / "r" / "report.png").read_bytes() == before
    assert json.loads((tmp_path / "r" / "manifest.json").read_text())["status"] == "finished"
    (tmp_path / "data.npz").unlink()
    advice = "which does not exist; put the data back there to draw the report."
    assert inkling("report", "r").complaint.endswith(advice)
