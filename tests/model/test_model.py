"""A model: what it computes, and that saving it loses no bit."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.data.split import Split
from inkling.errors import DivergenceError, ModelFileError, SettingError, ShapeError
from inkling.model import evaluate
from inkling.model.file import load_model
from inkling.model.metrics import wilson_interval
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp

from .conftest import CLASSES


def reload(model: Model, path: Path) -> Model:
    """Saves and loads a model."""
    model.save(path)
    return load_model(path).require_single("test")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_every_bit_comes_back(
    model: Model, images: ByteArray, tmp_path: Path, dtype: str, output: str
) -> None:
    """A loaded model has the same parameters and probabilities, and saves the same bytes."""
    rng = np.random.default_rng(0)
    network = build_mlp((15, 7, 5), rng=rng, dtype=dtype, output=output, activation="leaky_relu")
    plain = Model(network, CLASSES, (5, 3), model.scaling, model.manifest)
    for before in (plain, model):
        after = reload(before, tmp_path / "m.safetensors")
        assert after.describe() == before.describe()
        for name, array in before.tensors().items():
            assert after.tensors()[name].dtype == array.dtype
            assert after.tensors()[name].tobytes() == array.tobytes()
        assert after.answer(images)[0].tobytes() == before.answer(images)[0].tobytes()
        after.save(tmp_path / "again")
        assert (tmp_path / "again").read_bytes() == (tmp_path / "m.safetensors").read_bytes()


def test_half_precision(model: Model, tmp_path: Path) -> None:
    """Half the size; each number is the nearest float16, in float32 again; mean images stay."""
    model.save(tmp_path / "whole")
    model.save(tmp_path / "half", half_precision=True)
    loaded = load_model(tmp_path / "half").require_single("test")
    means = model.tensors()["class_means"]
    np.testing.assert_array_equal(loaded.class_means, means, strict=True)
    floats = {name: array for name, array in model.tensors().items() if name != "class_means"}
    for name, array in floats.items():
        nearest = array.astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(loaded.tensors()[name], nearest)
        assert loaded.tensors()[name].dtype == np.float32
    count = sum(array.size for array in floats.values())
    sizes = [(tmp_path / name).stat().st_size for name in ("whole", "half")]
    assert sizes[0] - sizes[1] == pytest.approx(2 * count, abs=32)  # the header is padded
    model.network.parameters["dense1.weights"][0, 0] = 1e6
    with pytest.raises(ModelFileError, match=r"expected finite numbers in dense1\.weights"):
        model.save(tmp_path / "half", half_precision=True)


def test_a_failed_save_leaves_the_old_file(model: Model, tmp_path: Path) -> None:
    """A number is not finite, or the manifest is not plain data."""
    path = tmp_path / "m"
    model.save(path)
    before = path.read_bytes()
    with pytest.raises(
        ModelFileError, match=r"manifest\.x to be plain data for JSON, .+, got \{1, 2\}"
    ):
        replace(model, manifest={"x": {1, 2}}).save(path)
    model.network.parameters["dense2.bias"][3] = np.nan
    with pytest.raises(ModelFileError, match=r"expected finite numbers in dense2\.bias"):
        model.save(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"classes": tuple("abc")}, ShapeError, "5 class names, one per output, got 3"),
        ({"image_shape": (28, 28)}, ShapeError, "an image shape of 15 pixels, got (28, 28)"),
        ({"temperature": 0.0}, SettingError, "temperature in [1e-06, 1e+06], got 0.0"),
    ],
)
def test_parts_that_do_not_fit(
    model: Model, change: dict[str, Any], kind: type[Exception], message: str
) -> None:
    """The parts are compared with the network at once."""
    with pytest.raises(kind, match=re.escape(message)):
        replace(model, **change)


def test_weights_that_calibration_makes_too_large(model: Model, images: ByteArray) -> None:
    """A model of unknown origin may have any finite weights; its outputs are checked."""
    model.network.parameters["dense2.weights"][...] = 1e38
    with pytest.raises(DivergenceError, match="expected finite outputs"):
        replace(model, temperature=1e-3).calibrated().predict(images)


def test_only_softmax_is_calibrated(model: Model, images: ByteArray) -> None:
    """A temperature or a rejector needs a softmax output; without them any output is fine."""
    network = build_mlp((15, 7, 5), rng=np.random.default_rng(0), output="sigmoid")
    for calibrated in (replace(model, rejector=None), replace(model, temperature=1.0)):
        with pytest.raises(SettingError, match=r"expected a softmax output, .* got sigmoid"):
            replace(calibrated, network=network)
    plain = Model(network, CLASSES, (5, 3))
    np.testing.assert_array_equal(plain.answer(images)[0], plain.predict_proba(images))
    assert plain.answer(images)[1] is None


def test_only_pixels_are_predicted(model: Model) -> None:
    """Scaled floats, or images of another size, would give meaningless answers."""
    for predict in (model.predict, model.predict_proba, model.answer):
        with pytest.raises(ShapeError, match="expected images of uint8"):
            predict(np.zeros((3, 5, 3)))  # type: ignore[arg-type]
        with pytest.raises(ShapeError, match=r"expected images of shape \(N, 5, 3\)"):
            predict(np.zeros((3, 3, 5), np.uint8))
        with pytest.raises(ShapeError, match=r"reshape them with images.reshape\(-1, 5, 3\)"):
            predict(np.zeros((3, 15), np.uint8))
        with pytest.raises(ShapeError, match="expected images of one size, got several"):
            predict([np.zeros((5, 3), np.uint8), np.zeros((5, 4), np.uint8)])  # type: ignore[arg-type]
    assert model.predict_proba(np.zeros((0, 5, 3), np.uint8)).shape == (0, 5)
    with pytest.raises(ShapeError, match="expected images of uint8"):
        model.evaluate(np.zeros((3, 5, 3)), np.zeros(3, int))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "labels", "message"),
    [
        (0, np.zeros(0, int), "at least one image, got none"),
        (3, np.zeros(2, int), "labels of shape (3,), got (2,); one per image"),
        (3, np.array([0, 5, 1]), "labels from 0 to 4, got 5"),
        (3, np.array([0.0, 1.0, 1.0]), "class labels (B,) or targets (B, 5), got float64"),
        (3, None, "images and labels, or a split such as dataset.test, got no labels"),
    ],
)
def test_images_and_labels_that_do_not_fit(
    model: Model, count: int, labels: IntArray | None, message: str
) -> None:
    """One sentence says what is wrong with them."""
    with pytest.raises(ShapeError, match=re.escape(message)):
        model.evaluate(np.zeros((count, 5, 3), np.uint8), labels)


def test_its_temperature_in_its_weights_gives_the_same_answers(
    model: Model, images: ByteArray
) -> None:
    """Its logits are divided by the temperature; the given model is unchanged."""
    before = model.predict_proba(images)
    calibrated = model.calibrated()
    np.testing.assert_allclose(calibrated.predict_proba(images), before, rtol=1e-5)
    np.testing.assert_allclose(
        calibrated.logits(images), model.logits(images) / model.temperature, rtol=1e-5, atol=1e-6
    )
    assert calibrated.temperature == 1
    assert calibrated.manifest["temperature"] == model.temperature
    assert calibrated.calibrated() is calibrated
    np.testing.assert_array_equal(model.predict_proba(images), before)


@pytest.mark.parametrize("batch", [4, 2000])
def test_probabilities_and_loss_are_calibrated(
    model: Model, images: ByteArray, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """softmax(z / T), with T larger for a rejected image; for any number of images per batch."""
    monkeypatch.setattr(evaluate, "BATCH", batch)
    assert model.rejector is not None
    w = model.network.parameters
    x = images.reshape(11, 15) * model.scaling.factor + model.scaling.offset
    hidden = np.maximum(x @ w["dense1.weights"] + w["dense1.bias"], 0)
    z = hidden @ w["dense2.weights"] + w["dense2.bias"]
    scores = hidden @ model.rejector.weights - model.rejector.bias
    factors = np.exp(4 * np.maximum(scores - model.rejector.threshold, 0))
    assert (factors > 1).any()
    assert (factors == 1).any()
    powers = np.exp(z / (model.temperature * factors[:, np.newaxis]))
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.logits(images), z, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.predict_proba(images), expected, rtol=1e-4)
    assert model.answer(images)[0].tobytes() == model.predict_proba(images).tobytes()
    labels = np.arange(11, dtype=np.int64) % 5
    for found in (model.evaluate(images, labels), model.evaluate(Split(images, labels))):
        assert found.loss == pytest.approx(-np.log(expected[range(11), labels]).mean(), rel=1e-4)
        right = expected.argmax(axis=1) == labels
        assert (found.accuracy, found.n) == (right.mean(), 11)
        assert found.interval == wilson_interval(int(right.sum()), 11)
        assert found.confusion.sum(axis=1).tolist() == [3, 2, 2, 2, 2]
        assert found.confusion.trace() == right.sum()


@pytest.mark.parametrize("far", [1.0, 17.0, 1e4])
@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("sigmoid", lambda z: np.logaddexp(0, z).sum() - z[1]),
        ("identity", lambda z: 0.5 * ((z - [0, 1, 0]) ** 2).sum()),
        ("softmax", lambda z: np.logaddexp.reduce(z) - z[1]),
    ],
)
def test_the_loss_fits_the_output(output: str, loss: Any, far: float) -> None:
    """The cross-entropy if it is softmax, else one that counts wrong classes; exact if rounded."""
    network = build_mlp((3, 3), rng=np.random.default_rng(0), output=output, dtype="float64")
    network.parameters["dense1.weights"][...] = np.diag([far, -far, 0]) / 255
    model = Model(network, ("a", "b", "c"), (3, 1), PixelScaling(1.0))
    found = model.evaluate(np.full((5, 3, 1), 255, np.uint8), np.ones(5, int))
    assert found.loss == pytest.approx(loss(np.array([far, -far, 0])), rel=1e-9)


def test_a_single_model_represents_itself(model: Model, images: ByteArray) -> None:
    """It is what a committee chooses among its members."""
    assert model.require_single("export") is model.representative(images) is model
    assert model.summary == "15 → 7 relu dropout 0.5 → 5 softmax"


def test_weights_too_large_to_compute_with(model: Model, images: ByteArray) -> None:
    """Products of finite weights may overflow; that is an error, not a NaN."""
    for parameter in model.network.parameters.values():
        parameter[...] = 3e38
    for predict in (model.predict, model.answer):
        with pytest.raises(DivergenceError, match=r"^network: expected finite outputs, got NaN"):
            predict(images)
