"""``inkling evaluate``: the accuracy of a model on a test set, and its mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import complain
from inkling.cli.inputs import check_data_fits, loss_of, read_data, read_model
from inkling.cli.output import JsonOption, percent, print_json, say, show, with_interval
from inkling.errors import DataError

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset
    from inkling.model.model import Classifier


def evaluate(
    model: Annotated[
        Path | None,
        typer.Argument(help="A model file or run directory (default: the model that ships)."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="The data to test on (default: what it was trained on).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Test a model: accuracy with its interval, loss, recall per class, confusion matrix."""
    chosen = read_model(model)
    recorded = str(chosen.manifest.get("dataset", {}).get("source", ""))
    dataset = read_data(data if data is not None else recorded or "mnist")
    result = _measure(chosen, dataset)
    if json:
        print_json(result)
        return
    _print(result, dataset)
    if chosen.manifest.get("results", {}).get("test_watched"):
        say("The test set was measured after every epoch of this model's training.")


def _measure(model: Classifier, dataset: Dataset) -> dict[str, Any]:
    from inkling.model.metrics import confusion_matrix, per_class, wilson_interval

    test = dataset.test
    if not len(test):
        raise DataError(complain("data", "a test set of at least one image", "none"))
    check_data_fits(model, dataset.classes, test.images.shape[1:])
    outcome = model.evaluate(test.images, test.labels, loss_of(model))
    answers = outcome.outputs.argmax(axis=1)
    confusion = confusion_matrix(test.labels, answers, len(model.classes))
    scores, correct, n = per_class(confusion), int(confusion.trace()), len(test)
    columns = zip(
        model.classes,
        *(scores.count.tolist(), scores.precision.tolist(), scores.recall.tolist()),
        strict=True,
    )
    return {
        "accuracy": correct / n,
        "interval": list(wilson_interval(correct, n)),
        "n": n,
        "loss": outcome.loss,
        "per_class": [
            dict(zip(("class", "count", "precision", "recall"), row, strict=True))
            for row in columns
        ],
        "confusion": confusion.tolist(),
    }


def _print(result: dict[str, Any], dataset: Dataset) -> None:
    from rich.table import Table

    accuracy = with_interval(result["accuracy"], result["interval"], result["n"])
    show(f"Accuracy on {dataset.name}: {accuracy}; mean loss {result['loss']:.4f}")
    table = Table("class", "images", "recall", "precision", "most often taken for")
    rows = zip(result["per_class"], result["confusion"], strict=True)
    for index, (row, counts) in enumerate(rows):
        shares = (_share(row["recall"]), _share(row["precision"]))
        mistakes = _mistakes(dataset.classes, counts, index)
        table.add_row(row["class"], f"{row['count']:,}", *shares, mistakes)
    show(table)


def _share(value: float) -> str:
    """A share in percent; a dash for the precision of a class that was never an answer."""
    return "–" if value != value else percent(value)


def _mistakes(classes: tuple[str, ...], counts: list[int], index: int) -> str:
    """The up to three other classes for which a class was taken most often."""
    others = [c for c, count in enumerate(counts) if count and c != index]
    others.sort(key=lambda c: -counts[c])
    return ", ".join(f"{classes[c]} ({counts[c]})" for c in others[:3])
