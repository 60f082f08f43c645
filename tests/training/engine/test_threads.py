"""The number of threads of a run: by the arithmetic of a step, and restored afterwards."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from inkling.nn.mlp import build_mlp
from inkling.training.engine import arithmetic, threads
from inkling.training.engine.arithmetic import INSTRUCTION_SETS
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


@pytest.mark.parametrize(
    ("instructions", "few", "many"),
    [("AVX-512", 128, 164), ("AVX2", 64, 82), ("NEON", 64, 82), ("baseline", 21, 22)],
)
@pytest.mark.parametrize(("dtype", "divisor"), [("float32", 1), ("float64", 2)])
def test_the_rule_goes_by_the_arithmetic(
    monkeypatch: pytest.MonkeyPatch,
    instructions: str,
    few: int,
    many: int,
    dtype: str,
    divisor: int,
) -> None:
    """6 · (784 + 10) · 256 operations per sample: all cores from two milliseconds of one core."""
    monkeypatch.setattr(threads, "available_cores", lambda: 13)
    (one,) = (known for known in INSTRUCTION_SETS if known.name == instructions)
    monkeypatch.setattr(arithmetic, "instruction_set", lambda: one)
    network = build_mlp((784, 256, 10), rng=np.random.default_rng(0), dtype=np.dtype(dtype))
    assert threads_for(network, few // divisor) == 1
    assert threads_for(network, -(-many // divisor)) == 13


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


LOADED_LATER = """
from threadpoolctl import threadpool_info
from inkling.training.engine.threads import blas_threads

with blas_threads(1):
    pass
import scipy.special  # loads a BLAS of its own, without scipy.linalg
with blas_threads(1):
    print({pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"})
"""


def test_limits_a_library_that_was_loaded_later() -> None:
    """SciPy comes with a second BLAS, which may be imported between two runs."""
    pytest.importorskip("scipy")
    command = [sys.executable, "-c", LOADED_LATER]
    assert subprocess.check_output(command, text=True).strip() == "{1}"


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
