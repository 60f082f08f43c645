"""Reads a finished run again, so that its report can be drawn once more."""

from __future__ import annotations

from pathlib import Path

from inkling._checks import complain
from inkling._files import HISTORY
from inkling.data.dataset import Dataset
from inkling.errors import RunError
from inkling.model.file import load_model
from inkling.model.manifest import FINISHED
from inkling.training.engine.threads import blas_threads
from inkling.training.history import History
from inkling.training.result import TrainingResult
from inkling.training.run_directory import RunDirectory


def read_result(run: str | Path, dataset: Dataset) -> TrainingResult:
    """Returns the outcome of a finished run from its directory and the data it was trained on.

    Raises:
        RunError: there is no finished run of one network.
        DataError: the data have changed since it was trained.
        ModelFileError: its model or history is damaged.
    """
    run = Path(run)
    manifest = RunDirectory(run).read_manifest()
    if manifest["status"] != FINISHED:
        expected, got = "a finished run", f"one that is {manifest['status']}"
        raise RunError(complain(f"run {run}", expected, got))
    model = load_model(run).require_single("report")
    dataset = dataset.unseen_by(model)
    if dataset.classes != model.classes:  # only some of them: the run started from a model
        dataset = dataset.with_classes(model.classes)
    test, seconds = dataset.test, manifest["results"]["train_seconds"]
    with blas_threads(manifest["threads"]):  # which the last digits depend on
        outcome = model.evaluate(test)
    history = _read_history(run / HISTORY, manifest["results"]["epochs"])
    return TrainingResult(
        model=model,
        history=history,
        test_accuracy=outcome.accuracy,
        test_interval=outcome.interval,
        test_loss=outcome.loss,
        test_probabilities=outcome.probabilities,
        train_seconds=seconds,
        images_per_second=history.images_per_second,
        dataset=dataset,
        run=run,
    )


def _read_history(path: Path, epochs: int) -> History:
    history = History()
    try:
        history = History.read(path)
        reason = f"{len(history)} epochs"
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error)
    if len(history) != epochs:
        expected = f"{epochs} epochs in {path.name}"
        raise RunError(complain(f"run {path.parent}", expected, reason.rstrip(".")))
    return history
