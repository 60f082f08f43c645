"""Outputs, loss and accuracy on data that a network is not trained on.

    pixels  →  inputs  →  network, a few thousand rows at a time  →  outputs, mean loss, accuracy

``evaluate`` is for a network in training: after every epoch it measures the validation set with the
loss that is trained. ``evaluate_answers`` is for a finished classifier and its calibrated probabilities;
a run uses it once, at the end, for the test set.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from inkling._checks import check_shape, complain
from inkling._types import AnyArray, ByteArray, FloatArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.data.split import Split, check_images
from inkling.errors import DivergenceError, ShapeError
from inkling.model.metrics import confusion_matrix, wilson_interval
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError
from inkling.nn.network import Network
from inkling.nn.output import loss_and_delta

ADVICE = "its weights, or the inputs, are too large"
BATCH = 2000
"""Rows per batch: the activations of 10,000 images and 1,500 units would take 60 MB."""
LOSSES: dict[str, type[Loss]] = {"softmax": CrossEntropy, "sigmoid": BinaryCrossEntropy}
"""The loss by which a finished classifier is evaluated, by its output; others have the squared error."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a classifier does on labeled images.

    Attributes:
        accuracy: the share of the images whose most probable class is their label's.
        interval: its 95 % Wilson interval [low, high].
        confusion: (C, C), the number of images of class i that were classified as class j.
        loss: the mean cross-entropy of the calibrated probabilities, −log of the label's, without
            label smoothing. For sigmoid outputs it is the binary cross-entropy, for others that are not
            probabilities the squared error.
        n: the number of images.
        probabilities: (N, C), what ``predict_proba`` returns for them.
    """

    accuracy: float
    interval: tuple[float, float]
    confusion: NDArray[np.int64]
    loss: float
    n: int
    probabilities: FloatArray

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"Evaluation(accuracy {self.accuracy:.4f} in [{low:.4f}, {high:.4f}], "
            f"loss {self.loss:.4f}, n {self.n})"
        )


class Answer(NamedTuple):
    """What a classifier computes for a batch of images."""

    logits: FloatArray | None
    """(B, C), divided by the temperature; None if the probabilities are a mean of no softmax."""
    probabilities: FloatArray
    """(B, C), calibrated."""
    scores: FloatArray | None
    """(B,), the rejector's; None without one."""


@dataclass(frozen=True)
class Outcome:
    """The results of a network on a set of samples."""

    outputs: FloatArray
    """(N, O), probabilities with a softmax output."""
    loss: float
    accuracy: float | None
    """The share of samples whose largest output is their label's; None without labels."""


def predict_in_batches(
    network: Network, pixels: AnyArray, scaling: PixelScaling, *, logits: bool = False
) -> FloatArray:
    """Computes the outputs or the logits (N, O) for pixels (N, …), in batches.

    Raises:
        DivergenceError: an output is not finite.
    """
    compute = network.logits if logits else network.predict
    outputs = np.empty((len(pixels), network.outputs), network.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # the outputs are checked
        for rows in batches(len(pixels)):
            outputs[rows] = compute(scaled(pixels[rows], network, scaling))
    check_finite(outputs)
    return outputs


def evaluate(
    network: Network, pixels: AnyArray, targets: AnyArray, loss: Loss, scaling: PixelScaling
) -> Outcome:
    """Computes outputs, mean loss and accuracy for pixels (N, …), N at least 1.

    The targets are labels (N,) or (N, O).

    Raises:
        ShapeError: there are no samples, or the targets do not match them.
        DivergenceError: an output or the loss is not finite.
    """
    if not len(pixels):
        raise ShapeError(complain("evaluate", "at least one sample", "none"))
    outputs = np.empty((len(pixels), network.outputs), network.dtype)
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # the results are checked
        for rows in batches(len(pixels)):
            logits, outputs[rows], _ = network.forward(scaled(pixels[rows], network, scaling))
            # From the logits, as in training: outputs rounded to 0 or 1 would give another loss.
            part = loss_and_delta(network.output, loss, logits, outputs[rows], targets[rows])
            total += part.loss * len(logits)
    value = total / len(pixels)
    check_finite(outputs)
    if not math.isfinite(value):
        raise DivergenceError(complain("network", "a finite loss", value, ADVICE))
    right = outputs.argmax(axis=1) == targets if targets.ndim == 1 else None
    return Outcome(outputs, value, None if right is None else float(right.mean()))


class AnswersBatches(Protocol):
    """A model or a committee, as far as this module knows it."""

    @property
    def network(self) -> Network:
        """The network, or a committee's first."""

    def answer_batch(self, images: ByteArray) -> Answer:
        """Computes the answers to a batch of images (B, H, W)."""


def answer_in_batches(
    model: AnswersBatches, images: ByteArray
) -> tuple[FloatArray, FloatArray | None]:
    """Computes probabilities (N, C) and scores (N,) of images (N, H, W), in batches."""
    answers = [model.answer_batch(images[rows]) for rows in batches(len(images))]
    if len(answers) == 1:  # the usual case needs no copy
        return answers[0].probabilities, answers[0].scores
    scores = [answer.scores for answer in answers if answer.scores is not None]
    return (
        np.concatenate([answer.probabilities for answer in answers]),
        np.concatenate(scores) if scores else None,
    )


def evaluate_answers(model: AnswersBatches, images: ByteArray, labels: IntArray) -> Evaluation:
    """Evaluates a classifier on images (N, H, W) with labels (N,).

    Raises:
        ShapeError: there are no images, or the labels are not (N,) whole numbers in [0, C).
        DivergenceError: an output or the loss is not finite.
    """
    check_shape("evaluate", "labels", labels, (len(images),), "one per image")
    if not len(images):
        raise ShapeError(complain("evaluate", "at least one image", "none"))
    output = model.network.output
    loss, total, parts = LOSSES.get(output.kind, SquaredError)(), 0.0, []
    for rows in batches(len(images)):
        logits, probabilities, _ = model.answer_batch(images[rows])
        parts.append(probabilities)
        if logits is None:
            value = loss.value(probabilities, labels[rows])
        else:  # exact where a probability is rounded to 0 or 1
            value = loss_and_delta(output, loss, logits, probabilities, labels[rows]).loss
        total += value * len(probabilities)
    if not math.isfinite(total):
        raise DivergenceError(complain("network", "a finite loss", total, ADVICE))
    probabilities, n = np.concatenate(parts), len(images)
    confusion = confusion_matrix(labels, probabilities.argmax(axis=1), model.network.outputs)
    correct = int(confusion.trace())
    interval = wilson_interval(correct, n)
    return Evaluation(correct / n, interval, confusion, total / n, n, probabilities)


def images_and_labels(
    images: ByteArray | Split, labels: IntArray | None, who: str = "evaluate"
) -> tuple[ByteArray, IntArray]:
    """Returns the two arrays of a split, or those given; raises ShapeError if labels are missing."""
    if isinstance(images, Split) and labels is None:
        return images.images, images.labels
    if isinstance(images, Split) or labels is None:
        got = "no labels" if labels is None else "a split and labels"
        expected = "images and labels, or a split such as dataset.test"
        raise ShapeError(complain(who, expected, got))
    return images, np.asarray(labels)


def checked_images(images: ByteArray, shape: tuple[int, int]) -> ByteArray:
    """Returns the images as an array; raises ShapeError unless they are uint8 (N, H, W)."""
    try:
        images = np.asarray(images)  # of a list of images too
    except ValueError as error:
        raise ShapeError(complain("Model", "images of one size", "several sizes")) from error
    check_images("Model", images, shape)
    return images


def batches(n: int) -> Iterator[slice]:
    """Yields the rows of each batch of n, at least one batch, which may be empty."""
    for start in range(0, max(n, 1), BATCH):
        yield slice(start, min(start + BATCH, n))


def check_finite(outputs: FloatArray) -> None:
    """Raises DivergenceError unless all outputs are finite."""
    if not np.isfinite(outputs).all():
        raise DivergenceError(complain("network", "finite outputs", "NaN or infinity", ADVICE))


def scaled(pixels: AnyArray, network: Network, scaling: PixelScaling) -> FloatArray:
    """Returns the inputs (N, I) of a network for pixels (N, …)."""
    return scaling(pixels.reshape(len(pixels), math.prod(pixels.shape[1:])), network.dtype)
