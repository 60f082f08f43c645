"""What is added to a trained network: a temperature, a rejector, and the mean image of each class.

    validation images → temperature            training images and drawn non-digits → rejector
    training images → mean of each class

The network is not changed; all three are stored with it. ``model/calibration.py`` and
``model/rejection.py`` have the formulas that use them; ``run.py`` calls this at the end of a run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from inkling._types import ByteArray, FloatArray
from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.data.synthetic.non_digits import draw_non_digits
from inkling.image.normalize import FIELD
from inkling.model.calibration import fit_temperature
from inkling.model.committee import CommitteeModel, log_of_mean
from inkling.model.evaluate import batches
from inkling.model.model import Model
from inkling.model.rejection import Rejector, hidden_units
from inkling.nn.activations import Softmax

AnyModel = TypeVar("AnyModel", Model, CommitteeModel)
SAMPLES = 6000
"""Digits, and as many non-digits, that a rejector is fitted to; with 1,000 it rejects 5 points less."""
ACCEPTED = 0.997
"""Share of the validation images that the rejector must accept."""
BLOCK = 1000
"""Images that are added up at a time."""


def calibrate_model(model: AnyModel, dataset: Dataset) -> AnyModel:
    """Returns the model with a temperature fitted to the validation images.

    It is unchanged without these, or if the output is not softmax, whose outputs sum to 1.
    """
    held_out = dataset.validation
    if not len(held_out) or not isinstance(model.network.output, Softmax):
        return model
    if isinstance(model, Model):
        logits = model.logits(held_out.images)
    else:
        uncalibrated = replace(model, temperature=1.0, rejector=None)
        logits = log_of_mean(uncalibrated.predict_proba(held_out.images))
    return replace(model, temperature=fit_temperature(logits, held_out.labels))


def fit_rejector(
    model: Model, dataset: Dataset, samples: int = SAMPLES, *, rng: np.random.Generator
) -> Model:
    """Returns the model with a rejector: the direction from digits to non-digits, and a threshold.

    It is fitted to so many training images at most, and as many drawn non-digits. The threshold is the
    score that ``ACCEPTED`` of the validation images stay below. The model is unchanged if it has no
    hidden layer or no softmax, does not read digits of 28 × 28 pixels, or has no validation images.
    """
    reads_digits = set(model.classes) <= set("0123456789") and model.image_shape == (FIELD, FIELD)
    able = isinstance(model.network.output, Softmax) and hidden_units(model.network)
    if not (reads_digits and able and len(dataset.validation)):
        return model
    images = dataset.train.images[rng.permutation(len(dataset.train))[:samples]]
    digits = _signals(model, images)
    non_digits = _signals(model, draw_non_digits(len(images), rng=rng))
    weights = fisher_direction(digits, non_digits)
    bias = float(digits.mean(axis=0) @ weights)
    scores = _signals(model, dataset.validation.images) @ weights - bias
    return replace(model, rejector=Rejector(weights, bias, threshold_for(scores)))


def class_means(training: Split, count: int) -> ByteArray | None:
    """Returns the rounded mean image of each of C classes (C, H, W); None if one has no image."""
    counts = np.bincount(training.labels, minlength=count)
    if not counts.all():
        return None
    sums = np.zeros((count, *training.images.shape[1:]), np.int64)
    for start in range(0, len(training), BLOCK):  # or images that are mapped would fill the memory
        images, labels = (
            part[start : start + BLOCK] for part in (training.images, training.labels)
        )
        for k in range(count):
            sums[k] += images[labels == k].sum(axis=0, dtype=np.int64)
    means: ByteArray = np.rint(sums / counts[:, np.newaxis, np.newaxis]).astype(np.uint8)
    return means


def threshold_for(scores: FloatArray) -> float:
    """Returns the threshold that ``ACCEPTED`` of some digits' scores (N,) stay below."""
    return float(np.quantile(scores, ACCEPTED))


def fisher_direction(first: FloatArray, second: FloatArray) -> FloatArray:
    """Returns the direction (F,) along which two groups (N, F) and (M, F) differ most.

        w = (C + v I)⁻¹ (m₁ − m₀) / s,    s such that (m₁ − m₀) · w = 1

    This is Fisher's discriminant: m₀ and m₁ are the means of the groups, C is the covariance about
    these, v the mean of its diagonal. The term v I keeps small weights on directions in which the
    samples happen not to vary.

    Reference:
        Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7, 1936.
    """
    means = first.mean(axis=0), second.mean(axis=0)
    covariance = sum(
        (group - mean).T @ (group - mean)
        for group, mean in zip((first, second), means, strict=True)
    ) / (len(first) + len(second))
    difference = means[1] - means[0]
    spread = np.trace(covariance) / len(covariance)
    covariance[np.diag_indices_from(covariance)] += spread
    weights: FloatArray = np.linalg.solve(covariance, difference)
    weights /= difference @ weights
    return weights


def _signals(model: Model, images: ByteArray) -> FloatArray:
    """Returns the hidden signals (N, F) of images, in batches."""
    signals = np.empty((len(images), hidden_units(model.network)), model.network.dtype)
    for rows in batches(len(images)):
        _, signals[rows] = model.logits_and_signals(images[rows])
    return signals
