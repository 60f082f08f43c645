"""``inkling models``: what there is, newest first, whatever else lies in the folder."""

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


@pytest.fixture
def runs(trained: Path, tmp_path: Path) -> Path:
    """A folder with an old and a new run."""
    for age, name in enumerate(("new", "old")):
        shutil.copytree(trained, tmp_path / "runs" / name)
        os.utime(tmp_path / "runs" / name / "model.safetensors", (1e9 - age, 1e9 - age))
    return tmp_path / "runs"


@pytest.mark.usefixtures("runs")
def test_one_json_object(inkling: Command, trained: Path) -> None:
    """For each model where it is, what it is, and how good it was."""
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
    """A table, whole even where it is wide."""
    outcome = inkling("models")
    assert (outcome.status, outcome.err) == (0, "")
    accuracy = load_model(trained).manifest["results"]["test_accuracy"]
    rows = [line for line in outcome.out.splitlines() if "784 → 19 relu → 10 softmax" in line]
    assert [name in row for name, row in zip(("new", "old"), rows, strict=True)] == [True, True]
    assert all(f"{100 * accuracy:.2f} %" in row for row in rows)


def test_no_model_yet(inkling: Command, tmp_path: Path) -> None:
    """No folder, an empty folder, a file: nothing is wrong, there is only nothing."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for name in ("runs", "empty", "file"):
        outcome = inkling("models", name)
        assert (outcome.status, outcome.out) == (0, "")
        assert outcome.err == f"There is no model in {name} yet; inkling train makes one.\n"
        assert inkling("models", name, "--json").json == {"models": []}


def test_a_broken_model_is_left_out(inkling: Command, runs: Path) -> None:
    """With the reason in one line; the others are listed."""
    (runs / "old" / "model.safetensors").write_bytes(b"broken")
    (runs / "a run without a model").mkdir()
    outcome = inkling("models", "--json")
    assert outcome.status == 0
    assert len(outcome.json["models"]) == 1
    path = Path("runs", "old", "model.safetensors")
    assert outcome.err.startswith(
        f"left out: model {path}: expected a whole safetensors file, got "
    )
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"dataset": {"name": 5}, "results": {"test_accuracy": "good"}, "started": None},
        {"results": {"test_accuracy": float("nan"), "test_interval": [0, float("inf")]}},
        {"results": {"test_accuracy": 1e400, "test_interval": "wide"}},
        {"dataset": {"name": "[/red] :smile: \x1b[31m"}},
    ],
)
def test_a_manifest_that_says_anything(
    inkling: Command, tmp_path: Path, manifest: dict[str, Any]
) -> None:
    """A stranger's model is listed with what can be believed."""
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
