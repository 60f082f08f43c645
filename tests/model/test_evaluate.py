"""Outputs, loss and accuracy on data that a network is not trained on."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import ByteArray, FloatArray
from inkling.data.scaling import PixelScaling
from inkling.errors import DivergenceError
from inkling.model import evaluate as module
from inkling.model.evaluate import evaluate, predict_in_batches
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network


@pytest.fixture
def network() -> Network:
    """15 → 7 tanh, dropout → 3 softmax in float64; its parameters cannot be changed."""
    rng = np.random.default_rng(0)
    network = build_mlp((15, 7, 3), rng=rng, activation="tanh", dtype="float64", dropout=0.5)
    for parameter in network.parameters.values():
        parameter.setflags(write=False)
    return network


@pytest.fixture
def images() -> ByteArray:
    """23 images of 5 × 3."""
    return np.random.default_rng(1).integers(0, 256, (23, 5, 3)).astype(np.uint8)


def by_hand(network: Network, inputs: FloatArray) -> FloatArray:
    """The outputs, without dropout."""
    w = network.parameters
    hidden = np.tanh(inputs @ w["dense1.weights"] + w["dense1.bias"])
    e = np.exp(hidden @ w["dense2.weights"] + w["dense2.bias"])
    return np.asarray(e / e.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("batch", [1, 4, 23, 2000])
def test_equal_to_the_values_by_hand(
    network: Network, images: ByteArray, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """For any number of rows per batch, and without dropout."""
    monkeypatch.setattr(module, "BATCH", batch)
    labels = np.random.default_rng(2).integers(0, 3, 23)
    outcome = evaluate(network, images, labels, CrossEntropy(), PixelScaling(2 / 255, -1))
    expected = by_hand(network, images.reshape(23, 15) / 127.5 - 1)
    np.testing.assert_allclose(outcome.outputs, expected, rtol=1e-12)
    assert outcome.outputs.dtype == np.float64
    assert outcome.loss == pytest.approx(-np.log(expected[np.arange(23), labels]).mean())
    assert outcome.accuracy == (expected.argmax(axis=1) == labels).mean()


def test_targets_of_several_numbers_have_no_accuracy(network: Network, images: ByteArray) -> None:
    """They have a loss, but no right or wrong."""
    targets = np.random.default_rng(2).normal(size=(23, 3))
    outcome = evaluate(network, images, targets, SquaredError(), PixelScaling())
    difference = by_hand(network, images.reshape(23, 15) / 255) - targets
    assert outcome.loss == pytest.approx(0.5 * (difference**2).sum() / 23)
    assert outcome.accuracy is None


def test_outputs_that_are_not_finite(images: ByteArray) -> None:
    """Products of finite weights may overflow; so may the loss."""
    rng = np.random.default_rng(0)
    deep = build_mlp((15, 7, 3), rng=rng, dtype="float64")
    for parameter in deep.parameters.values():
        parameter[...] = 1e308
    with pytest.raises(DivergenceError, match=r"^network: expected finite outputs, got NaN"):
        predict_in_batches(deep, images, PixelScaling())
    linear = build_mlp((15, 3), rng=rng, output="identity", dtype="float64")
    linear.parameters["dense1.weights"][...] = 1e200
    with pytest.raises(DivergenceError, match=r"^network: expected a finite loss, got inf; "):
        evaluate(linear, images, np.zeros((23, 3)), SquaredError(), PixelScaling())


@pytest.mark.parametrize("far", [1.0, 17.0, 1e4])
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()])
def test_the_loss_is_the_training_loss(output: str, loss: Loss, far: float) -> None:
    """Both are computed from the logits (m, −m, 0), even if outputs round to 0 or 1."""
    network = build_mlp((3, 3), rng=np.random.default_rng(0), output=output)
    network.parameters["dense1.weights"][...] = np.eye(3)
    inputs = np.array([[far, -far, 0]] * 5, np.float32)
    labels = np.ones(5, np.int64)
    trained = network.loss_and_gradients(inputs, labels, loss).loss
    found = evaluate(network, inputs, labels, loss, PixelScaling(1.0)).loss
    assert found == pytest.approx(trained, rel=1e-6)
