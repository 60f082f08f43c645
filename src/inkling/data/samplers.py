"""Samplers: the order in which an epoch visits the samples.

The training loop draws no random numbers for the order itself. It calls ``next`` once per epoch, and a
checkpoint stores ``state``, so that a resumed run continues with the same orders.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from inkling._checks import check_range
from inkling._types import IntArray


class Sampler(ABC):
    """Produces one order of N samples per epoch."""

    def __init__(self, n_samples: int) -> None:
        check_range(type(self).__name__, "n_samples", n_samples, low=1, whole=True)
        self.n_samples = n_samples

    @abstractmethod
    def next(self) -> IntArray:
        """Returns the row numbers (N,) in the order of the next epoch."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Returns the state as plain data for a checkpoint."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Restores what ``state`` returned."""


class RandomSampler(Sampler):
    """A new random permutation per epoch; nothing else should draw from its generator.

    Example:
        >>> sampler = RandomSampler(5, rng=np.random.default_rng(0))
        >>> sorted(sampler.next().tolist())
        [0, 1, 2, 3, 4]
    """

    def __init__(self, n_samples: int, *, rng: np.random.Generator) -> None:
        super().__init__(n_samples)
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


class SequentialSampler(Sampler):
    """The order of the file in every epoch, for data that is already shuffled and for comparisons."""

    def next(self) -> IntArray:
        """Returns 0 … N − 1."""
        return np.arange(self.n_samples)

    def state(self) -> dict[str, Any]:
        """Returns an empty dictionary: there is no state."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Does nothing: there is no state."""
