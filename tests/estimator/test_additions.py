"""What the estimators have beyond scikit-learn's."""

# ruff: noqa: N803, N806 (X is what scikit-learn calls the samples)
from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import erf, softmax
from sklearn.base import clone
from sklearn.metrics import (
    balanced_accuracy_score,
    log_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

import inkling
from inkling import MLPClassifier, MLPRegressor
from inkling._types import AnyArray, FloatArray
from inkling.training.history import EpochRecord
from inkling.training.state import Progress, RunInfo, TrainingState

Data = tuple[FloatArray, AnyArray]
Difference = Callable[[Any, Any], float]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(
    "weights", [{0: 0, 1: 0}, {0: -1, 1: 2}, {0: np.nan, 1: 1}, {0: np.inf, 1: 1}]
)
def test_class_weights_are_checked(weights: dict[int, float], solver: str) -> None:
    """With all 0, the fit would train on nothing; a negative one would train on the opposite."""
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    with pytest.raises(
        ValueError, match="expected class_weight of at least 0, and above 0 for some"
    ):
        MLPClassifier((3,), solver=solver, class_weight=weights).fit(X, y)
    fitted = MLPClassifier((3,), solver=solver, max_iter=2, class_weight={0: 0, 1: 1}).fit(X, y)
    assert np.isfinite(fitted.loss_)


def test_callbacks_are_checked() -> None:
    """A class is not a callback."""
    with pytest.raises(ValueError, match="a callback of type Callback, got the class Notes"):
        MLPClassifier(callbacks=[Notes]).fit(np.eye(2), [0, 1])  # type: ignore[list-item]


class Notes(inkling.Callback):
    """Records every call."""

    def __init__(self) -> None:
        self.infos: list[RunInfo] = []
        self.progress: list[Progress] = []
        self.epochs: list[EpochRecord] = []
        self.ends = 0

    def before_run(self, info: RunInfo) -> None:
        """Records what the fit is going to do."""
        self.infos.append(info)

    def after_chunk(self, state: TrainingState) -> None:
        """Records progress within an epoch."""
        self.progress.append(state.progress)

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:
        """Records an epoch."""
        assert state.history[-1] is record
        self.epochs.append(record)

    def after_run(self) -> None:
        """Counts the ends."""
        self.ends += 1

    def __deepcopy__(self, memo: object) -> Notes:
        return self


class Interrupt(inkling.Callback):
    """Raises KeyboardInterrupt within an epoch, or at its end."""

    def __init__(self, epoch: int, *, at_its_end: bool = False) -> None:
        self.epoch = epoch
        self.at_its_end = at_its_end

    def after_chunk(self, state: TrainingState) -> None:
        """Interrupts within the epoch."""
        if state.epoch == self.epoch and not self.at_its_end:
            raise KeyboardInterrupt

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:  # noqa: ARG002
        """Interrupts at the end of the epoch."""
        if record.epoch == self.epoch and self.at_its_end:
            raise KeyboardInterrupt


def test_an_activation_for_each_layer(digits: Data) -> None:
    """The probabilities are those of tanh and exact GELU (equal to its tanh form to 5e-4)."""
    X, y = digits
    mlp = MLPClassifier((13, 7), ["tanh", "gelu"], max_iter=5, random_state=0).fit(X, y)
    (W1, W2, W3), (b1, b2, b3) = mlp.coefs_, mlp.intercepts_
    z = np.tanh(X @ W1 + b1) @ W2 + b2
    z = (z * (1 + erf(z / np.sqrt(2))) / 2) @ W3 + b3
    assert_allclose(mlp.predict_proba(X), softmax(z, axis=1), atol=2e-3)


def test_dropout_acts_in_training_only(digits: Data) -> None:
    """random_state determines it, and predictions do not vary."""
    X, y = digits
    plain, first, second = (
        MLPClassifier((31,), max_iter=10, random_state=2, dropout=rate).fit(X, y)
        for rate in (0.0, 0.5, 0.5)
    )
    assert first.loss_ > plain.loss_
    assert_array_equal(first.coefs_[0], second.coefs_[0])
    assert_array_equal(first.predict_proba(X), first.predict_proba(X))


def test_dropout_continues_over_calls_of_partial_fit(digits: Data) -> None:
    """Every call drops other units, although random_state is an integer."""
    mlp: Any = MLPClassifier((31,), dropout=0.5, random_state=2, alpha=0, learning_rate_init=1e-300)
    for _ in range(3):  # the weights do not change, only the units that are dropped
        mlp.partial_fit(*digits, classes=np.arange(10))
    assert len(set(mlp.loss_curve_)) == 3


@pytest.mark.parametrize("class_weight", [{0: 1.0, 1: 7.0}, "balanced"])
def test_class_weights_multiply_sample_weights(
    class_weight: Any, digits: Data, difference: Difference
) -> None:
    """Class weights "balanced" are N / (C · N_class)."""
    X, y = digits[0], (digits[1] == 3).astype(int)
    given = np.random.default_rng(0).uniform(0.5, 2, len(y))
    by_class = len(y) / (2 * np.bincount(y)) if class_weight == "balanced" else np.array([1.0, 7.0])
    expected = MLPClassifier((9,), max_iter=5, random_state=0)
    mlp = clone(expected).set_params(class_weight=class_weight)
    expected.fit(X, y, sample_weight=by_class[y] * given)
    assert difference(mlp.fit(X, y, sample_weight=given), expected) < 1e-12
    expected.fit(X, y, sample_weight=by_class[y])
    assert difference(mlp.fit(X, y), expected) < 1e-12


def test_validation_data(digits: Data, difference: Difference) -> None:
    """Losses and scores are scikit-learn's for the same weights, which do not depend on them."""
    X, y = digits
    train, held_out = (X[:300], y[:300]), (X[300:], y[300:])
    mlp: Any = None
    losses, scores = [], []
    for epochs in (1, 2, 3):
        mlp = MLPClassifier((11,), max_iter=epochs, random_state=0)
        mlp.fit(*train, validation_data=held_out)
        losses.append(log_loss(held_out[1], mlp.predict_proba(held_out[0]), labels=range(10)))
        scores.append(mlp.score(*held_out))
    assert_allclose(mlp.validation_loss_curve_, losses, rtol=1e-10)
    assert_allclose(mlp.validation_scores_, scores)
    assert mlp.best_validation_score_ is None  # it stops by the training loss
    plain = MLPClassifier((11,), max_iter=3, random_state=0).fit(*train)
    assert difference(mlp, plain) == 0
    assert plain.validation_loss_curve_ is plain.validation_scores_ is None


def test_weighted_validation_data(values: Data) -> None:
    """The loss is half the mean squared error, averaged over the outputs; the score is R²."""
    X, y = values
    weights = np.random.default_rng(1).uniform(0, 2, 33)
    mlp: Any = MLPRegressor(hidden_layer_sizes=(11,), max_iter=3, random_state=0)
    mlp.fit(X[:200], y[:200], validation_data=(X[200:], y[200:], weights))
    half = mean_squared_error(y[200:], mlp.predict(X[200:]), sample_weight=weights) / 2
    assert mlp.validation_loss_curve_[-1] == pytest.approx(half, rel=1e-10)
    score = mlp.score(X[200:], y[200:], sample_weight=weights)
    assert mlp.validation_scores_[-1] == pytest.approx(score, rel=1e-10)


def test_validation_loss_of_counts_and_sparse_samples(values: Data) -> None:
    """It is half the Poisson deviance."""
    X, y = values[0], np.abs(values[1][:, 0])
    mlp: Any = MLPRegressor("poisson", (11,), max_iter=3, random_state=0)
    mlp.fit(csr_array(X[:200]), y[:200], validation_data=(csr_array(X[200:]), y[200:]))
    half = mean_poisson_deviance(y[200:], mlp.predict(X[200:])) / 2
    assert mlp.validation_loss_curve_[-1] == pytest.approx(half, rel=1e-10)


@pytest.mark.parametrize(
    ("n_arrays", "message"), [(1, "got 1 values"), (2, r"classes not in `self\.classes_`")]
)
def test_invalid_validation_data(n_arrays: int, message: str, digits: Data) -> None:
    """They must be two or three arrays, with labels of the training samples."""
    X, y = digits
    with pytest.raises(ValueError, match=message):
        MLPClassifier(max_iter=1).fit(X, y, validation_data=(X[:5], np.full(5, 11))[:n_arrays])


def test_early_stopping_with_validation_data_keeps_the_best_weights(digits: Data) -> None:
    """No training sample is held out, and the weights are those of the best epoch."""
    X, y = digits
    held_out = (X[300:], y[300:])
    notes = Notes()
    # The learning rate is too large, so the score goes up and down.
    mlp = MLPClassifier((11,), solver="sgd", learning_rate_init=2.0, random_state=0)
    mlp.set_params(early_stopping=True, n_iter_no_change=5, max_iter=60, callbacks=[notes])
    mlp.fit(X[:300], y[:300], validation_data=held_out)
    assert notes.infos[0].images == 300
    assert mlp.validation_scores_ is not None
    assert mlp.validation_scores_[-1] < max(mlp.validation_scores_)
    assert mlp.score(*held_out) == mlp.best_validation_score_ == max(mlp.validation_scores_)


def _accuracy_of_fours(mlp: Any, X: AnyArray, y: AnyArray) -> float:
    return float((mlp.predict(X[y == 4]) == 4).mean())


@pytest.mark.parametrize("scoring", ["loss", "balanced_accuracy", _accuracy_of_fours])
def test_early_stopping_by_another_score(scoring: Any, digits: Data) -> None:
    """The scores are those of the metric, and the best of them belongs to the weights kept."""
    X, y = digits[0][300:], digits[1][300:]
    mlp = MLPClassifier((11,), early_stopping=True, scoring=scoring, random_state=0)
    mlp.set_params(learning_rate_init=0.05, n_iter_no_change=4)
    mlp.fit(digits[0][:300], digits[1][:300], validation_data=(X, y))
    if scoring == "loss":
        expected = -log_loss(y, mlp.predict_proba(X), labels=range(10))
    elif scoring == "balanced_accuracy":
        expected = balanced_accuracy_score(y, mlp.predict(X))
    else:
        expected = _accuracy_of_fours(mlp, X, y)
    assert mlp.n_iter_ < 200
    assert mlp.validation_scores_ is not None
    assert expected == pytest.approx(max(mlp.validation_scores_), rel=1e-10)


def test_callbacks(digits: Data) -> None:
    """They get the sizes of the fit, progress, and losses and accuracies of every epoch."""
    X, y = np.tile(digits[0], (22, 1)), np.tile(digits[1], 22)
    notes = Notes()
    mlp = MLPClassifier((11,), alpha=0, max_iter=3, random_state=0, callbacks=[notes])
    mlp.fit(X, y, validation_data=digits)
    (info,) = notes.infos
    assert (info.epochs, info.first_epoch, info.images) == (3, 1, 10_274)
    assert info.network == "Network(64 → 11 relu → 10 softmax; 835 parameters, float64)"
    assert [record.epoch for record in notes.epochs] == [1, 2, 3]
    assert [record.train_loss for record in notes.epochs] == pytest.approx(mlp.loss_curve_)
    assert [record.validation_loss for record in notes.epochs] == mlp.validation_loss_curve_
    assert [record.validation_accuracy for record in notes.epochs] == mlp.validation_scores_
    constant = Notes()
    still = MLPClassifier((11,), learning_rate_init=1e-300, max_iter=1, callbacks=[constant])
    assert still.fit(X, y).score(X, y) == pytest.approx(constant.epochs[0].train_accuracy)
    assert [progress.epoch for progress in notes.progress] == [1, 1, 2, 2, 3, 3]
    assert [progress.images for progress in notes.progress[:2]] == [10_000, 10_274]
    assert notes.ends == 1


def test_the_progress_bar(digits: Data, capsys: pytest.CaptureFixture[str]) -> None:
    """It writes to standard error only."""
    MLPClassifier((5,), max_iter=3, progress_bar=True).fit(*digits)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "3/3" in printed.err


def test_weight_decay_of_adamw(digits: Data) -> None:
    """One step is W ← (1 − η α) W, then adam's step without decay; biases do not decay."""
    X, y = digits
    mlp = MLPClassifier((11,), max_iter=1, batch_size=467, random_state=0, learning_rate_init=0.01)
    mlp.set_params(epsilon=1e-30)  # the two add it in different places
    start = clone(mlp).set_params(solver="sgd", learning_rate_init=1e-300).fit(X, y)
    plain = clone(mlp).set_params(alpha=0).fit(X, y)
    decayed = mlp.set_params(solver="adamw", alpha=5).fit(X, y)
    for first, without, got in zip(start.coefs_, plain.coefs_, decayed.coefs_, strict=True):
        assert_allclose(got, without - 0.05 * first, rtol=1e-5, atol=1e-9)
    assert_allclose(decayed.intercepts_[0], plain.intercepts_[0], rtol=1e-5, atol=1e-9)
    assert decayed.loss_ == pytest.approx(plain.loss_)  # no penalty in the loss


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_a_schedule_over_the_whole_fit(solver: str, digits: Data) -> None:
    """The rate of step t is η (1 + cos(π t / T)) / 2."""
    notes = Notes()
    MLPClassifier(
        (5,), solver=solver, learning_rate="cosine", max_iter=4, callbacks=[notes], batch_size=100
    ).fit(*digits)
    last_steps = np.array([4, 9, 14, 19])  # of five batches per epoch
    expected = 0.001 * (1 + np.cos(np.pi * last_steps / 20)) / 2
    assert_allclose([record.learning_rate for record in notes.epochs], expected, rtol=1e-12)


def test_learning_rates_in_callbacks(digits: Data) -> None:
    """invscaling is η₀ / (t + 1)^p after t samples; adaptive divides by 5 without improvement."""
    inverse, adaptive = Notes(), Notes()
    mlp = MLPClassifier((5,), solver="sgd", learning_rate_init=0.5, max_iter=3)
    mlp.set_params(learning_rate="invscaling", power_t=0.25, callbacks=[inverse]).fit(*digits)
    rates = [record.learning_rate for record in inverse.epochs]
    assert rates == pytest.approx([0.5, 0.5 / 468**0.25, 0.5 / 935**0.25])
    mlp.set_params(learning_rate="adaptive", tol=1e9, n_iter_no_change=2, max_iter=200)
    mlp.set_params(callbacks=[adaptive]).fit(*digits)
    rates = [record.learning_rate for record in adaptive.epochs]
    # The first epoch is always an improvement, because the best loss is infinite before it.
    assert rates[:7] == pytest.approx([0.5] * 4 + [0.1] * 3)
    assert mlp.n_iter_ < 200
    assert min(rates) == pytest.approx(0.5 / 5**9)


EXACT: dict[str, dict[str, Any]] = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate": "invscaling"},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 1},
    "adamw with dropout": {"solver": "adamw", "dropout": 0.3},
    "early stopping": {"early_stopping": True, "learning_rate_init": 0.1},
    "a generator": {},
}


def _exact(name: str, **more: Any) -> MLPClassifier:
    source = np.random.RandomState(9) if name == "a generator" else 0
    return MLPClassifier((11,), batch_size=64, random_state=source, **EXACT[name], **more)


@pytest.mark.parametrize("name", EXACT)
def test_five_epochs_and_seven_more_are_twelve(
    name: str, digits: Data, difference: Difference
) -> None:
    """The result is equal bit for bit, even with a pickle in between."""
    whole = _exact(name, max_iter=12).fit(*digits)
    part = _exact(name, max_iter=5, warm_start="exact").fit(*digits)
    assert part.n_iter_ == 5
    part = pickle.loads(pickle.dumps(part))  # noqa: S301 (as joblib does it)
    part.set_params(max_iter=12).fit(*digits)
    assert difference(part, whole) == 0
    assert part.loss_curve_ == whole.loss_curve_
    assert part.validation_scores_ == whole.validation_scores_
    assert (part.n_iter_, part.t_) == (whole.n_iter_, whole.t_)


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize("at_its_end", [False, True], ids=["in the middle", "at its end"])
def test_an_interrupted_fit_can_be_continued(
    epoch: int, at_its_end: bool, digits: Data, difference: Difference
) -> None:
    """After Ctrl-C within an epoch, that epoch starts again."""
    X, y = np.tile(digits[0], (22, 1)), np.tile(digits[1], 22)
    settings: dict[str, Any] = {
        **{"learning_rate": "one_cycle", "max_iter": 4, "random_state": 1},
        "dropout": 0.1,  # which NumPy alone supports, so that both fits use it
    }
    whole = MLPClassifier((11,), **settings).fit(X, y)
    callbacks = [notes := Notes(), Interrupt(epoch, at_its_end=at_its_end)]
    part = MLPClassifier((11,), **settings, warm_start="exact", callbacks=callbacks)
    with pytest.warns(UserWarning, match=r"^Training interrupted by user\.$"):
        part.fit(X, y)
    assert part.n_iter_ == (epoch if at_its_end else epoch - 1)
    assert notes.ends == 1
    part.set_params(callbacks=None).fit(X, y)
    assert difference(part, whole) == 0
    assert part.loss_curve_ == whole.loss_curve_


def test_a_finished_fit_stays_as_it_is(digits: Data, difference: Difference) -> None:
    """A larger max_iter does not continue a fit that stopped by itself."""
    mlp = MLPClassifier((5,), tol=1e9, n_iter_no_change=2, warm_start="exact", random_state=0)
    mlp.fit(*digits)
    before = copy.deepcopy(mlp)
    assert mlp.n_iter_ == 4
    mlp.set_params(max_iter=400).fit(*digits)
    assert mlp.n_iter_ == 4
    assert difference(mlp, before) == 0


def test_fits_that_cannot_be_continued(digits: Data) -> None:
    """The earlier fit did not keep its state, or had other samples."""
    X, y = digits
    mlp = MLPClassifier((5,), max_iter=2).fit(X, y).set_params(warm_start="exact")
    with pytest.raises(ValueError, match="an earlier fit that kept its state"):
        mlp.fit(X, y)
    mlp = MLPClassifier((5,), max_iter=2, warm_start="exact").fit(X, y)
    with pytest.raises(ValueError, match=r"the same 467 samples .* got 466"):
        mlp.fit(X[1:], y[1:])
