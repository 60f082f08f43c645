"""``inkling tutorials``: four published tutorials, run as published and corrected, side by side."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from inkling.cli.inputs import read_data
from inkling.cli.output import JsonOption, percent, print_json, say, show

if TYPE_CHECKING:
    from rich.table import Table

    from inkling.data.dataset import Dataset
    from inkling.tutorials.recipe import Recipe
    from inkling.tutorials.reproduce import Outcome, Reproduced, TutorialOutcome

SEEDS_OF_TOLERANCE = 5
"""The tolerances are set for the mean of this many seeds; a single seed may miss them."""


def tutorials(
    names: Annotated[
        list[str] | None, typer.Argument(help="tutorial-0 to tutorial-3 (default: all four).")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each variant, seeds 0, 1 …")] = 1,
    json: JsonOption = False,
) -> None:
    """Run the networks of four tutorials on MNIST: published, reproduced and corrected."""
    from inkling.cli.progress import training_watcher
    from inkling.tutorials.recipes import find_recipes
    from inkling.tutorials.reproduce import reproduce

    @cache  # with and without held-out images, each read once
    def load(validation: int | None) -> Dataset:
        return read_data("mnist", validation)

    def announce(run: str) -> None:
        say(f"\n{run}")

    outcomes = [
        reproduce(recipe, load, range(seeds), on_run=announce, callbacks=[training_watcher()])
        for recipe in find_recipes(names or [])
    ]
    if json:
        print_json({"tutorials": [outcome.to_dict() for outcome in outcomes]})
    else:
        for outcome in outcomes:
            show(_results_table(outcome, seeds))
            show(_changes_table(outcome.recipe))
        show(_notes(outcomes[0].corrected, seeds))
    missed = [outcome.recipe.name for outcome in outcomes if not outcome.all_met]
    if missed and seeds >= SEEDS_OF_TOLERANCE:
        say(f"Outside the tolerances or below the target: {', '.join(missed)}.")
        raise typer.Exit(1)


def _results_table(outcome: TutorialOutcome, seeds: int) -> Table:
    from rich import box
    from rich.table import Table

    recipe, both = outcome.recipe, (outcome.reproduced, outcome.corrected)
    settings, columns = recipe.as_published, ("published", "reproduced as published", "corrected")
    title = (
        f"{recipe.name}  {recipe.network}, {settings.activation} and {settings.output}; "
        f"{settings.epochs} epochs, batch size {settings.batch_size}"
    )
    table = Table("", *columns, title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for measured in outcome.reproduced.figures:
        table.add_row(
            measured.figure.what,
            _series(measured.figure.published, measured),
            _reproduced(measured, outcome.reproduced, seeds),
            _corrected(outcome, seeds) if measured.figure.measure == "test_accuracy" else "",
        )
    took = recipe.published_seconds
    speed = None if took is None else 60_000 * recipe.as_published.epochs / took
    seconds = (took, *(one.train_seconds for one in both))
    images = (speed, *(one.images_per_second for one in both))
    steps = (None, *(one.steps_per_second for one in both))
    table.add_row("training time", *("–" if t is None else f"{t:.1f} s" for t in seconds))
    for what, rates in (("images per second", images), ("steps per second", steps)):
        table.add_row(what, *("–" if rate is None else f"{rate:,.0f}" for rate in rates))
    return table


def _reproduced(measured: Reproduced, outcome: Outcome, seeds: int) -> str:
    """The mean over the seeds; below it the interval, the watched test set and the verdict."""
    from inkling.tutorials.measures import MEASURES

    lines = [_series(measured.mean, measured)]
    if measured.figure.measure == "test_accuracy":
        lines.append(_interval(outcome))
    if MEASURES[measured.figure.measure].on_test and outcome.test_watched:
        lines.append("watched the test set")
    if seeds > 1:
        low, high = (_series(ends[-1:], measured) for ends in (measured.low, measured.high))
        lines.append(f"seeds {low.rstrip(' %')} to {high}")
    if False in measured.within:
        missed, n = measured.within.count(False), len(measured.within)
        lines.append(f"✗ outside tolerance, {missed} of {n}")
    elif measured.within:
        lines.append("✓ within tolerance")
    return "\n".join(lines)


def _corrected(outcome: TutorialOutcome, seeds: int) -> str:
    corrected, target = outcome.corrected, outcome.recipe.target
    lines = [percent(corrected.test_accuracy), _interval(corrected)]
    if seeds > 1:
        low, high = min(corrected.test_accuracies), max(corrected.test_accuracies)
        lines.append(f"seeds {100 * low:.2f} to {percent(high)}")
    reached = "✓ at least" if corrected.test_accuracy >= target else "✗ below"
    return "\n".join([*lines, f"{reached} {percent(target)}"])


def _interval(outcome: Outcome) -> str:
    low, high = (f"{100 * bound:.2f}" for bound in outcome.test_interval)
    return f"{low} to {high} %"


def _series(values: tuple[float, ...], measured: Reproduced) -> str:
    """A single value, or the first and the last of one value per epoch."""
    from inkling.tutorials.measures import MEASURES

    share = MEASURES[measured.figure.measure].is_share
    ends = values if len(values) < 2 else (values[0], values[-1])
    return " → ".join(percent(value) if share else f"{value:,.3f}" for value in ends) or "–"


def _changes_table(recipe: Recipe) -> Table:
    from rich import box
    from rich.table import Table

    table = Table("changed", "because", box=box.SIMPLE_HEAD)
    for change in recipe.changes:
        table.add_row(f"{change.what}  {change.old} → {change.new}", change.why)
    return table


def _notes(corrected: Outcome, seeds: int) -> str:
    runs = "One run of each" if seeds == 1 else f"Means of {seeds} runs of each"
    return (
        f"{runs}, on MNIST. Intervals: 95 %, for a test set of {corrected.test_images:,} images. "
        f"Tolerances: for the mean of {SEEDS_OF_TOLERANCE} runs. A → B: after the first and the last "
        "epoch printed. As published, the networks train on every training image and the test set is "
        "watched after each epoch, so these accuracies are no longer those of unseen images. "
        f"Corrected, the networks train on {corrected.train_images:,} images, every setting was chosen "
        "on others held out for validation, and the test set is read once, at the end."
    )
