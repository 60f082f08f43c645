"""A tutorial run again, as published and corrected, and what came out beside what it should have been.

    recipe, seeds → runs → measures → figures with their spread

Both variants are ordinary trainings: what they do is in the recipe, how is in ``training/run.py``. The
figures go to ``inkling tutorials``, as a table or as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from inkling.data.dataset import Dataset
from inkling.model.metrics import wilson_interval
from inkling.training.callbacks import Callback
from inkling.training.run import TrainingResult, train
from inkling.tutorials.measures import MEASURES
from inkling.tutorials.recipe import Figure, Preset, Recipe

Load = Callable[[int | None], Dataset]
"""Gives the data set with so many training images held out; None for the usual share."""


@dataclass(frozen=True)
class Reproduced:
    """A figure measured over some seeds.

    Attributes:
        figure: what was published, and what is accepted.
        mean: the mean over the seeds, one value an epoch or a single one.
        low: the lowest of the seeds, value by value.
        high: the highest.
    """

    figure: Figure
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def within(self) -> tuple[bool, ...]:
        """Whether each mean lies in the accepted interval; empty where none is claimed."""
        if not self.figure.accepted:
            return ()
        return tuple(
            low <= value <= high
            for value, (low, high) in zip(self.mean, self.figure.accepted, strict=True)
        )


@dataclass(frozen=True)
class Outcome:
    """What one variant of a tutorial came to, over some seeds.

    Attributes:
        test_accuracies: the share of the test set that was right at the end, seed by seed.
        test_accuracy: their mean.
        test_interval: its 95 % Wilson interval [low, high] for a test set of this size.
        test_images: that size.
        test_watched: whether the test set was measured after every epoch.
        train_images: images trained on.
        validation_accuracy: the mean share of the validation set that was right; None without one.
        train_seconds: the mean time of a training.
        images_per_second: images trained on a second.
        steps_per_second: updates made a second.
        figures: what was measured to be compared with the published figures.
    """

    test_accuracies: tuple[float, ...]
    test_accuracy: float
    test_interval: tuple[float, float]
    test_images: int
    test_watched: bool
    train_images: int
    validation_accuracy: float | None
    train_seconds: float
    images_per_second: float
    steps_per_second: float
    figures: tuple[Reproduced, ...] = ()


@dataclass(frozen=True)
class TutorialOutcome:
    """A tutorial, published, reproduced and corrected.

    Attributes:
        recipe: what was run.
        reproduced: the outcome as published.
        corrected: the outcome of the correction.
    """

    recipe: Recipe
    reproduced: Outcome
    corrected: Outcome

    @property
    def all_met(self) -> bool:
        """Whether every accepted interval and the target were met."""
        inside = all(ok for figure in self.reproduced.figures for ok in figure.within)
        return inside and self.corrected.test_accuracy >= self.recipe.target

    def to_dict(self) -> dict[str, Any]:
        """Returns everything as plain data for JSON."""
        recipe = self.recipe
        return {
            "name": recipe.name,
            "title": recipe.title,
            "network": recipe.network,
            "published": {
                "figures": {
                    figure.measure: {"what": figure.what, "values": list(figure.published)}
                    for figure in recipe.figures
                    if figure.published
                },
                "train_seconds": recipe.published_seconds,
            },
            "reproduced": _plain(self.reproduced, recipe.as_published.to_dict()),
            "corrected": {
                **_plain(self.corrected, recipe.corrected.to_dict()),
                "target": recipe.target,
                "changes": [
                    {"what": c.what, "from": c.old, "to": c.new, "why": c.why}
                    for c in recipe.changes
                ],
            },
            "defects": list(recipe.defects),
            "all_met": self.all_met,
        }


def reproduce(
    recipe: Recipe,
    load: Load,
    seeds: Sequence[int] = (0,),
    *,
    on_run: Callable[[str], None] | None = None,
    callbacks: Sequence[Callback] = (),
) -> TutorialOutcome:
    """Runs both variants of a tutorial.

    Args:
        recipe: the tutorial.
        load: gives the data set; it is asked once a variant.
        seeds: one training each.
        on_run: is told the name of every training before it starts.
        callbacks: who watches them.
    """

    def outcome(name: str, figures: Sequence[Figure]) -> Outcome:
        preset = recipe.presets[name]
        dataset = load(preset.validation)
        results: list[TrainingResult] = []
        for seed in seeds:
            if on_run is not None:
                on_run(f"{name}, seed {seed}")
            settings = replace(preset.settings, seed=seed)
            results.append(train(dataset, settings, callbacks=callbacks))
        return _summarise(results, preset, figures)

    reproduced = outcome(f"{recipe.name}-as-published", recipe.figures)
    return TutorialOutcome(recipe, reproduced, outcome(recipe.name, ()))


def _summarise(
    results: Sequence[TrainingResult], preset: Preset, figures: Sequence[Figure]
) -> Outcome:
    first = results[0]
    n = len(first.dataset.test)
    accuracies = tuple(result.test_accuracy for result in results)
    mean = float(np.mean(accuracies))
    speed = float(np.mean([result.images_per_second for result in results]))
    last = [result.history[-1].validation_accuracy for result in results]
    return Outcome(
        test_accuracies=accuracies,
        test_accuracy=mean,
        test_interval=wilson_interval(round(mean * n), n),
        test_images=n,
        test_watched=first.test_watched,
        train_images=len(first.dataset.train),
        validation_accuracy=None if None in last else float(np.mean(last)),
        train_seconds=float(np.mean([result.train_seconds for result in results])),
        images_per_second=speed,
        steps_per_second=speed / preset.settings.batch_size,
        figures=tuple(_spread(figure, results) for figure in figures),
    )


def _spread(figure: Figure, results: Sequence[TrainingResult]) -> Reproduced:
    """The figure over the seeds; of a run with more epochs than were printed, the first ones."""
    compute = MEASURES[figure.measure].compute
    values = np.array([compute(result) for result in results])
    if figure.published:
        values = values[:, : len(figure.published)]
    mean, low, high = values.mean(axis=0), values.min(axis=0), values.max(axis=0)
    return Reproduced(figure, tuple(mean.tolist()), tuple(low.tolist()), tuple(high.tolist()))


def _plain(outcome: Outcome, settings: dict[str, Any]) -> dict[str, Any]:
    plain = asdict(replace(outcome, figures=()))
    plain["test_interval"] = list(outcome.test_interval)
    plain["test_accuracies"] = list(outcome.test_accuracies)
    plain["figures"] = {
        measured.figure.measure: {
            "what": measured.figure.what,
            "mean": list(measured.mean),
            "low": list(measured.low),
            "high": list(measured.high),
            "accepted": [list(interval) for interval in measured.figure.accepted],
            "within": list(measured.within),
        }
        for measured in outcome.figures
    }
    plain["settings"] = settings
    return plain
