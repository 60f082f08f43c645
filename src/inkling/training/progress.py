"""The progress display of a run, on standard error: a live bar in a terminal, lines elsewhere.

``inkling train``, ``inkling tutorials`` and the estimators' ``progress_bar=True`` show it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from inkling._text import escape_controls
from inkling.training.callbacks import Callback
from inkling.training.history import EpochRecord
from inkling.training.state import RunInfo, TrainingState

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID


def progress_display() -> Callback:
    """Returns the callback that suits standard error."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return ProgressBar(console) if console.is_terminal or console.is_jupyter else PlainLines()


def line_of(record: EpochRecord, epochs: int) -> str:
    """Returns an epoch in one line."""
    parts = [f"epoch {record.epoch:>{len(str(epochs))}}/{epochs}", f"loss {record.train_loss:.4f}"]
    if record.train_accuracy is not None:
        parts.append(f"accuracy {100 * record.train_accuracy:.2f} %")
    if record.validation_accuracy is not None:
        parts.append(f"validation {100 * record.validation_accuracy:.2f} %")
    elif record.validation_loss is not None:
        parts.append(f"validation loss {record.validation_loss:.4f}")
    return "  ".join([*parts, f"{record.images_per_second:,.0f} images/s"])


class PlainLines(Callback):
    """Prints one line per epoch, with the time left, for files and pipes."""

    def before_run(self, info: RunInfo) -> None:
        """Prints what will be trained."""
        self._epochs = info.epochs
        self._seconds: list[float] = []
        _print(info.network)
        if info.note:
            _print(info.note)

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:  # noqa: ARG002
        """Prints the epoch."""
        self._seconds.append(record.seconds)
        left = (self._epochs - record.epoch) * sum(self._seconds) / len(self._seconds)
        _print(f"{line_of(record, self._epochs)}  {left:.0f} s left")


def _print(text: str) -> None:
    sys.stderr.write(f"{escape_controls(text)}\n")


class ProgressBar(Callback):
    """Shows a bar over the whole run, with loss, accuracy, speed and time left, below the epochs."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def before_run(self, info: RunInfo) -> None:
        """Shows the bar."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._info = info
        self._bar: Progress = Progress(
            TextColumn(f"epoch {{task.fields[epoch]}}/{info.epochs}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[means]}"),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
        )
        self._console.print(info.network)
        if info.note:
            self._console.print(escape_controls(info.note), markup=False)
        self._task: TaskID = self._bar.add_task(
            "training",
            total=info.images * (info.epochs - info.first_epoch + 1),
            epoch=info.first_epoch,
            means="",
        )
        self._bar.start()

    def after_chunk(self, state: TrainingState) -> None:
        """Moves the bar."""
        progress = state.progress
        means = f"loss {progress.loss:.4f}"
        if progress.accuracy is not None:
            means += f"  accuracy {100 * progress.accuracy:.2f} %"
        epochs_done = progress.epoch - self._info.first_epoch
        self._bar.update(
            self._task,
            completed=epochs_done * self._info.images + progress.images,
            epoch=progress.epoch,
            means=f"{means}  {progress.images_per_second:,.0f} images/s",
        )

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:  # noqa: ARG002
        """Prints the epoch above the bar."""
        self._console.print(line_of(record, self._info.epochs))

    def after_run(self) -> None:
        """Removes the bar."""
        self._bar.stop()
