"""Invalid parameters and data, extreme data, and fits that diverge."""

# ruff: noqa: N806 (X is what scikit-learn calls the samples)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as TheirClassifier

from inkling import MLPClassifier, MLPRegressor
from inkling._types import AnyArray, FloatArray

Compiled = Callable[..., list[Any]]
Data = tuple[FloatArray, AnyArray]

INVALID: list[tuple[dict[str, Any], str]] = [
    ({"hidden_layer_sizes": (5, 0)}, r"hidden_layer_sizes must be > 0, got \[5, 0\]"),
    ({"hidden_layer_sizes": (5, 7), "activation": ["relu"]}, "for each of 2 hidden layers"),
    ({"hidden_layer_sizes": (5, 7), "activation": ["relu", "tahn"]}, "relu, .*got 'tahn'"),
    ({"activation": "exp"}, "The 'activation' parameter"),  # for the output of counts only
    ({"solver": "lbfgs", "dropout": 0.5}, "supports dropout: sgd, adam, adamw, got lbfgs"),
    ({"solver": "lbfgs", "warm_start": "exact"}, "supports warm_start='exact'"),
    ({"scoring": "loss"}, "a validation set for scoring"),
    ({"dropout": 1.0}, "The 'dropout' parameter"),
]


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize(("settings", "message"), INVALID)
def test_parameters_that_are_invalid_or_contradict_each_other(
    kind: type[Any], settings: dict[str, Any], message: str, digits: Data
) -> None:
    """The error is raised when fit begins."""
    with pytest.raises(ValueError, match=message):
        kind(**settings).fit(*digits)


def test_lbfgs_does_not_support_validation_data(digits: Data) -> None:
    """It has no epochs after which it could evaluate them."""
    with pytest.raises(ValueError, match="supports validation_data"):
        MLPClassifier(solver="lbfgs").fit(*digits, validation_data=digits)


def test_parameters_that_partial_fit_does_not_support(digits: Data) -> None:
    """The length of the whole fit and the class frequencies are unknown."""
    with pytest.raises(ValueError, match="early_stopping"):
        MLPRegressor(early_stopping=True).partial_fit(*digits)
    with pytest.raises(ValueError, match="learning_rate to be one of constant"):
        MLPRegressor(learning_rate="cosine").partial_fit(*digits)
    with pytest.raises(ValueError, match="class_weight as a dict"):
        MLPClassifier(class_weight="balanced").partial_fit(*digits, classes=np.arange(10))
    MLPClassifier((5,), class_weight={3: 2.0}).partial_fit(*digits, classes=np.arange(10))


def test_too_few_samples_to_hold_out(digits: Data) -> None:
    """A single one is too few for a validation set."""
    with pytest.raises(ValueError, match="validation set is too small"):
        MLPRegressor(early_stopping=True).fit(digits[0][:5], digits[1][:5])


def test_negative_counts_and_weights_raise(digits: Data, values: Data) -> None:
    """Neither the Poisson loss nor a weighted mean is defined for them."""
    with pytest.raises(ValueError, match=r"Poisson: expected targets in \[0, ∞\)"):
        MLPRegressor("poisson", max_iter=1).fit(*values)
    with pytest.raises(ValueError, match="sample_weight"):
        MLPClassifier(max_iter=1).fit(*digits, sample_weight=np.full(467, -1.0))


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw", "lbfgs"])
def test_samples_of_weight_0_do_not_count(solver: str, digits: Data) -> None:
    """Whole batches of them change nothing."""
    X, y = digits
    weights = np.r_[np.ones(67), np.zeros(400)]
    mlp = MLPClassifier((9,), solver=solver, max_iter=3, random_state=0)
    mlp.set_params(shuffle=False, batch_size=67)
    with_them = clone(mlp).fit(X, y, sample_weight=weights)
    without = mlp.fit(X[:67], y[:67])
    assert_allclose(with_them.coefs_[0], without.coefs_[0], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_unscaled_inputs(dtype: str, digits: Data, compiled: Compiled) -> None:
    """A huge loss at the start does not stop the fit; the weights are scikit-learn's."""
    X, y = (1e7 * digits[0]).astype(dtype), digits[1]
    in_numpy, theirs = (
        kind((9,), max_iter=5, random_state=0).fit(X, y)
        for kind in (MLPClassifier, TheirClassifier)
    )
    for ours in (in_numpy, *compiled(in_numpy, X, y)):
        assert ours.loss_curve_[0] > 1e6
        assert ours.n_iter_ == 5
        assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_a_diverging_fit_raises(solver: str, values: Data) -> None:
    """So does a call of partial_fit."""
    X, y = 1e200 * values[0], values[1]
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match="non-finite parameter weights"):
            getattr(MLPRegressor(solver=solver), method)(X, y)


def test_a_diverging_fit_with_early_stopping_keeps_the_best_weights(values: Data) -> None:
    """It ends with NaN as its last score, and predicts with the best weights."""
    mlp = MLPRegressor(activation="identity", solver="sgd", learning_rate_init=1.0, random_state=0)
    mlp.set_params(early_stopping=True).fit(*values)
    assert mlp.n_iter_ < 200
    assert mlp.validation_scores_ is not None
    assert np.isnan(mlp.validation_scores_[-1])
    assert np.isfinite(mlp.predict(values[0])).all()


def test_lbfgs_warns_if_it_does_not_converge(digits: Data) -> None:
    """The warning has the number of iterations."""
    with pytest.warns(ConvergenceWarning, match=r"failed to converge after 2 iteration"):
        MLPClassifier((5,), solver="lbfgs", max_iter=2).fit(*digits)


def test_verbose_lbfgs_prints_its_iterations(
    digits: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each iteration has a line, the last one with the final loss."""
    mlp = MLPClassifier((5,), solver="lbfgs", max_iter=3, verbose=True).fit(*digits)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in lines] == [f"Iteration {n}" for n in (1, 2, 3)]
    assert float(lines[-1].rpartition(" ")[2]) == pytest.approx(mlp.loss_, abs=1e-7)
