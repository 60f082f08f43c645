"""What a recipe is: a corrected network, the published differences, and the values printed.

    corrected settings, differences → settings as published        metrics → measures.py

Each difference has its reason next to it, so that the list of corrections cannot differ from the code.
Next: ``tutorial_0.py``, the first of the four.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from inkling.training.settings import TrainingSettings

Interval = tuple[float, float]

CORRECTED: dict[str, Any] = {
    "initial_scale": 1.0,
    "reported_loss": None,
    "watch_test": False,
    "drop_first": 0,
}
"""What only published networks need, and its value in the corrected ones."""
WORDS = {"watch_test": "watches the test set", "drop_first": "rows taken for a header"}
"""Names of settings that need words."""

RELU = "a sigmoid passes back at most a quarter of a gradient, ReLU all of it"
SMOOTHING = "a target of 0.9 instead of 1 keeps the weights from growing without end"
ZERO_BIAS = "a random bias gives every unit an offset that it must first unlearn"
SHUFFLE = "the same order every epoch makes the same errors of the gradient every epoch"
DECAY = "a rate that falls to almost nothing lets the last epochs settle"
WATCHED = (
    "its values decide what is tried next, so that they are no longer those of unseen images; 5,000 "
    "training images are held out to watch instead"
)
"""Reasons that several corrections share."""


@dataclass(frozen=True)
class Metric:
    """A value that a tutorial printed, or would have printed if it had measured correctly.

    ``accepted`` has the interval [low, high] of each value for the mean of five seeds; ``absolute`` or
    ``relative`` give its half-width around the published value. A metric with none of these is
    only shown.
    """

    what: str  # in words
    measure: str  # how it is computed from a run, a key of ``measures.MEASURES``
    published: tuple[float, ...] = ()  # one per epoch, or a single one
    accepted: tuple[Interval, ...] = ()
    absolute: float = 0.0
    relative: float = 0.0  # a share of the value

    def __post_init__(self) -> None:
        """Computes the accepted intervals, unless they are given."""
        if self.absolute or self.relative:
            margins = [self.absolute + self.relative * value for value in self.published]
            pairs = zip(self.published, margins, strict=True)
            accepted = tuple((value - margin, value + margin) for value, margin in pairs)
            object.__setattr__(self, "accepted", accepted)


class Was(NamedTuple):
    """A setting as published: its old value, and what was wrong with it."""

    old: Any
    why: str


class Change(NamedTuple):
    """One correction in words: what was changed, from what, to what, and why."""

    what: str
    old: str
    new: str
    why: str


@dataclass(frozen=True)
class Published:
    """How a tutorial trained: ordinary settings, and others that no other run needs."""

    settings: TrainingSettings
    initial_scale: float = 1.0  # the first weights and biases are multiplied by it
    reported_loss: str | None = None  # measured on the test set; None for the one trained with
    watch_test: bool = True  # measured after each epoch, as in all four tutorials
    drop_first: int = 0  # images lost at the start of the training and the test set


@dataclass(frozen=True)
class Recipe:
    """One tutorial."""

    name: str
    title: str  # with author and date if known
    corrected: TrainingSettings  # the same layer sizes and epochs, trained well
    differences: Mapping[str, Was]  # the settings that were different as published
    metrics: tuple[Metric, ...]  # what the run as published is compared with
    target: float  # the test accuracy that the corrected run must reach
    defects: tuple[str, ...]  # of the tutorial's listing
    other_changes: tuple[Change, ...] = ()  # outside the settings
    published_seconds: float | None = None  # of training

    @property
    def as_published(self) -> Published:
        """Training as the text and code describe it."""
        old = {name: was.old for name, was in self.differences.items()}
        special = {name: old.pop(name) for name in CORRECTED if name in old}
        return Published(replace(self.corrected, **old), **special)

    @property
    def network(self) -> str:
        """The layer sizes: "784-100-10"."""
        return "-".join(str(size) for size in (784, *self.corrected.hidden, 10))

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every difference between the two, one by one."""
        corrected = {**vars(self.corrected), **CORRECTED}
        changes = []
        for name, was in self.differences.items():
            what = WORDS.get(name, name.replace("_", " "))
            changes.append(Change(what, in_words(was.old), in_words(corrected[name]), was.why))
        return (*changes, *self.other_changes)


def in_words(value: object) -> str:
    """Returns a setting as text.

    Example:
        >>> in_words(True), in_words("one_cycle"), in_words((-1.0, 1.0)), in_words(1e-4)
        ('yes', 'one cycle', '-1 to 1', '0.0001')
    """
    if value is None:
        return "the training loss"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " to ".join(in_words(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).replace("_", " ")
