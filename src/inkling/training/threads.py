"""How many threads the matrix products of a run use.

A small product is done before a second core has helped much, and the second core's half of the
result must be fetched by every pass that follows. Worse, two threads spin while they wait for each
other: as soon as another process wants one of the cores, each product waits for a thread that is not
running. Measured on 2 cores, an epoch of 784-100-10 with batches of 100: one thread 0.30 s, whatever
else runs; two threads 0.26 to 0.49 s on an idle machine, 3 to 13 s beside one busy process.
784-1024-1024-10 with batches of 256 takes 6.5 s with one and 3.5 s with two. So the rule goes by the
arithmetic in a step, and never by the clock.
"""

from __future__ import annotations

import os
import threading
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


def threads_given() -> int:
    """Returns how many threads a computation may take beside others that go on at the same time.

    As many as BLAS may: that is what joblib, Dask and ``OMP_NUM_THREADS`` limit where several processes
    share the cores. A thread beside the main one has companions, and takes one.
    """
    from threadpoolctl import threadpool_info

    if threading.current_thread() is not threading.main_thread():
        return 1
    limits = [int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"]
    return min([available_cores(), *limits])


@contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """Limits NumPy's matrix products to a number of threads within the block.

    The limit is the process's, as BLAS keeps one pool; it is put back at the end.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads, user_api="blas"):
        yield
