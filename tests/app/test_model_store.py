"""The models to choose from: which there are, what they are called, which are kept."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.app import model_store as shelf_module
from inkling.app.model_store import ModelStore
from inkling.app.refusal import RefusedError
from inkling.errors import ModelFileError
from inkling.explain.summary import describe, list_entry, read_history
from inkling.model.model import FORMAT, Model
from inkling.model.tensors import tensor_bytes
from inkling.nn.mlp import build_mlp


def model_of(*sizes: int, classes: str = "0123456789", **manifest: Any) -> Model:
    """A model without training."""
    network = build_mlp(sizes, rng=np.random.default_rng(0))
    shape = (28, 28) if sizes[0] == 784 else (1, sizes[0])
    return Model(network, tuple(classes), shape, manifest=manifest)


def names(shelf: ModelStore) -> list[str]:
    """What the list says."""
    return [entry["id"] for entry in shelf.entries()]


def test_the_one_asked_for_comes_first(runs: Path, tmp_path: Path) -> None:
    """A file or a run; named after the one or the other; the runs follow."""
    found = [runs / "straight" / "model.safetensors", runs / "bent" / "model.safetensors"]
    model_of(784, 10).save(tmp_path / "mine.safetensors")
    shelf = ModelStore(tmp_path / "mine.safetensors", lambda: found)
    assert (shelf.default, names(shelf)) == ("mine", ["mine", "straight", "bent"])
    shelf = ModelStore(runs / "bent", lambda: found)
    assert (shelf.default, names(shelf)) == ("bent", ["bent", "straight"])
    assert ModelStore(found[1], list).default == "bent"


def test_the_one_that_ships_comes_before_the_runs(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And after the one asked for."""
    shipped = tmp_path / "digits.safetensors"
    model_of(784, 10).save(shipped)
    monkeypatch.setattr(shelf_module, "SHIPPED", shipped)
    run = runs / "bent" / "model.safetensors"
    assert names(ModelStore(None, lambda: [run])) == ["digits", "bent"]
    assert names(ModelStore(run, lambda: [run])) == ["bent", "digits"]


def test_two_of_one_name(tmp_path: Path) -> None:
    """Are numbered; one file by two paths is one model."""
    paths = [tmp_path / folder / "digits.safetensors" for folder in ("a", "b", "c")]
    for path in paths:
        path.parent.mkdir()
        model_of(784, 10).save(path)
    again = tmp_path / "a" / ".." / "a" / "digits.safetensors"
    shelf = ModelStore(paths[0], lambda: [again, *paths])
    assert names(shelf) == ["digits", "digits-2", "digits-3"]
    assert shelf.load("digits-3").path == paths[2]


def test_nothing_to_choose_from() -> None:
    """One sentence, and what to do."""
    message = (
        "model: expected a model file or a run in runs/, got none; train one with: inkling train."
    )
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        ModelStore(None, list)


def test_a_default_that_cannot_be_used(tmp_path: Path) -> None:
    """Is said at once, not when the first digit is drawn."""
    path = tmp_path / "small.safetensors"
    model_of(7, 10).save(path)
    message = "Recognizer: expected a model for images of 28 × 28 pixels, got 1 × 7."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        ModelStore(path, list)
    nowhere = tmp_path / "nowhere"
    message = f"model {nowhere}: expected a .safetensors file, got nothing there."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        ModelStore(nowhere, list)


def test_the_list_leaves_out_what_cannot_be_used(runs: Path, tmp_path: Path) -> None:
    """Other sizes, other files, half a file, a folder, nothing: no entry, no error."""
    good = runs / "straight" / "model.safetensors"
    model_of(7, 10).save(tmp_path / "small.safetensors")
    (tmp_path / "text.safetensors").write_text("model")
    (tmp_path / "half.safetensors").write_bytes(good.read_bytes()[:500])
    (tmp_path / "folder.safetensors").mkdir()
    said = {**model_of(784, 10).describe(), "architecture": [{"kind": "dense", "inputs": 784}]}
    said["architecture"][0]["outputs"] = float(
        "inf"
    )  # JSON knows no infinity, Python's reader does
    metadata = {"format": FORMAT, "model": json.dumps(said)}
    (tmp_path / "endless.safetensors").write_bytes(tensor_bytes({}, metadata))
    strange = [*tmp_path.iterdir(), tmp_path / "nowhere.safetensors"]
    assert len(strange) == 6
    assert names(ModelStore(good, lambda: strange)) == ["straight"]
    assert all(list_entry(path, "x") is None for path in strange)


@pytest.mark.parametrize(
    "results",
    [
        {"test_accuracy": "high", "test_interval": [0.1]},
        {"test_accuracy": 7.0, "test_interval": [0.5, "x"]},
        {"test_accuracy": float("nan"), "test_interval": {"low": 0}},
        {},
    ],
)
def test_a_manifest_may_hold_anything(tmp_path: Path, results: dict[str, Any]) -> None:
    """What is not an accuracy is not shown as one; settings that are no plain data neither."""
    settings = {
        "good": [1, "b", None, True],
        "deep": {"a": 1},
        "nan": float("nan"),
        "long": [0] * 99,
    }
    path = tmp_path / "odd.safetensors"
    model_of(784, 10, results=results, settings=settings).save(path)
    entry = list_entry(path, "odd")
    assert entry is not None
    assert (entry["test_accuracy"], entry["test_interval"]) == (None, None)
    reader = ModelStore(path, list).load("odd")
    about = describe("odd", path, reader.recognizer.model)
    assert (about["test_accuracy"], about["test_interval"]) == (None, None)
    assert about["settings"] == {"good": [1, "b", None, True]}
    assert about["history"] == []
    json.dumps(about, allow_nan=False)


def test_a_new_run_is_found(runs: Path, tmp_path: Path) -> None:
    """By the list, and by a question that names it, while the app is open."""
    found = [runs / "straight" / "model.safetensors"]
    shelf = ModelStore(None, lambda: found)
    with pytest.raises(RefusedError) as refused:
        shelf.load("later")
    assert refused.value.status == 404
    assert str(refused.value) == "model: expected one of straight, got 'later'."
    found.append(tmp_path / "later.safetensors")
    model_of(784, 10).save(found[1])
    assert shelf.load("later").path == found[1]
    assert names(shelf) == ["straight", "later"]


def test_a_model_is_loaded_once_and_again_when_it_changes(tmp_path: Path) -> None:
    """A file that is replaced is another model; one that is gone or damaged is said to be."""
    path = tmp_path / "model-a.safetensors"
    model_of(784, 10).save(path)
    shelf = ModelStore(path, list)
    first = shelf.at_hand(None)
    assert first is not None
    assert shelf.at_hand("model-a") is first
    assert shelf.at_hand("nowhere") is None
    model_of(784, 5, 10).save(path)
    assert shelf.at_hand(None) is None
    assert shelf.load(None).recognizer.model.network.summary.startswith("784 → 5")
    path.write_bytes(b"half")
    assert shelf.at_hand(None) is None
    with pytest.raises(RefusedError) as refused:
        shelf.load(None)
    assert refused.value.status == 422
    assert str(refused.value).startswith(f"model {path}: expected a whole safetensors file, got")
    path.unlink()
    with pytest.raises(RefusedError) as refused:
        shelf.load(None)
    assert str(refused.value) == f"model {path}: expected a .safetensors file, got nothing there."


def test_only_a_few_are_kept(tmp_path: Path) -> None:
    """The ones asked for last; memory stays flat however many runs are tried."""
    paths = [tmp_path / f"m{number}.safetensors" for number in range(7)]
    for path in paths:
        model_of(784, 10).save(path)
    shelf = ModelStore(None, lambda: paths)
    for number in (1, 2, 3, 0, 4, 5):
        if shelf.at_hand(f"m{number}") is None:
            shelf.load(f"m{number}")
    kept = [number for number in range(7) if shelf.at_hand(f"m{number}") is not None]
    assert kept == [0, 3, 4, 5]


def test_a_history_that_is_none(runs: Path, tmp_path: Path) -> None:
    """Missing, of other columns, with words, too long, not text: no curves, no error."""
    whole = (runs / "straight" / "history.csv").read_text()
    path = tmp_path / "history.csv"
    assert read_history(path) == []
    for text in ("", "a,b\n1,2\n", whole.replace("1", "one"), whole + "9" * 2_000_000):
        path.write_text(text)
        assert read_history(path) == []
    path.write_bytes(b"\xff\xfe\x00")
    assert read_history(path) == []
    path.unlink()
    os.mkdir(path)  # noqa: PTH102 (a folder of that name)
    assert read_history(path) == []
    shutil.copy(runs / "straight" / "history.csv", tmp_path / "h.csv")
    assert len(read_history(tmp_path / "h.csv")) == 25


def test_a_history_with_gaps(tmp_path: Path) -> None:
    """Without a validation set there are two curves instead of four."""
    path = tmp_path / "history.csv"
    path.write_text(
        "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds\n"
        "1,0.5,0.8,,,3\n"
    )
    nothing = {"validation_loss": None, "validation_accuracy": None}
    assert read_history(path) == [{"epoch": 1, "train_loss": 0.5, "train_accuracy": 0.8, **nothing}]
