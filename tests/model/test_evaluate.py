"""Predictions, loss and accuracy on data that is not trained on."""

from __future__ import annotations

import re

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.data.scaling import PixelScaling
from inkling.errors import DivergenceError
from inkling.model import evaluate as module
from inkling.model.evaluate import evaluate, predict
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network


@pytest.fixture
def network() -> Network:
    """15 → 7 tanh → 3 softmax in float64."""
    rng = np.random.default_rng(0)
    return build_mlp((15, 7, 3), rng=rng, activation="tanh", dtype="float64", dropout=0.5)


@pytest.fixture
def images() -> FloatArray:
    """23 images of 5 × 3."""
    return np.random.default_rng(1).integers(0, 256, (23, 5, 3)).astype(np.uint8)


def by_hand(network: Network, inputs: FloatArray) -> FloatArray:
    """The outputs, without dropout."""
    w = network.parameters
    hidden = np.tanh(inputs @ w["dense1.weights"] + w["dense1.bias"])
    e = np.exp(hidden @ w["dense2.weights"] + w["dense2.bias"])
    return np.asarray(e / e.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("batch", [1, 4, 22, 23, 2000])
def test_equal_to_the_figures_by_hand(
    network: Network, images: FloatArray, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """However many rows are taken at a time, and with dropout left out."""
    monkeypatch.setattr(module, "BATCH", batch)
    labels = np.random.default_rng(2).integers(0, 3, 23)
    outcome = evaluate(network, images, labels, CrossEntropy(), PixelScaling(2 / 255, -1))
    expected = by_hand(network, images.reshape(23, 15) / 127.5 - 1)
    np.testing.assert_allclose(outcome.outputs, expected, rtol=1e-12)
    assert outcome.outputs.dtype == np.float64
    assert outcome.loss == pytest.approx(-np.log(expected[np.arange(23), labels]).mean())
    assert outcome.accuracy == (expected.argmax(axis=1) == labels).mean()


def test_targets_of_several_numbers_have_no_accuracy(network: Network, images: FloatArray) -> None:
    """A loss, and None where there is no right or wrong."""
    targets = np.random.default_rng(2).normal(size=(23, 3))
    outcome = evaluate(network, images, targets, SquaredError(), PixelScaling())
    difference = by_hand(network, images.reshape(23, 15) / 255) - targets
    assert outcome.loss == pytest.approx(0.5 * (difference**2).sum() / 23)
    assert outcome.accuracy is None


def test_nothing_in_nothing_out(network: Network, images: FloatArray) -> None:
    """No images have no outputs, three columns wide all the same."""
    assert predict(network, images[:0], PixelScaling()).shape == (0, 3)


def test_changes_nothing(network: Network, images: FloatArray) -> None:
    """The network, and the pixels, stay as they are."""
    for array in (images, *network.parameters.values()):
        array.setflags(write=False)
    evaluate(network, images, np.zeros(23, np.int64), CrossEntropy(), PixelScaling())


def test_outputs_that_are_no_numbers_are_an_error(network: Network, images: FloatArray) -> None:
    """Finite weights may still be too large to multiply with; an answer of NaN is no answer."""
    for name in ("dense1.weights", "dense2.weights"):
        network.parameters[name][...] = 1e308
    linear = build_mlp((15, 3), rng=np.random.default_rng(0), output="identity", dtype="float64")
    linear.parameters["dense1.weights"][...] = 1e200
    start = "network: expected "
    end = "its weights, or the inputs, are too large."
    message = f"{start}finite outputs, got NaN or infinity; {end}"
    with pytest.raises(DivergenceError, match=f"^{re.escape(message)}$"):
        predict(network, images, PixelScaling())
    message = f"{start}a finite loss, got inf; {end}"
    with pytest.raises(DivergenceError, match=f"^{re.escape(message)}$"):
        evaluate(linear, images, np.zeros((23, 3)), SquaredError(), PixelScaling())


@pytest.mark.parametrize("far", [1.0, 17.0, 100.0, 1e4])
@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("softmax", CrossEntropy()),
        ("softmax", BinaryCrossEntropy()),
        ("sigmoid", CrossEntropy()),
        ("sigmoid", BinaryCrossEntropy()),
    ],
)
def test_the_loss_is_the_one_that_training_has(output: str, loss: Loss, far: float) -> None:
    """Also where outputs round to 0 or 1: both go by the logits, here (m, −m, 0) for the class 1."""
    network = build_mlp((3, 3), rng=np.random.default_rng(0), output=output)
    network.parameters["dense1.weights"][...] = np.eye(3)
    inputs = np.array([[far, -far, 0]] * 5, np.float32)
    labels = np.ones(5, np.int64)
    trained = network.loss_and_gradients(inputs, labels, loss).loss
    assert evaluate(network, inputs, labels, loss, PixelScaling(1.0)).loss == pytest.approx(
        trained, rel=1e-6
    )
