"""What the authors measured, computed from a run: accuracies, and losses as each of them defined it.

Each measure takes the result of a training run and gives one value an epoch, or a single one. Two of the
published figures are not what their name says, and are reproduced as they were: tutorial 0 trains with
the softmax cross-entropy and reports the two-sided one (a setting, ``reported_loss``), and tutorial 3
evaluates with a softmax that sums over the images (``softmax_over_images``, below). Next:
``reproduce.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inkling._types import FloatArray, IntArray
from inkling.data.split import Split
from inkling.model.evaluate import predict
from inkling.nn.activations import Identity
from inkling.nn.network import Network
from inkling.training.run import TrainingResult

ABOVE_ZERO = 1e-9
"""What tutorial 3 adds to a probability before it takes the logarithm."""


@dataclass(frozen=True)
class Measure:
    """How a figure is computed from a run.

    Attributes:
        compute: from the run to one value an epoch, or to a single one.
        is_share: whether it is an accuracy in [0, 1]; else it is a loss.
        on_test: whether it is measured on the test set.
    """

    compute: Callable[[TrainingResult], tuple[float, ...]]
    is_share: bool
    on_test: bool


def softmax_over_images(scores: FloatArray) -> FloatArray:
    """Normalises each class over all images, where it should be each image over all classes.

        a_nk = e^(z_nk − m) / Σ_i e^(z_ik − m),  m the largest of all z

    Right for one image as a column (C, 1), and wrong, without any complaint, for a matrix (N, C): the
    columns sum to 1 and the rows do not. The answer is then the class in which an image stands out from
    the other images, not the one that it is most like.

    Args:
        scores: the logits z (N, C).

    Returns:
        (N, C), float64.

    Example:
        >>> softmax_over_images(np.log([[1.0, 6.0], [3.0, 2.0]]))
        array([[0.25, 0.75],
               [0.75, 0.25]])
    """
    exponentials = np.exp(scores.astype(np.float64) - scores.max())
    normalised: FloatArray = exponentials / exponentials.sum(axis=0)
    return normalised


def over_images_accuracy(scores: FloatArray, labels: IntArray) -> float:
    """The share of images whose largest entry after ``softmax_over_images`` is their label's.

    Args:
        scores: the logits z (N, C).
        labels: (N,), whole numbers in [0, C).
    """
    return float((softmax_over_images(scores).argmax(axis=1) == labels).mean())


def over_images_loss(scores: FloatArray, labels: IntArray) -> float:
    """The sum that tutorial 3 prints as its loss: − Σ_n log(a_n,label + 1e-9), a over the images.

    As a column sums to 1 over N images, a is about 1 / N and the sum about N log N, whatever the network
    has learnt.

    Args:
        scores: the logits z (N, C).
        labels: (N,), whole numbers in [0, C).
    """
    normalised = softmax_over_images(scores)
    return float(-np.log(normalised[np.arange(len(labels)), labels] + ABOVE_ZERO).sum())


def scores_of(result: TrainingResult, split: Split) -> FloatArray:
    """Computes the logits (N, C) of the trained network: all its layers but the output activation."""
    model = result.model
    without_output = Network([*model.network.layers[:-1], Identity()])
    return predict(without_output, split.images, model.scaling)


def _column(name: str) -> Callable[[TrainingResult], tuple[float, ...]]:
    return lambda result: tuple(result.history.column(name))


def _batch_loss(result: TrainingResult) -> tuple[float, ...]:
    """The sum over a batch, averaged over the batches: the mean over images times the batch size."""
    batch_size = result.model.manifest["settings"]["batch_size"]
    return tuple(loss * batch_size for loss in result.history.column("train_loss"))


def _test_over_images(result: TrainingResult) -> tuple[float, ...]:
    test = result.dataset.test
    return (over_images_accuracy(scores_of(result, test), test.labels),)


def _train_over_images(result: TrainingResult) -> tuple[float, ...]:
    train = result.dataset.train
    return (over_images_accuracy(scores_of(result, train), train.labels),)


def _train_loss_over_images(result: TrainingResult) -> tuple[float, ...]:
    train = result.dataset.train
    return (over_images_loss(scores_of(result, train), train.labels),)


MEASURES: dict[str, Measure] = {
    "test_accuracy": Measure(lambda result: (result.test_accuracy,), True, True),
    "test_accuracy_by_epoch": Measure(_column("test_accuracy"), True, True),
    "test_loss_by_epoch": Measure(_column("test_loss"), False, True),
    "train_accuracy_by_epoch": Measure(_column("train_accuracy"), True, False),
    "train_loss_by_epoch": Measure(_column("train_loss"), False, False),
    "train_batch_loss_by_epoch": Measure(_batch_loss, False, False),
    "test_accuracy_over_images": Measure(_test_over_images, True, True),
    "train_accuracy_over_images": Measure(_train_over_images, True, False),
    "train_loss_over_images": Measure(_train_loss_over_images, False, False),
}
