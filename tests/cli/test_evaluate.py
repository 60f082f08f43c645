"""``inkling evaluate``: the results of a model, and models and data that do not fit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling.data.dataset import load_dataset
from inkling.image.normalize import normalize
from inkling.image.open import open_image
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp
from inkling.training.engine import prediction

Command = Callable[..., Any]


def save_model(path: Path, outputs: int = 10, **values: Any) -> Model:
    """Writes an untrained model without hidden layers."""
    network = build_mlp((784, outputs), rng=np.random.default_rng(0))
    model = Model(network, values.pop("classes", tuple("0123456789")), **values)
    model.save(path)
    return model


def test_one_json_object(inkling: Command, trained: Path, strokes_file: Path) -> None:
    """The documented keys, with the values that NumPy computes from the probabilities."""
    outcome = inkling("evaluate", trained, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    result = outcome.json
    assert set(result) == {"accuracy", "interval", "n", "loss", "per_class", "confusion"}
    model, test = load_model(trained), load_dataset(strokes_file).test
    answers = model.predict(test.images)
    assert result["n"] == 53
    assert result["accuracy"] == (answers == test.labels).mean()
    assert result["interval"][0] <= result["accuracy"] <= result["interval"][1]
    counts = [
        [int(((test.labels == i) & (answers == j)).sum()) for j in range(10)] for i in range(10)
    ]
    assert result["confusion"] == counts
    assert result["loss"] == model.manifest["results"]["test_loss"]  # to the last digit
    for index, row in enumerate(result["per_class"]):
        assert row["class"] == str(index)
        assert row["count"] == (test.labels == index).sum()
        assert row["recall"] == pytest.approx(counts[index][index] / row["count"])


def test_words_for_people(inkling: Command, trained: Path) -> None:
    """The same values in a table on standard output, which is not cut at the width of a terminal."""
    result = inkling("evaluate", trained, "--json").json
    outcome = inkling("evaluate", trained)
    assert (outcome.status, outcome.err) == (0, "")
    first, loss, *table = outcome.out.splitlines()
    accuracy = f"{100 * result['accuracy']:.2f} % (95 % interval"
    assert first.startswith(f"Accuracy on strokes.npz: {accuracy}")
    assert first.endswith(", n = 53)")
    assert loss == f"Mean loss {result['loss']:.4f}"
    assert table[0].split("  ")[-1] == "most often mistaken for"
    for row, line in zip(result["per_class"], table[2:], strict=True):
        assert line.split()[:3] == [row["class"], str(row["count"]), f"{100 * row['recall']:.2f}"]
    assert "…" not in outcome.out


def test_a_class_that_is_never_an_answer(
    inkling: Command, strokes_file: Path, tmp_path: Path
) -> None:
    """Its precision is null in JSON and a dash in the table."""
    model = save_model(tmp_path / "always-3")
    model.network.parameters["dense1.weights"][...] = 0
    model.network.parameters["dense1.bias"][3] = 5
    model.save(tmp_path / "always-3")
    outcome = inkling("evaluate", "always-3", "--data", strokes_file, "--json")
    rows = outcome.json["per_class"]
    assert [row["precision"] is None for row in rows] == [index != 3 for index in range(10)]
    table = inkling("evaluate", "always-3", "--data", strokes_file).out
    assert "–" in table
    assert "nan" not in table.lower()


def test_a_watched_test_set_is_mentioned(
    inkling: Command, strokes_file: Path, tmp_path: Path
) -> None:
    """Models of version 0.1 may have been trained that way."""
    save_model(tmp_path / "m", manifest={"results": {"test_watched": True}})
    outcome = inkling("evaluate", "m", "--data", strokes_file)
    assert "measured after every epoch" in outcome.err


def test_sigmoid_outputs_of_an_older_version(
    inkling: Command, strokes_file: Path, tmp_path: Path
) -> None:
    """Trained with the one-sided cross-entropy, they are tested with the two-sided one."""
    network = build_mlp((784, 10), rng=np.random.default_rng(0), output="sigmoid")
    settings = {"output": "sigmoid", "loss": "cross_entropy", "label_smoothing": 0.1}
    model = Model(network, tuple("0123456789"), manifest={"settings": settings})
    model.save(tmp_path / "old")
    test = load_dataset(strokes_file).test
    z = network.logits(test.images.reshape(-1, 784) / 255).astype(np.float64)
    expected = (np.logaddexp(0, z).sum(axis=1) - z[np.arange(len(z)), test.labels]).mean()
    outcome = inkling("evaluate", "old", "--data", strokes_file, "--json")
    assert outcome.status == 0
    assert outcome.json["loss"] == pytest.approx(expected, rel=1e-5)
    assert inkling("trace", "--model", "old", "--data", strokes_file, "--json").status == 0


def test_the_model_that_ships_is_the_default(inkling: Command, strokes_file: Path) -> None:
    """Without a name, the model of the package is tested."""
    unnamed = inkling("evaluate", "--data", strokes_file, "--json")
    assert (unnamed.status, unnamed.err) == (0, "")
    assert unnamed.json == inkling("evaluate", SHIPPED, "--data", strokes_file, "--json").json


def test_data_that_do_not_fit(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """Other classes, another size, no test image, a path that does not exist."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (60, 28, 28)).astype(np.uint8)
    np.savez(tmp_path / "12.npz", x_train=images, y_train=np.arange(60) % 12)
    np.savez(tmp_path / "small.npz", x_train=images[:, :5, :5], y_train=np.arange(60) % 10)
    for source, words in (
        ("12.npz", "the model's classes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got 0, 1, 2"),
        ("small.npz", "images of (28, 28) pixels, got (5, 5)"),
        ("gone.npz", "'gone.npz', which does not exist"),
        ("", "'', which does not exist"),
    ):
        outcome = inkling("evaluate", trained, "--data", source)
        assert outcome.status == 1
        assert words in outcome.complaint


def write_letters(folder: Path, count: int) -> None:
    """Writes pictures of noise, half of them named "a", the others "b"; more with a larger count."""
    rng = np.random.default_rng(0)
    for number in range(count):
        path = folder / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (28, 28), dtype=np.uint8)).save(path)


def test_added_pictures_do_not_make_training_images_test_images(
    inkling: Command, tmp_path: Path
) -> None:
    """The accuracy after training is repeated; with changed data there is none."""
    folder, run = tmp_path / "letters", tmp_path / "run"
    write_letters(folder, 100)
    trained = inkling("train", "--data", folder, "--out", run, "--epochs", "1", "--json").json
    assert inkling("evaluate", run, "--json").json["accuracy"] == trained["test_accuracy"]
    shutil.copytree(folder, tmp_path / "moved")
    moved = inkling("evaluate", run, "--data", tmp_path / "moved", "--json").json
    assert moved["accuracy"] == trained["test_accuracy"]
    folder.rename(tmp_path / "elsewhere")
    assert "letters, which does not exist; if it has moved" in inkling("evaluate", run).complaint
    (tmp_path / "elsewhere").rename(folder)
    before = load_dataset(folder)
    write_letters(folder, 105)
    after = load_dataset(folder)
    trained_on = {image.tobytes() for image in before.train.images}
    assert len(after.train) + len(after.validation) + len(after.test) == 105
    assert not trained_on & {image.tobytes() for image in after.test.images}
    for options in ((), ("--data", folder)):
        outcome = inkling("evaluate", run, *options)
        assert outcome.status == 1
        expected = "data letters: expected the images that the model was trained on, got others"
        assert outcome.complaint.startswith(expected)


def test_a_file_of_other_data_is_tested_whole(
    inkling: Command, trained: Path, strokes_file: Path, tmp_path: Path
) -> None:
    """A message says so; the file is not divided as it would be for training."""
    test = load_dataset(strokes_file).test
    rows = np.column_stack([test.labels, test.images.reshape(len(test), -1)])
    np.savetxt(tmp_path / "mine_test.csv", rows, fmt="%d", delimiter=",")
    outcome = inkling("evaluate", trained, "--data", "mine_test.csv", "--json")
    assert outcome.json == inkling("evaluate", trained, "--json").json
    assert outcome.err.startswith(
        "All 53 images of mine_test.csv are tested; the accuracy holds only"
    )


@pytest.mark.parametrize(
    "name", ["test.csv", "t10k-images-idx3-ubyte", "test.npz", "pics", "1.png"]
)
def test_images_without_labels(inkling: Command, tmp_path: Path, name: str) -> None:
    """The message says what is missing and which command reads such images."""
    images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    np.savetxt(tmp_path / "test.csv", images.reshape(2, -1), fmt="%d", delimiter=",")
    np.savez(tmp_path / "test.npz", x_test=images)
    header = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28])
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(header + images.tobytes())
    (tmp_path / "pics").mkdir()
    Image.fromarray(images[0]).save(tmp_path / "1.png")
    Image.fromarray(images[0]).save(tmp_path / "pics" / "1.png")
    outcome = inkling("evaluate", "--data", name)
    assert outcome.status == 1
    assert "the labels are missing: use inkling predict" in outcome.complaint


def test_data_with_some_of_the_classes(inkling: Command, tmp_path: Path) -> None:
    """Classes are compared by their names, not by their numbers."""
    write_letters(tmp_path / "letters", 12)
    model = save_model(tmp_path / "m", 4, classes=("c", "b", "d", "a"))
    result = inkling("evaluate", "m", "--data", "letters", "--json").json
    expected = {name: [0, 0, 0, 0] for name in model.classes}
    for path in (tmp_path / "letters").glob("*/*.png"):
        (answer,) = model.predict(normalize(open_image(path))[None])
        expected[path.parent.name][answer] += 1
    assert result["confusion"] == list(expected.values())
    assert result["n"] == 12


@pytest.mark.parametrize("manifest", [{}, {"dataset": {"source": ""}}])
def test_a_model_of_unknown_data_is_not_tested_on_others(
    inkling: Command, manifest: dict[str, Any], tmp_path: Path
) -> None:
    """A converted model, or one trained in Python on arrays."""
    save_model(tmp_path / "m", manifest=manifest)
    outcome = inkling("evaluate", "m")
    assert outcome.status == 1
    assert "does not record what it was trained on; name them with --data" in outcome.complaint


@pytest.mark.parametrize(
    "manifest",
    [
        {"dataset": {}},
        {"dataset": {"source": "nowhere"}},
        {"settings": {"hidden": 5}},
        {"settings": {"mood": "good"}},
    ],
)
def test_a_manifest_with_anything_in_it(
    inkling: Command, strokes_file: Path, tmp_path: Path, manifest: dict[str, Any]
) -> None:
    """Any model file gives results or one line of error."""
    save_model(tmp_path / "m", manifest=manifest)
    for options in ((), ("--data", strokes_file)):
        outcome = inkling("evaluate", "m", *options, "--json")
        last = outcome.out if outcome.status == 0 else outcome.err.splitlines()[-1]
        assert last.startswith("{" if outcome.status == 0 else "inkling: ")


def test_evaluate_asks_the_rule(
    inkling: Command, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many images it evaluates the compiled model, whose results are the same up to rounding."""
    pytest.importorskip("numba")
    expected = inkling("evaluate", trained, "--json").json
    asked, engines = [], []

    def rule(_: Model, images: int) -> bool:
        asked.append(images)
        return True

    def evaluate(self: Model, images: Any) -> Any:
        engines.append(self.engine)
        return original(self, images)

    original = Model.evaluate
    monkeypatch.setattr(Model, "evaluate", evaluate)
    monkeypatch.setattr(prediction, "is_worth_compiling", rule)
    result = inkling("evaluate", trained, "--json").json
    assert (asked, engines) == ([expected["n"]], ["compiled"])
    assert result["confusion"] == expected["confusion"]
    assert result["loss"] == pytest.approx(expected["loss"], rel=1e-5)
    assert load_model(trained).engine == "numpy"
