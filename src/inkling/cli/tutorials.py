"""``inkling tutorials``: four published tutorials, run as published and corrected, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling.cli.inputs import read_data
from inkling.cli.output import JsonOption, percent, percent_range, print_json, say, show

if TYPE_CHECKING:
    from rich.table import Table

    from inkling.tutorials.recipe import Recipe

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
    from inkling.training.progress import progress_display
    from inkling.tutorials.recipes import find_recipes
    from inkling.tutorials.reproduce import reproduce

    def announce(run: str) -> None:
        say(f"\n{run}")

    recipes, load = find_recipes(names or []), cache(partial(read_data, "mnist"))  # each read once
    outcomes = [
        reproduce(recipe, load, range(seeds), announce, [progress_display()]) for recipe in recipes
    ]
    if json:
        print_json({"tutorials": outcomes})
    else:
        for recipe, outcome in zip(recipes, outcomes, strict=True):
            show(_results_table(recipe, outcome, seeds))
            show(_changes_table(recipe))
        show(_notes(outcomes[0]["corrected"], seeds))
    missed = [outcome["name"] for outcome in outcomes if not outcome["all_met"]]
    if missed and seeds >= SEEDS_OF_TOLERANCE:
        say(f"Outside the tolerances or below the target: {', '.join(missed)}.")
        raise typer.Exit(1)


def _results_table(recipe: Recipe, outcome: dict[str, Any], seeds: int) -> Table:
    from rich import box
    from rich.table import Table

    settings = recipe.as_published.settings
    reproduced, corrected = outcome["reproduced"], outcome["corrected"]
    title = (
        f"{recipe.name}  {recipe.network}, {settings.activation} and {settings.output}; "
        f"{settings.epochs} epochs, batch size {settings.batch_size}"
    )
    columns = ("", "published", "reproduced as published", "corrected")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, justify="right" if column else "left")
    for metric in recipe.metrics:
        is_accuracy = metric.measure == "test_accuracy"
        table.add_row(
            metric.what,
            _series(metric.published, metric.measure),
            _reproduced(reproduced, metric.measure, seeds),
            _corrected(corrected, seeds) if is_accuracy else "",
        )
    took = recipe.published_seconds
    speed = None if took is None else 60_000 * settings.epochs / took
    for what, key, form, published in (
        ("training time", "train_seconds", "{:.1f} s", took),
        ("images per second", "images_per_second", "{:,.0f}", speed),
        ("steps per second", "steps_per_second", "{:,.0f}", None),
    ):
        first = "–" if published is None else form.format(published)
        table.add_row(what, first, form.format(reproduced[key]), form.format(corrected[key]))
    return table


def _reproduced(reproduced: dict[str, Any], measure: str, seeds: int) -> str:
    """The mean over the seeds; below it the interval, the watched test set and the verdict."""
    measured = reproduced["figures"][measure]
    lines = [_series(measured["mean"], measure)]
    if measure == "test_accuracy":
        lines.append(percent_range(*reproduced["test_interval"]))
    if measure.startswith("test"):
        lines.append("watched the test set")
    if seeds > 1:
        low, high = (_series(measured[end][-1:], measure) for end in ("low", "high"))
        lines.append(f"seeds {low.rstrip(' %')} to {high}")
    within = measured["within"] if seeds >= SEEDS_OF_TOLERANCE else []
    if False in within:
        lines.append(f"✗ outside tolerance, {within.count(False)} of {len(within)}")
    elif within:
        lines.append("✓ within tolerance")
    return "\n".join(lines)


def _corrected(corrected: dict[str, Any], seeds: int) -> str:
    accuracy, target = corrected["test_accuracy"], corrected["target"]
    accuracies = corrected["test_accuracies"]
    lines = [percent(accuracy), percent_range(*corrected["test_interval"])]
    if seeds > 1:
        lines.append(f"seeds {percent_range(min(accuracies), max(accuracies))}")
    reached = "✓ ≥" if accuracy >= target else "✗ <"
    return "\n".join([*lines, f"{reached} {percent(target)}"])


def _series(values: Sequence[float], measure: str) -> str:
    """A single value, or the first and the last of one value per epoch."""
    ends = values if len(values) < 2 else (values[0], values[-1])
    form = percent if "accuracy" in measure else "{:,.3f}".format
    return " → ".join(form(value) for value in ends) or "–"


def _changes_table(recipe: Recipe) -> Table:
    from rich import box
    from rich.table import Table

    table = Table("changed", "because", box=box.SIMPLE_HEAD)
    for change in recipe.changes:
        table.add_row(f"{change.what}  {change.old} → {change.new}", change.why)
    return table


def _notes(corrected: dict[str, Any], seeds: int) -> str:
    judged = "" if seeds >= SEEDS_OF_TOLERANCE else ", so that fewer are not judged by them"
    runs = "One run of each" if seeds == 1 else f"Means of {seeds} runs of each"
    return (
        f"{runs}, on MNIST. Intervals: 95 %, for a test set of {corrected['test_images']:,} images. "
        f"Tolerances are for the mean of {SEEDS_OF_TOLERANCE} runs{judged}. "
        "A → B: after the first and the last epoch printed. As published, the networks train on every "
        "training image and the test set is watched after each epoch, so these accuracies are no "
        "longer those of unseen images. "
        f"Corrected, the networks train on {corrected['train_images']:,} images, every setting was "
        "chosen on others held out for validation, and the test set is read once, at the end."
    )
