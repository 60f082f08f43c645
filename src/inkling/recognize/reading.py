"""What was read in an image, and what reading it did, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from inkling._types import ByteArray
from inkling.image.normalize import FIELD, Normalized
from inkling.image.page.components import Box
from inkling.image.page.lattice import Lattice
from inkling.image.page.segment import Segmentation


@dataclass(frozen=True)
class Digit:
    """What was read in one place.

    Attributes:
        digit: 0 to 9, or None if nothing could be read or the model's classes are not digits.
        reason: why there is no answer: "empty", "not_a_digit" or "unsure"; None if there is one.
        confidence: the calibrated probability of the most probable class; 0 without ink, below 0.5 if
            it is rejected.
        probabilities: the probability of each class; all 0 without ink, 0.5 in total for what is not a
            digit.
        box: (left, top, right, bottom) of what was read, in pixels of the upright image.
        row: the row of digits it is in, from 0.
        label: the name of the class that was read, for digits the digit; None if rejected.
        between: for an unsure answer the two most probable classes, "3 or 8".
        pixels: (28, 28), uint8, the input of the network.
    """

    digit: int | None
    reason: str | None
    confidence: float
    probabilities: tuple[float, ...]
    box: Box
    row: int = 0
    label: str | None = None
    between: str | None = None
    pixels: ByteArray = field(
        default_factory=lambda: np.zeros((FIELD, FIELD), dtype=np.uint8), compare=False, repr=False
    )

    @property
    def text(self) -> str:
        """What was read, or "?"."""
        return self.label or "?"

    @property
    def percent(self) -> str:
        """The confidence in percent, at most 99, because no answer is certain."""
        return f"{min(99, 100 * self.confidence):.0f}"

    def rejected(self, reason: str, share: float) -> Digit:
        """Returns the same without an answer, its probabilities multiplied by ``share``."""
        return replace(
            self,
            digit=None,
            label=None,
            reason=reason,
            confidence=share * self.confidence,
            probabilities=tuple(share * each for each in self.probabilities),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the answer as plain data for JSON; with its label if that is not a digit."""
        plain: dict[str, Any] = {
            "digit": self.digit,
            "reason": self.reason,
            "confidence": self.confidence,
            "box": list(self.box),
            "row": self.row,
        }
        if self.label is not None and self.digit is None:
            plain["label"] = self.label
        return plain


@dataclass(frozen=True)
class Reading:
    """What was read in an image: rows from top to bottom, each from left to right."""

    text: tuple[str, ...]  # one per row, with "?" for what was rejected
    digits: tuple[Digit, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the reading as plain data for JSON."""
        return {"text": list(self.text), "digits": [digit.to_dict() for digit in self.digits]}


@dataclass(frozen=True)
class DigitTrace:
    """What reading an image as one digit did; ``stages.py`` draws it."""

    gray: ByteArray  # (H, W), the upright image
    steps: Normalized
    digit: Digit

    @property
    def reading(self) -> Reading:
        """The digit as the only one of its image."""
        return Reading((self.digit.text,), (self.digit,))


@dataclass(frozen=True)
class PageTrace:
    """What reading a page did; ``stages.py`` draws it."""

    gray: ByteArray  # (H, W), the upright image
    found: Segmentation
    lattices: tuple[Lattice, ...]  # one per row, with all candidates that were weighed
    reading: Reading
