"""What a recipe is: two sets of settings, the figures to meet, and a reason for every difference.

    as published, corrected → TrainingSettings        figures → measures.py

A correction is not told in words that could drift from the code: the changes are read off the two sets
of settings, and the recipe gives the reason for each. Next: ``tutorial_0.py``, the first of the four.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from inkling._checks import complain
from inkling.errors import SettingError
from inkling.training.settings import TrainingSettings

Interval = tuple[float, float]

WORDS = {"watch_test": "watches the test set", "drop_first": "rows taken for a header"}
"""Settings whose names need words."""


@dataclass(frozen=True)
class Preset:
    """What ``inkling train --preset`` starts from.

    Attributes:
        settings: the settings of the run.
        validation: training images to hold out: 0 for none, None for the usual share.
    """

    settings: TrainingSettings
    validation: int | None = None


@dataclass(frozen=True)
class Figure:
    """A figure that a tutorial printed, or would have printed if it had measured rightly.

    Attributes:
        what: the figure in words.
        measure: how it is computed from a run, a key of ``measures.MEASURES``.
        published: the printed values, one an epoch or a single one; empty where none was printed.
        accepted: the interval [low, high] of each value for the mean of five seeds; empty where the
            figure is only shown.
    """

    what: str
    measure: str
    published: tuple[float, ...] = ()
    accepted: tuple[Interval, ...] = ()


def near(
    values: tuple[float, ...], *, absolute: float = 0.0, relative: float = 0.0
) -> tuple[Interval, ...]:
    """Returns an interval around each value.

    Example:
        >>> near((0.5, 2.0), relative=0.25)
        ((0.375, 0.625), (1.5, 2.5))
    """
    margins = (absolute + relative * value for value in values)
    return tuple(
        (value - margin, value + margin) for value, margin in zip(values, margins, strict=True)
    )


@dataclass(frozen=True)
class Change:
    """One difference between a network as published and as corrected.

    Attributes:
        what: what was changed.
        old: how it was.
        new: how it is.
        why: what was wrong with it.
    """

    what: str
    old: str
    new: str
    why: str


@dataclass(frozen=True)
class Recipe:
    """One tutorial.

    Attributes:
        name: "tutorial-0" and so on.
        title: the tutorial's title, and its author and date where it has them.
        as_published: the settings that its text and code give.
        corrected: the same layer sizes and epochs, trained well.
        reasons: why each setting that differs was changed, by its name.
        other_changes: what was changed outside the settings.
        figures: what the run as published is compared with.
        target: the test accuracy that the corrected run must reach.
        defects: what is wrong in the tutorial's listing, one sentence each.
        published_seconds: what its training took; None where it does not say.

    Raises:
        SettingError: a difference has no reason, or a reason no difference.
    """

    name: str
    title: str
    as_published: TrainingSettings
    corrected: TrainingSettings
    reasons: Mapping[str, str]
    other_changes: tuple[Change, ...]
    figures: tuple[Figure, ...]
    target: float
    defects: tuple[str, ...]
    published_seconds: float | None = None

    def __post_init__(self) -> None:
        differing = set(self._differing())
        if differing != self.reasons.keys():
            expected = f"a reason for each of {', '.join(sorted(differing))}"
            raise SettingError(complain(self.name, expected, ", ".join(sorted(self.reasons))))

    @property
    def network(self) -> str:
        """The layer sizes: "784-100-10"."""
        return "-".join(str(size) for size in (784, *self.as_published.hidden, 10))

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every difference between the two, one by one."""
        from_settings = (
            Change(
                WORDS.get(name, name.replace("_", " ")),
                in_words(getattr(self.as_published, name)),
                in_words(getattr(self.corrected, name)),
                self.reasons[name],
            )
            for name in self._differing()
        )
        return (*from_settings, *self.other_changes)

    @property
    def presets(self) -> dict[str, Preset]:
        """Both variants by the names that ``--preset`` takes."""
        return {
            self.name: Preset(self.corrected),
            f"{self.name}-as-published": Preset(self.as_published, validation=0),
        }

    def _differing(self) -> list[str]:
        return [
            field.name
            for field in fields(TrainingSettings)
            if getattr(self.as_published, field.name) != getattr(self.corrected, field.name)
        ]


def in_words(value: object) -> str:
    """Returns a setting as a person would write it.

    Example:
        >>> in_words(True), in_words("one_cycle"), in_words((-1.0, 1.0)), in_words(1e-4)
        ('yes', 'one cycle', '-1 to 1', '0.0001')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " to ".join(in_words(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).replace("_", " ")
