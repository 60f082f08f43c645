"""Rows of the table of docs/handwriting.md, each with its target and its 95 % interval."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkling._types import ByteArray, FloatArray, IntArray
from inkling.model.metrics import wilson_interval
from inkling.recognize.recognizer import Recognizer

BoolArray = NDArray[np.bool_]


class Row(NamedTuple):
    """A row as text: what was read, what was measured, and the result."""

    material: str
    measure: str
    target: str
    reached: str
    interval: str = ""
    n: str = ""


def _interval(low: float, high: float) -> str:
    return f"{100 * low:.2f} … {100 * high:.2f}"


def share_row(material: str, measure: str, hits: BoolArray, target: str = "") -> Row:
    """A share of images with its Wilson interval."""
    interval = _interval(*wilson_interval(int(hits.sum()), len(hits)))
    reached = f"{100 * hits.mean():.2f} %"
    return Row(material, measure, target, reached, interval, f"{len(hits):,}")


def difference_row(
    material: str, measure: str, one: BoolArray, other: BoolArray, target: str = ""
) -> Row:
    """The difference between the first and the second share, for the same images.

    Only images on which the two differ count; their number has the variance of a count.
    """
    points = float(one.mean() - other.mean())
    margin = 1.96 * float(np.sqrt((one != other).sum())) / len(one)
    interval = _interval(points - margin, points + margin)
    return Row(material, measure, target, f"{100 * points:.2f} points", interval, f"{len(one):,}")


def expected_calibration_error(confidence: FloatArray, right: BoolArray, bins: int = 15) -> float:
    """Returns the mean distance between confidence (N,) and accuracy.

        ECE = Σₘ (|Bₘ| / N) · |share of Bₘ that is right − mean confidence in Bₘ|

    Bₘ holds the answers whose confidence is in ((m − 1) / M, m / M]. See Naeini, Cooper and Hauskrecht,
    "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.
    """
    place = np.maximum(np.ceil(confidence * bins).astype(int) - 1, 0)
    return float(np.abs(np.bincount(place, confidence - right)).sum() / len(confidence))


def calibration_row(material: str, confidence: FloatArray, right: BoolArray, target: str) -> Row:
    """The expected calibration error; its interval is found by resampling the images."""
    rng = np.random.default_rng(0)
    n = len(right)
    samples = [rng.integers(0, n, n) for _ in range(200)]
    errors = [expected_calibration_error(confidence[i], right[i]) for i in samples]
    low, high = (float(error) for error in np.quantile(errors, [0.025, 0.975]))
    reached = f"{100 * expected_calibration_error(confidence, right):.2f} %"
    return Row(material, "calibration error", target, reached, _interval(low, high), f"{n:,}")


class Answers(NamedTuple):
    """The answers to N images of one digit each, as arrays (N,)."""

    labels: IntArray  # the truth
    best: IntArray  # the most probable digit, rejected or not; −1 without ink
    confidence: FloatArray  # its probability
    answered: BoolArray  # whether it was returned as the answer

    @property
    def found(self) -> BoolArray:
        """Whether the most probable digit is right, rejected or not."""
        found: BoolArray = self.best == self.labels
        return found

    @property
    def right(self) -> BoolArray:
        """Whether the digit was returned and is correct."""
        return self.answered & self.found


def read_all(recognizer: Recognizer, images: Iterable[ByteArray], labels: IntArray) -> Answers:
    """Reads images one by one, as a user's would be."""
    digits = [recognizer.read_digit(image) for image in images]
    best = [int(np.argmax(one.probabilities)) if any(one.probabilities) else -1 for one in digits]
    confidence = np.array([one.confidence for one in digits])
    return Answers(labels, np.array(best), confidence, np.array([not one.reason for one in digits]))


def in_order(read: str, written: str) -> int:
    """Returns how many characters of ``written`` are in ``read`` in the same order."""
    blocks = SequenceMatcher(None, read, written, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)
