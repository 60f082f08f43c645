"""The outcome of a run, and the data of its report: everything that ``plots/report.py`` draws."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inkling._checks import Guided
from inkling._types import FloatArray
from inkling.data.dataset import Dataset
from inkling.model.metrics import confusion_matrix, most_confident_mistakes
from inkling.model.model import Model
from inkling.plots.report import MISTAKES, Mistake, Report, report_figure
from inkling.training.history import History
from inkling.training.settings import TrainingSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


INSTEAD = {
    **dict.fromkeys(("accuracy", "score"), "use test_accuracy"),
    **{name: f"use model.{name}" for name in ("predict", "evaluate", "save")},
    "loss": "use test_loss",
    "plot": "use history.plot() or report()",
}
"""What other libraries call something else."""


@dataclass(frozen=True, repr=False)
class TrainingResult(Guided, instead=INSTEAD):
    """The outcome of a run.

    Attributes:
        model: the trained model.
        history: one record per epoch.
        test_accuracy: the share of the test set classified correctly, at the end.
        test_interval: its 95 % Wilson interval [low, high].
        test_loss: the mean cross-entropy of the test images' calibrated probabilities, without label
            smoothing, as of ``Model.evaluate``.
        test_probabilities: these probabilities (N, C).
        train_seconds: the training time of all epochs, without validation.
        images_per_second: samples trained on per second.
        dataset: the data set it was trained and tested on.
        run: the run directory; None if none was given.
    """

    model: Model
    history: History
    test_accuracy: float
    test_interval: tuple[float, float]
    test_loss: float
    test_probabilities: FloatArray
    train_seconds: float
    images_per_second: float
    dataset: Dataset
    run: Path | None

    def __repr__(self) -> str:
        low, high = (f"{100 * end:.2f}" for end in self.test_interval)
        return (
            f"TrainingResult({self.model.summary}; {100 * self.test_accuracy:.2f} % of "
            f"{len(self.test_probabilities):,} test images, 95 % interval {low} to {high} %)"
        )

    def report(self) -> Figure:
        """Draws the curves, the confusion matrix and the mistakes on one page.

        Returns:
            A Matplotlib figure, which a notebook shows; ``figure.savefig("report.png")`` writes it.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        return report_figure(report_of(self))


def report_of(result: TrainingResult) -> Report:
    """Collects the data of a finished run."""
    test, probabilities = result.dataset.test, result.test_probabilities
    answers, classes = probabilities.argmax(axis=1), result.dataset.classes
    settings = TrainingSettings.from_manifest(result.model.manifest.get("settings", {}))
    mistakes = [
        Mistake(
            image=test.images[row],
            truth=classes[test.labels[row]],
            answer=classes[answers[row]],
            confidence=float(probabilities[row, answers[row]]),
        )
        for row in most_confident_mistakes(test.labels, probabilities, MISTAKES)
    ]
    return Report(
        dataset=result.dataset.title,
        architecture=result.model.summary,
        history=result.history,
        train_seconds=result.train_seconds,
        classes=classes,
        confusion=confusion_matrix(test.labels, answers, len(classes)),
        interval=result.test_interval,
        mistakes=mistakes,
        weights=result.model.network.parameters["dense1.weights"],
        image_shape=result.model.image_shape,
        least_loss=settings.least_loss(len(classes)),
    )
