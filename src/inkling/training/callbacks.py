"""Callbacks: objects that observe a run and may end it.

    before_run → (after_chunk … after_epoch) … → after_run

The progress bar, early stopping and the checkpoint are callbacks. To write one, inherit from
``Callback`` and override what you need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from inkling._checks import check_type
from inkling.training.history import EpochRecord
from inkling.training.state import RunInfo, TrainingState


class Callback:
    """Observes a run; each method does nothing until a subclass overrides it.

    A callback with a state from epoch to epoch overrides ``state_dict`` and ``load_state``
    too, so that a resumed run continues with it.

    Example:
        >>> import inkling
        >>> class StopAt(inkling.Callback):
        ...     def __init__(self, accuracy):
        ...         self.accuracy = accuracy
        ...     def after_epoch(self, state, record):
        ...         return record.validation_accuracy >= self.accuracy
        >>> result = inkling.train("digits", hidden=(50,), epochs=30, callbacks=[StopAt(0.9)])
        >>> len(result.history) < 30
        True
    """

    def before_run(self, info: RunInfo) -> None:
        """Called before the first step."""

    def after_chunk(self, state: TrainingState) -> bool | None:
        """Called every few thousand samples; ``state.progress`` has the means of the epoch so far.

        Returns:
            True to end the run here; the current epoch then ends early, with a record of what it has
            trained on.
        """

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> bool | None:
        """Called after each epoch, after its checkpoint (before it, if the callback has a state).

        Returns:
            True to end the run after this epoch.
        """

    def after_run(self) -> None:
        """Called last, even if the run was interrupted or failed."""

    def state_dict(self) -> dict[str, Any]:
        """Returns what a checkpoint must store, by name: arrays of floats, and plain data for JSON."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restores what ``state_dict`` returned when the checkpoint was written."""


def as_callbacks(who: str, given: Iterable[Callback]) -> list[Callback]:
    """Returns the callbacks as a list; raises SettingError if something else is among them."""
    check_type(who, "callbacks", given, Iterable, "pass a list of inkling.Callback objects")
    callbacks = list(given)
    for callback in callbacks:
        check_type(who, "a callback", callback, Callback, "inherit from inkling.Callback")
    return callbacks


def has_state(callback: Callback) -> bool:
    """Returns whether a callback has a state that the checkpoint stores."""
    return type(callback).state_dict is not Callback.state_dict


@contextmanager
def watching(callbacks: Sequence[Callback], info: RunInfo) -> Iterator[None]:
    """Calls ``before_run`` of each callback, and ``after_run`` of these at the end of the block."""
    with ExitStack() as stack:
        for callback in callbacks:
            callback.before_run(info)
            stack.callback(callback.after_run)
        yield
