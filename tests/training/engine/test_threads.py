"""The number of threads of a run: by the arithmetic of a step, and restored afterwards."""

from __future__ import annotations

import os

import numpy as np
import pytest

from inkling.nn.mlp import build_mlp
from inkling.training.engine import threads
from inkling.training.engine.threads import (
    available_cores,
    blas_threads,
    threads_for,
    threads_given,
)


def blas_settings() -> list[int]:
    """The number of threads of each BLAS that is loaded."""
    from threadpoolctl import threadpool_info

    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_the_rule_goes_by_the_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    """6 · 784 · 100 · 100 operations are few, 6 · (784 + 1,024 + 10) · 1,024 · 128 many."""
    monkeypatch.setattr(threads, "available_cores", lambda: 13)
    rng = np.random.default_rng(0)
    assert threads_for(build_mlp((784, 100, 10), rng=rng), 100) == 1
    large = build_mlp((784, 1024, 1024, 10), rng=rng)
    assert threads_for(large, 128) == 13
    assert threads_for(large, 5) == 1


def test_limits_and_gives_back() -> None:
    """Inside the block one thread, after it what was before, whatever ended the block."""
    np.ones((5, 5)) @ np.ones((5, 5))
    before = blas_settings()
    with blas_threads(1):
        assert set(blas_settings()) <= {1}
    assert blas_settings() == before
    with pytest.raises(KeyboardInterrupt), blas_threads(1):
        raise KeyboardInterrupt
    assert blas_settings() == before


def test_limits_in_each_other_and_overlapping() -> None:
    """The smallest holds, whichever began first; the last to end puts back what was before."""
    np.ones((5, 5)) @ np.ones((5, 5))
    with blas_threads(2):
        with blas_threads(1):
            assert set(blas_settings()) == {1}
        assert set(blas_settings()) == {2}
    first, second = blas_threads(1), blas_threads(2)
    given = blas_settings()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert set(blas_settings()) == {2}
    second.__exit__(None, None, None)
    assert blas_settings() == given


def test_takes_no_more_than_numba_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """joblib tells its processes so, also where BLAS cannot be asked."""
    numba = pytest.importorskip("numba")
    monkeypatch.setattr(threads, "available_cores", lambda: 13)
    monkeypatch.setattr(threads, "_blas_libraries", list)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 3)
    assert threads_given() == 3


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinities")
def test_cores_of_this_process_not_of_the_machine() -> None:
    """A container or a batch system may have given it a single one."""
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert available_cores() == len(allowed)
