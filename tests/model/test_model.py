"""A model: what it computes, and that saving it loses no bit."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.errors import DivergenceError, ModelFileError, SettingError, ShapeError
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn.losses import CrossEntropy
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
    """Half the size; each number is the nearest float16, in float32 again after loading."""
    model.save(tmp_path / "whole")
    model.save(tmp_path / "half", half_precision=True)
    loaded = load_model(tmp_path / "half").require_single("test")
    for name, array in model.tensors().items():
        nearest = array.astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(loaded.tensors()[name], nearest)
        assert loaded.tensors()[name].dtype == np.float32
    count = sum(array.size for array in model.tensors().values())
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
    with pytest.raises(ModelFileError, match=r"manifest\.x to be plain data for JSON, got set"):
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
        model.evaluate(np.zeros((3, 5, 3)), np.zeros(3, int), CrossEntropy())  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="expected at least one sample"):
        model.evaluate(np.zeros((0, 5, 3), np.uint8), np.zeros(0, int), CrossEntropy())


def test_its_temperature_in_its_weights_gives_the_same_answers(
    model: Model, images: ByteArray
) -> None:
    """``calibrated`` gives ``answer``'s probabilities as outputs; the given model is unchanged."""
    before = model.predict_proba(images)
    calibrated = model.calibrated()
    expected = replace(model, rejector=None).answer(images)[0]
    np.testing.assert_allclose(calibrated.predict_proba(images), expected, rtol=1e-5)
    assert calibrated.temperature == 1
    assert calibrated.manifest["temperature"] == model.temperature
    assert calibrated.calibrated() is calibrated
    np.testing.assert_array_equal(model.predict_proba(images), before)


def test_its_loss_is_that_of_its_network(model: Model, images: ByteArray) -> None:
    """The loss is that of the uncalibrated outputs."""
    labels = np.arange(11) % 5
    outcome = model.evaluate(images, labels, CrossEntropy())
    probabilities = model.predict_proba(images)
    np.testing.assert_allclose(outcome.outputs, probabilities, rtol=1e-6)
    expected = -np.log(probabilities[np.arange(11), labels]).mean()
    assert outcome.loss == pytest.approx(expected, rel=1e-5)


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
