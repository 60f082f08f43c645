"""The recipes: first weights as published, corrections, and the pages that describe them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from inkling.training.presets import PRESETS
from inkling.tutorials.recipe import Recipe
from inkling.tutorials.recipes import RECIPES, find_recipes

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH = (DOCS / "tutorials.md").read_text(encoding="utf-8")
CHINESE = (DOCS / "zh" / "tutorials.md").read_text(encoding="utf-8")
SHARED = {
    "tutorial-0-accuracy.csv": ("tutorial-0", "test_accuracy_by_epoch"),
    "tutorial-0-loss.csv": ("tutorial-0", "test_loss_by_epoch"),
    "tutorial-1-accuracy.csv": ("tutorial-1", "train_accuracy_by_epoch"),
    "tutorial-1-loss.csv": ("tutorial-1", "train_batch_loss_by_epoch"),
    "tutorial-2-loss.csv": ("tutorial-2", "train_loss_by_epoch"),
}
FIRST_WEIGHTS = {
    # standard deviation of hidden weights, of output weights, of biases; the largest of all
    "tutorial-0": (1 / 28, 0.1, 1.0, np.inf),
    "tutorial-1": (0.01, 0.01, 0.01, np.inf),
    "tutorial-2": (1.0, 1.0, 0.0, np.inf),
    "tutorial-3": (1 / np.sqrt(3), 1 / np.sqrt(3), 1 / np.sqrt(3), 1.0),
}


@pytest.mark.parametrize("name", FIRST_WEIGHTS)
def test_the_first_weights_are_distributed_as_in_the_text(name: str) -> None:
    """N(0, 1) / √inputs, 0.01 N(0, 1), N(0, 1) and U(−1, 1), with the biases of each."""
    published = RECIPES[name].as_published
    hidden, output, bias, largest = FIRST_WEIGHTS[name]
    networks = [
        published.settings.build_network(784, 10, np.random.default_rng(seed)).parameters
        for seed in range(7)
    ]

    def spread(*names: str) -> float:
        values = [network[name].ravel() for network in networks for name in names]
        return float(np.concatenate(values).std()) * published.initial_scale

    assert spread("dense1.weights") == pytest.approx(hidden, rel=0.02)
    assert spread("dense2.weights") == pytest.approx(output, rel=0.05)
    assert spread("dense1.bias", "dense2.bias") == pytest.approx(bias, rel=0.1)
    assert (
        max(abs(array).max() for network in networks for array in network.values()) <= largest
    )  # before scaling


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_a_correction_keeps_layer_sizes_epochs_and_single_samples(recipe: Recipe) -> None:
    """What a correction may not touch."""
    published, corrected = recipe.as_published.settings, recipe.corrected
    assert corrected is PRESETS[recipe.name]
    assert (corrected.hidden, corrected.epochs) == (published.hidden, published.epochs)
    assert corrected.batch_size == published.batch_size


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_every_difference_is_a_change_with_a_reason(recipe: Recipe) -> None:
    """Old and new values differ; all four tutorials watch the test set."""
    assert all(change.old != change.new and len(change.why) > 20 for change in recipe.changes)
    assert "watches the test set" in {change.what for change in recipe.changes}


def test_recipes_are_found_by_name_each_once() -> None:
    """All without a name; the named ones in the given order, none twice."""
    assert [r.name for r in find_recipes([])] == list(RECIPES)
    found = find_recipes(["tutorial-2", "tutorial-0", "tutorial-2"])
    assert [r.name for r in found] == ["tutorial-2", "tutorial-0"]


def sections(page: str) -> dict[str, str]:
    """The page's text below each heading "## tutorial-0 …", by the tutorial's name."""
    parts = re.split(r"^## (tutorial-\d).*$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def numbers(text: str) -> list[float]:
    """Every number, in order, "5,000" and ".501" among them."""
    found = re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?|\.\d+", text)
    return [float(number.replace(",", "")) for number in found]


def rows(text: str) -> list[list[str]]:
    """The cells of every line that begins with a bar."""
    lines = re.findall(r"^\|(.*)\|$", text, flags=re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def commands(text: str) -> list[str]:
    """The lines of the shell blocks, without their comments, which are translated."""
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]


def test_the_page_names_every_defect_and_every_change() -> None:
    """docs/tutorials.md and the recipes agree."""
    page = re.sub(r"\s+", " ", ENGLISH)
    for recipe in RECIPES.values():
        assert recipe.title in page
        for defect in recipe.defects:
            assert defect in page
        for change in recipe.changes:
            assert f"| {change.what} | {change.old} | {change.new} | {change.why} |" in page


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_the_chinese_page_names_as_many_defects_and_every_changed_value(recipe: Recipe) -> None:
    """In the recipe's order: a line for each defect, a row with the numbers of each change."""
    section = sections(CHINESE)[recipe.name]
    assert recipe.title in section
    assert len(re.findall(r"^- ", section, flags=re.MULTILINE)) == len(recipe.defects)
    changes = rows(section)[-len(recipe.changes) :]
    assert rows(section)[-len(recipe.changes) - 2][1:3] == ["照原文", "改正后"]
    for change, (_, old, new, why) in zip(recipe.changes, changes, strict=True):
        assert (numbers(old), numbers(new)) == (numbers(change.old), numbers(change.new))
        assert set(numbers(why)) == set(numbers(change.why))


def test_both_pages_give_the_same_figures_and_commands() -> None:
    """Row by row in the tables, part by part in the text; the same shared tables and commands."""
    assert commands(CHINESE) == commands(ENGLISH)
    assert set(re.findall("`(inkling .*?)`", CHINESE)) == set(
        re.findall("`(inkling .*?)`", ENGLISH)
    )
    files = re.findall(r"<!-- table (.*) -->", ENGLISH)
    assert len(files) == 6
    assert re.findall(r"<!-- table (.*) -->", CHINESE) == files
    parts = [re.split(r"^##+ .*$", page, flags=re.MULTILINE) for page in (ENGLISH, CHINESE)]
    for english, chinese in zip(*parts, strict=True):
        assert [len(row) for row in rows(chinese)] == [len(row) for row in rows(english)]
        for ours, theirs in zip(rows(chinese), rows(english), strict=True):
            assert sorted(numbers(" ".join(ours))) == sorted(numbers(" ".join(theirs))), ours
        assert set(numbers(chinese)) == set(numbers(english)), chinese


@pytest.mark.parametrize("file", SHARED)
def test_the_shared_tables_give_the_published_figures_and_what_is_accepted(file: str) -> None:
    """Columns 2 and 5 of the tables by epoch, in percent for accuracies."""
    name, measure = SHARED[file]
    metric = next(m for m in RECIPES[name].metrics if m.measure == measure)
    with (DOCS / "tutorials" / file).open(encoding="utf-8") as lines:
        next(lines)  # the headings
        table = [[numbers(cell) for cell in line.split(",")] for line in lines]
    unit, half_a_digit = (100, 6e-5) if "accuracy" in file else (1, 6e-4)
    assert [row[0] for row in table] == [[epoch] for epoch in range(1, len(table) + 1)]
    assert [row[1][0] / unit for row in table] == pytest.approx(metric.published, abs=half_a_digit)
    for (lowest, highest), (mean,) in ((row[3], row[2]) for row in table):
        assert lowest <= mean <= highest
    if metric.accepted:
        for interval, row in zip(metric.accepted, table, strict=True):
            assert [end / unit for end in row[4]] == pytest.approx(interval, abs=half_a_digit)
