"""The data of a run's report: everything that ``plots/report.py`` draws on ``report.png``."""

from __future__ import annotations

from inkling.model.metrics import confusion_matrix, most_confident_mistakes
from inkling.nn.losses import least_loss
from inkling.plots.report import MISTAKES, Mistake, Report
from inkling.training.run import TrainingResult


def report_of(result: TrainingResult) -> Report:
    """Collects the data of a finished run."""
    test, probabilities = result.dataset.test, result.test_probabilities
    answers, classes = probabilities.argmax(axis=1), result.dataset.classes
    smoothing = result.model.manifest["settings"]["label_smoothing"]
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
        dataset=result.dataset.name,
        architecture=result.model.summary,
        history=result.history,
        train_seconds=result.train_seconds,
        classes=classes,
        confusion=confusion_matrix(test.labels, answers, len(classes)),
        interval=result.test_interval,
        mistakes=mistakes,
        weights=result.model.network.parameters["dense1.weights"],
        image_shape=result.model.image_shape,
        least_loss=least_loss(smoothing, len(classes)),
    )
