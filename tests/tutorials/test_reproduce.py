"""Both variants of every tutorial on a few made-up images."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inkling.data.dataset import Dataset
from inkling.model.metrics import wilson_interval
from inkling.tutorials.measures import MEASURES
from inkling.tutorials.recipe import Metric, Recipe
from inkling.tutorials.recipes import RECIPES
from inkling.tutorials.reproduce import _measure, reproduce

Load = Callable[[int | None], Dataset]
Outcome = dict[str, Any]
TRAIN, VALIDATION, TEST = 203, 37, 53


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """The same recipe with fewer epochs, whose metrics end as early."""
    metrics = tuple(
        replace(metric, published=metric.published[:epochs], accepted=metric.accepted[:epochs])
        for metric in recipe.metrics
    )
    return replace(recipe, corrected=replace(recipe.corrected, epochs=epochs), metrics=metrics)


@pytest.fixture(scope="module", params=sorted(RECIPES))
def outcome(request: pytest.FixtureRequest, small: Load) -> Outcome:
    """A tutorial with three epochs and two seeds."""
    return reproduce(shortened(RECIPES[request.param], 3), small, range(2), print)


def test_every_metric_is_measured(outcome: Outcome) -> None:
    """One value for each printed one, the mean between the lowest and the highest seed."""
    figures = outcome["reproduced"]["figures"]
    assert figures.keys() == {metric.measure for metric in RECIPES[outcome["name"]].metrics}
    for measure, printed in outcome["published"]["figures"].items():
        assert len(figures[measure]["mean"]) == len(printed["values"])
    for measured in figures.values():
        assert len(measured["within"]) == len(measured["accepted"])
        for low, mean, high in zip(*(measured[k] for k in ("low", "mean", "high")), strict=True):
            assert low <= mean <= high
        assert np.isfinite(measured["mean"]).all()


def test_as_published_all_images_are_trained_on(outcome: Outcome) -> None:
    """And the test set is watched; tutorial 3 loses a row of each file. Corrected, nothing of this."""
    lost = 1 if outcome["name"] == "tutorial-3" else 0
    published, corrected = outcome["reproduced"], outcome["corrected"]
    sizes = published["train_images"], published["test_images"]
    assert sizes == (TRAIN + VALIDATION - lost, TEST - lost)
    assert (corrected["train_images"], corrected["test_images"]) == (TRAIN, TEST)
    assert (published["test_watched"], corrected["test_watched"]) == (True, False)
    assert published["validation_accuracy"] is None
    assert corrected["validation_accuracy"] is not None


def test_accuracies_come_with_interval_and_speed(outcome: Outcome) -> None:
    """The mean of two seeds, Wilson's interval for a test set of this size; a step is a batch."""
    for one in (outcome["reproduced"], outcome["corrected"]):
        assert len(one["test_accuracies"]) == 2
        assert one["test_accuracy"] == pytest.approx(sum(one["test_accuracies"]) / 2)
        right = round(one["test_accuracy"] * one["test_images"])
        assert one["test_interval"] == list(wilson_interval(right, one["test_images"]))
        batch_size = one["images_per_second"] / one["steps_per_second"]
        assert batch_size == pytest.approx(one["settings"]["batch_size"])


def test_the_outcome_survives_json(outcome: Outcome) -> None:
    """With the settings of both variants, those too that only published networks have."""
    plain = json.loads(json.dumps(outcome, allow_nan=False))
    special = {"initial_scale", "reported_loss", "watch_test", "drop_first"}
    assert special < plain["reproduced"]["settings"].keys() == plain["corrected"]["settings"].keys()
    assert set(plain["corrected"]["changes"][0]) == {"what", "from", "to", "why"}


def test_each_training_is_announced(small: Load) -> None:
    """The published variant first, seed by seed; a poor one misses the target."""
    said: list[str] = []
    recipe = replace(shortened(RECIPES["tutorial-0"], 1), target=1.0)
    assert not reproduce(recipe, small, [3, 4], said.append)["all_met"]
    assert said == [
        "tutorial-0-as-published, seed 3",
        "tutorial-0-as-published, seed 4",
        "tutorial-0, seed 3",
        "tutorial-0, seed 4",
    ]


def test_a_mean_outside_its_interval_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds belong to the interval; one value outside is enough."""
    metric = Metric("x", "made up", (0.5, 0.7), ((0.4, 0.6), (0.6, 0.8)))
    for mean, within in (((0.6, 0.6), [True, True]), ((0.5, 0.81), [True, False])):
        monkeypatch.setitem(MEASURES, "made up", {None: mean}.__getitem__)
        assert _measure(metric, [None])["within"] == within  # type: ignore[list-item]
