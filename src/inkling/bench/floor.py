"""The arithmetic alone: the least time that the matrix products of a workload can take here.

floor = operations / rate,   rate = what this machine reaches in products of large matrices
"""

from __future__ import annotations

import numpy as np

from inkling.bench.case import Case
from inkling.bench.workloads import Workload

SIDE = 2000
"""Rows and columns of a large matrix."""


def arithmetic(workload: Workload, threads: int) -> Case:  # noqa: ARG001 (the process is limited)
    """As many multiplications and additions as the workload has, in products of large matrices."""
    a = np.ones((SIDE, SIDE), np.float32)
    rows = max(1, round(workload.operations / (2 * SIDE * SIDE)))

    def run() -> None:
        for start in range(0, rows, SIDE):
            a[: min(SIDE, rows - start)] @ a

    return Case(run)
