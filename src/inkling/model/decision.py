"""From probabilities to an honest answer: the digit, or why there is none.

    28 × 28 → network → probabilities, non-digit score → a digit, or: empty, not a digit, unsure

A softmax always names a class, for a blank page and for a letter too. ``calibration.py`` makes its
probabilities honest, ``nondigits.py`` says what is no digit; here they become one answer.
``recognize.py`` comes next and gives it for pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._types import ByteArray, FloatArray, IntArray
from inkling.model.model import Model

EMPTY, NOT_A_DIGIT, UNSURE = "empty", "not_a_digit", "unsure"
LEAST_CONFIDENCE = 0.5
"""Below this the answer is more likely wrong than right."""
LEAST_SUM = 0.75
"""For a model without a non-digit unit: where two classes together get less, it is of no class."""


@dataclass(frozen=True)
class Answers:
    """What a model makes of B pictures.

    Attributes:
        probabilities: (B, C), calibrated: of the answers with 0.9, nine in ten are right.
        label: (B,), whole numbers, the most probable class, also where the answer is refused.
        confidence: (B,), its probability.
        reasons: why there is no answer: "empty", "not_a_digit", "unsure", or None where there is one.
        candidates: for an unsure answer the classes it lies between, such as "3 or 8"; else None.
    """

    probabilities: FloatArray
    label: IntArray
    confidence: FloatArray
    reasons: tuple[str | None, ...]
    candidates: tuple[str | None, ...]


def judge(model: Model, pixels: ByteArray) -> Answers:
    """Answers for normalised pictures, or says why not.

    In this order: no ink at all is "empty"; a score above the threshold of the model's non-digit unit is
    "not_a_digit"; a confidence below 0.5 is "unsure". A model without the unit has softmax alone to go
    by: then "not_a_digit" is where even the two best classes together get less than 0.75.

    Args:
        model: the model; nothing in it changes, so that threads may share it.
        pixels: (B, H, W), uint8, paper 0, as ``normalize`` gives them.

    Raises:
        ShapeError: the pixels are not uint8 of the model's shape.

    Example:
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((784, 10), rng=np.random.default_rng(0))
        >>> model = Model(network, tuple("0123456789"))
        >>> judge(model, np.zeros((3, 28, 28), np.uint8)).reasons
        ('empty', 'empty', 'empty')
    """
    probabilities, scores = model.answer(pixels)
    label, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    unsure = confidence < LEAST_CONFIDENCE
    if model.nondigits is not None and scores is not None:
        refused = scores > model.nondigits.threshold
    else:
        refused = unsure & (_two_best(probabilities) < LEAST_SUM)
    # From the weakest reason to the strongest, which is written last.
    reasons: list[str | None] = [None] * len(label)
    for reason, holds in (
        (UNSURE, unsure),
        (NOT_A_DIGIT, refused),
        (EMPTY, ~pixels.any(axis=(1, 2))),
    ):
        for place in np.flatnonzero(holds):
            reasons[place] = reason
    candidates = tuple(
        _between(row, model.classes) if reason == UNSURE else None
        for row, reason in zip(probabilities, reasons, strict=True)
    )
    return Answers(probabilities, label, confidence, tuple(reasons), candidates)


def _two_best(probabilities: FloatArray) -> FloatArray:
    best: FloatArray = np.sort(probabilities, axis=1)[:, -2:].sum(axis=1)
    return best


def _between(probabilities: FloatArray, classes: tuple[str, ...]) -> str:
    second, first = probabilities.argsort()[-2:]
    return f"{classes[first]} or {classes[second]}"
