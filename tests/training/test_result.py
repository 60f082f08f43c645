"""The data of a report, from a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import entropy

from inkling.data.dataset import Dataset
from inkling.training.result import TrainingResult, report_of
from inkling.training.run import train


@pytest.fixture(scope="module")
def result(strokes: Dataset) -> TrainingResult:
    """A run with random answers on the test set, coarse enough for equal confidences."""
    probabilities = np.random.default_rng(0).integers(0, 6, (53, 10)) / 5
    trained = train(strokes, hidden=(9,), epochs=1, label_smoothing=0.1)
    return replace(trained, test_probabilities=probabilities)


def test_the_most_confident_mistakes_come_first(result: TrainingResult) -> None:
    """At most 25 of them, found by a plain search; equal ones keep the order of the test set."""
    test, rows = result.dataset.test, result.test_probabilities.tolist()
    answers = [row.index(max(row)) for row in rows]
    wrong = [k for k in range(53) if answers[k] != test.labels[k]]
    expected = sorted(wrong, key=lambda k: -max(rows[k]))[:25]
    found = report_of(result).mistakes
    assert [(mistake.truth, mistake.answer, mistake.confidence) for mistake in found] == [
        (str(test.labels[k]), str(answers[k]), max(rows[k])) for k in expected
    ]
    for mistake, k in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mistake.image, test.images[k])


def test_a_result_draws_itself(result: TrainingResult) -> None:
    """Its report, and the curves of its history, with the values of the run."""
    pytest.importorskip("matplotlib")
    report, curves = result.report(), result.history.plot()
    labels = [axes.get_label() for axes in report.axes]
    assert labels == ["loss", "accuracy", "confusion", "mistakes", "weights"]
    assert [axes.get_label() for axes in curves.axes] == ["loss", "accuracy"]
    for figure in (report, curves):
        drawn = figure.axes[0].lines[0].get_ydata()
        np.testing.assert_array_equal(drawn, result.history.column("train_loss"))


def test_the_values_are_those_of_the_run(result: TrainingResult) -> None:
    """The confusion matrix counts every answer, and the least loss is the entropy of a target."""
    report, labels = report_of(result), result.dataset.test.labels
    answers = result.test_probabilities.argmax(axis=1)
    for truth, answer in np.ndindex(10, 10):
        count = np.sum((labels == truth) & (answers == answer))
        assert report.confusion[truth, answer] == count
    assert report.weights.shape == (784, 9)
    assert report.image_shape == (28, 28)
    assert report.least_loss == pytest.approx(entropy([0.91] + 9 * [0.01]))
