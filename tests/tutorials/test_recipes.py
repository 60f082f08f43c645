"""The recipes against the tutorials' texts: every constant here was copied from them by hand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from inkling.training.presets import PRESETS
from inkling.tutorials.recipe import Recipe
from inkling.tutorials.recipes import RECIPES, find_recipes

WRITTEN: dict[str, dict[str, object]] = {
    "tutorial-0": {
        "hidden": (100,),
        "activation": "relu",
        "output": "softmax",
        "loss": "cross_entropy",
        "optimizer": "sgd",
        "learning_rate": 0.01,
        "batch_size": 100,
        "epochs": 10,
        "shuffle": False,
        "input_range": (0, 1),
    },
    "tutorial-1": {
        "hidden": (100,),
        "activation": "sigmoid",
        "output": "sigmoid",
        "loss": "squared_error",
        "optimizer": "sgd",
        "learning_rate": 0.5,
        "batch_size": 50,
        "epochs": 30,
        "shuffle": False,
        "input_range": (0, 1),
    },
    "tutorial-2": {
        "hidden": (100,),
        "activation": "sigmoid",
        "output": "softmax",
        "loss": "cross_entropy",
        "optimizer": "sgd",
        "learning_rate": 0.0001,
        "batch_size": 1,
        "epochs": 10,
        "shuffle": True,
        "input_range": (-1, 1),
    },
    "tutorial-3": {
        "hidden": (28,),
        "activation": "sigmoid",
        "output": "softmax",
        "loss": "cross_entropy",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "batch_size": 1,
        "epochs": 10,
        "shuffle": True,
        "input_range": (0, 1),
    },
}
PLAIN: dict[str, object] = {  # what none of them uses
    "label_smoothing": 0,
    "dropout": 0,
    "weight_decay": 0,
    "schedule": "constant",
    "clip_norm": None,
    "patience": None,
}
PRINTED = {
    ("tutorial-0", "test_accuracy_by_epoch"): "0.8534 0.8837 0.8963 0.9034 0.9078 0.9112 0.914 "
    "0.9163 0.9187 0.9203",
    ("tutorial-0", "test_loss_by_epoch"): "1.1226 0.7723 0.6549 0.5966 0.5608 0.5359 0.5170 0.5018 "
    "0.4889 0.4776",
    ("tutorial-1", "train_batch_loss_by_epoch"): "16.001 6.050 4.432 3.831 3.466 3.201",
    ("tutorial-1", "train_accuracy_by_epoch"): "0.501 0.880 0.905 0.915 0.922 0.928",
    ("tutorial-1", "test_accuracy"): "0.9658",
    ("tutorial-2", "train_loss_by_epoch"): "4.694023 2.559349 2.002460 1.714876 1.531857 1.400958 "
    "1.300468 1.219341 1.151839 1.095015",
    ("tutorial-3", "test_accuracy_over_images"): "0.907990799079908",
    ("tutorial-3", "train_accuracy_over_images"): "0.906132",
    ("tutorial-3", "train_loss_over_images"): "683092.4",
}
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


@pytest.mark.parametrize("name", WRITTEN)
def test_the_settings_as_published_are_those_of_the_text(name: str) -> None:
    """Layers, activations, loss, optimizer, rate, batch, epochs, order and scaling, one by one."""
    published = RECIPES[name].as_published
    for setting, value in {**PLAIN, **WRITTEN[name]}.items():
        assert getattr(published.settings, setting) == value, setting
    assert published.drop_first == (name == "tutorial-3")


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


@pytest.mark.parametrize(("name", "measure"), PRINTED)
def test_the_published_values_are_those_of_the_text(name: str, measure: str) -> None:
    """To the digits that the recipe gives."""
    metric = next(m for m in RECIPES[name].metrics if m.measure == measure)
    printed = [float(number) for number in PRINTED[name, measure].split()]
    assert metric.published == pytest.approx(printed, rel=5e-5)


def test_the_accepted_intervals_are_those_that_are_promised() -> None:
    """±0.006 at every epoch, ±0.003, 3 %, 15 %, and the two ranges of tutorial 3."""
    accepted = {
        (recipe.name, metric.measure): metric.accepted
        for recipe in RECIPES.values()
        for metric in recipe.metrics
        if metric.accepted
    }
    by_epoch = accepted["tutorial-0", "test_accuracy_by_epoch"]
    assert len(by_epoch) == 10
    assert by_epoch[0] == pytest.approx((0.8474, 0.8594))
    assert by_epoch[9] == pytest.approx((0.9143, 0.9263))
    assert accepted["tutorial-1", "test_accuracy"][0] == pytest.approx((0.9628, 0.9688))
    losses = accepted["tutorial-1", "train_batch_loss_by_epoch"]
    assert len(losses) == 6
    assert losses[0] == pytest.approx((15.521, 16.481), abs=1e-3)
    entropies = accepted["tutorial-2", "train_loss_by_epoch"]
    assert len(entropies) == 10
    assert entropies[9] == pytest.approx((0.93075, 1.25925))
    assert accepted["tutorial-3", "test_accuracy"] == ((0.950, 0.960),)
    assert accepted["tutorial-3", "test_accuracy_over_images"] == ((0.88, 0.92),)
    assert [recipe.target for recipe in RECIPES.values()] == [0.978, 0.978, 0.978, 0.962]


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


def test_the_networks_have_their_names() -> None:
    """As the tutorials write them."""
    networks = [recipe.network for recipe in RECIPES.values()]
    assert networks == ["784-100-10", "784-100-10", "784-100-10", "784-28-10"]


def test_recipes_are_found_by_name_each_once() -> None:
    """All without a name; the named ones in the given order, none twice."""
    assert [r.name for r in find_recipes([])] == list(WRITTEN)
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
    """docs/tutorials.md says what the recipes say."""
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
    files = re.findall(r":file: (.*)", ENGLISH)
    assert len(files) == 6
    assert re.findall(r":file: (.*)", CHINESE) == [f"../{file}" for file in files]
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
        table = [[numbers(cell) for cell in line.split(",")] for line in lines]
    unit, half_a_digit = (100, 6e-5) if "accuracy" in file else (1, 6e-4)
    assert [row[0] for row in table] == [[epoch] for epoch in range(1, len(table) + 1)]
    assert [row[1][0] / unit for row in table] == pytest.approx(metric.published, abs=half_a_digit)
    for (lowest, highest), (mean,) in ((row[3], row[2]) for row in table):
        assert lowest <= mean <= highest
    if metric.accepted:
        for interval, row in zip(metric.accepted, table, strict=True):
            assert [end / unit for end in row[4]] == pytest.approx(interval, abs=half_a_digit)
