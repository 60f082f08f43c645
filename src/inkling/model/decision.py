"""From probabilities to an answer: a class, or the reason why there is none.

    28 × 28  →  model  →  probabilities, rejector's score  →  a class, or: empty, not a digit, unsure

A softmax assigns a class to a blank page and to a letter too. ``calibration.py`` makes its probabilities
match how often it is right, ``rejection.py`` scores how unlike a digit an image is; the two are combined
here. Next: ``recognize/recognizer.py``, which does the same for photographs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling._types import ByteArray, FloatArray, IntArray
from inkling.model.model import Classifier

EMPTY, NOT_A_DIGIT, UNSURE = "empty", "not_a_digit", "unsure"
LEAST_CONFIDENCE = 0.5
"""Below this the answer is more likely wrong than right."""
LEAST_SUM = 0.75
"""Without a rejector: if the two best classes together get less, the image is of no class."""
LEAST_SUM_ACCEPTED = 0.5
"""The same for an image that the rejector accepts: "7 or 3" at 12 and 11 % names neither."""
IF_REJECTED = 0.5
"""How probable it is that what is rejected as no digit is one after all. For 39 rejected drawings, 31 %
of the most probable digits were right, and the mean confidence times this share was 31 % too."""
SHARES: dict[str | None, float] = {EMPTY: 0.0, NOT_A_DIGIT: IF_REJECTED}
"""What the classes get together, if not 1."""


@dataclass(frozen=True)
class Answers:
    """The answers for B images."""

    probabilities: FloatArray
    """(B, C), calibrated; all 0 for an empty image, and 0.5 in total for what is not a digit."""
    label: IntArray
    """(B,), the number of the most probable class, even if the image is rejected."""
    confidence: FloatArray
    """(B,), its probability."""
    names: tuple[str | None, ...]
    """The class that was read; None if the image is rejected."""
    reasons: tuple[str | None, ...]
    """Why there is no answer: "empty", "not_a_digit" or "unsure"; None if there is one."""
    candidates: tuple[tuple[str, ...], ...]
    """For an unsure answer the two most probable classes, the first first; else none."""
    margins: FloatArray | None
    """(B,), the rejector's score less its threshold; None without a rejector."""


def classify(model: Classifier, pixels: ByteArray) -> Answers:
    """Classifies normalized images (B, H, W), or gives the reason why there is no answer.

    In this order: no ink at all is "empty"; a score above the rejector's threshold is "not_a_digit"; a
    confidence below 0.5 is "unsure". An unsure image is "not_a_digit" if even its two best classes
    together get less than 0.75, or less than 0.5 if a rejector accepts it.

    The classes of what is not a digit share a probability of 0.5, so that none of them has the
    confidence of an answer; the rest is the probability that it is none of them.
    """
    probabilities, scores = model.answer(pixels)
    confidence = probabilities.max(axis=1)
    unsure = confidence < LEAST_CONFIDENCE
    two_best = np.sort(probabilities, axis=1)[:, -2:].sum(axis=1)
    margins = None
    if model.rejector is not None and scores is not None:
        margins = scores - model.rejector.threshold
        rejected = (margins > 0) | unsure & (two_best < LEAST_SUM_ACCEPTED)
    else:
        rejected = unsure & (two_best < LEAST_SUM)
    reasons = [
        EMPTY if not image.any() else NOT_A_DIGIT if out else UNSURE if doubtful else None
        for image, out, doubtful in zip(pixels, rejected, unsure, strict=True)
    ]
    label = probabilities.argmax(axis=1)
    share = np.array([SHARES.get(reason, 1.0) for reason in reasons], probabilities.dtype)
    candidates = [
        tuple(model.classes[k] for k in descending(row)[:2]) if reason == UNSURE else ()
        for row, reason in zip(probabilities, reasons, strict=True)
    ]
    return Answers(
        probabilities=probabilities * share[:, np.newaxis],
        label=label,
        confidence=confidence * share,
        names=tuple(
            None if reason else model.classes[k] for k, reason in zip(label, reasons, strict=True)
        ),
        reasons=tuple(reasons),
        candidates=tuple(candidates),
        margins=margins,
    )


def descending(numbers: FloatArray) -> IntArray:
    """Returns the indices of numbers (C,) from the largest down; the first of equals, like argmax."""
    return (-numbers).argsort(kind="stable")
