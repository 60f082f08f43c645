"""``inkling train --from``: the same as ``inkling.fine_tune``, from a folder of pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling.data.dataset import Dataset, load_dataset
from inkling.model.committee import CommitteeModel
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.training import fine_tuning

Command = Callable[..., Any]
FAST = ("--epochs", "1", "--batch-size", "16")


@pytest.fixture(autouse=True)
def _few_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty drawn digits to remember."""
    monkeypatch.setattr(fine_tuning, "REMEMBERED", 40)
    monkeypatch.setattr(fine_tuning, "VALIDATION", 30)


@pytest.fixture
def model(strokes_model: Model, tmp_path: Path) -> Path:
    """The file of a model."""
    path = tmp_path / "first.safetensors"
    strokes_model.save(path)
    return path


@pytest.fixture
def corrections(strokes: Dataset, tmp_path: Path) -> Path:
    """A folder of pictures of the digits 2, 5 and 9, of which there are several."""
    folder = tmp_path / "corrections"
    for number, image in enumerate(strokes.train.images):
        label = strokes.train.labels[number]
        if label in (2, 5, 9):
            (folder / str(label)).mkdir(parents=True, exist_ok=True)
            Image.fromarray(255 - image).save(folder / str(label) / f"{number}.png")
    return folder


def test_before_and_after(inkling: Command, model: Path, corrections: Path) -> None:
    """Printed for people and as JSON, and what other commands find in the run directory."""
    content = model.read_bytes()
    outcome = inkling(
        "train", "--from", model, "--data", corrections, *FAST, "--out", "a", "--json"
    )
    assert outcome.status == 0
    result, recorded = outcome.json, load_model("a").manifest["results"]
    for name in ("before", "after"):
        assert result[name] == recorded[name]
        assert set(result[name]) == {"yours", "validation"}
    pictures = load_dataset(corrections)
    assert result["kept_apart"] == len(pictures.test)
    assert result["after"]["yours"] == result["test_accuracy"]
    assert model.read_bytes() == content
    measured = inkling("evaluate", "a", "--json").json  # on the pictures that were kept apart
    assert (measured["accuracy"], measured["n"]) == (result["after"]["yours"], len(pictures.test))
    assert inkling("models", "a", "--json").json["models"][0]["dataset"] == "corrections"
    assert inkling("report", "a").status == 0
    picture = next((corrections / "2").iterdir())
    assert inkling("predict", picture, "--model", "a", "--single").status == 0
    outcome = inkling("train", "--from", model, "--data", corrections, *FAST, "--out", "b")
    assert (outcome.status, outcome.out) == (0, "")
    percents = "{:.2f} % → {:.2f} % (n = {:,})"
    for name, n in (("yours", len(pictures.test)), ("validation", 30)):
        shares = (100 * result[when][name] for when in ("before", "after"))
        assert percents.format(*shares, n) in outcome.err
    again = inkling("train", "--resume", "b")
    assert (again.status, again.err.count("\n")) == (1, 1)
    assert "finished after 1 epoch; there is nothing to resume" in again.err


def test_the_same_as_in_python(
    inkling: Command, model: Path, corrections: Path, tmp_path: Path
) -> None:
    """Bit for bit, with the same settings."""
    options = ("--epochs", 2, "--lr", 0.001, "--seed", 3)
    inkling("train", "--from", model, "--data", corrections, *options, "--out", "run")
    dataset = load_dataset(corrections)
    here = fine_tuning.fine_tune(model, dataset, epochs=2, learning_rate=0.001, seed=3).model
    there = load_model(tmp_path / "run")
    for name, parameter in here.network.parameters.items():
        np.testing.assert_array_equal(parameter, there.network.parameters[name])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--from: expected --data, a folder of your pictures, got none."),
        (
            ("--data", "corrections", "--hidden", "9"),
            "--from takes no --hidden, because the network is the model's.",
        ),
        (("--data", "corrections", "--input-range", "0,1"), "--from takes no --input-range"),
        (("--data", "corrections", "--preset", "simard"), "--from takes no --preset, because it"),
        (("--data", "corrections", "--validation", "5"), "--from takes no --validation"),
        (("--data", "letters"), "expected images of the classes 0, 1, 2, 3"),
        (("--resume", "run"), "--resume takes no other options"),
    ],
)
def test_one_clear_message(
    inkling: Command,
    model: Path,
    corrections: Path,
    options: tuple[str, ...],
    message: str,
    tmp_path: Path,
) -> None:
    """And nothing is written."""
    corrections.rename(tmp_path / "letters" if "letters" in options else corrections)
    if "letters" in options:
        (tmp_path / "letters" / "2").rename(tmp_path / "letters" / "z")
    outcome = inkling("train", "--from", model, *options)
    assert (outcome.status, outcome.out) == (1 if "letters" in options else 2, "")
    assert message in outcome.err
    assert "Network(" not in outcome.err
    assert not any((tmp_path / "runs").glob("*"))


def test_a_committee_is_not_fine_tuned(
    inkling: Command, strokes_model: Model, corrections: Path, tmp_path: Path
) -> None:
    """The message names what can be."""
    path = tmp_path / "pair.safetensors"
    CommitteeModel.of([strokes_model, strokes_model]).save(path)
    outcome = inkling("train", "--from", path, "--data", corrections)
    assert (outcome.status, outcome.out) == (2, "")
    assert "a model of one network, got a committee of 2; take one of its members" in outcome.err
