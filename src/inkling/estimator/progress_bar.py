"""A bar over the epochs of a fit, in a terminal or a notebook, for ``progress_bar=True``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inkling.training.callbacks import Callback, Progress, RunInfo
from inkling.training.history import EpochRecord

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class ProgressBar(Callback):
    """Shows on standard error how far a fit has come, and how its losses go."""

    def on_start(self, plan: RunInfo) -> None:
        """Shows the bar."""
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._plan = plan
        self._bar: Bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task(
            "fit", total=plan.epochs * plan.images, epoch=0, epochs=plan.epochs, figures=""
        )
        self._bar.start()

    def on_progress(self, progress: Progress) -> None:
        """Moves the bar within an epoch."""
        done = (progress.epoch - 1) * self._plan.images + progress.images
        self._bar.update(self._task, completed=done)

    def on_epoch(self, record: EpochRecord) -> None:
        """Moves the bar to the end of an epoch, and shows its losses."""
        figures = f"loss {record.train_loss:.4f}"
        if record.validation_loss is not None:
            figures += f"  validation {record.validation_loss:.4f}"
        done = record.epoch * self._plan.images
        self._bar.update(self._task, completed=done, epoch=record.epoch, figures=figures)

    def on_end(self) -> None:
        """Leaves the bar where it came to."""
        self._bar.stop()
