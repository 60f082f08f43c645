"""How many threads the matrix products of a run use.

In a small product a second core gains little, and threads spin while they wait for each other: as soon
as another process needs a core, each product waits for a thread that is not running. Measured on 2
cores, two threads against one, while nothing else runs, by the seconds of arithmetic in a step:

    784-100-10, batch 100     AVX-512  0.5 ms  0.84 ×    AVX2  1.0 ms  1.17 ×    baseline   4 ms  1.5 ×
    784-256-10, batch 128, Adam        1.6 ms  1.1 ×           3.1 ms  1.2 ×               12 ms  1.6 ×
    784-800-10, batch 128              4.9 ms  1.3 ×           9.8 ms  1.5 ×               38 ms  1.7 ×

Next to busy processes two threads take 3 to 20 times as long as one. So the rule depends on the
arithmetic in a step and on the processor's instructions, never on timing.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from inkling.nn.network import Network
from inkling.training.engine.arithmetic import operations_per_second, operations_per_step

SMALL_STEP = 2e-3
"""Seconds of arithmetic in a step, on one core, below which one thread is used."""


def threads_for(network: Network, batch_size: int) -> int:
    """Returns how many BLAS threads to train with: 1 for small steps, else all cores."""
    seconds = operations_per_step(network, batch_size) / operations_per_second(network)
    return 1 if seconds < SMALL_STEP else available_cores()


def available_cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads_given() -> int:
    """Returns how many threads a computation may use next to others that run at the same time.

    As many as BLAS and Numba may use: joblib, Dask and ``OMP_NUM_THREADS`` limit these if several
    processes share the cores. Outside the main thread it is one, because other threads are busy too.
    """
    if threading.current_thread() is not threading.main_thread():
        return 1
    limits = [int(library.num_threads) for library in _blas_libraries()]
    if "numba" in sys.modules:  # the only limit if BLAS has none to read, as Apple's
        limits.append(int(sys.modules["numba"].config.NUMBA_NUM_THREADS))
    return min([available_cores(), *limits])


@contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """Limits NumPy's matrix products to a number of threads within the block.

    The limit holds for the whole process, because BLAS keeps one pool. Blocks may be nested or, in
    several threads, overlap: the smallest limit holds, and the last to end restores the original.
    """
    _limits.add(threads)
    try:
        yield
    finally:
        _limits.remove(threads)


class _Limits:
    """The limits of all open blocks, and what they replaced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holding: list[int] = []
        self._before: dict[str, int] = {}

    def add(self, threads: int) -> None:
        with self._lock:
            self._holding.append(threads)
            for library in _blas_libraries():
                self._before.setdefault(library.filepath, library.num_threads)
                library.set_num_threads(min(self._holding))

    def remove(self, threads: int) -> None:
        with self._lock:
            self._holding.remove(threads)
            for library in _blas_libraries():
                before = self._before.get(library.filepath, library.num_threads)
                library.set_num_threads(min(self._holding, default=before))
            if not self._holding:
                self._before.clear()


_limits = _Limits()


def _blas_libraries() -> list[Any]:
    """Returns the loaded BLAS libraries: NumPy's, and SciPy's once a module has loaded it."""
    return _find_blas(len(sys.modules))


@lru_cache(maxsize=1)
def _find_blas(modules: int) -> list[Any]:  # noqa: ARG001 (the key of the cache)
    """Finds them again only after an import, because that takes a millisecond: a few steps."""
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().lib_controllers
    return [library for library in found if library.user_api == "blas"]
