"""The least time that the arithmetic of a piece of work can take here.

floor = operations / rate,   rate = what this machine reaches in products of large matrices
"""

from __future__ import annotations

import numpy as np

from inkling.bench.case import Contest
from inkling.bench.workloads import Work

SIDE = 2000
"""Rows and columns of a large matrix."""


def arithmetic(work: Work, threads: int) -> Contest:  # noqa: ARG001 (they are the process's)
    """As many multiplications and additions as the work has, in products of large matrices."""
    a = np.ones((SIDE, SIDE), np.float32)
    rows = max(1, round(work.operations / (2 * SIDE * SIDE)))

    def run() -> None:
        for start in range(0, rows, SIDE):
            a[: min(SIDE, rows - start)] @ a

    return Contest(run)
