"""The same random_state gives the same weights as scikit-learn's own estimators."""

# ruff: noqa: N803, N806 (X is what scikit-learn calls the samples)
from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csc_array, csr_array
from sklearn.datasets import make_multilabel_classification
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor

from inkling import MLPClassifier, MLPRegressor
from inkling._types import AnyArray, FloatArray

Difference = Callable[[Any, Any], float]
Compiled = Callable[..., list[Any]]
Data = tuple[FloatArray, AnyArray]

ACTIVATIONS = ["identity", "logistic", "tanh", "relu"]
CLOSE = {"float64": 1e-10, "float32": 1e-4}
SMALL: dict[str, Any] = {"hidden_layer_sizes": (19, 11), "random_state": 3}
"""Two hidden layers; with batches of 64 the last one of 467 or 233 samples is smaller."""
TWENTY: dict[str, Any] = {**SMALL, "batch_size": 64, "max_iter": 20}

stochastic = pytest.mark.parametrize(
    ("solver", "activation", "dtype"), list(product(["sgd", "adam"], ACTIVATIONS, CLOSE))
)


def classifiers(X: Any, y: Any, sample_weight: Any = None, **settings: Any) -> tuple[Any, Any]:
    """Fits our classifier and scikit-learn's to the same data."""
    ours, theirs = MLPClassifier(**settings), TheirClassifier(**settings)
    return ours.fit(X, y, sample_weight), theirs.fit(X, y, sample_weight)


def regressors(X: Any, y: Any, sample_weight: Any = None, **settings: Any) -> tuple[Any, Any]:
    """Fits our regressor and scikit-learn's to the same data."""
    ours, theirs = MLPRegressor(**settings), TheirRegressor(**settings)
    return ours.fit(X, y, sample_weight), theirs.fit(X, y, sample_weight)


@stochastic
def test_twenty_epochs_of_a_classifier(
    solver: str,
    activation: str,
    dtype: str,
    digits: Data,
    difference: Difference,
    compiled: Compiled,
) -> None:
    """Weights, losses and attributes agree for ten classes and for two, with both engines."""
    X, y = digits[0].astype(dtype), digits[1]
    for labels in (y, y > 4):
        in_numpy, theirs = classifiers(X, labels, **TWENTY, solver=solver, activation=activation)
        for ours in (in_numpy, *compiled(in_numpy, X, labels)):
            assert difference(ours, theirs) < CLOSE[dtype]
            assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=CLOSE[dtype])
            for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_"):
                assert getattr(ours, name) == getattr(theirs, name)
            assert ours.best_loss_ == pytest.approx(theirs.best_loss_, rel=CLOSE[dtype])
            assert all(array.dtype == dtype for array in [*ours.coefs_, *ours.intercepts_])


@stochastic
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_twenty_epochs_of_a_regressor(
    solver: str,
    activation: str,
    dtype: str,
    loss: str,
    values: Data,
    difference: Difference,
    compiled: Compiled,
) -> None:
    """Weights and losses agree for three values per sample, and for counts with the Poisson loss."""
    X, y = values[0].astype(dtype), values[1]
    y = np.abs(y[:, 0]) if loss == "poisson" else y
    settings = TWENTY | {"solver": solver, "activation": activation, "loss": loss}
    in_numpy, theirs = regressors(X, y, **settings)
    for ours in (in_numpy, *(compiled(in_numpy, X, y) if loss == "squared_error" else ())):
        assert difference(ours, theirs) < CLOSE[dtype]
        assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=CLOSE[dtype])
        assert ours.out_activation_ == theirs.out_activation_
        assert ours.predict(X).shape == theirs.predict(X).shape


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_ten_iterations_of_lbfgs(
    activation: str, digits: Data, values: Data, difference: Difference
) -> None:
    """Weights and loss agree to 1e-8 for classes, values and counts."""
    settings = SMALL | {"solver": "lbfgs", "activation": activation, "max_iter": 10}
    X, y = values
    for ours, theirs in (
        classifiers(*digits, **settings),
        classifiers(digits[0], digits[1] > 4, **settings),
        regressors(X, y, **settings),
        regressors(X, np.abs(y[:, 0]), loss="poisson", **settings),
    ):
        assert difference(ours, theirs) < 1e-8
        assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-8)
        assert ours.n_iter_ == theirs.n_iter_ <= 10


def test_lbfgs_in_float32(values: Data) -> None:
    """Rounding changes the path but not the minimum: the losses agree to 1 %."""
    X, y = values[0].astype(np.float32), values[1][:, 0]
    settings = SMALL | {"solver": "lbfgs", "activation": "tanh", "alpha": 1.0, "max_iter": 2000}
    ours, theirs = regressors(X, y, **settings)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-2)
    assert ours.coefs_[0].dtype == np.float32


VARIANTS: dict[str, dict[str, Any]] = {
    "plain descent": {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5},
    "adaptive": {
        **{"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.5},
        **{"tol": 0.01, "n_iter_no_change": 2},
    },
    "adam with other settings": {"beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3},
    "strong decay": {"alpha": 3.0},
    "no decay": {"alpha": 0.0},
    "in order": {"shuffle": False},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "no hidden layer, logistic": {"hidden_layer_sizes": (), "activation": "logistic"},
    "one hidden layer, as a number": {"hidden_layer_sizes": 13},
    "automatic batch size": {"batch_size": "auto"},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 3, "tol": 0.02},
    "early stopping in order": {"early_stopping": True, "shuffle": False},
    "stopping by the training loss": {"tol": 0.1, "n_iter_no_change": 2},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_other_setting(
    name: str, digits: Data, values: Data, difference: Difference, compiled: Compiled
) -> None:
    """All fits stop in the same epoch as scikit-learn's, with the same weights and scores."""
    X, y = digits
    for fit, *data in (
        (classifiers, X, y, _some_weights(len(X))),
        (classifiers, X, y > 4, None),
        (regressors, *values, _some_weights(len(values[0]))),
    ):
        in_numpy, theirs = fit(*data, **TWENTY | VARIANTS[name])
        for ours in (in_numpy, *compiled(in_numpy, *data)):
            assert ours.n_iter_ == theirs.n_iter_
            assert difference(ours, theirs) < 1e-10
            assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
            if ours.early_stopping:
                assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-10)
                assert ours.best_loss_ is theirs.best_loss_ is None
                assert ours.best_validation_score_ == pytest.approx(theirs.best_validation_score_)
            else:
                assert ours.validation_scores_ is ours.best_validation_score_ is None


def _some_weights(n_samples: int) -> FloatArray:
    return np.random.default_rng(5).uniform(0.1, 3.0, n_samples)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_multilabel_targets(solver: str, difference: Difference, compiled: Compiled) -> None:
    """Each column of 0 and 1 has a sigmoid output."""
    X, y = make_multilabel_classification(101, 13, n_classes=3, random_state=0)
    ours, theirs = classifiers(X / 10, y, **SMALL, solver=solver, max_iter=10)
    assert difference(ours, theirs) < 1e-10
    assert np.array_equal(ours.predict(X / 10), theirs.predict(X / 10))
    assert ours.out_activation_ == "logistic"
    for again in compiled(ours, X / 10, y) if solver != "lbfgs" else ():
        assert difference(again, theirs) < 1e-10


@pytest.mark.parametrize("kind", [csr_array, csc_array])
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_sparse_samples_with_weights_in_slices(
    solver: str, kind: Any, digits: Data, difference: Difference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches and slices of sparse rows use the weights of their rows."""
    monkeypatch.setattr("inkling.estimator.samples.SPARSE_SLICE", 100)
    X, y = digits
    weights = _some_weights(len(X))
    ours, theirs = classifiers(kind(X), y, weights, **SMALL, solver=solver, max_iter=10)
    assert difference(ours, theirs) < 1e-8
    assert_allclose(ours.predict_proba(kind(X)), theirs.predict_proba(X), rtol=1e-6)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_twenty_calls_of_partial_fit(
    solver: str, digits: Data, values: Data, difference: Difference
) -> None:
    """Optimizer and counters continue from call to call."""
    X, y = digits
    settings = SMALL | {"solver": solver, "batch_size": 64}
    ours, theirs = MLPClassifier(**settings), TheirClassifier(**settings)
    other_ours, other_theirs = MLPRegressor(**settings), TheirRegressor(**settings)
    for start in range(20):
        rows = slice(10 * start, 10 * start + 150)
        for mlp in (ours, theirs):
            mlp.partial_fit(X[rows], y[rows], classes=np.arange(10) if start == 0 else None)
        for mlp in (other_ours, other_theirs):
            mlp.partial_fit(*values)
    assert difference(ours, theirs) < 1e-10
    assert difference(other_ours, other_theirs) < 1e-10
    assert (ours.t_, ours.n_iter_) == (theirs.t_, theirs.n_iter_) == (3000, 1)
    assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_warm_start(
    solver: str, early_stopping: bool, digits: Data, difference: Difference
) -> None:
    """The second fit starts from the weights of the first, with a new optimizer."""
    settings = SMALL | {"solver": solver, "early_stopping": early_stopping, "max_iter": 7}
    both = classifiers(*digits, **settings, warm_start=True)
    ours, theirs = (mlp.set_params(max_iter=9).fit(*digits) for mlp in both)
    assert difference(ours, theirs) < 1e-8
    assert ours.n_iter_ == theirs.n_iter_
    if solver != "lbfgs":
        assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
        assert ours.t_ == theirs.t_


def test_a_generator_as_random_state(digits: Data, difference: Difference) -> None:
    """A RandomState advances as far as in scikit-learn."""
    sources = [np.random.RandomState(4), np.random.RandomState(4)]
    ours, theirs = (
        kind((5,), max_iter=3, random_state=source).fit(*digits)
        for kind, source in zip((MLPClassifier, TheirClassifier), sources, strict=True)
    )
    assert difference(ours, theirs) < 1e-10
    assert sources[0].randint(1000) == sources[1].randint(1000)


def test_predictions_are_theirs(digits: Data) -> None:
    """The methods for prediction return the same, here for labels that are strings."""
    X, y = digits
    names = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "8", "9"])
    ours, theirs = classifiers(X, names[y], **TWENTY)
    assert np.array_equal(ours.predict(X), theirs.predict(X))
    assert np.array_equal(ours.classes_, theirs.classes_)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-8)
    assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-8)
    assert ours.score(X, names[y]) == theirs.score(X, names[y])


def test_printed_lines_are_theirs(digits: Data, capsys: pytest.CaptureFixture[str]) -> None:
    """verbose=True prints the same lines."""
    variants: list[dict[str, Any]] = [
        {"solver": "adam", "early_stopping": True},
        {"solver": "sgd", "learning_rate": "adaptive"},
        {"solver": "sgd"},
    ]
    impatient: dict[str, Any] = {"tol": 0.5, "n_iter_no_change": 2, "max_iter": 60}
    for more in variants:
        texts = []
        for kind in (MLPClassifier, TheirClassifier):
            kind((5,), verbose=True, random_state=0, **impatient, **more).fit(*digits)
            texts.append(capsys.readouterr().out)
        assert texts[0] == texts[1]
        assert "Iteration 3, loss = " in texts[0]


def test_warnings_are_theirs(digits: Data) -> None:
    """Warnings about convergence and batch size have the same text."""
    texts = []
    for kind in (MLPClassifier, TheirClassifier):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            kind((5,), max_iter=2, batch_size=1000).fit(*digits)
        texts.append([(warning.category, str(warning.message)) for warning in caught])
    assert texts[0] == texts[1]
    assert len(texts[0]) == 2


def test_parameters_and_defaults_are_theirs() -> None:
    """Every parameter of scikit-learn exists, in the same position, with the same default."""
    for ours, theirs in ((MLPClassifier, TheirClassifier), (MLPRegressor, TheirRegressor)):
        mine, other = ours().get_params(), theirs().get_params()
        assert {name: mine[name] for name in other} == other
    assert MLPClassifier((5,), "tanh").activation == "tanh"
    assert MLPRegressor("poisson", (5,), "tanh").hidden_layer_sizes == (5,)
