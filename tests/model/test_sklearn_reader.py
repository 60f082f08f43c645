"""A model with the weights of a fitted scikit-learn MLP computes the same probabilities."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import inkling
from inkling._types import ByteArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.errors import ModelFileError, ShapeError

neural = pytest.importorskip("sklearn.neural_network")


def data(classes: int, shape: tuple[int, int] = (5, 5)) -> tuple[ByteArray, IntArray]:
    """90 images that differ from class to class, and their labels."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, 90)
    images = rng.integers(0, 120, (90, *shape))
    images[np.arange(90), labels, 1] += 130
    return images.astype(np.uint8), labels


def fit(classifier: Any, inputs: Any, targets: Any) -> Any:
    """Fits for a few epochs, without the warning about convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return classifier.fit(inputs, targets)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("classes", [2, 5])
def test_the_same_probabilities(activation: str, classes: int, dtype: str) -> None:
    """For each activation, with two classes, which have one logistic output there, and with more."""
    images, labels = data(classes)
    inputs = (images.reshape(90, 25) / 255).astype(dtype)
    classifier = neural.MLPClassifier((9, 7), activation=activation, max_iter=3, random_state=0)
    fit(classifier, inputs, labels)
    model = inkling.Model.from_sklearn(classifier)
    expected, tolerance = classifier.predict_proba(inputs), 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(model.predict_proba(images), expected, atol=tolerance)
    assert model.network.dtype == dtype
    assert not np.shares_memory(model.network.parameters["dense1.weights"], classifier.coefs_[0])


def test_names_shape_and_scaling() -> None:
    """Class names have scikit-learn's order; other shapes and scalings are arguments."""
    images, labels = data(3, (5, 7))
    names = np.array(["pear", "apple", "fig"])[labels]
    inputs = images.reshape(90, 35) * (2 / 255) - 1
    classifier = fit(neural.MLPClassifier((9,), max_iter=3, random_state=0), inputs, names)
    scaling = PixelScaling.to_range(-1, 1)
    model = inkling.Model.from_sklearn(classifier, image_shape=(5, 7), scaling=scaling)
    assert model.classes == ("apple", "fig", "pear")
    np.testing.assert_allclose(
        model.predict_proba(images), classifier.predict_proba(inputs), atol=1e-12
    )
    with pytest.raises(ShapeError, match="an image shape of 35 pixels"):
        inkling.Model.from_sklearn(classifier)


@pytest.mark.parametrize("activation", ["gelu", ["logistic", "leaky_relu"]])
def test_our_own_estimator(activation: str | list[str]) -> None:
    """``inkling.MLPClassifier`` has the same attributes, and more activations."""
    images, labels = data(2)
    inputs = images.reshape(90, 25) / 255
    classifier = inkling.MLPClassifier((9, 7), activation, max_iter=3, random_state=0)
    fit(classifier, inputs, labels)
    model = inkling.Model.from_sklearn(classifier)
    np.testing.assert_allclose(
        model.predict_proba(images), classifier.predict_proba(inputs), atol=1e-12
    )


@pytest.mark.parametrize("classifier", [neural.MLPClassifier(), object()])
def test_nothing_fitted(classifier: Any) -> None:
    """The error gives advice."""
    with pytest.raises(ModelFileError, match=r"a fitted MLPClassifier, .* call its fit first"):
        inkling.Model.from_sklearn(classifier)


def test_several_classes_per_image_and_numbers() -> None:
    """Neither assigns one class to an image."""
    images, labels = data(3)
    inputs = images.reshape(90, 25) / 255
    several = fit(neural.MLPClassifier((9,), max_iter=3), inputs, np.eye(3, dtype=int)[labels])
    numbers = fit(
        neural.MLPRegressor(hidden_layer_sizes=(9,), max_iter=3), inputs, labels.astype(float)
    )
    for estimator in (several, numbers):
        with pytest.raises(ModelFileError, match="expected a classifier with one class per image"):
            inkling.Model.from_sklearn(estimator)
