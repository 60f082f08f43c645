"""How many threads the matrix products of a run use.

A small product is done before a second core has helped much, but the second core then owns half of the
result, and every element-wise pass that follows has to fetch it. On 2 cores an epoch of 784-100-10 with
batches of 100 takes 0.30 s with one thread and 0.49 s with two; 784-512-10 with 256 is even; 784-1024-
1024-10 takes 6.5 s and 3.5 s. So the rule goes by the arithmetic in a step, and never by the clock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from inkling.nn.network import Network

SMALL_STEP = 0.8e9
"""Floating-point operations in a step below which one thread is faster."""


def threads_for(network: Network, batch_size: int) -> int:
    """Returns how many BLAS threads to train with: 1 for small steps, else all cores.

    A step costs about 6 operations a weight and sample: 2 forward, 2 for ∂L/∂W, 2 for ∂L/∂x.
    """
    weights = sum(array.size for array in network.parameters.values() if array.ndim > 1)
    small = 6 * weights * batch_size < SMALL_STEP
    return 1 if small else available_cores()


def available_cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """Limits NumPy's matrix products to a number of threads within the block.

    The limit is the process's, as BLAS keeps one pool; it is put back at the end.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads, user_api="blas"):
        yield
