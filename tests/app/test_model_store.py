"""The models to choose from: which there are, their names, and which stay in memory."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.exceptions import HTTPException

from inkling.app.model_store import ModelStore
from inkling.errors import ModelFileError
from inkling.explain.summary import describe, list_entry, read_history
from inkling.model.model import FORMAT, Model
from inkling.model.tensors import tensor_bytes
from inkling.nn.mlp import build_mlp
from inkling.recognize.recognizer import Recognizer
from inkling.training.history import EpochRecord, History


def save(path: Path, *sizes: int, **manifest: Any) -> Path:
    """Saves a model without training and returns its path."""
    network = build_mlp(sizes, rng=np.random.default_rng(0))
    shape = (28, 28) if sizes[0] == 784 else (1, sizes[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    Model(network, tuple("0123456789"), shape, manifest=manifest).save(path)
    return path


def names(models: ModelStore) -> list[str]:
    """The names in the list."""
    return [entry["id"] for entry in models.entries()]


def test_the_chosen_model_comes_first(runs: Path, tmp_path: Path) -> None:
    """A chosen file or run is the default and is named after itself; the runs follow."""
    models = ModelStore(save(tmp_path / "mine.safetensors", 784, 10), runs)
    assert (models.default, names(models)) == ("mine", ["mine", "straight", "bent"])
    models = ModelStore(runs / "bent", runs)
    assert (models.default, names(models)) == ("bent", ["bent", "straight"])
    assert ModelStore(runs / "bent" / "model.safetensors", runs).default == "bent"


def test_a_chosen_folder_of_runs(runs: Path, tmp_path: Path) -> None:
    """The newest run of a chosen folder is the default; one that finishes later joins the list."""
    folder = tmp_path / "others"
    old = save(folder / "old" / "model.safetensors", 784, 10)
    os.utime(old, (1e9, 1e9))
    save(folder / "new" / "model.safetensors", 784, 10)
    models = ModelStore(folder, runs)
    assert (models.default, names(models)) == ("new", ["new", "old", "straight", "bent"])
    save(folder / "later" / "model.safetensors", 784, 10)
    assert set(names(models)) == {"later", "new", "old", "straight", "bent"}
    assert models.default == "new"


def test_the_model_that_ships_comes_before_the_runs(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model that ships is the default unless another is chosen; the small one follows it."""
    for constant, name in (("SHIPPED", "digits"), ("LOOK", "look")):
        shipped = save(tmp_path / f"{name}.safetensors", 784, 10)
        monkeypatch.setattr(f"inkling.model.locations.{constant}", shipped)
    assert names(ModelStore(None, runs)) == ["digits", "look", "straight", "bent"]
    assert names(ModelStore(runs / "bent", runs)) == ["bent", "digits", "look", "straight"]


def test_two_models_of_the_same_name(tmp_path: Path) -> None:
    """The second of two equal names gets a number; one file under two paths is one model."""
    chosen = save(tmp_path / "a" / "first.safetensors", 784, 10)
    second = save(tmp_path / "runs" / "first" / "model.safetensors", 784, 10)
    models = ModelStore(chosen, tmp_path / "runs")
    assert names(models) == ["first", "first-2"]
    assert models.get("first-2").path == second
    again = tmp_path / "runs" / ".." / "runs" / "first" / "model.safetensors"
    assert names(ModelStore(again, tmp_path / "runs")) == ["first"]


def test_no_usable_default(tmp_path: Path) -> None:
    """A missing or unsuitable default is an error at once, not at the first drawing."""
    with pytest.raises(ModelFileError, match="train one with: inkling train"):
        ModelStore(None, tmp_path)
    with pytest.raises(ModelFileError, match=r"28 × 28 pixels, got 1 × 7"):
        ModelStore(save(tmp_path / "small.safetensors", 7, 10), tmp_path)
    with pytest.raises(ModelFileError, match=re.escape(str(tmp_path / "nowhere"))):
        ModelStore(tmp_path / "nowhere", tmp_path)


def test_the_list_leaves_out_what_cannot_be_used(runs: Path, tmp_path: Path) -> None:
    """Models of other sizes, other files and damaged files are neither listed nor an error."""
    good = runs / "straight" / "model.safetensors"
    save(tmp_path / "small" / "model.safetensors", 7, 10)
    head = Model(build_mlp((784, 10), rng=np.random.default_rng(0)), tuple("0123456789")).describe()
    layer = {
        "kind": "dense",
        "inputs": 784,
        "outputs": float("inf"),
    }  # Python's JSON reads Infinity
    metadata = {"format": FORMAT, "model": json.dumps({**head, "architecture": [layer]})}
    contents = {
        "text": b"model",
        "half": good.read_bytes()[:500],
        "endless": tensor_bytes({}, metadata),
    }
    for name, content in contents.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(content)
    (tmp_path / "folder" / "model.safetensors").mkdir(parents=True)
    assert names(ModelStore(good, tmp_path)) == ["straight"]
    assert list_entry(tmp_path / "nowhere", "x") is None


def test_only_plain_settings_are_shown(tmp_path: Path) -> None:
    """JSON for the page has no NaN; long lists and nested values say nothing to a reader."""
    good = {"good": [1, "b", None, True]}
    settings = {**good, "deep": {"a": 1}, "nan": float("nan"), "long": [0] * 99}
    path = save(tmp_path / "odd.safetensors", 784, 10, settings=settings)
    model = ModelStore(path, tmp_path).get("odd").recognizer.model
    about = describe("odd", path, model)
    for shown in (list_entry(path, "odd"), about):
        assert shown is not None
        assert (shown["test_accuracy"], shown["test_interval"]) == (None, None)
    assert about["settings"] == good
    assert about["history"] == []
    json.dumps(about, allow_nan=False)


def test_a_new_run_is_found(runs: Path, tmp_path: Path) -> None:
    """A run that finishes later is found by the list and by name."""
    models = ModelStore(runs / "straight", tmp_path)
    with pytest.raises(HTTPException, match="one of straight, got 'later'") as error:
        models.get("later")
    assert error.value.status_code == 404
    path = save(tmp_path / "later" / "model.safetensors", 784, 10)
    assert models.get("later").path == path
    assert names(models) == ["straight", "later"]


def test_a_model_is_loaded_again_when_its_file_changes(tmp_path: Path) -> None:
    """An unchanged file is loaded once; a replaced, damaged or missing one is noticed."""
    path = save(tmp_path / "a.safetensors", 784, 10)
    models = ModelStore(path, tmp_path)
    assert models.get() is models.get("a")
    before = models.entries()[0]["file"]
    assert models.entries()[0]["file"] == before
    save(path, 784, 5, 10)
    assert models.entries()[0]["file"] != before  # or a browser would keep the old one
    assert models.get().recognizer.model.network.summary.startswith("784 → 5")
    path.write_bytes(b"half")
    with pytest.raises(HTTPException, match="whole safetensors file") as error:
        models.get()
    assert error.value.status_code == 422
    path.unlink()
    for name in (None, "a"):
        with pytest.raises(HTTPException, match="got 'a'; it may have been deleted") as error:
            models.get(name)
        assert error.value.status_code == 404


def test_only_a_few_models_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the most recently used models stay in memory."""
    for number in range(7):
        save(tmp_path / f"m{number}" / "model.safetensors", 784, 10)
    models = ModelStore(None, tmp_path)
    for number in (1, 2, 3, 0, 4, 5):
        models.get(f"m{number}")
    loaded: list[str] = []

    def count(path: Path) -> Any:
        loaded.append(path.parent.name)
        return Recognizer(path)

    monkeypatch.setattr("inkling.app.model_store.Recognizer", count)
    for number in (0, 3, 4, 5, 1):
        models.get(f"m{number}")
    assert loaded == ["m1"]


def test_an_unreadable_history(runs: Path, tmp_path: Path) -> None:
    """A missing, foreign, huge or binary history.csv gives no curves and no error."""
    whole = (runs / "straight" / "history.csv").read_text()
    path = tmp_path / "history.csv"
    assert read_history(path) == []
    for text in ("", "a,b\n1,2\n", whole.replace("1", "one"), whole + "9" * 2_000_000):
        path.write_text(text)
        assert read_history(path) == []
    path.write_bytes(b"\xff\xfe\x00")
    assert read_history(path) == []
    path.write_text(whole)
    assert len(read_history(path)) == 25


def test_a_history_without_validation(tmp_path: Path) -> None:
    """Without a validation set its two curves are missing; numbers that JSON lacks give no curves."""
    path = tmp_path / "history.csv"
    nothing = {"validation_loss": None, "validation_accuracy": None}
    curves: dict[str, Any] = {"train_loss": 0.5, "train_accuracy": 0.8, **nothing}
    records = [
        EpochRecord(epoch, learning_rate=0.1, seconds=3.0, images_per_second=9.0, **curves)
        for epoch in (1, 2)
    ]
    path.write_text(History(records).to_csv())
    assert read_history(path) == [{"epoch": 1, **curves}, {"epoch": 2, **curves}]
    path.write_text(History(records).to_csv().replace("0.5", "nan"))
    assert read_history(path) == []
