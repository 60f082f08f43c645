"""Schedules: every rate compared with PyTorch's, corner cases computed by hand, settings."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from inkling.errors import SettingError
from inkling.optim import (
    SCHEDULES,
    Constant,
    Cosine,
    OneCycle,
    Schedule,
    StepDecay,
    WarmUp,
    build_schedule,
)

PEAK = 0.3


def pytorch_rates(make: Callable[[Any, Any], Any], steps: int) -> list[float]:
    """The learning rate of each step under one of PyTorch's schedulers."""
    torch: Any = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(3)], lr=PEAK)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return rates


def warm_up_then_cosine(schedulers: Any, optimizer: Any) -> Any:
    """Nine steps from a quarter of the rate, then a cosine over the other 36."""
    climb = schedulers.LinearLR(optimizer, start_factor=0.25, total_iters=9)
    fall = schedulers.CosineAnnealingLR(optimizer, T_max=36, eta_min=0.01 * PEAK)
    return schedulers.SequentialLR(optimizer, [climb, fall], milestones=[9])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            StepDecay(PEAK, 45, drop=0.3, parts=5),
            lambda of, optimizer: of.StepLR(optimizer, step_size=9, gamma=0.3),
        ),
        (Cosine(PEAK, 45), lambda of, optimizer: of.CosineAnnealingLR(optimizer, T_max=45)),
        (
            Cosine(PEAK, 45, end_factor=0.1),
            lambda of, optimizer: of.CosineAnnealingLR(optimizer, T_max=45, eta_min=0.1 * PEAK),
        ),
        (
            OneCycle(PEAK, 45),
            lambda of, optimizer: of.OneCycleLR(optimizer, max_lr=PEAK, total_steps=45),
        ),
        (
            OneCycle(PEAK, 44, rise=0.25, start_factor=0.1, end_factor=0.001),
            lambda of, optimizer: of.OneCycleLR(
                optimizer,
                max_lr=PEAK,
                total_steps=44,
                pct_start=0.25,
                div_factor=10,
                final_div_factor=100,
            ),
        ),
        (
            WarmUp(PEAK, 45, rise=0.2, start_factor=0.25, then_settings={"end_factor": 0.01}),
            warm_up_then_cosine,
        ),
    ],
    ids=lambda value: repr(value) if isinstance(value, Schedule) else "",
)
# SequentialLR itself calls its parts in a deprecated way.
@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step")
def test_every_rate_agrees_with_pytorch(ours: Schedule, theirs: Callable[[Any, Any], Any]) -> None:
    """All the rates of a run, to 1e-12."""
    rates = [ours(step) for step in range(ours.total_steps)]
    np.testing.assert_allclose(
        rates, pytorch_rates(theirs, ours.total_steps), rtol=1e-12, atol=1e-12 * PEAK
    )


def test_constant_never_changes() -> None:
    """The first, a middle and the last rate are the peak rate itself."""
    schedule = Constant(PEAK, 45)
    assert [schedule(step) for step in (0, 20, 44)] == [PEAK, PEAK, PEAK]


def test_step_decay_divides_a_run_unevenly() -> None:
    """Ten steps in four parts: the drops come at 2.5, 5 and 7.5, that is with steps 3, 5 and 8."""
    schedule = StepDecay(1.0, 10, drop=0.5, parts=4)
    rates = [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125]
    assert [schedule(step) for step in range(10)] == rates


@pytest.mark.parametrize("total_steps", [1, 2, 3, 4, 5, 9, 19])
@pytest.mark.parametrize("rise", [0.0, 0.1, 0.3, 0.5, 0.99])
@pytest.mark.parametrize("name", SCHEDULES)
def test_very_short_runs_have_a_step_at_the_peak(name: str, rise: float, total_steps: int) -> None:
    """No division by zero, no rate above the peak, and never a warm-up that is all of the run."""
    settings = {"rise": rise} if name in ("one_cycle", "warm_up") else {}
    schedule = build_schedule(name, PEAK, total_steps, **settings)
    rates = [schedule(step) for step in range(total_steps)]
    assert all(0 <= rate <= PEAK for rate in rates)
    assert max(rates) == pytest.approx(PEAK, rel=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_after_the_end_the_last_rate_stays(name: str) -> None:
    """A step after the end of the run has the rate of the last step."""
    schedule = build_schedule(name, PEAK, 45)
    assert schedule(45) == schedule(1000) == schedule(44)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_rate_is_a_python_float(name: str) -> None:
    """Even if peak rate, length and step are NumPy numbers, which would widen float32 arrays."""
    schedule = build_schedule(name, np.float32(0.5), np.int64(45))  # type: ignore[arg-type]
    assert type(schedule(np.int64(7))) is float  # type: ignore[arg-type]
    assert schedule(np.int64(7)) == build_schedule(name, 0.5, 45)(7)  # type: ignore[arg-type]


def test_warm_up_is_followed_by_the_other_schedule() -> None:
    """Ten of forty steps rise from 0.1 to 1 by 0.09 each; the other schedule starts at step 10."""
    schedule = WarmUp(1.0, 40, rise=0.25, start_factor=0.1, then="one_cycle")
    climb = [schedule(step) for step in range(10)]
    np.testing.assert_allclose(climb, 0.1 + 0.09 * np.arange(10), rtol=1e-14)
    follower = OneCycle(1.0, 30)
    assert [schedule(step) for step in range(10, 40)] == [follower(step) for step in range(30)]


NON_DEFAULT: dict[str, dict[str, Any]] = {
    "constant": {},
    "step": {"drop": 0.5, "parts": 4},
    "cosine": {"end_factor": 0.1},
    "one_cycle": {"rise": 0.2, "start_factor": 0.1, "end_factor": 0.01},
    "warm_up": {"rise": 0.1, "start_factor": 0.2, "then": "step", "then_settings": {"parts": 2}},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_settings_rebuild_the_schedule(name: str) -> None:
    """Through JSON and back: an equal schedule."""
    schedule = build_schedule(name, PEAK, 45, **NON_DEFAULT[name])
    settings = json.loads(json.dumps(schedule.settings()))
    assert settings == {"learning_rate": PEAK, "total_steps": 45} | NON_DEFAULT[name]
    assert build_schedule(name, **settings) == schedule


def test_a_schedule_does_not_change() -> None:
    """A schedule is a value: it can be compared, hashed and shared."""
    schedule = WarmUp(PEAK, 45)
    with pytest.raises(FrozenInstanceError):
        schedule.learning_rate = 1.0  # type: ignore[misc]
    assert hash(schedule) == hash(WarmUp(PEAK, 45))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Constant(0.0, 45), "Constant: expected learning_rate in (0, ∞), got 0.0"),
        (lambda: Cosine(math.inf, 45), "learning_rate in (0, ∞), got inf"),
        (lambda: Constant(PEAK, 0), "total_steps as a whole number in [1, ∞), got 0"),
        (lambda: StepDecay(PEAK, 45, drop=0.0), "drop in (0, 1], got 0.0"),
        (lambda: StepDecay(PEAK, 45, parts=0), "parts as a whole number in [1, ∞), got 0"),
        (lambda: Cosine(PEAK, 45, end_factor=1.5), "end_factor in [0, 1], got 1.5"),
        (lambda: OneCycle(PEAK, 45, rise=1.0), "rise in [0, 1), got 1.0"),
        (lambda: OneCycle(PEAK, 45, start_factor=-0.1), "start_factor in [0, 1], got -0.1"),
        (lambda: OneCycle(PEAK, 45, end_factor=2), "end_factor in [0, 1], got 2"),
        (lambda: WarmUp(PEAK, 45, rise=-0.1), "rise in [0, 1), got -0.1"),
        (lambda: WarmUp(PEAK, 45, start_factor=1.1), "start_factor in [0, 1], got 1.1"),
        (
            lambda: WarmUp(PEAK, 45, then="warm_up"),
            "then to be one of constant, step, cosine, one_",
        ),
        (lambda: WarmUp(PEAK, 45, then_settings={"drop": 0.5}), "total_steps, end_factor, got 'dr"),
        (
            lambda: WarmUp(PEAK, 45, then_settings={"learning_rate": 0.1}),
            "WarmUp: expected then_settings without learning_rate, which both parts share, got 0.1",
        ),
        (
            lambda: WarmUp(PEAK, 45, then_settings={"name": "step"}),
            "total_steps, end_factor, got 'na",
        ),
        (lambda: WarmUp(PEAK, 45, then_settings=[1]), "as a dict of settings by name, got [1]"),  # type: ignore[arg-type]
        (lambda: Constant(PEAK, 45)(-1), "step as a whole number in [0, ∞), got -1"),
        (lambda: build_schedule("one-cycle", PEAK, 45), "did you mean 'one_cycle'?"),
    ],
)
def test_settings_out_of_range_raise_an_error(make: Callable[[], object], reason: str) -> None:
    """Every setting has a range, and the message names both."""
    with pytest.raises(SettingError, match=re.escape(reason)):
        make()
