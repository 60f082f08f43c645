"""Weights of eight bits: the nearest integers, one scale per column, the rest of the model unchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.errors import SettingError
from inkling.interop import html
from inkling.interop.html import html_bytes
from inkling.interop.quantized import MEASURED, fingerprint, quantize, quantize_weights
from inkling.model.model import Model
from inkling.recognize.recognizer import Recognizer

MakeModel = Callable[..., Model]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_integers_are_the_nearest(dtype: str) -> None:
    """Rounding moves a weight by half a step at most; the largest of a column becomes ±127."""
    weights = np.random.default_rng(0).normal(size=(31, 7)).astype(dtype) * 10.0 ** np.arange(-3, 4)
    whole, scales = quantize_weights(weights)
    assert (str(whole.dtype), str(scales.dtype), scales.shape) == ("int8", "float32", (7,))
    np.testing.assert_array_equal(np.abs(whole.astype(int)).max(axis=0), 127)
    steps = weights.astype(np.float64) / scales
    assert np.abs(steps - whole).max() <= 0.5 + 1e-5


def test_extreme_weights() -> None:
    """A column of zeros stays zero, subnormal weights stay in range, and huge ones raise."""
    whole, scales = quantize_weights(np.array([[0.0, -5.0], [0.0, 2.5], [0.0, 0.0]]))
    assert whole.tolist() == [[0, -127], [0, 64], [0, 0]]
    np.testing.assert_allclose(scales, [0, 5 / 127], rtol=1e-7)
    whole, _ = quantize_weights(np.array([[2.5e-43], [-2.5e-43], [0.0]]))
    assert whole.T.tolist() == [[127, -127, 0]]
    with pytest.raises(SettingError, match="float32"):
        quantize_weights(np.array([[1e300, 1.0, 1.0]]))


def test_the_rest_of_the_model(make_model: MakeModel, images: ByteArray) -> None:
    """The original is unchanged, and rounding twice is rounding once."""
    model = make_model("gelu", dtype="float64")
    before = {name: array.copy() for name, array in model.network.parameters.items()}
    rounded = quantize(model)
    for name, array in before.items():
        np.testing.assert_array_equal(model.network.parameters[name], array)
        half_step = 0.501 / 127 * np.abs(array).max(axis=0) if name.endswith("weights") else 1e-7
        assert (np.abs(rounded.network.parameters[name] - array) <= half_step).all()
    assert rounded.describe() == model.describe()
    again = quantize(rounded).network.parameters
    for name, array in rounded.network.parameters.items():
        np.testing.assert_allclose(again[name], array, rtol=1e-7)
    np.testing.assert_allclose(
        rounded.predict_proba(images), model.predict_proba(images), rtol=0, atol=0.05
    )


def test_the_model_that_ships_is_measured() -> None:
    """``MEASURED`` has the model that ships; a new one needs ``benchmarks/quantized.py``."""
    assert fingerprint(Recognizer().model) in MEASURED


@pytest.mark.slow
def test_the_measured_accuracies(mnist: Dataset) -> None:
    """The accuracies in ``MEASURED`` are correct, and rounding costs at most 0.05 points."""
    model = Recognizer().model
    measured = MEASURED[fingerprint(model)]
    test = mnist.test
    found = [(each.predict(test.images) == test.labels).mean() for each in (model, quantize(model))]
    assert found == pytest.approx([measured["before"], measured["after"]], abs=1e-9)
    assert measured["before"] - measured["after"] <= 0.0005


def test_a_model_that_rounding_would_spoil(
    strokes_model: Model, strokes: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large weights at the border, where no ink is, hide the others; the page is not written."""
    border = np.ones((28, 28), dtype=bool)
    border[:, 3:25] = False
    images = strokes.test.images * ~border
    network = strokes_model.network.copy()
    network.parameters["dense1.weights"][border.ravel()] = 50
    spoiled = replace(strokes_model, network=network)
    before, after = (m.evaluate(images, strokes.test.labels) for m in (spoiled, quantize(spoiled)))
    assert after.accuracy < before.accuracy - 0.2
    assert html_bytes(spoiled)  # as it is
    monkeypatch.setattr(html, "MOST_EXACT", 0)
    with pytest.raises(SettingError, match=r"can be rounded to eight bits, .* export it to onnx"):
        html_bytes(spoiled)
    assert html_bytes(strokes_model)
