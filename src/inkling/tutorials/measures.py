"""The authors' metrics, computed from a run: accuracies, and losses as each of them defined it.

Each measure takes a run as published and returns one value per epoch, or a single one. Two of the
published metrics differ from their names, and are reproduced as they were: tutorial 0 trains with
the softmax cross-entropy and reports the two-sided one (``Published.reported_loss``), and tutorial 3
evaluates with a softmax that sums over the images (``softmax_over_images``). Next: ``reproduce.py``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from inkling._types import FloatArray, IntArray
from inkling.data.split import Split
from inkling.model.evaluate import predict_in_batches
from inkling.tutorials.published_run import PublishedRun

ABOVE_ZERO = 1e-9
"""The constant that tutorial 3 adds to a probability before the logarithm."""

Measure = Callable[[PublishedRun], tuple[float, ...]]
"""From a run to one value per epoch, or to a single one."""


def softmax_over_images(scores: FloatArray) -> FloatArray:
    """Normalizes each class over all images, instead of each image over all classes.

        a_nk = e^(z_nk − m) / Σ_i e^(z_ik − m),  m the largest of all z

    Correct for one image as a column (C, 1), and wrong, without any error, for a matrix (N, C): the
    columns sum to 1 and the rows do not. The prediction is then the class for which an image scores high
    compared with other images, not the class with its highest score.
    """
    exponentials = np.exp(scores.astype(np.float64) - scores.max())
    normalized: FloatArray = exponentials / exponentials.sum(axis=0)
    return normalized


def over_images_accuracy(scores: FloatArray, labels: IntArray) -> float:
    """Returns the share of images whose largest entry after ``softmax_over_images`` is their label's."""
    return float((softmax_over_images(scores).argmax(axis=1) == labels).mean())


def over_images_loss(scores: FloatArray, labels: IntArray) -> float:
    """Computes what tutorial 3 prints as its loss: − Σ_n log(a_n,label + 1e-9), a over the images.

    Because a column sums to 1 over N images, a is about 1 / N and the sum about N log N, whatever the
    network has learned.
    """
    normalized = softmax_over_images(scores)
    return float(-np.log(normalized[np.arange(len(labels)), labels] + ABOVE_ZERO).sum())


def scores_of(run: PublishedRun, split: Split) -> FloatArray:
    """Computes the logits (N, C) of the trained network."""
    return predict_in_batches(run.network, split.images, run.scaling, logits=True)


def _column(name: str) -> Measure:
    return lambda run: tuple(run.history.column(name))


def _batch_loss(run: PublishedRun) -> tuple[float, ...]:
    """The sum over a batch, averaged over the batches: the mean over images times the batch size."""
    return tuple(loss * run.batch_size for loss in run.history.column("train_loss"))


def _over_images(compute: Callable[[FloatArray, IntArray], float], part: str) -> Measure:
    def measure(run: PublishedRun) -> tuple[float, ...]:
        split = getattr(run.dataset, part)
        return (compute(scores_of(run, split), split.labels),)

    return measure


MEASURES: dict[str, Measure] = {
    "test_accuracy": lambda run: (run.test_accuracy,),
    "test_accuracy_by_epoch": lambda run: run.test_accuracies,
    "test_loss_by_epoch": lambda run: run.test_losses,
    "train_accuracy_by_epoch": _column("train_accuracy"),
    "train_loss_by_epoch": _column("train_loss"),
    "train_batch_loss_by_epoch": _batch_loss,
    "test_accuracy_over_images": _over_images(over_images_accuracy, "test"),
    "train_accuracy_over_images": _over_images(over_images_accuracy, "train"),
    "train_loss_over_images": _over_images(over_images_loss, "train"),
}
"""The measures by name. Names begin with the data set; those with "accuracy" are shares in [0, 1]."""
