"""Both variants of every tutorial on a few made-up images: the whole way, quickly."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from inkling._types import AnyArray
from inkling.data.dataset import Dataset
from inkling.model.metrics import wilson_interval
from inkling.nn.network import Network
from inkling.training.run import train
from inkling.training.settings import TrainingSettings
from inkling.tutorials.recipe import Figure, Recipe
from inkling.tutorials.recipes import RECIPES
from inkling.tutorials.reproduce import Outcome, Reproduced, TutorialOutcome, reproduce

Load = Callable[[int | None], Dataset]
TRAIN, VALIDATION, TEST = 607, 103, 211


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """The same recipe with fewer epochs, whose figures end as early."""
    figures = tuple(
        replace(figure, published=figure.published[:epochs], accepted=figure.accepted[:epochs])
        for figure in recipe.figures
    )
    return replace(
        recipe,
        as_published=replace(recipe.as_published, epochs=epochs),
        corrected=replace(recipe.corrected, epochs=epochs),
        figures=figures,
    )


@pytest.fixture(scope="module", params=sorted(RECIPES))
def outcome(request: pytest.FixtureRequest, small: Load) -> TutorialOutcome:
    """A tutorial with three epochs and two seeds."""
    return reproduce(shortened(RECIPES[request.param], 3), small, range(2))


def test_every_figure_of_the_recipe_is_measured(outcome: TutorialOutcome) -> None:
    """One value for each printed one, the mean between the lowest and the highest seed."""
    figures = outcome.reproduced.figures
    assert [measured.figure for measured in figures] == list(outcome.recipe.figures)
    for measured in figures:
        assert len(measured.mean) == max(len(measured.figure.published), 1)
        assert len(measured.within) == len(measured.figure.accepted)
        for low, mean, high in zip(measured.low, measured.mean, measured.high, strict=True):
            assert low <= mean <= high
        assert np.isfinite(measured.mean).all()


def test_the_corrected_network_reads_the_bars(outcome: TutorialOutcome) -> None:
    """On images that are easy to tell apart, three short epochs do."""
    assert outcome.corrected.test_accuracy > 0.9


def test_as_published_all_images_are_trained_on_and_the_test_set_is_watched(
    outcome: TutorialOutcome,
) -> None:
    """And corrected, neither; tutorial 3 loses a row of each file as published."""
    lost = 1 if outcome.recipe.name == "tutorial-3" else 0
    published, corrected = outcome.reproduced, outcome.corrected
    assert (published.train_images, published.test_images) == (
        TRAIN + VALIDATION - lost,
        TEST - lost,
    )
    assert (corrected.train_images, corrected.test_images) == (TRAIN, TEST)
    assert published.test_watched
    assert not corrected.test_watched
    assert published.validation_accuracy is None
    assert corrected.validation_accuracy is not None


def test_accuracies_come_with_interval_and_spread(outcome: TutorialOutcome) -> None:
    """The mean of two seeds, and Wilson's interval for a test set of this size."""
    for one in (outcome.reproduced, outcome.corrected):
        assert len(one.test_accuracies) == 2
        assert one.test_accuracy == pytest.approx(sum(one.test_accuracies) / 2)
        right = round(one.test_accuracy * one.test_images)
        assert one.test_interval == wilson_interval(right, one.test_images)
        assert one.train_seconds > 0


def test_speed_is_told_in_images_and_steps(outcome: TutorialOutcome) -> None:
    """A step is a batch."""
    for one, settings in (
        (outcome.reproduced, outcome.recipe.as_published),
        (outcome.corrected, outcome.recipe.corrected),
    ):
        assert one.images_per_second / one.steps_per_second == pytest.approx(settings.batch_size)


def test_the_json_has_published_reproduced_and_corrected_figures(outcome: TutorialOutcome) -> None:
    """Plain data that survives JSON; measures carry the same names on both sides."""
    plain = json.loads(json.dumps(outcome.to_dict(), allow_nan=False))
    assert plain["name"] == outcome.recipe.name
    assert plain["reproduced"]["test_watched"] is True
    assert plain["corrected"]["test_watched"] is False
    assert plain["corrected"]["target"] == outcome.recipe.target
    assert len(plain["corrected"]["changes"]) == len(outcome.recipe.changes)
    assert set(plain["corrected"]["changes"][0]) == {"what", "from", "to", "why"}
    for measure, published in plain["published"]["figures"].items():
        measured = plain["reproduced"]["figures"][measure]
        assert len(measured["mean"]) == len(published["values"])
    low, high = plain["corrected"]["test_interval"]
    assert low <= plain["corrected"]["test_accuracy"] <= high


def test_each_training_is_announced(small: Load) -> None:
    """The published variant first, seed by seed."""
    said: list[str] = []
    reproduce(shortened(RECIPES["tutorial-0"], 1), small, [3, 4], on_run=said.append)
    assert said == [
        "tutorial-0-as-published, seed 3",
        "tutorial-0-as-published, seed 4",
        "tutorial-0, seed 3",
        "tutorial-0, seed 4",
    ]


def an_outcome(accuracy: float, *figures: Reproduced) -> Outcome:
    """An outcome by hand."""
    return Outcome((accuracy,), accuracy, (0, 1), 100, False, 700, None, 1.0, 700.0, 7.0, figures)


def test_a_mean_outside_its_interval_is_seen() -> None:
    """The bounds belong to the interval; one value outside is enough."""
    figure = Figure("x", "test_accuracy_by_epoch", (0.5, 0.7), ((0.4, 0.6), (0.6, 0.8)))
    inside = Reproduced(figure, (0.6, 0.6), (0.5, 0.5), (0.7, 0.7))
    outside = Reproduced(figure, (0.5, 0.81), (0.5, 0.5), (0.7, 0.9))
    assert inside.within == (True, True)
    assert outside.within == (True, False)
    recipe = RECIPES["tutorial-0"]
    good, poor = an_outcome(0.978), an_outcome(0.9779)
    assert TutorialOutcome(recipe, an_outcome(0.9, inside), good).all_met
    assert not TutorialOutcome(recipe, an_outcome(0.9, outside), good).all_met
    assert not TutorialOutcome(recipe, an_outcome(0.9, inside), poor).all_met


def first_network(settings: TrainingSettings) -> Network:
    """The network a run with these settings starts from."""
    weights, _, _ = np.random.SeedSequence(settings.seed).spawn(3)
    return settings.build_network(784, 10, np.random.default_rng(weights))


def sigmoid(z: AnyArray) -> AnyArray:
    """As the tutorials write it."""
    a: AnyArray = 1 / (1 + np.exp(-z))
    return a


def test_tutorial_1_trains_as_its_own_lines_do(small: Load) -> None:
    """Its forward, backward and update in float64, batch by batch in the order of the file."""
    settings = replace(RECIPES["tutorial-1"].as_published, epochs=2, dtype="float64")
    dataset = small(0)
    p = {name: array.copy() for name, array in first_network(settings).parameters.items()}
    w1, b1, w2, b2 = (p[f"dense{k}.{part}"] for k in (1, 2) for part in ("weights", "bias"))
    x_train = dataset.train.images.reshape(-1, 784) / 255.0
    y_train = np.eye(10)[dataset.train.labels]
    losses = []
    for _ in range(2):
        losses.append(0.0)
        for i in range(0, len(x_train), 50):
            x, y = x_train[i : i + 50], y_train[i : i + 50]
            a1 = sigmoid(x @ w1 + b1)
            a2 = sigmoid(a1 @ w2 + b2)
            losses[-1] += np.sum((a2 - y) * (a2 - y)) / 2
            d2 = (a2 - y) * a2 * (1 - a2)
            d1 = (d2 @ w2.T) * a1 * (1 - a1)
            w2 -= 0.5 * (a1.T @ d2) / len(x)
            b2 -= 0.5 * d2.sum(axis=0) / len(x)
            w1 -= 0.5 * (x.T @ d1) / len(x)
            b1 -= 0.5 * d1.sum(axis=0) / len(x)
    result = train(dataset, settings)
    for name, expected in p.items():
        np.testing.assert_allclose(result.model.network.parameters[name], expected, rtol=1e-9)
    measured = np.array(result.history.column("train_loss")) * len(x_train)
    np.testing.assert_allclose(measured, losses, rtol=1e-9)


def test_tutorial_3_trains_as_its_own_lines_do(small: Load) -> None:
    """Its column vectors in float64, image by image, in the run's order, without the first row."""
    settings = replace(RECIPES["tutorial-3"].as_published, epochs=2, dtype="float64")
    dataset = small(0)
    p = {name: array.copy() for name, array in first_network(settings).parameters.items()}
    w1, w2 = p["dense1.weights"].T.copy(), p["dense2.weights"].T.copy()
    b1, b2 = p["dense1.bias"].reshape(-1, 1), p["dense2.bias"].reshape(-1, 1)
    x = dataset.train.images[1:].reshape(-1, 784) / 255.0
    y = np.eye(10)[dataset.train.labels[1:]]
    _, orders, _ = np.random.SeedSequence(settings.seed).spawn(3)
    shuffle = np.random.default_rng(orders)
    for _ in range(2):
        for i in shuffle.permutation(len(x)):
            a0 = x[i].reshape(-1, 1)
            a1 = sigmoid(w1 @ a0 + b1)
            z2 = w2 @ a1 + b2
            e = np.exp(z2 - z2.max())
            error = e / np.sum(e, axis=0) - y[i].reshape(-1, 1)
            hidden_error = (w2.T @ error) * a1 * (1 - a1)
            w1 = w1 - 0.1 * hidden_error @ a0.T
            b1 = b1 - 0.1 * hidden_error
            w2 = w2 - 0.1 * error @ a1.T
            b2 = b2 - 0.1 * error
    trained = train(dataset, settings).model.network.parameters
    np.testing.assert_allclose(trained["dense1.weights"], w1.T, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(trained["dense1.bias"], b1[:, 0], rtol=1e-8)
    np.testing.assert_allclose(trained["dense2.weights"], w2.T, rtol=1e-8)
    np.testing.assert_allclose(trained["dense2.bias"], b2[:, 0], rtol=1e-8)
