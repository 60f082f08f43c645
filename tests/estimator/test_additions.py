"""What these estimators have and scikit-learn's have not."""

# ruff: noqa: N803, N806 (X is what scikit-learn calls the samples)
from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import erf, xlogy
from sklearn.metrics import balanced_accuracy_score, log_loss, mean_squared_error, recall_score

import inkling
from inkling import MLPClassifier, MLPRegressor
from inkling._types import AnyArray, FloatArray
from inkling.training.callbacks import Progress, RunInfo
from inkling.training.history import EpochRecord

Data = tuple[FloatArray, AnyArray]
Difference = Callable[[Any, Any], float]


class Notes(inkling.Callback):
    """Writes down all that it is told."""

    def __init__(self) -> None:
        self.plans: list[RunInfo] = []
        self.progress: list[Progress] = []
        self.epochs: list[EpochRecord] = []
        self.ends = 0

    def on_start(self, plan: RunInfo) -> None:
        """Before the first step."""
        self.plans.append(plan)

    def on_progress(self, progress: Progress) -> None:
        """Within an epoch."""
        self.progress.append(progress)

    def on_epoch(self, record: EpochRecord) -> None:
        """After an epoch."""
        self.epochs.append(record)

    def on_end(self) -> None:
        """At last."""
        self.ends += 1

    def __deepcopy__(self, memo: object) -> Notes:
        return self


class Interrupt(inkling.Callback):
    """Presses Ctrl-C within an epoch, or at its very end."""

    def __init__(self, epoch: int, *, at_its_end: bool = False) -> None:
        self.epoch = epoch
        self.at_its_end = at_its_end

    def on_progress(self, progress: Progress) -> None:
        """Counts epochs that begin."""
        if progress.epoch == self.epoch and not self.at_its_end:
            raise KeyboardInterrupt

    def on_epoch(self, record: EpochRecord) -> None:
        """Counts epochs that end."""
        if record.epoch == self.epoch and self.at_its_end:
            raise KeyboardInterrupt


# -------------------------------------------------------------------- activations and dropout


def test_an_activation_for_each_layer(digits: Data) -> None:
    """The probabilities are those of tanh, then exact GELU (to its tanh form's 5e-4), by hand."""
    X, y = digits
    mlp = MLPClassifier((13, 7), ["tanh", "gelu"], max_iter=5, random_state=0).fit(X, y)
    (W1, W2, W3), (b1, b2, b3) = mlp.coefs_, mlp.intercepts_
    z = np.tanh(X @ W1 + b1) @ W2 + b2
    z = (z * (1 + erf(z / np.sqrt(2))) / 2) @ W3 + b3
    powers = np.exp(z)
    assert_allclose(mlp.predict_proba(X), powers / powers.sum(axis=1, keepdims=True), atol=2e-3)


def test_a_list_of_one_name_is_that_name(digits: Data, difference: Difference) -> None:
    """The same first weights, for logistic too, and the same path."""
    for name in ("logistic", "relu"):
        one, many = (
            MLPClassifier((9, 5), form, max_iter=3, random_state=0).fit(*digits)
            for form in (name, [name, name])
        )
        assert difference(one, many) == 0


def test_dropout_is_drawn_anew_and_only_in_training(digits: Data) -> None:
    """It changes the weights, answers do not waver, and random_state fixes both."""
    X, y = digits
    settings: dict[str, Any] = {"hidden_layer_sizes": (31,), "max_iter": 10, "random_state": 2}
    plain, first, second = (
        MLPClassifier(**settings, dropout=rate).fit(X, y) for rate in (0.0, 0.5, 0.5)
    )
    assert not np.allclose(plain.coefs_[0], first.coefs_[0])
    assert_array_equal(first.coefs_[0], second.coefs_[0])
    assert_array_equal(first.predict_proba(X), first.predict_proba(X))
    assert first.loss_ > plain.loss_  # training has half of its units silenced


def test_dropout_goes_on_over_calls_of_partial_fit(digits: Data) -> None:
    """With a fixed random_state every call would otherwise silence the same units."""
    X, y = digits
    mlp = MLPClassifier((31,), dropout=0.5, random_state=2, batch_size=467, shuffle=False)
    drawn = set()
    for _ in range(3):
        mlp.partial_fit(X, y, classes=np.arange(10))
        assert mlp._dropout_rng is not None
        drawn.add(copy.deepcopy(mlp._dropout_rng).random())
    assert len(drawn) == 3


# -------------------------------------------------------------------------------- class weights


def test_class_weights_are_sample_weights(digits: Data, difference: Difference) -> None:
    """A dict, and "balanced" as n / (C · n_class), by hand; times the sample weights given."""
    X, y = digits[0], (digits[1] == 3).astype(int)
    given = np.random.default_rng(0).uniform(0.5, 2, len(y))
    counts = np.bincount(y)
    for class_weight, of_class in (
        ({0: 1.0, 1: 7.0}, np.array([1.0, 7.0])),
        ("balanced", len(y) / (2 * counts)),
    ):
        for weights in (None, given):
            by_class = MLPClassifier((9,), class_weight=class_weight, max_iter=5, random_state=0)
            by_class.fit(X, y, sample_weight=weights)
            expected = of_class[y] * (1 if weights is None else weights)
            by_hand = MLPClassifier((9,), max_iter=5, random_state=0)
            by_hand.fit(X, y, sample_weight=expected)
            assert difference(by_class, by_hand) < 1e-12


def test_class_weights_find_the_rare_class(digits: Data) -> None:
    """Threes among twenty times as many others: recall rises."""
    X, y = digits
    keep = np.flatnonzero((y != 3) | (np.cumsum(y == 3) <= 15))
    X, y = X[keep], y[keep] == 3
    recalls = [
        recall_score(
            y, MLPClassifier((9,), class_weight=w, max_iter=15, random_state=0).fit(X, y).predict(X)
        )
        for w in (None, "balanced")
    ]
    assert recalls[1] > recalls[0] + 0.2


def test_balanced_class_weights_and_partial_fit(digits: Data) -> None:
    """A part of the samples does not tell how frequent the classes are; a dict is all right."""
    X, y = digits
    message = (
        "class_weight='balanced' cannot be used with partial_fit, which never sees how frequent the "
        "classes are; compute the weights over all labels with "
        "sklearn.utils.class_weight.compute_class_weight and pass them as a dict."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        MLPClassifier(class_weight="balanced").partial_fit(X, y, classes=np.arange(10))
    weights = dict.fromkeys(range(10), 2.0)
    MLPClassifier((5,), class_weight=weights).partial_fit(X, y, classes=np.arange(10))


# ------------------------------------------------------------------ validation, early stopping


def test_validation_data_of_ones_own(digits: Data) -> None:
    """Loss and accuracy after every epoch are scikit-learn's of the same weights."""
    X, y = digits
    train, held = (X[:300], y[:300]), (X[300:], y[300:])
    mlp: Any = None
    losses, scores = [], []
    for epochs in (1, 2, 3):
        mlp = MLPClassifier((11,), max_iter=epochs, random_state=0)
        mlp.fit(*train, validation_data=held)
        losses.append(log_loss(held[1], mlp.predict_proba(held[0]), labels=range(10)))
        scores.append(mlp.score(*held))
    assert_allclose(mlp.validation_loss_curve_, losses, rtol=1e-10)
    assert_allclose(mlp.validation_scores_, scores)
    assert mlp.best_validation_score_ is None  # it stops by the training loss


def test_validation_data_change_nothing_but_the_curves(
    digits: Data, difference: Difference
) -> None:
    """Watching costs nothing in the weights."""
    X, y = digits
    settings: dict[str, Any] = {"hidden_layer_sizes": (11,), "max_iter": 5, "random_state": 0}
    watched = MLPClassifier(**settings).fit(X, y, validation_data=(X[:50], y[:50]))
    alone = MLPClassifier(**settings).fit(X, y)
    assert difference(watched, alone) == 0
    assert alone.validation_loss_curve_ is alone.validation_scores_ is None


def test_weighted_validation_data(values: Data) -> None:
    """Weights count in loss and score; squared errors are a mean over the outputs, halved."""
    X, y = values
    weights = np.random.default_rng(1).uniform(0, 2, 33)
    mlp: Any = MLPRegressor(hidden_layer_sizes=(11,), max_iter=3, random_state=0)
    mlp.fit(X[:200], y[:200], validation_data=(X[200:], y[200:], weights))
    answers = mlp.predict(X[200:])
    half = mean_squared_error(y[200:], answers, sample_weight=weights) / 2
    assert mlp.validation_loss_curve_[-1] == pytest.approx(half, rel=1e-10)
    score = mlp.score(X[200:], y[200:], sample_weight=weights)
    assert mlp.validation_scores_[-1] == pytest.approx(score, rel=1e-10)


def test_validation_loss_of_counts_and_sparse_samples(values: Data) -> None:
    """Half the Poisson deviance, from sparse held-out rows."""
    X, y = values[0], np.abs(values[1][:, 0])
    mlp: Any = MLPRegressor("poisson", (11,), max_iter=3, random_state=0)
    mlp.fit(csr_array(X[:200]), y[:200], validation_data=(csr_array(X[200:]), y[200:]))
    rate, count = mlp.predict(X[200:]), y[200:]
    deviance = (xlogy(count, count / rate) - count + rate).mean()
    assert mlp.validation_loss_curve_[-1] == pytest.approx(deviance, rel=1e-10)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            1,
            "MLPClassifier: expected validation_data as (X, y) or (X, y, sample_weight), got 1 values.",
        ),
        (
            2,
            "`y` has classes not in `self.classes_`. `self.classes_` has [0 1 2 3 4 5 6 7 8 9]. 'y' "
            "has [11].",
        ),
    ],
)
def test_validation_data_that_do_not_fit(given: int, message: str, digits: Data) -> None:
    """Neither a third form nor labels that nobody trained on."""
    X, y = digits
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        MLPClassifier(max_iter=1).fit(X, y, validation_data=(X[:5], np.full(5, 11))[:given])


def test_early_stopping_on_validation_data_keeps_the_best_weights(digits: Data) -> None:
    """Nothing is held out of the training samples, and the weights are those of the best epoch."""
    X, y = digits
    held = (X[300:], y[300:])
    notes = Notes()
    mlp = MLPClassifier(
        (11,),
        solver="sgd",
        learning_rate_init=2.0,  # it wavers
        early_stopping=True,
        n_iter_no_change=5,
        max_iter=60,
        random_state=0,
        callbacks=[notes],
    ).fit(X[:300], y[:300], validation_data=held)
    assert notes.plans[0].images == 300
    assert mlp.validation_scores_ is not None
    assert mlp.validation_scores_[-1] < max(mlp.validation_scores_)
    assert mlp.score(*held) == mlp.best_validation_score_ == max(mlp.validation_scores_)


@pytest.mark.parametrize("scoring", ["loss", "balanced_accuracy", "function"])
def test_early_stopping_by_the_metric_of_choice(scoring: str, digits: Data) -> None:
    """The scores are that metric's, and the weights kept are the ones it liked best."""
    X, y = digits
    held = (X[300:], y[300:])
    metrics: dict[str, Callable[[Any], float]] = {
        "loss": lambda mlp: -log_loss(held[1], mlp.predict_proba(held[0]), labels=range(10)),
        "balanced_accuracy": lambda mlp: balanced_accuracy_score(held[1], mlp.predict(held[0])),
        "function": lambda mlp: _share_of_fours(mlp, held[0], held[1]),
    }
    mlp = MLPClassifier(
        (11,),
        early_stopping=True,
        scoring=_share_of_fours if scoring == "function" else scoring,
        learning_rate_init=0.05,
        n_iter_no_change=4,
        random_state=0,
    ).fit(X[:300], y[:300], validation_data=held)
    assert mlp.n_iter_ < 200
    assert mlp.validation_scores_ is not None
    assert metrics[scoring](mlp) == pytest.approx(max(mlp.validation_scores_), rel=1e-10)


def _share_of_fours(mlp: Any, X: AnyArray, y: AnyArray) -> float:
    return float((mlp.predict(X[y == 4]) == 4).mean())


# ------------------------------------------------------------------------ callbacks, progress


def test_callbacks_see_the_run(digits: Data) -> None:
    """RunInfo, epochs with losses and accuracies, and the end."""
    X, y = np.tile(digits[0], (22, 1)), np.tile(digits[1], 22)
    notes = Notes()
    mlp = MLPClassifier((11,), alpha=0, max_iter=3, random_state=0, callbacks=[notes])
    mlp.fit(X, y, validation_data=digits)
    (plan,) = notes.plans
    assert (plan.epochs, plan.first_epoch, plan.images) == (3, 1, 10_274)
    assert plan.network == "Network(64 → 11 relu → 10 softmax; 835 parameters, float64)"
    assert [record.epoch for record in notes.epochs] == [1, 2, 3]
    assert [record.train_loss for record in notes.epochs] == pytest.approx(mlp.loss_curve_)
    assert [record.validation_loss for record in notes.epochs] == mlp.validation_loss_curve_
    assert [record.validation_accuracy for record in notes.epochs] == mlp.validation_scores_
    standing = Notes()
    still = MLPClassifier((11,), learning_rate_init=1e-300, max_iter=1, callbacks=[standing])
    assert still.fit(X, y).score(X, y) == pytest.approx(standing.epochs[0].train_accuracy)
    assert [progress.epoch for progress in notes.progress] == [1, 2, 3]
    assert notes.ends == 1


def test_callbacks_are_let_go_when_a_fit_fails(digits: Data) -> None:
    """on_end comes after Ctrl-C too, and scikit-learn's warning with it."""
    X, y = np.tile(digits[0], (22, 1)), np.tile(digits[1], 22)
    notes = Notes()
    mlp = MLPClassifier(
        (11,), learning_rate_init=0.05, max_iter=3, random_state=0, callbacks=[notes, Interrupt(2)]
    )
    with pytest.warns(UserWarning, match=r"^Training interrupted by user\.$"):
        mlp.fit(X, y)
    assert notes.ends == 1
    assert mlp.n_iter_ == 1
    assert mlp.score(X, y) > 0.8


def test_a_progress_bar_goes_to_standard_error(
    digits: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    """It shows epochs and losses, and standard output stays empty."""
    MLPClassifier((5,), max_iter=3, progress_bar=True).fit(*digits, validation_data=digits)
    said = capsys.readouterr()
    assert said.out == ""
    assert "epoch 3/3" in said.err
    assert re.search(r"loss \d\.\d{4}  validation \d\.\d{4}", said.err)


# ------------------------------------------------------------------------- AdamW and schedules


def test_adamw_takes_the_decay_off_the_weights(digits: Data) -> None:
    """One step is adam's without decay, after W ← (1 − η α) W; the biases are left alone."""
    X, y = digits
    settings: dict[str, Any] = {
        "hidden_layer_sizes": (11,),
        "max_iter": 1,
        "batch_size": 467,
        "random_state": 0,
    }
    settings["epsilon"] = 1e-30  # the two add it in different places
    start = MLPClassifier(**settings, solver="sgd", learning_rate_init=1e-300).fit(X, y)
    plain = MLPClassifier(**settings, alpha=0, learning_rate_init=0.01).fit(X, y)
    decayed = MLPClassifier(**settings, solver="adamw", alpha=5, learning_rate_init=0.01).fit(X, y)
    for first, without, got in zip(start.coefs_, plain.coefs_, decayed.coefs_, strict=True):
        assert_allclose(got, without - 0.05 * first, rtol=1e-5, atol=1e-9)
    assert_allclose(decayed.intercepts_[0], plain.intercepts_[0], rtol=1e-5, atol=1e-9)
    assert decayed.loss_ == pytest.approx(plain.loss_)  # no penalty in the loss


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw"])
def test_a_schedule_over_the_whole_fit(solver: str, digits: Data) -> None:
    """The rates of a cosine's last steps: η (1 + cos(π t / T)) / 2, t the steps before."""
    notes = Notes()
    MLPClassifier(
        (5,), solver=solver, learning_rate="cosine", max_iter=4, callbacks=[notes], batch_size=100
    ).fit(*digits)
    last_steps = np.array([4, 9, 14, 19])  # of five batches an epoch
    expected = 0.001 * (1 + np.cos(np.pi * last_steps / 20)) / 2
    assert_allclose([record.learning_rate for record in notes.epochs], expected, rtol=1e-12)


def test_scikit_learns_rates_as_callbacks_see_them(digits: Data) -> None:
    """invscaling: η₀ / (t + 1)^p after t samples; adaptive: a fifth when nothing improves."""
    inverse, adaptive = Notes(), Notes()
    settings: dict[str, Any] = {
        "hidden_layer_sizes": (5,),
        "solver": "sgd",
        "learning_rate_init": 0.5,
    }
    MLPClassifier(
        **settings, learning_rate="invscaling", power_t=0.25, max_iter=3, callbacks=[inverse]
    ).fit(*digits)
    rates = [record.learning_rate for record in inverse.epochs]
    assert rates == pytest.approx([0.5, 0.5 / 468**0.25, 0.5 / 935**0.25])
    mlp = MLPClassifier(
        **settings, learning_rate="adaptive", tol=1e9, n_iter_no_change=2, callbacks=[adaptive]
    ).fit(*digits)
    rates = [record.learning_rate for record in adaptive.epochs]
    # The first epoch beats nothing by 1e9 or more, as its best is infinite.
    assert rates[:7] == pytest.approx([0.5] * 4 + [0.1] * 3)
    assert mlp.n_iter_ < 200
    assert min(rates) == pytest.approx(0.5 / 5**9)


# ---------------------------------------------------------------------------------- resuming

EXACT: dict[str, dict[str, Any]] = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate": "invscaling"},
    "adaptive": {
        **{"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 1}
    },
    "adamw with dropout": {"solver": "adamw", "dropout": 0.3},
    "early stopping": {"early_stopping": True, "learning_rate_init": 0.1},
    "a generator": {"random_state": "generator"},
}


def _exact(name: str, **more: Any) -> MLPClassifier:
    settings: dict[str, Any] = {
        "hidden_layer_sizes": (11,),
        "batch_size": 64,
        "random_state": 0,
    } | EXACT[name]
    if settings["random_state"] == "generator":
        settings["random_state"] = np.random.RandomState(9)
    return MLPClassifier(**settings, **more)


@pytest.mark.parametrize("name", EXACT)
def test_five_epochs_and_seven_more_are_twelve(
    name: str, digits: Data, difference: Difference
) -> None:
    """Bit for bit, with a pickle between the two."""
    X, y = digits
    whole = _exact(name, max_iter=12).fit(X, y)
    part = _exact(name, max_iter=5, warm_start="exact").fit(X, y)
    assert part.n_iter_ == 5
    part = pickle.loads(pickle.dumps(part))  # noqa: S301 (as joblib does it)
    part.set_params(max_iter=12).fit(X, y)
    assert difference(part, whole) == 0
    assert part.loss_curve_ == whole.loss_curve_
    assert part.validation_scores_ == whole.validation_scores_
    assert (part.n_iter_, part.t_) == (whole.n_iter_, whole.t_)


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize("at_its_end", [False, True], ids=["in the middle", "at its end"])
@pytest.mark.parametrize("learning_rate", ["constant", "one_cycle"])
def test_an_interrupted_fit_goes_on_as_if_it_had_not_been(
    epoch: int, at_its_end: bool, learning_rate: str, digits: Data, difference: Difference
) -> None:
    """Ctrl-C in an epoch; the next fit sees that epoch once more from its beginning."""
    X, y = np.tile(digits[0], (22, 1)), np.tile(digits[1], 22)
    settings: dict[str, Any] = {
        "max_iter": 5,
        "random_state": 1,
        "learning_rate": learning_rate,
        "dropout": 0.1,
    }
    whole = MLPClassifier((11,), **settings).fit(X, y)
    interrupt = Interrupt(epoch, at_its_end=at_its_end)
    part = MLPClassifier((11,), **settings, warm_start="exact", callbacks=[interrupt])
    with pytest.warns(UserWarning, match=r"^Training interrupted by user\.$"):
        part.fit(X, y)
    assert part.n_iter_ == (epoch if at_its_end else epoch - 1)
    part.set_params(callbacks=None).fit(X, y)
    assert difference(part, whole) == 0
    assert part.loss_curve_ == whole.loss_curve_


def test_a_finished_fit_stays_as_it_is(digits: Data, difference: Difference) -> None:
    """It stopped by itself, and would have with more epochs."""
    mlp = MLPClassifier((5,), tol=1e9, n_iter_no_change=2, warm_start="exact", random_state=0)
    mlp.fit(*digits)
    before = copy.deepcopy(mlp)
    assert mlp.n_iter_ == 4
    mlp.set_params(max_iter=400).fit(*digits)
    assert mlp.n_iter_ == 4
    assert difference(mlp, before) == 0


def test_a_fit_that_kept_nothing_cannot_be_resumed(digits: Data) -> None:
    """And one of other samples neither."""
    X, y = digits
    mlp = MLPClassifier((5,), max_iter=2).fit(X, y).set_params(warm_start="exact")
    message = (
        "MLPClassifier: expected a fit to go on from that kept its state, got one that did not; set "
        "warm_start='exact' before the first fit."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        mlp.fit(X, y)
    mlp = MLPClassifier((5,), max_iter=2, warm_start="exact").fit(X, y)
    message = (
        "MLPClassifier: expected the 467 samples it was started with, as warm_start='exact' goes on, "
        "got 466."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        mlp.fit(X[1:], y[1:])
