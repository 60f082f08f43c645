"""``inkling evaluate``: the accuracy of a model on a test set, and its mistakes."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import complain
from inkling._text import printable
from inkling.cli.inputs import ModelArgument, check_data_fits, load_data, read_model, say_notes
from inkling.cli.output import JsonOption, print_json, results_table, say, show, with_interval
from inkling.errors import DataError

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset
    from inkling.model.model import Classifier


def evaluate(
    model: ModelArgument = None,
    data: Annotated[
        str | None,
        typer.Option(help="The data to test on (default: the test set of what it was trained on)."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Test a model: accuracy with its interval, loss, recall per class, confusion matrix."""
    chosen = read_model(model)
    source = _recorded_source(chosen) if data is None else data
    dataset = load_data(source).unseen_by(chosen)
    if set(dataset.classes) <= set(chosen.classes):  # some of them, or in another order
        dataset = dataset.with_classes(chosen.classes)
    result = _measure(chosen, dataset)
    say_notes(dataset)
    if json:
        print_json(result)
        return
    _print(result, dataset)
    if chosen.manifest.get("results", {}).get("test_watched"):
        say("The test set was measured after every epoch of this model's training.")


def _recorded_source(model: Classifier) -> str:
    """Returns the name or path of the data whose test set belongs to what a model was trained on."""
    from inkling.data.readers.named import NAMES

    source: str = model.manifest.get("dataset", {}).get("source", "")
    if not source:
        got = "a model that does not record what it was trained on"
        raise DataError(complain("evaluate", "data to test on", got, "name them with --data"))
    source = str(source)
    if source not in NAMES and not Path(source).exists():
        expected, got = "what the model was trained on", f"{source}, which does not exist"
        raise DataError(complain("evaluate", expected, got, "if it has moved, name it with --data"))
    return "mnist" if source == "mnist+pen" else source  # the same test set, and nothing to draw


def _measure(model: Classifier, dataset: Dataset) -> dict[str, Any]:
    from inkling.model.metrics import per_class
    from inkling.training.engine.prediction import is_worth_compiling
    from inkling.training.engine.threads import available_cores, blas_threads

    test = dataset.test
    if not len(test):
        raise DataError(complain("data", "a test set of at least one image", "none"))
    check_data_fits(model, dataset.classes, test.images.shape[1:])
    if is_worth_compiling(model, len(test)):
        model = model.compiled()
    # With the threads of the run, the last digits of the loss are those that it recorded.
    threads, most = model.manifest.get("threads"), available_cores()
    if not isinstance(threads, int) or not 1 <= threads <= most:
        threads = most
    with blas_threads(threads):
        outcome = model.evaluate(test)
    scores = per_class(outcome.confusion)
    columns = (scores.count.tolist(), scores.precision.tolist(), scores.recall.tolist())
    return {
        "accuracy": outcome.accuracy,
        "interval": list(outcome.interval),
        "n": outcome.n,
        "loss": outcome.loss,
        "per_class": [
            {"class": name, "count": count, "precision": precision, "recall": recall}
            for name, count, precision, recall in zip(model.classes, *columns, strict=True)
        ],
        "confusion": outcome.confusion.tolist(),
    }


def _print(result: dict[str, Any], dataset: Dataset) -> None:
    accuracy = with_interval(result["accuracy"], result["interval"], result["n"])
    show(f"Accuracy on {printable(dataset.title)}: {accuracy}")
    show(f"Mean loss {result['loss']:.4f}")
    mistaken = "most often mistaken for"
    table = results_table(
        "class", "images", "recall %", "precision %", mistaken, left={"class", mistaken}
    )
    rows = zip(result["per_class"], result["confusion"], strict=True)
    for row, counts in rows:
        # A class that was never predicted has no precision.
        shares = (
            "–" if isnan(row[key]) else f"{100 * row[key]:.2f}" for key in ("recall", "precision")
        )
        others = zip(dataset.classes, counts, strict=True)
        wrong = [(name, count) for name, count in others if count and name != row["class"]]
        wrong.sort(key=lambda pair: -pair[1])
        mistakes = ", ".join(f"{printable(name)} ({count})" for name, count in wrong[:3])
        table.add_row(printable(row["class"]), f"{row['count']:,}", *shares, mistakes)
    show(table)
