"""A case: a workload that one implementation has prepared, ready to be timed and checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from inkling._types import AnyArray, FloatArray
from inkling.bench.workloads import Workload


class Case(NamedTuple):
    """A prepared workload: ``run`` performs it once."""

    run: Callable[[], object]
    evidence: Callable[[], list[float]] | None = None
    """Returns numbers that must be equal for all implementations after the first run: how far each
    array of weights moved, or statistics of the probabilities."""


Prepare = Callable[[Workload, int], Case]
"""Prepares a case for a workload and a number of threads."""


def in_batches(
    workload: Workload, call: Callable[[Any], object], inputs: AnyArray
) -> Callable[[], None]:
    """Returns a function that calls ``call`` with each batch of the inputs in turn."""

    def run() -> None:
        for start in range(0, workload.samples, workload.batch_size):
            call(inputs[start : start + workload.batch_size])

    return run


def distances(now: Sequence[FloatArray], first: Sequence[FloatArray]) -> list[float]:
    """Returns how far each array of weights moved, ‖W − W₀‖."""
    pairs = zip(now, first, strict=True)
    return [float(np.linalg.norm(one - other)) for one, other in pairs]


def statistics_of(probabilities: FloatArray) -> list[float]:
    """Returns the mean probability of each class, and the mean of the largest probabilities."""
    return [*probabilities.mean(axis=0).tolist(), float(probabilities.max(axis=1).mean())]
