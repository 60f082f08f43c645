"""``inkling tutorials`` and ``inkling train --preset``, on a few made-up images."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inkling.data.dataset import Dataset
from inkling.tutorials.recipes import RECIPES

Load = Callable[[int | None], Dataset]
Inkling = Callable[..., Any]


@pytest.fixture
def short(small: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the small images in MNIST's place, and one epoch in the place of ten or thirty."""

    def load(source: str, *, validation: int | None, watcher: object) -> Dataset:
        assert source == "mnist"
        assert watcher is not None
        return small(validation)

    monkeypatch.setattr("inkling.data.dataset.load_dataset", load)
    for name, recipe in RECIPES.items():
        shortened = replace(
            recipe,
            corrected=replace(recipe.corrected, epochs=1),
            metrics=tuple(
                replace(metric, published=metric.published[:1], accepted=metric.accepted[:1])
                for metric in recipe.metrics
            ),
        )
        monkeypatch.setitem(RECIPES, name, shortened)


@pytest.mark.usefixtures("short")
def test_the_table_has_all_four_and_marks_what_was_watched(inkling: Inkling) -> None:
    """Every value from a test set that was watched is marked."""
    said = inkling("tutorials")
    assert said.status == 0
    for name in RECIPES:
        assert f"\n{name}  784-" in f"\n{said.out}"
    table = said.out[: said.out.index("One run of each")]
    cells = table.count("watched the test set")
    metrics = [m for recipe in RECIPES.values() for m in recipe.metrics if "test" in m.measure]
    assert cells == len(metrics) == 7
    assert "published" in table
    assert "reproduced as published" in table
    assert "corrected" in table
    assert sum(line.startswith("epoch") for line in said.err.splitlines()) == 8


@pytest.mark.usefixtures("short")
def test_every_change_stands_below_the_table(inkling: Inkling) -> None:
    """What, from, to and why."""
    said = inkling("tutorials", "tutorial-3")
    for change in RECIPES["tutorial-3"].changes:
        for part in (change.what, change.old, change.new, change.why):
            assert part in said.out


@pytest.mark.usefixtures("short")
def test_json_is_one_object_with_the_named_tutorials(inkling: Inkling) -> None:
    """On standard output, the words on standard error."""
    said = inkling("tutorials", "tutorial-2", "tutorial-0", "--json")
    tutorials = json.loads(said.out)["tutorials"]
    assert [tutorial["name"] for tutorial in tutorials] == ["tutorial-2", "tutorial-0"]
    for tutorial in tutorials:
        assert {"published", "reproduced", "corrected"} <= set(tutorial)
        assert tutorial["reproduced"]["test_watched"] is True
    assert "tutorial-2-as-published, seed 0" in said.err


@pytest.mark.usefixtures("short")
def test_several_seeds_show_their_spread_and_their_misses(inkling: Inkling) -> None:
    """Five seeds of other images than MNIST's cannot meet the figures: status 1, and a line says so."""
    said = inkling("tutorials", "tutorial-0", "--seeds", "5")
    assert said.status == 1
    assert "Means of 5 runs of each" in said.out
    assert "seeds " in said.out
    assert "✗ outside tolerance" in said.out
    assert said.err.splitlines()[-1] == ("Outside the tolerances or below the target: tutorial-0.")


def test_an_unknown_tutorial_is_wrong_usage(inkling: Inkling) -> None:
    """One line, status 2."""
    said = inkling("tutorials", "tutorial-9")
    assert said.status == 2
    assert "tutorial-0, tutorial-1, tutorial-2, tutorial-3, got 'tutorial-9'" in said.err
    assert len(said.err.splitlines()) == 1


def test_options_beside_a_preset_change_it(inkling: Inkling, archive: Path, tmp_path: Path) -> None:
    """Single settings and the number of validation images; the rest stays."""
    run = tmp_path / "run"
    said = inkling(
        *("train", "--preset", "tutorial-1", "--data", str(archive), "--json"),
        *("--epochs", "1", "--lr", "0.25", "--validation", "91", "--out", str(run)),
    )
    assert said.status == 0
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["learning_rate"] == 0.25
    assert manifest["settings"]["batch_size"] == 50
    assert manifest["dataset"]["validation"] == 91
