"""The unit that says how little a picture is like a digit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.errors import ModelFileError, SettingError, ShapeError
from inkling.model.model import FORMAT, Model, load_model
from inkling.model.rejection import Rejector, hidden_signals, hidden_units
from inkling.model.tensors import tensor_bytes
from inkling.nn.mlp import build_mlp


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_signals_are_all_hidden_activations(dropout: float) -> None:
    """Computed by hand from weights; dropout is not at work when a network answers."""
    network = build_mlp(
        (7, 5, 4, 3), rng=np.random.default_rng(0), dropout=dropout, dtype="float64"
    )
    inputs = np.random.default_rng(1).normal(size=(6, 7))
    first = np.maximum(inputs @ network.parameters["dense1.weights"], 0)
    second = np.maximum(first @ network.parameters["dense2.weights"], 0)
    signals = hidden_signals(network, network.forward(inputs).saved)
    np.testing.assert_allclose(signals, np.concatenate([first, second], axis=1), rtol=1e-12)
    assert hidden_units(network) == 9
    assert hidden_units(build_mlp((7, 3), rng=np.random.default_rng(0))) == 0


def test_a_score_is_a_weighted_sum() -> None:
    """By hand."""
    unit = Rejector(np.array([1.0, -2.0, 0.5]), bias=0.25, threshold=1.0)
    signals = np.array([[1, 1, 1], [0, 0, 3], [2, 1, 0], [0, 1, 0], [4, 0, 2]], float)
    np.testing.assert_allclose(unit.scores(signals), [-0.75, 1.25, -0.25, -2.25, 4.75])
    assert unit.settings() == {"bias": 0.25, "threshold": 1.0}


def test_doubt_begins_at_the_threshold() -> None:
    """e^0 up to it, e a quarter beyond, never infinite; worked by hand."""
    unit = Rejector(np.ones(3), bias=0.0, threshold=0.75)
    scores = np.array([-7.0, 0.0, 0.75, 1.0, 1.25])
    np.testing.assert_allclose(
        unit.temperature_factor(scores), [1, 1, 1, np.e, np.e**2], rtol=1e-12
    )
    assert np.isfinite(unit.temperature_factor(np.array([1e30], np.float32))).all()


@pytest.mark.parametrize(
    ("weights", "threshold", "message"),
    [
        (np.ones((2, 3)), 1.0, "expected weights of shape (F,), got (2, 3)."),
        (np.array([1.0, np.nan]), 1.0, "expected finite numbers, got NaN or infinity."),
        (np.ones(3), np.inf, "expected finite numbers, got NaN or infinity."),
    ],
)
def test_what_is_no_unit(weights: FloatArray, threshold: float, message: str) -> None:
    """Said in one line."""
    with pytest.raises(ShapeError) as error:
        Rejector(weights, 0.0, threshold)
    assert str(error.value) == f"Rejector: {message}"


@pytest.fixture
def model() -> Model:
    """A model with a temperature and a unit."""
    network = build_mlp((15, 7, 4, 5), rng=np.random.default_rng(0))
    weights = np.random.default_rng(1).normal(size=11).astype(np.float32)
    unit = Rejector(weights, 0.25, 0.75)
    return Model(network, tuple("abcde"), (5, 3), temperature=0.6, nondigits=unit)


@pytest.mark.parametrize("half", [False, True])
def test_the_model_file_keeps_it(model: Model, tmp_path: Path, half: bool) -> None:
    """Every number; as float16 the nearest of these."""
    model.save(tmp_path / "m.safetensors", half_precision=half)
    loaded = load_model(tmp_path / "m.safetensors")
    assert model.nondigits is not None
    assert loaded.nondigits is not None
    wanted = model.nondigits.weights
    wanted = wanted.astype(np.float16).astype(np.float32) if half else wanted
    np.testing.assert_array_equal(loaded.nondigits.weights, wanted)
    assert loaded.nondigits.weights.dtype == np.float32
    assert loaded.nondigits.settings() == {"bias": 0.25, "threshold": 0.75}
    assert loaded.temperature == 0.6


def test_a_file_of_an_older_version_has_neither(model: Model, tmp_path: Path) -> None:
    """It is loaded with temperature 1 and without the unit."""
    description = model.describe()
    del description["temperature"], description["nondigits"]
    path = written(tmp_path, dict(model.network.parameters), description)
    assert load_model(path).temperature == 1
    assert load_model(path).nondigits is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"temperature": 0},
            "Model: expected temperature in (0, ∞), got 0.",
        ),
        (
            {"temperature": "cold"},
            "Model: expected temperature in (0, ∞), got 'cold'.",
        ),
        (
            {"nondigits": {"bias": 0, "threshold": float("nan")}},
            "Rejector: expected finite numbers, got NaN or infinity.",
        ),
        ({"nondigits": {"bias": 0}}, "KeyError: 'threshold'"),
        (
            {"nondigits": None},
            "file: expected the tensors dense1.weights, dense1.bias, dense2.weights, dense2.bias, "
            "dense3.weights, dense3.bias, got dense1.bias, dense1.weights, dense2.bias, "
            "dense2.weights, dense3.bias, dense3.weights, nondigits.weights.",
        ),
    ],
)
def test_a_file_that_lies(
    model: Model, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    """Gets one line."""
    assert model.nondigits is not None
    tensors = {**model.network.parameters, "nondigits.weights": model.nondigits.weights}
    path = written(tmp_path, tensors, {**model.describe(), **change})
    with pytest.raises(ModelFileError) as error:
        load_model(path)
    assert str(error.value) == f"model {path}: its parts do not fit: {reason}"


@pytest.mark.parametrize("output", ["sigmoid", "identity"])
def test_without_softmax_there_is_nothing_to_calibrate(model: Model, output: str) -> None:
    """Neither a temperature nor a unit fits; plain, such a model is fine."""
    network = build_mlp((15, 7, 4, 5), rng=np.random.default_rng(0), output=output)
    wanted = "Model: expected a softmax output, which a temperature or a non-digit unit needs, got "
    for honest in ({"temperature": 0.5}, {"nondigits": model.nondigits}):
        with pytest.raises(SettingError) as error:
            Model(network, model.classes, (5, 3), **honest)
        assert str(error.value) == f"{wanted}{output}."
    images = np.full((2, 5, 3), 90, np.uint8)
    plain = Model(network, model.classes, (5, 3))
    np.testing.assert_array_equal(plain.answer(images)[0], plain.predict_proba(images))


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        (None, "file: expected a tensor nondigits.weights, got none."),
        (
            np.ones(10, np.float32),
            "Model: expected nondigits.weights of shape (11,), got (10,).",
        ),
        (
            np.full(11, np.inf, np.float32),
            "Rejector: expected finite numbers, got NaN or infinity.",
        ),
    ],
)
def test_a_unit_of_another_network(
    model: Model, tmp_path: Path, weights: FloatArray | None, reason: str
) -> None:
    """Gets one line too."""
    tensors = dict(model.network.parameters)
    if weights is not None:
        tensors["nondigits.weights"] = weights
    path = written(tmp_path, tensors, model.describe())
    with pytest.raises(ModelFileError) as error:
        load_model(path)
    assert str(error.value) == f"model {path}: its parts do not fit: {reason}"


def written(folder: Path, tensors: dict[str, FloatArray], description: dict[str, Any]) -> Path:
    """Writes a model file with any description."""
    path = folder / "m.safetensors"
    metadata = {"format": FORMAT, "model": json.dumps(description)}
    path.write_bytes(tensor_bytes(tensors, metadata))
    return path
