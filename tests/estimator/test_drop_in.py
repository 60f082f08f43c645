"""Pipelines, searches, clones and pickles work as with scikit-learn's own estimators."""

# ruff: noqa: N806 (X is what scikit-learn calls the samples)
from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.neural_network import MLPClassifier as ScikitClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import inkling
from inkling import MLPClassifier, MLPRegressor
from inkling._types import AnyArray, FloatArray

Data = tuple[FloatArray, AnyArray]


def test_in_a_pipeline_and_a_search(digits: Data) -> None:
    """GridSearchCV rejects alpha = 1e4, and sample weights reach the last step of a pipeline."""
    X, y = digits
    pipeline = make_pipeline(
        StandardScaler(), MLPClassifier((11,), solver="lbfgs", random_state=0, max_iter=40)
    )
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-4, 1e4]}, cv=3).fit(X, y)
    assert search.best_params_ == {"mlpclassifier__alpha": 1e-4}
    assert search.best_score_ > 0.8
    pipeline.fit(X, y, mlpclassifier__sample_weight=np.ones(len(y)))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda mlp: CalibratedClassifierCV(mlp, cv=2),
        lambda mlp: CalibratedClassifierCV(mlp, cv=2, method="isotonic"),
        OneVsOneClassifier,
        OneVsRestClassifier,
        lambda mlp: OutputCodeClassifier(mlp, random_state=0),
        lambda mlp: BaggingClassifier(mlp, n_estimators=2, random_state=0),
        lambda mlp: VotingClassifier([("mlp", mlp)], voting="soft"),
        lambda mlp: StackingClassifier([("mlp", mlp)], cv=2),
    ],
)
def test_meta_estimators_answer_as_with_scikit_learns_own(wrap: Any, digits: Data) -> None:
    """They choose a method by what an estimator has: the same methods, the same answers."""
    X, y = digits[0][:150], digits[1][:150] % 3
    settings: Any = {"hidden_layer_sizes": (6,), "max_iter": 9, "random_state": 0}
    ours, theirs = (wrap(kind(**settings)).fit(X, y) for kind in (MLPClassifier, ScikitClassifier))
    for method in ("predict", "predict_proba", "decision_function"):
        assert hasattr(ours, method) == hasattr(theirs, method)
        if hasattr(theirs, method):
            answers = getattr(ours, method)(X), getattr(theirs, method)(X)
            np.testing.assert_allclose(*answers, atol=1e-9)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_a_clone_has_the_parameters_and_no_fit(kind: type[Any], digits: Data) -> None:
    """Lists and callbacks are parameters like others."""
    mlp = kind(hidden_layer_sizes=(9, 5), activation=["tanh", "gelu"], max_iter=2)
    twin = clone(mlp.set_params(callbacks=[inkling.Callback()]).fit(*digits))
    assert twin.activation == ["tanh", "gelu"]
    assert not hasattr(twin, "coefs_")
    with pytest.raises(NotFittedError):
        twin.predict(digits[0])


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw"])
def test_joblib_keeps_the_state_of_partial_fit(solver: str, digits: Data, tmp_path: Path) -> None:
    """A loaded estimator predicts the same and continues the same."""
    X, y = digits
    mlp = MLPClassifier((11,), solver=solver, max_iter=3, random_state=0, dropout=0.2).fit(X, y)
    joblib.dump(mlp, tmp_path / "mlp.joblib")
    loaded = joblib.load(tmp_path / "mlp.joblib")
    assert_array_equal(loaded.predict_proba(X), mlp.predict_proba(X))
    for one in (mlp, loaded):
        one.partial_fit(X, y)
    assert_array_equal(loaded.predict_proba(X), mlp.predict_proba(X))


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("scoring", [None, "loss", "neg_mean_squared_error"])
def test_data_frames(kind: type[Any], scoring: str | None, digits: Data) -> None:
    """Column names are learned and checked; held-out rows raise no warning about theirs."""
    pandas = pytest.importorskip("pandas")
    X, y = digits
    frame = pandas.DataFrame(X[:, :7], columns=list("abcdefg"))
    mlp = kind(hidden_layer_sizes=(5,), max_iter=3, early_stopping=True, scoring=scoring)
    mlp.fit(frame, pandas.Series(y))
    assert list(mlp.feature_names_in_) == list("abcdefg")
    assert len(mlp.predict(frame)) == len(y)
    with pytest.raises(ValueError, match="The feature names should match those that were passed"):
        mlp.predict(frame.rename(columns={"a": "z"}))


def test_weights_set_by_hand_are_used(digits: Data) -> None:
    """coefs_ and intercepts_ may be changed in place or replaced."""
    X, y = digits
    mlp = MLPClassifier((5,), max_iter=1).fit(X, y)
    mlp.coefs_[1] = np.zeros((5, 10))
    mlp.intercepts_[1][...] = np.log(np.arange(1, 11))
    assert mlp.predict_proba(X[:1])[0] == pytest.approx(np.arange(1, 11) / 55)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_dtype_of_the_samples_is_kept(solver: str, dtype: str, digits: Data) -> None:
    """Weights and predictions have the dtype of the training samples."""
    X, y = digits
    classifier = MLPClassifier((5,), solver=solver, max_iter=3).fit(X.astype(dtype), y)
    regressor = MLPRegressor(hidden_layer_sizes=(5,), solver=solver, max_iter=3)
    regressor.fit(X.astype(dtype), y)
    for mlp in (classifier, regressor):
        assert {array.dtype for array in [*mlp.coefs_, *mlp.intercepts_]} == {np.dtype(dtype)}
    for samples in (X.astype(np.float32), X, (16 * X).astype(int)):
        assert classifier.predict_proba(samples).dtype == dtype
        assert regressor.predict(samples).dtype == dtype


def test_lbfgs_has_no_partial_fit() -> None:
    """The attribute does not exist, as in scikit-learn."""
    for kind in (MLPClassifier, MLPRegressor):
        assert hasattr(kind(), "partial_fit")
        assert not hasattr(kind(solver="lbfgs"), "partial_fit")


PROGRAM = """
import sys
sys.modules["sklearn"] = None  # as if it were not installed
import inkling
from inkling import *
try:
    inkling.MLPClassifier
except inkling.InklingError as error:
    print(error)
"""


def test_without_scikit_learn_the_error_names_the_command() -> None:
    """Importing inkling and all of its names still works."""
    outcome = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    assert 'pip install "inkling-digits[sklearn]"' in outcome.stdout
