"""The arithmetic of a step: its operations, and the instruction sets that decide how fast it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from inkling.nn.mlp import build_mlp
from inkling.training.engine import arithmetic
from inkling.training.engine.arithmetic import (
    INSTRUCTION_SETS,
    instruction_set,
    operations_per_second,
    operations_per_step,
    seconds_per_image,
)

SPR = {"found": ["X86_V3", "X86_V4", "AVX512_ICL", "AVX512_SPR"], "baseline": ["X86_V2"]}


@pytest.fixture(autouse=True)
def _read_again() -> Iterator[None]:
    """What is reported is read in each test, and again after the last one."""
    instruction_set.cache_clear()
    yield
    instruction_set.cache_clear()


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (SPR, "AVX-512"),
        (
            {"baseline": ["SSE", "SSE2"], "found": ["SSE42", "AVX2", "AVX512F", "AVX512_SKX"]},
            "AVX-512",
        ),
        ({"baseline": ["X86_V2"], "found": ["X86_V3"], "not found": ["X86_V4"]}, "AVX2"),
        ({"baseline": ["SSE", "SSE2", "SSE3"], "found": ["AVX", "FMA3", "AVX2"]}, "AVX2"),
        ({"baseline": ["NEON", "NEON_FP16", "NEON_VFPV4", "ASIMD"], "found": ["ASIMDHP"]}, "NEON"),
        ({"baseline": ["X86_V2"], "not found": ["X86_V3"]}, "baseline"),
        ({"baseline": ["VSX", "VSX2"]}, "baseline"),
        (None, "baseline"),  # built without any
    ],
)
def test_what_numpy_reports(
    monkeypatch: pytest.MonkeyPatch, reported: dict[str, Any] | None, expected: str
) -> None:
    """NumPy 2.4 has other names than 2.0; what it leaves out is not there."""
    config = {} if reported is None else {"SIMD Extensions": reported}
    monkeypatch.setattr(np, "show_config", lambda **_: config)
    assert instruction_set().name == expected


def test_this_processor() -> None:
    """It has an instruction set of the list, the same one every time."""
    assert instruction_set() in INSTRUCTION_SETS
    assert instruction_set() is instruction_set()


def test_operations_and_their_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """6 per weight and sample; biases do not count; float64 takes twice as long."""
    rng = np.random.default_rng(0)
    single, double = (
        build_mlp((784, 100, 10), rng=rng, dtype=np.dtype(name)) for name in ("float32", "float64")
    )
    assert operations_per_step(single, 7) == 6 * (784 * 100 + 100 * 10) * 7
    monkeypatch.setattr(arithmetic, "instruction_set", lambda: INSTRUCTION_SETS[0])
    assert operations_per_second(single) == 2 * operations_per_second(double) == 10e10


def test_the_table_is_in_order() -> None:
    """The fastest first, the last for any processor, and what was not measured is marked."""
    rates = [one.rate for one in INSTRUCTION_SETS]
    assert rates == sorted(rates, reverse=True)
    assert [bool(one.features) for one in INSTRUCTION_SETS] == [True] * 3 + [False]
    assert [one.name for one in INSTRUCTION_SETS if not one.measured] == ["NEON"]


def test_seconds_per_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """784-256-10, batch 128 and Adam, by hand: 6 operations per weight, 2 states of every parameter."""
    monkeypatch.setattr(arithmetic, "operations_per_second", lambda _: 1e10)
    network = build_mlp((784, 256, 10), rng=np.random.default_rng(0))
    products, states = 6 * 203_264 * 128 / 1e10, 2e-9 * 203_530 * 2
    assert seconds_per_image(network, 128, 2) == pytest.approx((products + states + 1e-4) / 128)
    compiled = seconds_per_image(network, 128, 2, compiled=True)
    assert compiled == pytest.approx((products + states / 2) / 128)
