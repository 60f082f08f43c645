"""A run that starts from a model: its weights, what it records, and how it is resumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.data.dataset import Dataset
from inkling.errors import DataError, RunError, SettingError
from inkling.model.committee import CommitteeModel
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS
from inkling.optim import SGD
from inkling.training.callbacks import Callback
from inkling.training.run import train
from inkling.training.state import RunInfo, TrainingState


def weights(model: Model) -> dict[str, FloatArray]:
    """Copies of the parameters."""
    return {name: array.copy() for name, array in model.network.parameters.items()}


def only(dataset: Dataset, *classes: int) -> Dataset:
    """The images of some classes, whose names are the only ones it has."""
    parts = {}
    for name in ("train", "validation", "test"):
        split = getattr(dataset, name)
        rows = np.flatnonzero(np.isin(split.labels, classes))
        numbers = np.searchsorted(classes, split.labels[rows]).astype(np.int64)
        parts[name] = replace(split.take(rows), labels=numbers)
    return replace(dataset, classes=tuple(map(str, classes)), **parts)


@pytest.mark.parametrize("by_path", [False, True])
def test_training_goes_on_from_the_weights_of_the_model(
    strokes: Dataset, strokes_model: Model, tmp_path: Path, by_path: bool
) -> None:
    """As gradient descent by hand from these weights; the model and its file stay as they were."""
    path = tmp_path / "first.safetensors"
    strokes_model.save(path)
    before, content = weights(strokes_model), path.read_bytes()
    settings: dict[str, Any] = {
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "schedule": "constant",
        "label_smoothing": 0.0,
        "shuffle": False,
        "batch_size": 50,
        "epochs": 2,
    }
    start = path if by_path else strokes_model
    trained = train(strokes, start=start, engine="numpy", **settings).model
    network, optimizer = strokes_model.network.copy(), SGD(0.1)
    pixels = strokes.train.images.reshape(203, -1).astype(np.float32) / 255
    for first in [0, 50, 100, 150, 200] * 2:
        rows = slice(first, min(first + 50, 203))
        step = network.loss_and_gradients(pixels[rows], strokes.train.labels[rows], CrossEntropy())
        optimizer.update(network.parameters, step.gradients)
    for name, parameter in trained.network.parameters.items():
        np.testing.assert_allclose(parameter, network.parameters[name], rtol=1e-4, atol=1e-6)
        assert (parameter != before[name]).any()
        np.testing.assert_array_equal(strokes_model.network.parameters[name], before[name])
    assert path.read_bytes() == content
    started = trained.manifest["start"]
    assert started["source"] == (str(path) if by_path else "")
    assert trained.manifest["settings"]["hidden"] == [19]


def test_the_network_is_the_models_whatever_the_default(strokes: Dataset) -> None:
    """Layers, dtype and scaling; dropout is of the new run."""
    first = train(
        strokes, hidden=(7, 5), activation="tanh", dtype="float64", input_range=(-1, 1), epochs=1
    ).model
    second = train(strokes, start=first, dropout=0.2, epochs=1).model
    assert second.summary == "784 → 7 tanh dropout 0.2 → 5 tanh dropout 0.2 → 10 softmax"
    assert second.network.dtype == np.float64
    assert second.scaling == first.scaling
    for name in ("hidden", "activation", "output", "input_range", "dtype", "initializer"):
        with pytest.raises(SettingError, match=f"^train: expected no {name}, got 'x'; a run keeps"):
            train(strokes, None, start=first, **{name: "x"})  # type: ignore[arg-type]


def test_some_of_the_classes(strokes: Dataset, strokes_model: Model) -> None:
    """The labels are those of the model; an unknown class or image size is an error."""
    few = only(strokes, 3, 8)
    result = train(few, start=strokes_model, epochs=1, learning_rate=1e-6)
    assert result.model.classes == strokes.classes
    assert set(result.dataset.test.labels) == {3, 8}
    right = strokes_model.evaluate(strokes.test).confusion[[3, 8], [3, 8]].sum()
    assert result.test_accuracy == right / len(few.test)
    with pytest.raises(DataError, match=r"expected images of the classes 0, 1, .*, got x"):
        train(replace(few, classes=("3", "x")), start=strokes_model)
    small = Model(build_mlp((9, 10), rng=np.random.default_rng(0)), strokes.classes, (3, 3))
    with pytest.raises(DataError, match=r"expected images of 3 × 3 pixels, .*, got 28 × 28"):
        train(strokes, start=small)


def test_a_resumed_run_needs_the_model_no_more(
    strokes: Dataset, strokes_model: Model, tmp_path: Path
) -> None:
    """It was killed in its first epoch, and ends as one that was not, bit for bit."""

    class Killed(Callback):
        def after_chunk(self, state: TrainingState) -> None:  # noqa: ARG002
            raise KeyboardInterrupt

    few = only(strokes, 1, 4, 7)
    settings: dict[str, Any] = {"epochs": 2, "batch_size": 16, "optimizer": "adamw"}
    whole = train(few, start=strokes_model, **settings).model
    with pytest.raises(KeyboardInterrupt):
        train(few, start=strokes_model, run=tmp_path, callbacks=[Killed()], **settings)
    resumed = train(few, run=tmp_path, resume=True).model
    for name, parameter in weights(whole).items():
        np.testing.assert_array_equal(resumed.network.parameters[name], parameter)
    assert resumed.manifest["start"] == whole.manifest["start"]
    assert load_model(tmp_path).classes == strokes.classes


def test_without_its_checkpoint_it_cannot_be_resumed(
    strokes: Dataset, strokes_model: Model, tmp_path: Path
) -> None:
    """Rather than from other weights."""

    class Killed(Callback):
        def before_run(self, info: RunInfo) -> None:  # noqa: ARG002
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(strokes, start=strokes_model, epochs=1, run=tmp_path, callbacks=[Killed()])
    (tmp_path / "checkpoint").unlink()
    with pytest.raises(RunError, match=r"weights that the run started from, got none; start a new"):
        train(strokes, run=tmp_path, resume=True)


def test_what_cannot_be_a_start(strokes: Dataset, strokes_model: Model) -> None:
    """One sentence each."""
    pair = CommitteeModel.of([strokes_model, strokes_model])
    with pytest.raises(SettingError, match=r"model of one network, got a committee of 2; take one"):
        train(strokes, start=pair)
    with pytest.raises(
        SettingError, match=r"expected a model to start from of type .*, got 5; give"
    ):
        train(strokes, start=5)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"run directory and no settings.*, got start"):
        train(strokes, start=strokes_model, run="r", resume=True)
    layers = build_mlp((784, 5, 5, 10), rng=np.random.default_rng(0)).layers
    mixed = Network([*layers[:3], ACTIVATIONS["tanh"](), *layers[4:]])
    with pytest.raises(
        SettingError, match=r"one activation in all hidden layers, as inkling.train"
    ):
        train(strokes, start=Model(mixed, strokes.classes))
