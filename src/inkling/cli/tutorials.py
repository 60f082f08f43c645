"""``inkling tutorials``: four published tutorials, run as published and corrected, side by side."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from inkling.cli.output import JsonOption, percent, print_json, say, show

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from inkling.data.dataset import Dataset
    from inkling.tutorials.recipe import Recipe
    from inkling.tutorials.reproduce import Outcome, Reproduced, TutorialOutcome

SEEDS_OF_TOLERANCE = 5
"""The tolerances are set for the mean of so many seeds; a single one may miss them."""
WIDTHS = {"": 16, "published": 9, "reproduced as published": 20, "corrected": 14}
"""The columns' least widths, so that the tables stand in line below each other."""


def tutorials(
    names: Annotated[
        list[str] | None, typer.Argument(help="tutorial-0 to tutorial-3; all four by default.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each variant, seeds 0, 1 …")] = 1,
    json: JsonOption = False,
) -> None:
    """Run the networks of four tutorials on MNIST: published, reproduced and corrected figures."""
    from inkling.cli.progress import training_watcher
    from inkling.tutorials.recipes import find_recipes
    from inkling.tutorials.reproduce import reproduce

    load = cache(_load)  # with and without held-out images, each read once
    outcomes = [
        reproduce(recipe, load, range(seeds), on_run=_announce, callbacks=[training_watcher()])
        for recipe in find_recipes(names or [])
    ]
    if json:
        print_json({"tutorials": [outcome.to_dict() for outcome in outcomes]})
    else:
        for outcome in outcomes:
            show(_figures_table(outcome, seeds))
            show(_changes_table(outcome.recipe))
        show(_remarks(outcomes, seeds))
    missed = [outcome.recipe.name for outcome in outcomes if not outcome.all_met]
    if missed and seeds >= SEEDS_OF_TOLERANCE:
        say(f"Outside the tolerances or below the target: {', '.join(missed)}.")
        raise typer.Exit(1)


def _load(validation: int | None) -> Dataset:
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset

    with DownloadBar() as watcher:
        return load_dataset("mnist", validation=validation, watcher=watcher)


def _announce(run: str) -> None:
    say("")
    say(run)


def _figures_table(outcome: TutorialOutcome, seeds: int) -> Table:
    from rich import box
    from rich.table import Table

    recipe, both = outcome.recipe, (outcome.reproduced, outcome.corrected)
    table = Table(title=_title(recipe), title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("", "published", "reproduced as published", "corrected"):
        table.add_column(heading, min_width=WIDTHS[heading])
    for measured in outcome.reproduced.figures:
        table.add_row(
            measured.figure.what,
            _series(measured.figure.published, measured),
            _reproduced(measured, outcome.reproduced, seeds),
            _corrected(outcome, seeds) if measured.figure.measure == "test_accuracy" else "",
        )
    took = recipe.published_seconds
    speed = None if took is None else 60_000 * recipe.as_published.epochs / took
    table.add_row("training time", _seconds(took), *(_seconds(one.train_seconds) for one in both))
    table.add_row(
        "images a second", _count(speed), *(_count(one.images_per_second) for one in both)
    )
    table.add_row("steps a second", "–", *(_count(one.steps_per_second) for one in both))
    return table


def _title(recipe: Recipe) -> Text:
    settings = recipe.as_published
    batch = "1 image" if settings.batch_size == 1 else f"{settings.batch_size} images"
    network = f"{recipe.network}, {settings.activation} and {settings.output}"
    rest = f"  {network}; {settings.epochs} epochs, {batch} a step"
    return _text((recipe.name, "bold cyan"), (rest, "not italic"))


def _reproduced(figure: Reproduced, outcome: Outcome, seeds: int) -> Text:
    """The measured values; below them the interval, the watched test set and the verdict."""
    from inkling.tutorials.measures import MEASURES

    lines = []
    if figure.figure.measure == "test_accuracy":
        lines.append(_interval(outcome))
    if MEASURES[figure.figure.measure].on_test and outcome.test_watched:
        lines.append("watched the test set")
    if seeds > 1:
        low, high = (_series(ends[-1:], figure) for ends in (figure.low, figure.high))
        lines.append(f"seeds {low.rstrip(' %')} to {high}")
    text = _text((_series(figure.mean, figure), "bold"), *((f"\n{line}", "dim") for line in lines))
    missed, n = figure.within.count(False), len(figure.within)
    if missed:
        text.append("\n✗ outside tolerance" + ("" if n == 1 else f", {missed} of {n}"), "yellow")
    elif n:
        text.append("\n✓ within tolerance" + ("" if n == 1 else f", all {n}"), "green")
    return text


def _corrected(outcome: TutorialOutcome, seeds: int) -> Text:
    corrected, target = outcome.corrected, outcome.recipe.target
    reached = corrected.test_accuracy >= target
    lines = [_interval(corrected)]
    if seeds > 1:
        low, high = min(corrected.test_accuracies), max(corrected.test_accuracies)
        lines.append(f"seeds {100 * low:.2f} to {percent(high)}")
    text = _text((percent(corrected.test_accuracy), "bold"), *((f"\n{x}", "dim") for x in lines))
    mark, style = ("✓ at least", "green") if reached else ("✗ below", "yellow")
    return text.append(f"\n{mark} {percent(target)}", style)


def _interval(outcome: Outcome) -> str:
    low, high = (f"{100 * bound:.2f}" for bound in outcome.test_interval)
    return f"{low} to {high} %"


def _series(values: tuple[float, ...], figure: Reproduced) -> str:
    """A single value, or the first and the last of one an epoch."""
    from inkling.tutorials.measures import MEASURES

    share = MEASURES[figure.figure.measure].is_share
    ends = values if len(values) < 2 else (values[0], values[-1])
    return " → ".join(percent(value) if share else _loss(value) for value in ends) or "–"


def _loss(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3f}"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"


def _count(number: float | None) -> str:
    return "–" if number is None else f"{number:,.0f}"


def _text(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)


def _remarks(outcomes: list[TutorialOutcome], seeds: int) -> str:
    first = outcomes[0]
    runs = "One run of each" if seeds == 1 else f"Means of {seeds} runs of each"
    return (
        f"{runs}, on MNIST. Intervals: 95 %, for a test set of {first.corrected.test_images:,} images; "
        f"tolerances: for the mean of {SEEDS_OF_TOLERANCE} runs. A → B: after the first and the last "
        "epoch printed. As published, the networks train on every training image and the test set is "
        "watched after each epoch, so that its figures are no longer those of unseen images. "
        f"Corrected, {first.corrected.train_images:,} images are trained on, every setting was chosen "
        "on others held out for validation, and the test set is read once, at the end."
    )


def _changes_table(recipe: Recipe) -> Table:
    from rich import box
    from rich.table import Table

    table = Table("changed", "because", box=box.SIMPLE_HEAD)
    for change in recipe.changes:
        change_in_short = ((change.what, ""), (f"  {change.old} → {change.new}", "bold"))
        table.add_row(_text(*change_in_short), _text((change.why, "dim")))
    return table
