"""The data of a fit, and their rows as the network takes them: dense, and in its dtype.

Sparse arrays stay sparse; only the rows of a batch are filled out with zeros. Targets are (N, O) for
both estimators, as scikit-learn has them: a column for each output.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling._types import AnyArray, FloatArray, IntArray

SLICE = 2000
"""Rows predicted at a time: their activations stay in the cache, and sparse rows are filled out."""
DENSE_SLICE = 10_000
"""The same of rows that are dense already. BLAS's threads meet in every slice, which takes long beside
other processes: 10,000 images 40 ms in one slice and 59 in five, where one thread takes 25 in either."""


@dataclass(frozen=True)
class Samples:
    """Samples with their targets.

    Attributes:
        inputs: (N, I), a float array or a sparse one in rows (CSR).
        targets: (N, O), 0/1 for classes, else numbers.
        weights: (N,); None for equal ones.
    """

    inputs: Any
    targets: AnyArray
    weights: FloatArray | None = None

    def __len__(self) -> int:
        return int(self.inputs.shape[0])

    def part(self, rows: IntArray) -> Samples:
        """Returns some of the samples."""
        weights = None if self.weights is None else self.weights[rows]
        return Samples(self.inputs[rows], self.targets[rows], weights)


def dense_rows(inputs: Any, rows: slice | IntArray) -> AnyArray:
    """Returns some rows as a plain array.

    Example:
        >>> from scipy.sparse import csr_array
        >>> dense_rows(csr_array([[0.0, 2.0], [3.0, 0.0]]), slice(1, 2))
        array([[3., 0.]])
    """
    part = inputs[rows]
    dense: AnyArray = part if isinstance(part, np.ndarray) else part.toarray()
    return dense


def without_weightless(order: IntArray, batch_size: int, weights: FloatArray | None) -> IntArray:
    """Returns an order without the batches in which no sample counts; the others stay as they are.

    Args:
        order: row numbers (n,).
        batch_size: B.
        weights: of all samples; None for equal ones.

    Example:
        >>> without_weightless(np.arange(5), 2, np.array([1.0, 0.0, 0.0, 0.0, 2.0]))
        array([0, 1, 4])
    """
    if weights is None:
        return order
    starts = range(0, len(order), batch_size)
    batches = [order[start : start + batch_size] for start in starts]
    return np.concatenate([order[:0], *(batch for batch in batches if weights[batch].any())])


def slices(n_samples: int, *, dense: bool = False) -> Iterator[slice]:
    """Yields the rows 0 … N − 1 in slices of a size to predict at a time.

    Args:
        n_samples: N.
        dense: whether the rows need not be filled out; then slices are larger.

    Example:
        >>> list(slices(2500))
        [slice(0, 2000, None), slice(2000, 2500, None)]
    """
    size = DENSE_SLICE if dense else SLICE
    for start in range(0, n_samples, size):
        yield slice(start, min(start + size, n_samples))
