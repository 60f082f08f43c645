"""Figures from answers: one row of the table each, with its target and its interval.

``handwriting.py`` collects the answers and prints the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling._types import FloatArray, IntArray
from inkling.model.metrics import wilson_interval
from inkling.recognize.recognizer import Digit

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        material: what was read.
        measure: what was measured.
        reached: the figure.
        unit: "%", "points", "ms" or "×".
        target: what it should be at least, or at most; None where nothing was set.
        at_most: whether the target is an upper limit.
        interval: the 95 % interval of the figure, in the same unit.
        n: how many pictures.
    """

    material: str
    measure: str
    reached: float
    unit: str = "%"
    target: float | None = None
    at_most: bool = False
    interval: tuple[float, float] | None = None
    n: int | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return bool(self.reached <= self.target if self.at_most else self.reached >= self.target)

    def cells(self) -> dict[str, str]:
        """Returns it as people read it, by column."""
        sign = "≤" if self.at_most else "≥"
        return {
            "material": self.material,
            "measure": self.measure,
            "target": "" if self.target is None else f"{sign} {self.target:g}",
            "reached": f"{self.reached:.2f} {self.unit}",
            "95 % interval": ""
            if self.interval is None
            else "{:.2f} … {:.2f}".format(*self.interval),
            "n": "" if self.n is None else f"{self.n:,}",
            "met": {None: "", True: "yes", False: "no"}[self.met],
        }

    def to_dict(self) -> dict[str, Any]:
        """Returns it as plain data for JSON."""
        return {**asdict(self), "met": self.met}


def share_row(material: str, measure: str, hits: BoolArray, target: float | None = None) -> Row:
    """A share of pictures in per cent, with its Wilson interval."""
    low, high = wilson_interval(int(hits.sum()), len(hits))
    reached = 100 * float(hits.mean())
    return Row(
        material, measure, reached, target=target, interval=(100 * low, 100 * high), n=len(hits)
    )


def expected_calibration_error(confidence: FloatArray, right: BoolArray, bins: int = 15) -> float:
    """Returns the mean distance between confidence (N,) and accuracy.

        ECE = Σₘ (|Bₘ| / N) · |share of Bₘ that is right − mean confidence in Bₘ|

    Bₘ holds the answers whose confidence is in ((m − 1) / M, m / M]. By chance, perfectly calibrated
    answers still give about 0.8 · Σₘ √(|Bₘ| · cₘ (1 − cₘ)) / N, with cₘ the mean confidence in Bₘ.

    Reference:
        Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
        binning", AAAI 2015.
    """
    place = np.maximum(np.ceil(confidence * bins).astype(int) - 1, 0)
    return float(np.abs(np.bincount(place, confidence - right)).sum() / len(confidence))


def calibration_row(
    material: str, confidence: FloatArray, right: BoolArray, target: float | None
) -> Row:
    """The expected calibration error in per cent; its interval by drawing the pictures again."""
    rng = np.random.default_rng(0)
    n = len(right)
    again = [rng.integers(0, n, n) for _ in range(200)]
    errors = [expected_calibration_error(confidence[i], right[i]) for i in again]
    low, high = np.quantile(errors, [0.025, 0.975])
    return Row(
        material,
        "calibration error",
        100 * expected_calibration_error(confidence, right),
        target=target,
        at_most=True,
        interval=(100 * float(low), 100 * float(high)),
        n=n,
    )


@dataclass(frozen=True)
class Read:
    """What was answered to a set of digits with known labels.

    Attributes:
        labels: (N,), the truth.
        best: (N,), the likeliest digit, refused or not; −1 where nothing was seen.
        confidence: (N,), its probability.
        answered: (N,), whether it was given as the answer.
    """

    labels: IntArray
    best: IntArray
    confidence: FloatArray
    answered: BoolArray

    @classmethod
    def of(cls, labels: IntArray, digits: Sequence[Digit]) -> Read:
        """Collects what ``read_digit`` said."""
        best = [int(np.argmax(d.probabilities)) if any(d.probabilities) else -1 for d in digits]
        return cls(
            labels,
            np.array(best),
            np.array([digit.confidence for digit in digits]),
            np.array([digit.reason is None for digit in digits]),
        )

    @property
    def right(self) -> BoolArray:
        """Whether the answer was given and is right."""
        right: BoolArray = self.answered & (self.best == self.labels)
        return right


def in_order(read: str, written: str) -> int:
    """How many characters of ``written`` stand in ``read`` in the same order: the longest such row.

    Example:
        >>> in_order("12x4", "1234")
        3
    """
    longest = [0] * (len(written) + 1)
    for character in read:
        before = 0
        for place, wanted in enumerate(written, start=1):
            diagonal, before = before, longest[place]
            longest[place] = (
                diagonal + 1 if character == wanted else max(longest[place], longest[place - 1])
            )
    return longest[-1]
