"""Weights of a fitted scikit-learn MLP: the same answers as scikit-learn's."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import inkling
from inkling._types import ByteArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.errors import ModelFileError, ShapeError

neural = pytest.importorskip("sklearn.neural_network")


def pictures(classes: int, shape: tuple[int, int] = (5, 5)) -> tuple[ByteArray, IntArray]:
    """90 pictures that differ from class to class, and their labels."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, 90)
    images = rng.integers(0, 120, (90, *shape))
    images[np.arange(90), labels, 1] += 130
    return images.astype(np.uint8), labels


def fit(classifier: Any, inputs: Any, targets: Any) -> Any:
    """Fits for a moment; that it has not converged is no news."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return classifier.fit(inputs, targets)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_same_probabilities(activation: str, classes: int, dtype: str) -> None:
    """For each of its activations, with two classes (one logistic output there) and with more."""
    images, labels = pictures(classes)
    inputs = (images.reshape(90, 25) / 255).astype(dtype)
    classifier = neural.MLPClassifier((9, 7), activation=activation, max_iter=5, random_state=0)
    fit(classifier, inputs, labels)
    model = inkling.Model.from_sklearn(classifier)
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(
        model.predict_proba(images), classifier.predict_proba(inputs), atol=tolerance
    )
    np.testing.assert_array_equal(model.predict(images), classifier.predict(inputs))
    assert model.network.dtype == dtype


def test_names_shape_and_scaling() -> None:
    """Classes by their names, in scikit-learn's order; other pictures and pixels where they are said."""
    images, labels = pictures(3, (5, 7))
    names = np.array(["pear", "apple", "fig"])[labels]
    inputs = images.reshape(90, 35) * (2 / 255) - 1
    classifier = fit(neural.MLPClassifier((9,), max_iter=5, random_state=0), inputs, names)
    scaling = PixelScaling.to_range(-1, 1)
    model = inkling.Model.from_sklearn(classifier, image_shape=(5, 7), scaling=scaling)
    assert model.classes == ("apple", "fig", "pear")
    answers = [model.classes[label] for label in model.predict(images)]
    assert answers == classifier.predict(inputs).tolist()
    np.testing.assert_allclose(
        model.predict_proba(images), classifier.predict_proba(inputs), atol=1e-12
    )


@pytest.mark.parametrize("activation", ["gelu", ["logistic", "leaky_relu"]])
@pytest.mark.parametrize("classes", [2, 3])
def test_our_own_estimator(activation: str | list[str], classes: int) -> None:
    """``inkling.MLPClassifier`` has the same attributes, and more activations."""
    images, labels = pictures(classes)
    inputs = images.reshape(90, 25) / 255
    classifier = inkling.MLPClassifier((9, 7), activation, max_iter=5, random_state=0)
    fit(classifier, inputs, labels)
    model = inkling.Model.from_sklearn(classifier)
    np.testing.assert_allclose(
        model.predict_proba(images), classifier.predict_proba(inputs), atol=1e-12
    )


def test_the_weights_are_taken_over_not_shared() -> None:
    """Training one on does not change the other."""
    images, labels = pictures(3)
    classifier = fit(neural.MLPClassifier((9,), max_iter=3), images.reshape(90, 25) / 255, labels)
    model = inkling.Model.from_sklearn(classifier)
    before = model.predict_proba(images)
    for weights in classifier.coefs_:
        weights *= 0
    np.testing.assert_array_equal(model.predict_proba(images), before)


@pytest.mark.parametrize(
    ("classifier", "got"),
    [
        (neural.MLPClassifier(), "MLPClassifier; call its fit first; of a pipeline, pass the last"),
        (object(), "object; call its fit first; of a pipeline, pass the last"),
    ],
)
def test_nothing_learned_yet(classifier: Any, got: str) -> None:
    """One line says what to do."""
    message = f"from_sklearn: expected a fitted MLPClassifier, got {got} step."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        inkling.Model.from_sklearn(classifier)


def test_several_classes_a_picture_and_numbers() -> None:
    """Neither is a model of this library; the sentence says which came."""
    images, labels = pictures(3)
    inputs = images.reshape(90, 25) / 255
    several = fit(neural.MLPClassifier((9,), max_iter=3), inputs, np.eye(3, dtype=int)[labels])
    message = (
        "from_sklearn: expected a classifier with one class a picture, got MLPClassifier with "
        "logistic output."
    )
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        inkling.Model.from_sklearn(several)
    numbers = fit(
        neural.MLPRegressor(hidden_layer_sizes=(9,), max_iter=3), inputs, labels.astype(float)
    )
    message = message.replace("MLPClassifier", "MLPRegressor").replace("logistic", "identity")
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        inkling.Model.from_sklearn(numbers)


def test_pictures_of_another_size() -> None:
    """Where the number of inputs is no square, the shape must be said, and fit."""
    images, labels = pictures(3, (5, 7))
    inputs = images.reshape(90, 35) / 255
    classifier = fit(neural.MLPClassifier((9,), max_iter=3), inputs, labels)
    message = "from_sklearn: expected as many inputs as a square picture has pixels, got 35."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        inkling.Model.from_sklearn(classifier)
    message = "Model: expected an image shape of 35 pixels, got (5, 5)."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        inkling.Model.from_sklearn(classifier, image_shape=(5, 5))
