"""In which order the samples are seen.

    order = orders.next()     one epoch: every row number once        → training/loop.py

Training draws nothing itself: it asks here for the next epoch's order, so that the same source gives
the same run, and a checkpoint can store the source's state and continue where it stopped. Next:
``scaling.py``, through which a batch of pixels becomes a batch of inputs.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from inkling._checks import check_range
from inkling._types import IntArray


class Sampler(Protocol):
    """A source of sample orders."""

    def next(self) -> IntArray:
        """Returns the row numbers (N,) in the order the next epoch sees them."""

    def state(self) -> dict[str, Any]:
        """Returns where the source stands, as plain data for a checkpoint."""

    def restore(self, state: dict[str, Any]) -> None:
        """Goes back to where ``state()`` was taken."""


class RandomSampler:
    """A new random order every epoch: each sample once, none twice.

    Args:
        n_samples: N.
        rng: the source of random numbers; nobody else should draw from it.

    Example:
        >>> orders = RandomSampler(5, rng=np.random.default_rng(0))
        >>> sorted(orders.next().tolist())
        [0, 1, 2, 3, 4]
    """

    def __init__(self, n_samples: int, *, rng: np.random.Generator) -> None:
        check_range("RandomSampler", "n_samples", n_samples, low=1, whole=True)
        self.n_samples = n_samples
        self._rng = rng

    def next(self) -> IntArray:
        """Returns a random permutation of 0 … N − 1."""
        return self._rng.permutation(self.n_samples)

    def state(self) -> dict[str, Any]:
        """Returns the generator's state."""
        return dict(self._rng.bit_generator.state)

    def restore(self, state: dict[str, Any]) -> None:
        """Sets the generator's state."""
        self._rng.bit_generator.state = state


class SequentialSampler:
    """The order of the file, every epoch: for sets that are already mixed, and for comparisons.

    Example:
        >>> SequentialSampler(3).next()
        array([0, 1, 2])
    """

    def __init__(self, n_samples: int) -> None:
        check_range("SequentialSampler", "n_samples", n_samples, low=1, whole=True)
        self.n_samples = n_samples

    def next(self) -> IntArray:
        """Returns 0 … N − 1."""
        return np.arange(self.n_samples)

    def state(self) -> dict[str, Any]:
        """Returns nothing: there is no state."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Does nothing: there is no state."""
