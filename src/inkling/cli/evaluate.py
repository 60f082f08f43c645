"""``inkling evaluate``: how often a model is right, and where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import complain
from inkling.cli.output import JsonOption, percent, print_json, say, show, with_interval
from inkling.errors import DataError

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset
    from inkling.model.model import Classifier


def evaluate(
    model: Annotated[
        Path | None,
        typer.Argument(help="A model file or run directory; the model that ships by default."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="What to test on; by default what it was trained on.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Test a model: accuracy with its interval, loss, per-class figures, confusion matrix."""
    from inkling.cli.models import load_chosen
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset

    chosen = load_chosen(model)
    recorded = str(chosen.manifest.get("dataset", {}).get("source", ""))
    source = data if data is not None else recorded or "mnist"
    with DownloadBar() as watcher:
        dataset = load_dataset(source, watcher=watcher)
    result = _measure(chosen, dataset)
    if json:
        print_json(result)
    else:
        _print(result, chosen.classes, dataset.name)
        if chosen.manifest.get("results", {}).get("test_watched"):
            say("This model's training watched the test set of its data after every epoch.")


def _measure(model: Classifier, dataset: Dataset) -> dict[str, Any]:
    from inkling.model.metrics import confusion_matrix, per_class, wilson_interval
    from inkling.training.settings import TrainingSettings

    if dataset.classes != model.classes:
        expected = f"data with the model's classes {', '.join(model.classes)}"
        raise DataError(complain("evaluate", expected, ", ".join(dataset.classes)))
    if not len(dataset.test):
        raise DataError(complain("evaluate", "a test set of at least one image", "none"))
    shape = dataset.test.images.shape[1:]
    if shape != model.image_shape:
        raise DataError(complain("evaluate", f"images of {model.image_shape} pixels", shape))
    settings = model.manifest.get("settings")
    loss = (TrainingSettings.from_dict(settings) if settings else TrainingSettings()).build_loss()
    test = dataset.test
    outcome = model.evaluate(test.images, test.labels, loss)
    answers = outcome.outputs.argmax(axis=1)
    confusion = confusion_matrix(test.labels, answers, len(model.classes))
    scores = per_class(confusion)
    right, n = int(confusion.trace()), len(test)
    return {
        "accuracy": right / n,
        "interval": list(wilson_interval(right, n)),
        "n": n,
        "loss": outcome.loss,
        "per_class": [
            {
                "class": name,
                "count": int(scores.count[c]),
                "precision": _number(scores.precision[c]),
                "recall": _number(scores.recall[c]),
            }
            for c, name in enumerate(model.classes)
        ],
        "confusion": confusion.tolist(),
    }


def _number(value: float) -> float | None:
    """JSON has no NaN: a precision of a class nobody answered is null."""
    return float(value) if value == value else None


def _likest(counts: list[int], index: int) -> list[int]:
    """Returns the up to three other classes that a class was taken for most often."""
    others = [c for c, count in enumerate(counts) if count and c != index]
    return sorted(others, key=lambda c: -counts[c])[:3]


def _print(result: dict[str, Any], classes: tuple[str, ...], name: str) -> None:
    from rich.table import Table

    figures = with_interval(result["accuracy"], result["interval"], result["n"])
    show(f"Accuracy on {name}: {figures}; mean loss {result['loss']:.4f}")
    table = Table("class", "images", "recall", "precision", "most often taken for")
    for row, counts in zip(result["per_class"], result["confusion"], strict=True):
        index = classes.index(row["class"])
        taken = ", ".join(f"{classes[other]} ({counts[other]})" for other in _likest(counts, index))
        shares = ["–" if row[key] is None else percent(row[key]) for key in ("recall", "precision")]
        table.add_row(row["class"], f"{row['count']:,}", *shares, taken)
    show(table)
