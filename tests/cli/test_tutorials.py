"""``inkling tutorials``: its tables, its JSON and its exit status, on a few drawn digits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inkling.data.dataset import Dataset
from inkling.tutorials.recipes import RECIPES

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def _short(strokes: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drawn digits are in MNIST's place, and each training has one epoch."""
    without = replace(strokes, validation=strokes.validation.take(np.arange(0)))

    def load(source: str, *, validation: int | None, watcher: object) -> Dataset:
        assert source == "mnist"
        assert watcher is not None
        return strokes if validation is None else without

    monkeypatch.setattr("inkling.data.dataset.load_dataset", load)
    for name, recipe in RECIPES.items():
        metrics = tuple(
            replace(metric, published=metric.published[:1], accepted=metric.accepted[:1])
            for metric in recipe.metrics
        )
        corrected = replace(recipe.corrected, epochs=1)
        monkeypatch.setitem(RECIPES, name, replace(recipe, corrected=corrected, metrics=metrics))


def test_the_table_marks_what_was_watched(inkling: Command) -> None:
    """All four tutorials, with a mark at every value from a test set that was watched."""
    outcome = inkling("tutorials")
    assert outcome.status == 0
    for name in RECIPES:
        assert f"\n{name}  784-" in f"\n{outcome.out}"
    table = outcome.out[: outcome.out.index("One run of each")]
    assert table.count("watched the test set") == 7  # so many metrics are measured on it
    assert sum(line.startswith("epoch") for line in outcome.err.splitlines()) == 8


def test_every_change_is_below_the_table(inkling: Command) -> None:
    """What, from, to and why."""
    outcome = inkling("tutorials", "tutorial-3")
    for change in RECIPES["tutorial-3"].changes:
        assert all(part in outcome.out for part in change)


def test_json_has_the_named_tutorials(inkling: Command) -> None:
    """One object on standard output; messages are on standard error."""
    outcome = inkling("tutorials", "tutorial-3", "tutorial-0", "--json")
    tutorials = outcome.json["tutorials"]
    assert [tutorial["name"] for tutorial in tutorials] == ["tutorial-3", "tutorial-0"]
    for tutorial in tutorials:
        assert {"published", "reproduced", "corrected"} <= set(tutorial)
        assert tutorial["reproduced"]["test_watched"] is True
    assert "tutorial-3-as-published, seed 0" in outcome.err


def test_several_seeds_show_their_spread_and_their_misses(inkling: Command) -> None:
    """Five seeds on images other than MNIST's miss the intervals: status 1, and one line."""
    outcome = inkling("tutorials", "tutorial-0", "--seeds", "5")
    assert outcome.status == 1
    for words in ("Means of 5 runs of each", "seeds ", "✗ outside tolerance"):
        assert words in outcome.out
    last = outcome.err.splitlines()[-1]
    assert last == "Outside the tolerances or below the target: tutorial-0."


def test_an_unknown_tutorial_is_wrong_usage(inkling: Command) -> None:
    """Exit status 2; the message lists the known ones."""
    outcome = inkling("tutorials", "tutorial-9")
    assert outcome.status == 2
    assert "tutorial-0, tutorial-1, tutorial-2, tutorial-3, got" in outcome.complaint


@pytest.mark.parametrize("seeds", [1, 5])
def test_tolerances_judge_the_mean_of_five_seeds(inkling: Command, seeds: int) -> None:
    """A single run may lie outside them, which would say nothing; the target is for every run."""
    outcome = inkling("tutorials", "tutorial-3", "--seeds", seeds)
    verdicts = re.findall("[✓✗] (within|outside) tolerance", outcome.out.replace("\n", " "))
    assert bool(verdicts) == (seeds == 5)
    assert ("so that fewer are not judged by them" in outcome.out) == (seeds == 1)
