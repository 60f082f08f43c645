"""A model with the weights of a fitted scikit-learn MLP computes the same probabilities."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import inkling
from inkling._types import ByteArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.errors import ModelFileError, SettingError, ShapeError

neural = pytest.importorskip("sklearn.neural_network")

from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    StandardScaler,
)


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


@pytest.mark.parametrize("kind", [neural.MLPClassifier, inkling.MLPClassifier])
@pytest.mark.parametrize(
    "steps",
    [
        [StandardScaler()],
        [StandardScaler(with_mean=False)],
        [StandardScaler(with_std=False)],
        [StandardScaler(with_mean=False, with_std=False)],
        [MinMaxScaler((-1, 2))],
        [MaxAbsScaler()],
        ["passthrough", FunctionTransformer(), MinMaxScaler(), StandardScaler(), None],
    ],
)
def test_scalers_become_part_of_the_first_layer(steps: list[Any], kind: type[Any]) -> None:
    """The oracle is the pipeline; a constant pixel, light paper and two classes included."""
    images, labels = data(2)
    images = 255 - images // 10
    images[:, 3, 3] = 217
    inputs = images.reshape(90, 25)
    scaling = PixelScaling(1.0)
    pipeline = make_pipeline(*steps, kind((9,), max_iter=9, random_state=0))
    fit(pipeline, inputs, labels)
    model = inkling.Model.from_sklearn(pipeline, scaling=scaling)
    expected = pipeline.predict_proba(inputs)
    np.testing.assert_allclose(model.predict_proba(images), expected, atol=1e-10)


def test_a_pipeline_of_float32() -> None:
    """The first layer is computed in float64, because on light paper nearly all of it cancels."""
    images, labels = data(3)
    images = 255 - images // 200
    inputs = images.reshape(90, 25).astype(np.float32)
    pipeline = make_pipeline(
        StandardScaler(), neural.MLPClassifier((9,), max_iter=9, random_state=0)
    )
    fit(pipeline, inputs, labels)
    assert pipeline[-1].coefs_[0].dtype == np.float32
    expected = pipeline.predict_proba(inputs.astype(np.float64))
    model = inkling.Model.from_sklearn(pipeline)
    np.testing.assert_allclose(model.predict_proba(images), expected, atol=1e-9)


@pytest.mark.parametrize("highest", [1, 16, 255])
@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), MaxAbsScaler()])
def test_a_pipeline_shows_what_it_was_fitted_on(scaler: Any, highest: int) -> None:
    """Inputs of 0 … 1 are pixels divided by 255; inputs beyond are the pixels themselves."""
    images, labels = data(3)
    images = images // (255 // max(highest, 16))
    inputs = images.reshape(90, 25) / (255 if highest == 1 else 1)
    pipeline = make_pipeline(scaler, neural.MLPClassifier((9,), max_iter=9, random_state=0))
    search = fit(GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.1, 1.0]}, cv=2), inputs, labels)
    for estimator in (search, search.best_estimator_):
        model = inkling.Model.from_sklearn(estimator)
        expected = estimator.predict_proba(inputs)
        np.testing.assert_allclose(model.predict_proba(images), expected, atol=1e-10)


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler()])
@pytest.mark.parametrize(("shift", "got"), [(-128, "below 0"), (5000, "above 255")])
def test_a_pipeline_of_other_inputs_needs_a_scaling(scaler: Any, shift: int, got: str) -> None:
    """The message names the argument, with which the model is right."""
    images, labels = data(3)
    inputs = images.reshape(90, 25) + float(shift)
    pipeline = make_pipeline(scaler, neural.MLPClassifier((9,), max_iter=3, random_state=0))
    fit(pipeline, inputs, labels)
    with pytest.raises(SettingError, match=f"got inputs {got}; pass scaling=PixelScaling"):
        inkling.Model.from_sklearn(pipeline)
    model = inkling.Model.from_sklearn(pipeline, scaling=PixelScaling(1.0, shift))
    np.testing.assert_allclose(
        model.predict_proba(images), pipeline.predict_proba(inputs), atol=1e-10
    )


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (neural.MLPClassifier(), "MLPClassifier, which is not fitted: call its fit first"),
        (make_pipeline(StandardScaler(), inkling.MLPClassifier()), "call its fit first"),
        (GridSearchCV(neural.MLPClassifier(), {}), "which fit sets with refit=True"),
        (object(), "expected a fitted MLPClassifier, a pipeline that ends in one, or a search"),
    ],
)
def test_nothing_fitted(estimator: Any, message: str) -> None:
    """The error gives advice."""
    with pytest.raises(ModelFileError, match=message):
        inkling.Model.from_sklearn(estimator)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (CalibratedClassifierCV(neural.MLPClassifier((2,))), "got CalibratedClassifierCV"),
        (make_pipeline(PCA(9), neural.MLPClassifier((2,))), "the step PCA; fit the pipeline again"),
        (make_pipeline(FunctionTransformer(np.log1p), neural.MLPClassifier((2,))), "the step Func"),
        (make_pipeline(MinMaxScaler(clip=True), neural.MLPClassifier((2,))), "with clip=True"),
        (make_pipeline(StandardScaler(), "passthrough"), "expected a fitted MLPClassifier, a pipe"),
    ],
)
def test_what_the_network_cannot_compute(estimator: Any, message: str) -> None:
    """Other steps and wrappers are refused by name."""
    images, labels = data(3)
    fit(estimator, images.reshape(90, 25), labels)
    with pytest.raises(ModelFileError, match=message):
        inkling.Model.from_sklearn(estimator)


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
