"""Schedules: every rate beside PyTorch's, hand-worked corners, settings."""

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
# SequentialLR calls its own parts in a way that its deprecation warning speaks against.
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


def test_step_decay_cuts_a_run_that_does_not_divide_evenly() -> None:
    """Ten steps in four parts: the drops come at 2.5, 5 and 7.5, so with steps 3, 5 and 8."""
    schedule = StepDecay(1.0, 10, drop=0.5, parts=4)
    rates = [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125]
    assert [schedule(step) for step in range(10)] == rates


def test_cosine_is_half_way_in_the_middle() -> None:
    """Cos(π/2) = 0: half-way between 0.3 and 0.03 lies 0.165."""
    assert Cosine(PEAK, 44, end_factor=0.1)(22) == pytest.approx(0.165, rel=1e-15)


def test_one_cycle_touches_start_top_and_end() -> None:
    """With rise 0.25 of 40 steps the top is at step 9."""
    schedule = OneCycle(1.0, 40, rise=0.25, start_factor=0.1, end_factor=0.01)
    assert schedule(0) == pytest.approx(0.1, rel=1e-15)
    assert schedule(9) == 1.0
    assert schedule(39) == pytest.approx(0.01, rel=1e-15)
    rates = [schedule(step) for step in range(40)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[9:] == sorted(rates[9:], reverse=True)


@pytest.mark.parametrize("total_steps", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("rise", [0.0, 0.2, 0.5, 0.99])
@pytest.mark.parametrize("name", SCHEDULES)
def test_very_short_runs_work(name: str, rise: float, total_steps: int) -> None:
    """No division by zero: every rate of a run of a few steps lies between 0 and the peak."""
    settings = {"rise": rise} if name in ("one_cycle", "warm_up") else {}
    schedule = build_schedule(name, PEAK, total_steps, **settings)
    rates = [schedule(step) for step in range(total_steps)]
    assert all(0 <= rate <= PEAK for rate in rates)


@pytest.mark.parametrize("name", SCHEDULES)
def test_after_the_end_the_last_rate_stays(name: str) -> None:
    """A step beyond the run gets the rate of the last step, not a new rise or an error."""
    schedule = build_schedule(name, PEAK, 45)
    assert schedule(45) == schedule(1000) == schedule(44)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_rate_is_a_plain_float(name: str) -> None:
    """Also when peak rate, length and step are NumPy numbers, which would widen float32 arrays."""
    schedule = build_schedule(name, np.float32(0.5), np.int64(45))  # type: ignore[arg-type]
    assert type(schedule(np.int64(7))) is float  # type: ignore[arg-type]
    assert schedule(np.int64(7)) == build_schedule(name, 0.5, 45)(7)  # type: ignore[arg-type]


def test_warm_up_hands_over_at_the_peak() -> None:
    """Ten of forty steps climb from 0.1 to 1 in steps of 0.09; the other schedule begins at step 10."""
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


def test_the_names_are_those_that_settings_use() -> None:
    """The command line and checkpoints rely on these five names."""
    assert list(SCHEDULES) == list(NON_DEFAULT)
    assert all(kind.name == name for name, kind in SCHEDULES.items())


@pytest.mark.parametrize("name", SCHEDULES)
def test_settings_rebuild_the_schedule(name: str) -> None:
    """Through JSON and back: an equal schedule with the same rates."""
    schedule = build_schedule(name, PEAK, 45, **NON_DEFAULT[name])
    settings = json.loads(json.dumps(schedule.settings()))
    assert settings == {"learning_rate": PEAK, "total_steps": 45} | NON_DEFAULT[name]
    again = build_schedule(name, **settings)
    assert again == schedule
    assert [again(step) for step in range(45)] == [schedule(step) for step in range(45)]


def test_a_schedule_does_not_change() -> None:
    """A schedule is a value: it can be compared, hashed and shared."""
    schedule = WarmUp(PEAK, 45)
    with pytest.raises(FrozenInstanceError):
        schedule.learning_rate = 1.0  # type: ignore[misc]
    assert hash(schedule) == hash(WarmUp(PEAK, 45))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Constant(0.0, 45), "Constant: expected learning_rate in (0, ∞), got 0.0."),
        (lambda: Cosine(math.inf, 45), "Cosine: expected learning_rate in (0, ∞), got inf."),
        (
            lambda: Constant(PEAK, 0),
            "Constant: expected total_steps as a whole number in [1, ∞), got 0.",
        ),
        (
            lambda: Constant(PEAK, 4.5),  # type: ignore[arg-type]
            "Constant: expected total_steps as a whole number in [1, ∞), got 4.5.",
        ),
        (lambda: StepDecay(PEAK, 45, drop=0.0), "StepDecay: expected drop in (0, 1], got 0.0."),
        (
            lambda: StepDecay(PEAK, 45, parts=0),
            "StepDecay: expected parts as a whole number in [1, ∞), got 0.",
        ),
        (
            lambda: Cosine(PEAK, 45, end_factor=1.5),
            "Cosine: expected end_factor in [0, 1], got 1.5.",
        ),
        (lambda: OneCycle(PEAK, 45, rise=1.0), "OneCycle: expected rise in [0, 1), got 1.0."),
        (
            lambda: OneCycle(PEAK, 45, start_factor=-0.1),
            "OneCycle: expected start_factor in [0, 1], got -0.1.",
        ),
        (
            lambda: OneCycle(PEAK, 45, end_factor=2),
            "OneCycle: expected end_factor in [0, 1], got 2.",
        ),
        (lambda: WarmUp(PEAK, 45, rise=-0.1), "WarmUp: expected rise in [0, 1), got -0.1."),
        (
            lambda: WarmUp(PEAK, 45, start_factor=1.1),
            "WarmUp: expected start_factor in [0, 1], got 1.1.",
        ),
        (
            lambda: WarmUp(PEAK, 45, then="warm_up"),
            "WarmUp: expected then to be one of constant, step, cosine, one_cycle, got 'warm_up'.",
        ),
        (
            lambda: WarmUp(PEAK, 45, then_settings={"drop": 0.5}),
            "Cosine: expected setting to be one of learning_rate, total_steps, end_factor, "
            "got 'drop'.",
        ),
        (
            lambda: Constant(PEAK, 45)(-1),
            "Constant: expected step as a whole number in [0, ∞), got -1.",
        ),
        (
            lambda: Cosine(PEAK, 45)(0.5),  # type: ignore[arg-type]
            "Cosine: expected step as a whole number in [0, ∞), got 0.5.",
        ),
        (
            lambda: build_schedule("one-cycle", PEAK, 45),
            "build_schedule: expected name to be one of constant, step, cosine, one_cycle, warm_up, "
            "got 'one-cycle'; did you mean 'one_cycle'?",
        ),
        (
            lambda: build_schedule("cosine", PEAK, 45, end=0.1),
            "Cosine: expected setting to be one of learning_rate, total_steps, end_factor, got 'end'.",
        ),
    ],
)
def test_settings_out_of_range_are_refused(make: Callable[[], object], sentence: str) -> None:
    """Every setting has its range and is named in the sentence."""
    with pytest.raises(SettingError, match=f"^{re.escape(sentence)}$"):
        make()
