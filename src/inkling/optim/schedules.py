"""Learning-rate schedules: constant, in steps, along a cosine, in one cycle, with a warm-up.

A schedule is a small frozen object made of numbers. Called with the number of a step, counted from 0, it
returns the learning rate of that step, which the training loop passes to ``Optimizer.update``. It keeps
no state between calls, so a resumed run needs only the number of its last step. The first two settings
of every schedule are the peak rate and the length of the run, so one call builds any of them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from inkling._checks import check_name, check_range, complain, look_up
from inkling.errors import SettingError
from inkling.optim._settings import build, settings_of

FEW_STEPS = 20
"""In shorter runs the peak of ``OneCycle`` would lie too far from any step."""


@dataclass(frozen=True)
class Schedule(ABC):
    """A learning rate for every step of a run: learning_rate · factor(step).

    Args:
        learning_rate: the peak rate, in (0, ∞).
        total_steps: the number of steps (batches) of the run, at least 1.
    """

    name: ClassVar[str]

    learning_rate: float
    total_steps: int

    def __post_init__(self) -> None:
        self._check("learning_rate", open_low=True)
        self._check("total_steps", low=1, whole=True)

    def __call__(self, step: int) -> float:
        """Returns the learning rate of a step, counted from 0; after the last step, its rate.

        Raises:
            SettingError: ``step`` is not a whole number in [0, ∞).
        """
        check_range(type(self).__name__, "step", step, low=0, whole=True)
        t = min(int(step), self.total_steps - 1)
        return self.learning_rate * self.factor(t)  # [schedule-rate]

    @abstractmethod
    def factor(self, step: int) -> float:
        """Returns the rate of a step as a fraction of the peak rate, for 0 ≤ step < total_steps."""

    def settings(self) -> dict[str, Any]:
        """Returns the constructor's arguments as plain data: ``build_schedule(name, **settings)``."""
        return settings_of(self)

    def _check(self, setting: str, *, whole: bool = False, **limits: Any) -> None:
        """Checks a setting, by default in [0, ∞), and stores it as a plain number."""
        number = getattr(self, setting)
        check_range(type(self).__name__, setting, number, whole=whole, **{"low": 0, **limits})
        object.__setattr__(self, setting, int(number) if whole else float(number))


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate from beginning to end."""

    name: ClassVar[str] = "constant"

    def factor(self, step: int) -> float:
        return 1.0  # [schedule-constant]


@dataclass(frozen=True)
class StepDecay(Schedule):
    """The rate is multiplied by ``drop`` after each of ``parts`` equal parts of the run.

    Args:
        learning_rate: the rate of the first part, in (0, ∞).
        total_steps: the number of steps of the run, at least 1.
        drop: the factor after each part, in (0, 1].
        parts: the number of parts, at least 1.

    Example:
        >>> schedule = StepDecay(0.5, total_steps=9, drop=0.5, parts=3)
        >>> [schedule(step) for step in range(9)]
        [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125]
    """

    name: ClassVar[str] = "step"
    drop: float = 0.1
    parts: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("drop", high=1, open_low=True)
        self._check("parts", low=1, whole=True)

    def factor(self, step: int) -> float:
        return self.drop ** (self.parts * step // self.total_steps)  # [schedule-step]


@dataclass(frozen=True)
class Cosine(Schedule):
    """Down along half a cosine: end + (1 − end) (1 + cos(π step / total)) / 2.

    Args:
        learning_rate: the rate of the first step, in (0, ∞).
        total_steps: the number of steps of the run, at least 1.
        end_factor: the fraction of the peak rate one step after the last, in [0, 1].

    Example:
        >>> schedule = Cosine(0.2, total_steps=4)
        >>> [round(schedule(step), 3) for step in range(4)]
        [0.2, 0.171, 0.1, 0.029]

    Reference:
        Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
        equation 5, without restarts.
    """

    name: ClassVar[str] = "cosine"
    end_factor: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("end_factor", high=1)

    def factor(self, step: int) -> float:
        return _along_cosine(1.0, self.end_factor, step / self.total_steps)  # [schedule-cosine]


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to the peak along half a cosine, then down to almost nothing along another.

    The peak is at step rise · total − 1, the lowest rate at the last step. In a run of fewer than 20
    steps the peak is rounded to a whole step, so that one step is at the peak rate; in longer runs a
    step comes within 1 % of it. Only the learning rate is cycled, not the momentum.

    Args:
        learning_rate: the rate at the peak, in (0, ∞).
        total_steps: the number of steps of the run, at least 1.
        rise: the fraction of the run before the peak, in [0, 1).
        start_factor: the first rate as a fraction of the peak, in [0, 1].
        end_factor: the last rate as a fraction of the peak, in [0, 1].

    Example:
        >>> schedule = OneCycle(0.1, total_steps=10)
        >>> [round(schedule(step), 3) for step in range(10)]
        [0.004, 0.052, 0.1, 0.095, 0.081, 0.061, 0.039, 0.019, 0.005, 0.0]

    Reference:
        Smith and Topin, "Super-convergence: very fast training of neural networks using large learning
        rates", 2019; with cosines for their straight lines, as in PyTorch.
    """

    name: ClassVar[str] = "one_cycle"
    rise: float = 0.3
    start_factor: float = 0.04
    end_factor: float = 4e-6

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("rise", high=1, open_high=True)
        self._check("start_factor", high=1)
        self._check("end_factor", high=1)

    def factor(self, step: int) -> float:
        """Returns the cosine up to the peak or the one after it [schedule-one-cycle]."""
        top, last = self.rise * self.total_steps - 1, self.total_steps - 1
        if self.total_steps < FEW_STEPS:
            top = min(round(top), last - 1)
        top = max(top, 0)
        if step < top:
            return _along_cosine(self.start_factor, 1.0, step / top)
        # A run of one step has its peak only.
        return _along_cosine(1.0, self.end_factor, (step - top) / ((last - top) or 1))


@dataclass(frozen=True)
class WarmUp(Schedule):
    """A straight line up to the peak over the first steps, then another schedule over the rest.

    Args:
        learning_rate: the peak rate, in (0, ∞).
        total_steps: the number of steps of the run, at least 1.
        rise: the fraction of the run before the peak, in [0, 1), rounded to whole steps.
        start_factor: the first rate as a fraction of the peak, in [0, 1].
        then: the name of the schedule that follows: any of ``SCHEDULES`` but this one.
        then_settings: its settings except the first two.

    Example:
        >>> schedule = WarmUp(0.1, total_steps=10, rise=0.4, then="constant")
        >>> [round(schedule(step), 3) for step in range(10)]
        [0.01, 0.033, 0.055, 0.078, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]

    Reference:
        Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2.
    """

    name: ClassVar[str] = "warm_up"
    rise: float = 0.05
    start_factor: float = 0.1
    then: str = "cosine"
    then_settings: dict[str, Any] = field(default_factory=dict, hash=False)
    _rising_steps: int = field(init=False, repr=False, compare=False)
    _after: Schedule = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("rise", high=1, open_high=True)
        self._check("start_factor", high=1)
        followers = [name for name in SCHEDULES if name != self.name]
        check_name(type(self).__name__, "then", self.then, followers)
        rising_steps = min(round(self.rise * self.total_steps), self.total_steps - 1)
        after = self._build_after(self.total_steps - rising_steps)
        object.__setattr__(self, "_rising_steps", rising_steps)
        object.__setattr__(self, "_after", after)

    def _build_after(self, total_steps: int) -> Schedule:
        who, expected = type(self).__name__, "then_settings as a dict of settings by name"
        if not isinstance(self.then_settings, Mapping):
            raise SettingError(complain(who, expected, repr(self.then_settings)))
        own = {"learning_rate": self.learning_rate, "total_steps": total_steps}
        for name in own.keys() & self.then_settings.keys():
            expected = f"then_settings without {name}, which both parts share"
            raise SettingError(complain(who, expected, repr(self.then_settings[name])))
        return build(SCHEDULES[self.then], {**own, **self.then_settings})

    def factor(self, step: int) -> float:
        """Returns the straight line, then the other schedule from its step 0 [schedule-warm-up]."""
        if step < self._rising_steps:
            return self.start_factor + (1 - self.start_factor) * step / self._rising_steps
        return self._after.factor(step - self._rising_steps)


SCHEDULES: dict[str, type[Schedule]] = {
    kind.name: kind for kind in (Constant, StepDecay, Cosine, OneCycle, WarmUp)
}


def build_schedule(name: str, learning_rate: float, total_steps: int, **settings: Any) -> Schedule:
    """Builds a schedule by name.

    Args:
        name: a key of ``SCHEDULES``.
        learning_rate: the peak rate, in (0, ∞).
        total_steps: the number of steps of the run, at least 1.
        **settings: the schedule's own settings; the others have their defaults.

    Raises:
        SettingError: the name or a setting is unknown, or a value is out of range.

    Example:
        >>> build_schedule("cosine", 0.1, 500, end_factor=0.01)
        Cosine(learning_rate=0.1, total_steps=500, end_factor=0.01)
    """
    kind = look_up("build_schedule", "name", name, SCHEDULES)
    return build(kind, {"learning_rate": learning_rate, "total_steps": total_steps, **settings})


def _along_cosine(begin: float, end: float, part: float) -> float:
    return end + (begin - end) * (1 + math.cos(math.pi * part)) / 2  # [cosine-ramp]
