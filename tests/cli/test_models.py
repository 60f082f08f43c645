"""``inkling models``: the models in a folder, newest first, whatever else is in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp

Command = Callable[..., Any]
LINKS = pytest.mark.skipif(os.name == "nt", reason="Windows links need an administrator")


@pytest.fixture
def runs(trained: Path, tmp_path: Path) -> Path:
    """A folder with an old and a new run."""
    for age, name in enumerate(("new", "old")):
        shutil.copytree(trained, tmp_path / "runs" / name)
        os.utime(tmp_path / "runs" / name / "model.safetensors", (1e9 - age, 1e9 - age))
    return tmp_path / "runs"


@pytest.mark.usefixtures("runs")
def test_a_folder_of_runs_stands_for_the_newest(inkling: Command, pictures: Path) -> None:
    """Wherever a model is named; a line says which it is. A run without a model is no such folder."""
    for command in (("evaluate", "runs"), ("predict", pictures / "one.png", "--model", "runs")):
        outcome = inkling(*command)
        assert outcome.status == 0
        assert outcome.err == f"Model    {Path('runs', 'new', 'model.safetensors')}\n"
    Path("runs", "manifest.json").write_bytes(Path("runs", "new", "manifest.json").read_bytes())
    assert "without its model.safetensors" in inkling("evaluate", "runs").complaint


@pytest.mark.usefixtures("runs")
def test_one_json_object(inkling: Command, trained: Path) -> None:
    """The path, the network, and the results of each model."""
    outcome = inkling("models", "--json")
    assert (outcome.status, outcome.err) == (0, "")
    first, second = outcome.json["models"]
    manifest = load_model(trained).manifest
    assert first == {
        "model": str(Path("runs", "new", "model.safetensors")),
        "network": "784 → 19 relu → 10 softmax",
        "dataset": "strokes.npz",
        "test_accuracy": manifest["results"]["test_accuracy"],
        "test_watched": False,
        "test_interval": manifest["results"]["test_interval"],
        "trained": manifest["started"],
    }
    assert second["model"] == str(Path("runs", "old", "model.safetensors"))


@pytest.mark.usefixtures("runs")
def test_words_for_people(inkling: Command, trained: Path) -> None:
    """One line for each model, which is not cut at the width of a terminal."""
    outcome = inkling("models")
    assert (outcome.status, outcome.err) == (0, "")
    accuracy = load_model(trained).manifest["results"]["test_accuracy"]
    rows = [line for line in outcome.out.splitlines() if "784 → 19 relu → 10 softmax" in line]
    assert [name in row for name, row in zip(("new", "old"), rows, strict=True)] == [True, True]
    assert all(f"{100 * accuracy:.2f} %" in row for row in rows)


def test_no_model_yet(inkling: Command, tmp_path: Path) -> None:
    """No folder of runs, or an empty folder: neither is an error."""
    (tmp_path / "empty").mkdir()
    for folder in ([], ["empty"]):
        outcome = inkling("models", *folder)
        assert (outcome.status, outcome.out) == (0, "")
        assert outcome.err.startswith(f"There is no model in {[*folder, 'runs'][0]} yet")
        assert inkling("models", *folder, "--json").json == {"models": []}


@LINKS
def test_not_a_folder(inkling: Command, tmp_path: Path) -> None:
    """A name that was typed must be that of a folder."""
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("file", "file/README.md", "nope", "loop", "~nosuchuser"):
        outcome = inkling("models", name, "--json")
        assert outcome.status == 1
        assert outcome.complaint.startswith(f"models: {name}: expected a folder")


@LINKS
def test_a_single_run(inkling: Command, runs: Path) -> None:
    """The directory of a run has one model; links that lead nowhere have none."""
    for name, target in (("gone", "nowhere"), ("loop", "model.safetensors")):
        (runs / name).mkdir()
        (runs / name / "model.safetensors").symlink_to(target)
    (row,) = inkling("models", runs / "new", "--json").json["models"]
    assert row["model"] == str(runs / "new" / "model.safetensors")
    assert len(inkling("models", runs, "--json").json["models"]) == 2
    assert inkling("models", runs / "loop", "--json").json == {"models": []}


def test_a_broken_model_is_left_out(inkling: Command, runs: Path) -> None:
    """One line has the reason; the others are listed."""
    (runs / "old" / "model.safetensors").write_bytes(b"broken")
    (runs / "a run without a model").mkdir()
    outcome = inkling("models", "--json")
    assert outcome.status == 0
    assert len(outcome.json["models"]) == 1
    assert outcome.err.startswith("left out: model runs")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"dataset": {}, "results": {}, "settings": {}},
        {"dataset": {"name": "[/red] :smile: \x1b[31m"}},
    ],
)
def test_a_manifest_with_little_in_it(
    inkling: Command, tmp_path: Path, manifest: dict[str, Any]
) -> None:
    """Models that were not made by a run are listed too."""
    (tmp_path / "runs" / "strange").mkdir(parents=True)
    network = build_mlp((784, 10), rng=np.random.default_rng(0))
    model = Model(network, tuple("0123456789"), manifest=manifest)
    model.save(tmp_path / "runs" / "strange" / "model.safetensors")
    outcome = inkling("models", "--json")
    assert (outcome.status, outcome.err) == (0, "")
    (row,) = outcome.json["models"]
    assert row["test_accuracy"] is row["test_interval"] is None
    assert isinstance(row["dataset"], str)
    assert isinstance(row["trained"], str)
    outcome = inkling("models")
    assert (outcome.status, outcome.err) == (0, "")
    assert "784 → 10 softmax" in outcome.out
