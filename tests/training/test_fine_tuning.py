"""Fine-tuning: what is taught and what is kept apart, what is measured, and what is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray, IntArray
from inkling.data.dataset import Dataset
from inkling.data.hash_split import divide_by_hash
from inkling.data.split import Split
from inkling.errors import DataError, DivergenceError, InklingError, RunError, ShapeError
from inkling.model.committee import CommitteeModel
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.training import fine_tuning
from inkling.training.callbacks import Callback
from inkling.training.fine_tuning import FineTuningResult, fine_tune
from inkling.training.run import train
from inkling.training.state import TrainingState

FAST: dict[str, Any] = {"epochs": 6, "learning_rate": 0.005, "augment": "affine", "batch_size": 16}


@pytest.fixture(scope="module")
def hand(strokes: Dataset) -> Split:
    """Sixty pictures of a hand that writes aside."""
    return Split(np.roll(strokes.train.images[:60], 4, axis=2), strokes.train.labels[:60])


@pytest.fixture(scope="module")
def result(strokes: Dataset, strokes_model: Model, hand: Split) -> FineTuningResult:
    """What a model makes of them."""
    return fine_tune(strokes_model, hand.images, hand.labels, remember=strokes, **FAST)


def share_right(model: Model, split: Split) -> float:
    """The accuracy, counted."""
    return float(np.mean(model.predict(split.images) == split.labels))


def test_before_and_after_are_those_of_the_models(
    strokes: Dataset, strokes_model: Model, hand: Split, result: FineTuningResult
) -> None:
    """On the pictures whose hashes keep them apart, and on images of others."""
    kept, validation = divide_by_hash(hand, 0).test, strokes.validation
    assert 0 < result.kept_apart == len(kept) < 20
    for measured, model in ((result.before, strokes_model), (result.after, result.model)):
        assert measured.yours == share_right(model, kept)
        assert measured.validation == share_right(model, validation)
    assert result.after.yours == result.test_accuracy > result.before.yours
    recorded = result.model.manifest["results"]
    assert recorded["before"] == result.before._asdict()
    assert recorded["after"] == result.after._asdict()


def test_what_is_kept_apart_is_not_trained_on(
    strokes: Dataset, hand: Split, result: FineTuningResult
) -> None:
    """The others are, several times, and next to them the images to remember, all of them here."""
    training = [image.tobytes() for image in result.dataset.train.images]
    kept = {image.tobytes() for image in result.dataset.test.images}
    taught = {image.tobytes() for image in hand.images} - kept
    assert kept.isdisjoint(training)
    repeats = result.model.manifest["fine_tuning"]["repeats"]
    assert repeats > 1
    assert all(training.count(image) == repeats for image in taught)
    assert {image.tobytes() for image in strokes.train.images} <= set(training)


def test_what_belongs_to_the_weights_is_fitted_to_them(
    strokes_model: Model, result: FineTuningResult
) -> None:
    """Temperature, mean images, and a rejector that accepts what it should and rejects noise."""
    model = result.model
    assert model.temperature != strokes_model.temperature
    assert model.rejector is not None
    validation = result.dataset.validation.images
    _, scores = model.answer(validation)
    assert scores is not None
    assert np.mean(scores > model.rejector.threshold) < 0.06
    noise = np.random.default_rng(0).integers(0, 256, (50, 28, 28)).astype(np.uint8)
    _, scores = model.answer(noise)
    assert scores is not None
    assert np.mean(scores > model.rejector.threshold) > 0.5
    first = result.dataset.train
    mean = first.images[first.labels == 4].mean(axis=0)
    assert model.class_means is not None
    np.testing.assert_allclose(model.class_means[4], mean, atol=0.51)


def test_the_model_stays_as_it_was(
    strokes: Dataset, strokes_model: Model, hand: Split, tmp_path: Path
) -> None:
    """In memory and on disk; the run directory is an ordinary one, and written only once."""
    path, run = tmp_path / "first.safetensors", tmp_path / "run"
    strokes_model.save(path)
    content = path.read_bytes()
    result = fine_tune(path, hand, remember=strokes, run=run, **FAST)
    assert path.read_bytes() == content
    assert {file.name for file in run.iterdir()} == {
        *("manifest.json", "history.csv", "model.safetensors")
    }
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["status"] == "finished"
    assert manifest["start"]["source"] == str(path)
    again = load_model(run)
    np.testing.assert_array_equal(again.predict(hand.images), result.model.predict(hand.images))
    with pytest.raises(RunError, match="finished after 6 epochs; there is nothing to resume"):
        train(result.dataset, run=run, resume=True)
    with pytest.raises(RunError, match="expected a new directory"):
        fine_tune(path, hand, remember=strokes, run=run, **FAST)


def test_one_that_is_stopped_leaves_nothing(
    strokes: Dataset, strokes_model: Model, hand: Split, tmp_path: Path
) -> None:
    """By the user, or because the disk is full."""

    class Killed(Callback):
        def after_chunk(self, state: TrainingState) -> None:  # noqa: ARG002
            raise KeyboardInterrupt

    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        fine_tune(strokes_model, hand, remember=strokes, run=run, callbacks=[Killed()], **FAST)
    with pytest.raises(DivergenceError):
        fine_tune(strokes_model, hand, remember=strokes, run=run, learning_rate=1e9)
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_some_classes(strokes: Dataset, strokes_model: Model, hand: Split) -> None:
    """As corrections are: those of a data set with other numbers, and a test set of its own."""
    rows = np.flatnonzero(np.isin(hand.labels, (2, 5, 9)))
    some = Split(hand.images[rows], np.searchsorted((2, 5, 9), hand.labels[rows]).astype(np.int64))
    parts = some.take(np.arange(10)), some.take(np.arange(0)), some.take(np.arange(10, len(some)))
    corrections = Dataset("corrections", ("2", "5", "9"), *parts, sha256="7" * 64)
    result = fine_tune(strokes_model, corrections, remember=strokes, **FAST)
    assert result.model.classes == strokes.classes
    np.testing.assert_array_equal(result.dataset.test.labels, hand.labels[rows][10:])
    assert result.model.class_means is not None
    assert result.model.manifest["dataset"]["sha256"] == "7" * 64
    with pytest.raises(DataError, match=r"expected images of the classes 0, 1, .*, got ten"):
        fine_tune(strokes_model, replace(corrections, classes=("2", "5", "ten")), remember=strokes)


def test_without_mnist_drawn_digits_are_remembered(
    strokes_model: Model, hand: Split, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With it, half of them are MNIST's, whose validation images stay apart."""
    for name, count in {"REMEMBERED": 40, "VALIDATION": 30}.items():
        monkeypatch.setattr(fine_tuning, name, count)
    monkeypatch.setenv("INKLING_DATA", str(tmp_path))
    result = fine_tune(strokes_model, hand, **FAST)
    assert len(result.dataset.validation) == 30
    assert result.model.manifest["dataset"]["train"] == 40 + len(
        divide_by_hash(hand, 0).train
    )  # each once


def test_mnist_is_remembered_too(
    mnist: Dataset, strokes_model: Model, hand: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many of its training images as drawn ones, and of its validation images."""
    for name, count in {"REMEMBERED": 40, "VALIDATION": 30}.items():
        monkeypatch.setattr(fine_tuning, name, count)
    dataset = fine_tune(strokes_model, hand, **FAST).dataset
    for name, count in {"train": 40, "validation": 30}.items():
        published = {image.tobytes() for image in getattr(mnist, name).images}
        found = [image.tobytes() in published for image in getattr(dataset, name).images]
        assert sum(found) == count


def noted(images: ByteArray, labels: IntArray) -> dict[str, Any]:
    """What cannot be taught, by its message."""
    empty = images.copy()
    empty[5] = 0
    return {
        r"^fine_tune: expected at least 10 pictures, got 9; write each class a few times\.$": (
            images[:9],
            labels[:9],
        ),
        "^fine_tune: expected pictures of at least two classes, got only '3'": (
            images,
            np.full_like(labels, 3),
        ),
        "^fine_tune: expected ink in every picture, got 1 without, one of class '": (empty, labels),
        "images of shape": (images[:, 1:], labels),
        "images of uint8": (images / 255, labels),
        "labels of shape": (images, labels[:-1]),
        "labels of int64": (images, labels.astype(float)),
        "labels below 10": (images, labels + 1),
        "^fine_tune: expected images and labels, or a split": (images,),
        "^fine_tune: expected pictures that can be kept apart": (
            images[[0] * 20],
            np.arange(20) % 10,
        ),
    }


def test_what_cannot_be_taught(strokes: Dataset, strokes_model: Model, hand: Split) -> None:
    """One sentence each, before anything is trained."""
    for message, pictures in noted(hand.images, hand.labels).items():
        with pytest.raises((DataError, ShapeError), match=message):
            fine_tune(strokes_model, *pictures, remember=strokes)
    with pytest.raises(ShapeError, match="got a data set and labels"):
        fine_tune(strokes_model, strokes, hand.labels, remember=strokes)


def test_what_cannot_be_taught_to(strokes: Dataset, strokes_model: Model, hand: Split) -> None:
    """A committee; a model of letters without images to remember."""
    letters = replace(strokes_model, classes=tuple("abcdefghij"))
    empty = replace(strokes, validation=strokes.validation.take(np.arange(0)))
    cases: dict[str, tuple[Any, Any]] = {
        "model of one network, got a committee of 2": (
            CommitteeModel.of([strokes_model, strokes_model]),
            strokes,
        ),
        r"a model of digits of 28 × 28 pixels, got one of a, b, .*, 28 × 28; for others": (
            letters,
            None,
        ),
        "expected validation images to remember, got none in strokes": (strokes_model, empty),
        "expected remember of type Dataset, got 'mnist'": (strokes_model, "mnist"),
    }
    for message, (model, remember) in cases.items():
        with pytest.raises(InklingError, match=message):
            fine_tune(model, hand, remember=remember)
