"""``inkling evaluate``: the figures of a model, and every pair of model and data that do not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.data.dataset import load_dataset
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp

Command = Callable[..., Any]


def test_one_json_object(inkling: Command, trained: Path, strokes_file: Path) -> None:
    """The promised keys, and under them what the model says about the test images."""
    outcome = inkling("evaluate", trained, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    result = outcome.json
    assert set(result) == {"accuracy", "interval", "n", "loss", "per_class", "confusion"}
    model, test = load_model(trained), load_dataset(strokes_file).test
    said = model.predict_proba(test.images)
    answers = said.argmax(axis=1)
    assert result["n"] == 53
    assert result["accuracy"] == (answers == test.labels).mean()
    assert result["interval"][0] <= result["accuracy"] <= result["interval"][1]
    counts = [
        [int(((test.labels == i) & (answers == j)).sum()) for j in range(10)] for i in range(10)
    ]
    assert result["confusion"] == counts
    targets = 0.9 * np.eye(10)[test.labels] + 0.01  # the label smoothing it was trained with
    assert result["loss"] == pytest.approx(-(targets * np.log(said)).sum(axis=1).mean(), rel=1e-4)
    for index, row in enumerate(result["per_class"]):
        assert row["class"] == str(index)
        assert row["count"] == (test.labels == index).sum()
        assert row["recall"] == pytest.approx(counts[index][index] / row["count"])


def test_what_nobody_answered_is_null(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """JSON has no NaN; people see a dash."""
    network = build_mlp((784, 10), rng=np.random.default_rng(0), initializer=None)
    network.parameters["dense1.weights"][...] = 0
    network.parameters["dense1.bias"][3] = 5
    Model(network, tuple("0123456789")).save(tmp_path / "always-3")
    outcome = inkling("evaluate", "always-3", "--data", strokes_file, "--json")
    rows = outcome.json["per_class"]
    assert [row["precision"] is None for row in rows] == [index != 3 for index in range(10)]
    table = inkling("evaluate", "always-3", "--data", strokes_file).out
    assert "–" in table
    assert "nan" not in table.lower()


def test_words_for_people(inkling: Command, trained: Path) -> None:
    """The same figures in a table, on standard output, where they can be piped from."""
    result = inkling("evaluate", trained, "--json").json
    outcome = inkling("evaluate", trained)
    assert (outcome.status, outcome.err) == (0, "")
    first, *table = outcome.out.splitlines()
    assert first.startswith(
        f"Accuracy on strokes.npz: {100 * result['accuracy']:.2f} % (95 % interval"
    )
    assert first.endswith(f" of 53 images; mean loss {result['loss']:.4f}")
    assert "most often taken for" in table[1]
    assert sum(line.startswith("│ ") for line in table) == 10


def test_a_narrow_window_cuts_no_line_of_a_file(inkling: Command, trained: Path) -> None:
    """Only a terminal has a width: the first line is one line."""
    lines = inkling("evaluate", trained).out.splitlines()
    assert max(map(len, lines)) > 80
    assert not any("…" in line for line in lines)


def test_the_model_that_ships_is_the_default(inkling: Command, strokes_file: Path) -> None:
    """Without a name, and whatever runs there are, the figures are those of the package's model."""
    unnamed = inkling("evaluate", "--data", strokes_file, "--json")
    assert (unnamed.status, unnamed.err) == (0, "")
    assert unnamed.json == inkling("evaluate", SHIPPED, "--data", strokes_file, "--json").json
    assert unnamed.json["n"] == 53


@pytest.mark.parametrize("model", ["nowhere", "note.txt", "."])
def test_what_is_no_model(inkling: Command, tmp_path: Path, model: str) -> None:
    """Nothing there, a text, a folder: one line."""
    (tmp_path / "note.txt").write_text("a model, honestly")
    outcome = inkling("evaluate", model)
    assert outcome.status == 1
    assert outcome.complaint.startswith(f"model {model}: expected a ")


def test_data_that_do_not_fit(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """Other classes, other sizes, no test image, nowhere: each in one line."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (60, 28, 28)).astype(np.uint8)
    np.savez(tmp_path / "12.npz", x_train=images, y_train=np.arange(60) % 12)
    np.savez(tmp_path / "small.npz", x_train=images[:, :5, :5], y_train=np.arange(60) % 10)
    np.savez(tmp_path / "3.npz", x_train=images[:3], y_train=np.arange(3))
    names = ", ".join(map(str, range(10)))
    for source, complaint in (
        (
            "12.npz",
            f"evaluate: expected data with the model's classes {names}, got {names}, 10, 11.",
        ),
        ("small.npz", "evaluate: expected images of (28, 28) pixels, got (5, 5)."),
        ("3.npz", "evaluate: expected a test set of at least one image, got none."),
        (
            "gone.npz",
            "load_dataset: expected 'mnist', 'digits' or the path of a file or folder of images, got "
            "'gone.npz', which does not exist.",
        ),
        (
            "",
            "load_dataset: expected 'mnist', 'digits' or the path of a file or folder of images, got "
            "'', which does not exist.",
        ),
    ):
        outcome = inkling("evaluate", trained, "--data", source)
        assert outcome.status == 1
        assert outcome.complaint == complaint


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"dataset": {}},
        {"dataset": {"source": 5}},
        {"dataset": {"source": ["a"]}},
        {"settings": {"hidden": 5}},
        {"settings": {"activation": ["relu"]}},
        {"settings": {"mood": "good"}},
    ],
)
def test_a_manifest_that_says_anything(
    inkling: Command, strokes_file: Path, tmp_path: Path, manifest: dict[str, Any]
) -> None:
    """A model file of a stranger: figures, or one line; the source named in it need not exist."""
    network = build_mlp((784, 10), rng=np.random.default_rng(0))
    Model(network, tuple("0123456789"), manifest=manifest).save(tmp_path / "m")
    for options in ((), ("--data", str(strokes_file))):
        outcome = inkling("evaluate", "m", *options, "--json")
        assert outcome.status in (0, 1, 2)
        last = outcome.out if outcome.status == 0 else outcome.err.splitlines()[-1]
        assert last.startswith("{" if outcome.status == 0 else "inkling: ")


def test_weights_too_large_to_compute_with(
    inkling: Command, strokes_file: Path, tmp_path: Path
) -> None:
    """One line; no warning, no NaN in the JSON."""
    network = build_mlp((784, 10), rng=np.random.default_rng(0))
    network.parameters["dense1.weights"][...] = 3e38
    Model(network, tuple("0123456789")).save(tmp_path / "m")
    outcome = inkling("evaluate", "m", "--data", strokes_file, "--json")
    assert outcome.status == 1
    assert outcome.complaint == (
        "network: expected finite outputs, got NaN or infinity; its weights, or the inputs, are too "
        "large."
    )


def test_json_is_ascii_whatever_the_classes_are_called(inkling: Command, tmp_path: Path) -> None:
    """A pipe may have any encoding; JSON's escapes arrive everywhere."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("ä", "漢", "[b]"):
        (tmp_path / "letters" / name).mkdir(parents=True)
        for number in range(10):
            ink = rng.integers(0, 256, (9, 11)).astype(np.uint8)
            Image.fromarray(ink).save(tmp_path / "letters" / name / f"{number}.png")
    network = build_mlp((784, 3), rng=rng)
    Model(network, ("[b]", "ä", "漢")).save(tmp_path / "m")
    outcome = inkling("evaluate", "m", "--data", "letters", "--json")
    assert outcome.out.isascii()
    assert [row["class"] for row in json.loads(outcome.out)["per_class"]] == ["[b]", "ä", "漢"]
    table = inkling("evaluate", "m", "--data", "letters").out
    assert all(f"│ {name} " in table for name in ("[b]", "ä", "漢"))
