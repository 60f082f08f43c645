"""Reproduces a tutorial, as published and corrected, and compares the outcome with what it printed.

    recipe, seeds → runs → measures → values with their spread, as plain data

The corrected networks are ordinary runs of ``training/run.py``. The results go to ``inkling tutorials``,
which shows them as a table or as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from inkling.data.dataset import Dataset
from inkling.model.metrics import interval_of
from inkling.training.callbacks import Callback
from inkling.training.result import TrainingResult
from inkling.training.run import train
from inkling.tutorials.measures import MEASURES
from inkling.tutorials.published_run import PublishedRun, run_published
from inkling.tutorials.recipe import CORRECTED, Metric, Recipe

Load = Callable[[int | None], Dataset]
"""Returns the data set with ``held_out`` training images held out; None for the default share."""


def reproduce(
    recipe: Recipe,
    load: Load,
    seeds: Sequence[int],
    on_run: Callable[[str], object],
    callbacks: Sequence[Callback] = (),
) -> dict[str, Any]:
    """Runs both variants of a tutorial with each seed; ``on_run`` gets the name of each run before it.

    Returns plain data for JSON: what was ``published``, ``reproduced`` and ``corrected``, each with its
    ``figures`` by measure, and whether all accepted intervals and the target were met (``all_met``).
    """
    published, corrected = recipe.as_published, recipe.corrected
    published_runs, corrected_runs = [], []
    dataset = load(0)
    for seed in seeds:
        on_run(f"{recipe.name}-as-published, seed {seed}")
        published_runs.append(run_published(dataset, published, seed, callbacks))
    dataset = load(None)
    for seed in seeds:
        on_run(f"{recipe.name}, seed {seed}")
        corrected_runs.append(train(dataset, corrected, seed=seed, callbacks=callbacks))
    figures = {metric.measure: _measure(metric, published_runs) for metric in recipe.metrics}
    outcome = _summarize(corrected_runs, corrected.batch_size)
    inside = all(all(figure["within"]) for figure in figures.values())
    special = asdict(published)
    return {
        "name": recipe.name,
        "title": recipe.title,
        "network": recipe.network,
        "published": {
            "figures": {
                metric.measure: {"what": metric.what, "values": list(metric.published)}
                for metric in recipe.metrics
                if metric.published
            },
            "train_seconds": recipe.published_seconds,
        },
        "reproduced": {
            **_summarize(published_runs, published.settings.batch_size),
            "test_watched": True,
            "figures": figures,
            "settings": {**special.pop("settings"), **special},
        },
        "corrected": {
            **outcome,
            "test_watched": False,
            "figures": {},
            "settings": {**corrected.to_dict(), **CORRECTED},
            "target": recipe.target,
            "changes": [
                {"what": what, "from": old, "to": new, "why": why}
                for what, old, new, why in recipe.changes
            ],
        },
        "defects": list(recipe.defects),
        "all_met": inside and outcome["test_accuracy"] >= recipe.target,
    }


def _summarize(runs: Sequence[PublishedRun | TrainingResult], batch_size: int) -> dict[str, Any]:
    """Returns means over the seeds, and the Wilson interval of a test set of this size."""
    first = runs[0]
    n = len(first.dataset.test)
    accuracies = [run.test_accuracy for run in runs]
    mean = float(np.mean(accuracies))
    speed = float(np.mean([run.history.images_per_second for run in runs]))
    last = [run.history[-1].validation_accuracy for run in runs]
    return {
        "test_accuracies": accuracies,
        "test_accuracy": mean,
        "test_interval": list(interval_of(mean, n)),
        "test_images": n,
        "train_images": len(first.dataset.train),
        "validation_accuracy": None if None in last else float(np.mean(last)),
        "train_seconds": float(np.mean([run.history.train_seconds for run in runs])),
        "images_per_second": speed,
        "steps_per_second": speed / batch_size,
    }


def _measure(metric: Metric, runs: Sequence[PublishedRun]) -> dict[str, Any]:
    """Measures a metric over the seeds: mean, lowest and highest, one value per epoch or a single one.

    Of runs with more epochs than were printed, only the first ones count.
    """
    values = np.array([MEASURES[metric.measure](run) for run in runs])
    if metric.published:
        values = values[:, : len(metric.published)]
    mean = values.mean(axis=0).tolist()
    pairs = zip(mean, metric.accepted, strict=True) if metric.accepted else ()
    return {
        "what": metric.what,
        "mean": mean,
        "low": values.min(axis=0).tolist(),
        "high": values.max(axis=0).tolist(),
        "accepted": [list(interval) for interval in metric.accepted],
        "within": [low <= value <= high for value, (low, high) in pairs],
    }
