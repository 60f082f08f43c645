"""What the estimators refuse, and how they come through what is extreme."""

# ruff: noqa: N806 (X is what scikit-learn calls the samples)
from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor

from inkling import MLPClassifier, MLPRegressor
from inkling._types import AnyArray, FloatArray

Data = tuple[FloatArray, AnyArray]

ACTIVATIONS = "gelu, identity, leaky_relu, logistic, relu, sigmoid, softmax, tanh"
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"hidden_layer_sizes": (5, 0)}, "hidden_layer_sizes must be > 0, got [5, 0]."),
    (
        {"hidden_layer_sizes": (5, 7, 9), "activation": ["relu", "tanh"]},
        "activation: expected an activation for each of 3 hidden layers, got ['relu', 'tanh'].",
    ),
    (
        {"hidden_layer_sizes": (5, 7), "activation": ["relu", "tahn"]},
        f"activation: expected names out of {ACTIVATIONS}, got 'tahn'.",
    ),
    (
        {"solver": "lbfgs", "dropout": 0.5},
        "KIND: expected no dropout with the solver lbfgs, got it; use one of the solvers sgd, adam, "
        "adamw.",
    ),
    (
        {"solver": "lbfgs", "warm_start": "exact"},
        "KIND: expected no warm_start='exact' with the solver lbfgs, got it; use one of the solvers "
        "sgd, adam, adamw.",
    ),
    (
        {"scoring": "loss"},
        "KIND: expected a validation set, which scoring needs, got none; pass validation_data to fit, "
        "or set early_stopping=True.",
    ),
    (
        {"dropout": 1.0},
        "The 'dropout' parameter of KIND must be a float in the range [0.0, 1.0). Got 1.0 instead.",
    ),
    (
        {"alpha": -1},
        "The 'alpha' parameter of KIND must be a float in the range [0.0, inf). Got -1 instead.",
    ),
]


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_what_does_not_go_together(
    kind: type[Any], settings: dict[str, Any], message: str, digits: Data
) -> None:
    """One sentence each, when fit begins."""
    message = message.replace("KIND", kind.__name__)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kind(**settings).fit(*digits)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_lbfgs_sees_no_validation_data(kind: type[Any], digits: Data) -> None:
    """It has no epochs after which to judge."""
    message = (
        f"{kind.__name__}: expected no validation_data with the solver lbfgs, got it; use one of the "
        "solvers sgd, adam, adamw."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kind(solver="lbfgs").fit(*digits, validation_data=digits)


def test_partial_fit_knows_no_end(digits: Data) -> None:
    """A schedule over the whole run has no place in it."""
    message = (
        "MLPRegressor: expected one of constant, invscaling, adaptive as learning_rate in partial_fit, "
        "got cosine; a schedule over the whole run needs to know its length; use fit."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        MLPRegressor(learning_rate="cosine").partial_fit(*digits)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("sparse", [False, True])
def test_samples_that_are_not_finite(wrong: float, sparse: bool, digits: Data) -> None:
    """predict says what scikit-learn says, wherever the number is, and though its weights be 0."""
    X, y = digits[0].copy(), digits[1]
    ours, theirs = (
        kind((9,), max_iter=1, random_state=0).fit(X, y)
        for kind in (MLPClassifier, TheirClassifier)
    )
    X[-1, 5] = wrong
    said = []
    for mlp in (ours, theirs):
        mlp.coefs_[0][5] = 0.0
        with pytest.raises(ValueError, match="Input X contains") as caught:
            mlp.predict(csr_array(X) if sparse else X)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_outputs_too_large_for_a_float_are_theirs(values: Data) -> None:
    """Finite samples are no fault, whatever becomes of them."""
    X, y = values[0].astype(np.float32), values[1][:, 0].astype(np.float32)
    ours, theirs = (
        kind(hidden_layer_sizes=(9,), max_iter=1, random_state=0).fit(X, y)
        for kind in (MLPRegressor, TheirRegressor)
    )
    with np.errstate(over="ignore", invalid="ignore"):
        answers, expected = (mlp.predict(X * np.float32(1e38)) for mlp in (ours, theirs))
    assert_array_equal(np.isfinite(answers), np.isfinite(expected))
    assert not np.isfinite(answers).all()


def test_counts_below_0_are_refused(values: Data) -> None:
    """The Poisson loss has no place for them."""
    message = "Poisson: expected targets of at least 0, got -"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        MLPRegressor("poisson", max_iter=1).fit(*values)


def test_weights_below_0_are_refused(digits: Data) -> None:
    """A mean of negative weights is none."""
    with pytest.raises(ValueError, match="sample_weight"):
        MLPClassifier(max_iter=1).fit(*digits, sample_weight=np.full(467, -1.0))


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw", "lbfgs"])
def test_samples_of_weight_0_do_not_count(solver: str, digits: Data) -> None:
    """Whole batches of them, too: the weights are those of a fit without them."""
    X, y = digits
    weights = np.r_[np.ones(67), np.zeros(400)]
    settings: dict[str, Any] = {
        "solver": solver,
        "max_iter": 3,
        "random_state": 0,
        "shuffle": False,
    }
    with_them = MLPClassifier((9,), **settings, batch_size=67).fit(X, y, sample_weight=weights)
    without = MLPClassifier((9,), **settings, batch_size=67).fit(X[:67], y[:67])
    assert_allclose(with_them.coefs_[0], without.coefs_[0], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_unscaled_inputs_go_on_as_in_scikit_learn(dtype: str, digits: Data) -> None:
    """Losses of many millions at first are no reason to stop: weights are theirs after five epochs."""
    X, y = (1e7 * digits[0]).astype(dtype), digits[1]
    ours, theirs = (
        kind((9,), max_iter=5, random_state=0).fit(X, y)
        for kind in (MLPClassifier, TheirClassifier)
    )
    assert ours.loss_curve_[0] > 1e6
    assert ours.n_iter_ == 5
    assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_a_fit_that_diverges_says_so(solver: str, values: Data) -> None:
    """scikit-learn's own sentence, in fit and in partial_fit."""
    X, y = 1e200 * values[0], values[1]
    message = (
        "Solver produced non-finite parameter weights. The input data may contain large values and "
        "need to be preprocessed."
    )
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            getattr(MLPRegressor(solver=solver), method)(X, y)


def test_a_fit_that_diverges_with_early_stopping_keeps_the_best_weights(values: Data) -> None:
    """It ends there, with NaN as its last loss and score, and answers with what was best."""
    mlp = MLPRegressor(
        activation="identity",
        solver="sgd",
        learning_rate_init=1.0,
        early_stopping=True,
        random_state=0,
    ).fit(*values)
    assert mlp.n_iter_ < 200
    assert not np.isfinite(mlp.loss_)
    assert mlp.validation_scores_ is not None
    assert np.isnan(mlp.validation_scores_[-1])
    assert np.isfinite(mlp.predict(values[0])).all()


def test_one_class_alone(digits: Data) -> None:
    """It is all that can be said."""
    mlp = MLPClassifier((5,), max_iter=2).fit(digits[0], np.full(467, "seven"))
    assert_array_equal(mlp.predict(digits[0][:3]), ["seven"] * 3)


def test_logits_are_what_the_probabilities_are_made_of(digits: Data) -> None:
    """Softmax of them for ten classes, the sigmoid for two."""
    X, y = digits
    ten = MLPClassifier((9,), max_iter=5).fit(X, y)
    powers = np.exp(ten.decision_function(X))
    assert powers.shape == (467, 10)
    shares = powers / powers.sum(axis=1, keepdims=True)
    assert_allclose(ten.predict_proba(X), shares, rtol=1e-10)
    two = MLPClassifier((9,), max_iter=5).fit(X, y > 4)
    logits = two.decision_function(X)
    assert logits.shape == (467,)
    assert_allclose(two.predict_proba(X)[:, 1], 1 / (1 + np.exp(-logits)), rtol=1e-10)
    assert_array_equal(two.predict(X), logits > 0)


def test_lbfgs_says_where_it_stopped(digits: Data) -> None:
    """A ConvergenceWarning with SciPy's reason and what to do."""
    with pytest.warns(ConvergenceWarning) as caught:
        MLPClassifier((5,), solver="lbfgs", max_iter=2).fit(*digits)
    (warning,) = caught
    said = str(warning.message)
    assert said.startswith("lbfgs failed to converge after 2 iteration(s) (status=1):\n")
    assert "(max_iter=2), or scale the data." in said


def test_verbose_lbfgs_prints_its_iterations(
    digits: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each, the last with the loss it ends with."""
    mlp = MLPClassifier((5,), solver="lbfgs", max_iter=3, verbose=True).fit(*digits)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in lines] == [f"Iteration {n}" for n in (1, 2, 3)]
    assert float(lines[-1].rpartition(" ")[2]) == pytest.approx(mlp.loss_, abs=1e-7)
