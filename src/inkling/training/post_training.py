"""What a model learns after its training: how sure it may be, and what it should refuse.

    validation images → temperature            training images and drawn figures → a unit that refuses

The network is left as it is; both are a few numbers beside it. ``calibration.py`` and ``nondigits.py``
have the formulas that use them, ``run.py`` calls this at the end of a run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from inkling._types import ByteArray, FloatArray
from inkling.data.augmentation.augment import AUGMENTATIONS
from inkling.data.dataset import Dataset
from inkling.data.synthetic.non_digits import draw_non_digits
from inkling.image.normalize import FIELD
from inkling.model.calibration import fit_temperature
from inkling.model.committee import CommitteeModel
from inkling.model.evaluate import BATCH
from inkling.model.model import Model
from inkling.model.rejection import Rejector, hidden_signals, hidden_units
from inkling.nn.activations import Softmax

AnyModel = TypeVar("AnyModel", Model, CommitteeModel)
SAMPLES = 6000
"""Digits, and as many figures, that the unit is learned from: 1,000 refuse 5 points less."""
ACCEPTED = 0.996
"""Share of the validation images that the unit must accept."""


def calibrate_model(model: AnyModel, dataset: Dataset) -> AnyModel:
    """Fits the temperature on the validation images.

    Args:
        model: the model.
        dataset: what it was trained on.

    Returns:
        The model with its temperature; as it was without validation images or without softmax, whose
        outputs alone are probabilities that sum to 1.
    """
    held_out = dataset.validation
    if not len(held_out) or not isinstance(model.network.output, Softmax):
        return model
    temperature = fit_temperature(model.predict_proba(held_out.images), held_out.labels)
    return replace(model, temperature=temperature)


def fit_rejector(model: Model, dataset: Dataset, *, rng: np.random.Generator) -> Model:
    """Finds the unit that tells digits from figures, and its threshold.

        w ∝ (C + v I)⁻¹ (m₁ − m₀)

    m₀ and m₁ are the mean hidden signals of digits and of figures, C is their covariance about their own
    means, v its mean on the diagonal: Fisher's discriminant. The v keeps it from leaning on directions
    that the samples happen not to use. The threshold is the score that ``ACCEPTED`` of the validation
    images stay below.

    Args:
        model: the model.
        dataset: what it was trained on.
        rng: the source of random numbers.

    Returns:
        The model with its unit; as it was where it has no hidden layer or no softmax, does not read
        digits in 28 × 28 pixels, or there are no validation images.

    Reference:
        Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7, 1936.
    """
    reads_digits = set(model.classes) <= set("0123456789") and model.image_shape == (FIELD, FIELD)
    able = isinstance(model.network.output, Softmax) and hidden_units(model.network)
    if not (reads_digits and able and len(dataset.validation)):
        return model
    count = min(SAMPLES, len(dataset.train))
    images = dataset.train.images[rng.permutation(len(dataset.train))[:count]]
    bent = AUGMENTATIONS["elastic"]
    assert bent is not None
    digits = _signals(model, bent(images, rng=rng))  # as other people write them
    figures = _signals(model, draw_non_digits(count, rng=rng))
    weights = fisher_direction(digits, figures)
    bias = float(digits.mean(axis=0) @ weights)
    scores = _signals(model, dataset.validation.images) @ weights - bias
    return replace(model, rejector=Rejector(weights, bias, threshold_for(scores)))


def threshold_for(scores: FloatArray) -> float:
    """Returns the threshold that ``ACCEPTED`` of some digits' scores (N,) stay below."""
    return float(np.quantile(scores, ACCEPTED))


def fisher_direction(first: FloatArray, second: FloatArray) -> FloatArray:
    """Computes the direction along which two groups lie furthest apart, for their spread.

        w = (C + v I)⁻¹ (m₁ − m₀) / s,    s such that (m₁ − m₀) · w = 1

    Args:
        first: (N, F), the group whose mean shall score 1 less.
        second: (M, F), the other.

    Returns:
        (F,).

    Example:
        >>> first = np.array([[0.0, 0.0], [0.0, 4.0], [1.0, 2.0], [-1.0, 2.0]])
        >>> fisher_direction(first, first + [2, 2]).round(3)  # C = diag(½, 2), v = 1¼
        array([0.325, 0.175])
    """
    centres = first.mean(axis=0), second.mean(axis=0)
    covariance = sum(
        (group - centre).T @ (group - centre)
        for group, centre in zip((first, second), centres, strict=True)
    ) / (len(first) + len(second))
    apart = centres[1] - centres[0]
    spread = np.trace(covariance) / len(covariance)
    covariance[np.diag_indices_from(covariance)] += spread
    weights: FloatArray = np.linalg.solve(covariance, apart)
    weights /= apart @ weights
    return weights


def _signals(model: Model, images: ByteArray) -> FloatArray:
    """Returns the hidden signals (N, F) of images, a few thousand at a time."""
    signals = np.empty((len(images), hidden_units(model.network)), model.network.dtype)
    for start in range(0, len(images), BATCH):
        part = images[start : start + BATCH]
        inputs = model.scaling(part.reshape(len(part), -1), model.network.dtype)
        saved = model.network.forward(inputs).saved
        signals[start : start + BATCH] = hidden_signals(model.network, saved)
    return signals
