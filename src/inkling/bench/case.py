"""What a contender is: something that does a piece of work again and again, and can be checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from inkling._types import FloatArray


class Contest(NamedTuple):
    """A piece of work, ready to be done.

    Attributes:
        run: does it once; everything that is prepared once has been.
        evidence: numbers that show after the first run that it was the same work as everyone's: how far
            each array of weights went, or how the probabilities are spread; None where nothing can.
    """

    run: Callable[[], object]
    evidence: Callable[[], list[float]] | None = None


def distances(now: Sequence[FloatArray], first: Sequence[FloatArray]) -> list[float]:
    """Returns how far each array of weights went, ‖W − W₀‖."""
    pairs = zip(now, first, strict=True)
    return [float(np.linalg.norm(one - other)) for one, other in pairs]


def spread(probabilities: FloatArray) -> list[float]:
    """Returns the mean probability of each class, and the mean of the largest ones."""
    return [*probabilities.mean(axis=0).tolist(), float(probabilities.max(axis=1).mean())]
