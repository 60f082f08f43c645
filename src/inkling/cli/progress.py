"""Progress for people: a live bar in a terminal, plain lines elsewhere.

Both only watch: the training bar is a ``Callback``, the download bar a ``DownloadWatcher``.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from inkling.cli.output import console, percent, say
from inkling.training.callbacks import Callback, Progress, RunInfo
from inkling.training.history import EpochRecord

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from inkling.model.model import Model


def line_of(record: EpochRecord, epochs: int) -> str:
    """Returns an epoch in one line.

    Example:
        >>> line_of(EpochRecord(3, 0.0832, 0.9753, 0.1012, 0.9702, 0.001, 0.62, 88710.0), 10)
        'epoch  3/10  loss 0.0832  accuracy 97.53 %  validation 97.02 %  88,710 images/s'
    """
    parts = [f"epoch {record.epoch:>{len(str(epochs))}}/{epochs}", f"loss {record.train_loss:.4f}"]
    if record.train_accuracy is not None:
        parts.append(f"accuracy {percent(record.train_accuracy)}")
    if record.validation_accuracy is not None:
        parts.append(f"validation {percent(record.validation_accuracy)}")
    if record.test_accuracy is not None:
        parts.append(f"test set, watched {percent(record.test_accuracy)}")
    return "  ".join([*parts, f"{record.images_per_second:,.0f} images/s"])


class PlainLines(Callback):
    """One line an epoch, with the time left, for files and pipes."""

    def on_start(self, plan: RunInfo) -> None:
        """Says what is going to be trained."""
        self._epochs = plan.epochs
        self._seconds: list[float] = []
        say(plan.network)
        if plan.remark:
            say(plan.remark)

    def on_epoch(self, record: EpochRecord) -> None:
        """Prints the epoch."""
        self._seconds.append(record.seconds)
        left = (self._epochs - record.epoch) * sum(self._seconds) / len(self._seconds)
        say(f"{line_of(record, self._epochs)}  {left:.0f} s left")


class LiveBar(Callback):
    """A bar over the whole run, with loss, accuracy, speed and time left; epochs scroll above it."""

    def on_start(self, plan: RunInfo) -> None:
        """Shows the bar."""
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._plan = plan
        self._bar: Bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=console(),
            transient=True,
        )
        self._bar.console.print(plan.network)
        if plan.remark:
            self._bar.console.print(plan.remark)
        self._task: TaskID = self._bar.add_task(
            "training",
            total=plan.images * (plan.epochs - plan.first_epoch + 1),
            epoch=plan.first_epoch,
            epochs=plan.epochs,
            figures="",
        )
        self._bar.start()

    def on_progress(self, progress: Progress) -> None:
        """Moves the bar."""
        figures = f"loss {progress.loss:.4f}"
        if progress.accuracy is not None:
            figures += f"  accuracy {percent(progress.accuracy)}"
        done = (progress.epoch - self._plan.first_epoch) * self._plan.images + progress.images
        self._bar.update(
            self._task,
            completed=done,
            epoch=progress.epoch,
            figures=f"{figures}  {progress.images_per_second:,.0f} images/s",
        )

    def on_epoch(self, record: EpochRecord) -> None:
        """Prints the epoch above the bar."""
        self._bar.console.print(line_of(record, self._plan.epochs))

    def on_end(self) -> None:
        """Takes the bar away."""
        self._bar.stop()


def training_watcher() -> Callback:
    """Returns the watcher that suits standard error."""
    return LiveBar() if console().is_terminal else PlainLines()


class MembersBar:
    """Says which member of a committee is done, above a bar over all of them.

    Args:
        members: how many there are.
    """

    def __init__(self, members: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        terminal = console()
        columns = (
            TextColumn("members"),
            MofNCompleteColumn(),
            BarColumn(None),
            TimeElapsedColumn(),
        )
        self._members, self._done = members, 0
        self._bar = Bar(
            *columns, console=terminal, transient=True, disable=not terminal.is_terminal
        )
        self._task = self._bar.add_task("members", total=members)

    def done(self, member: Model) -> None:
        """Says that a member is done, and moves the bar."""
        self._done += 1
        seed, seconds = member.manifest["seed"], member.manifest["results"]["train_seconds"]
        line = f"member {self._done}/{self._members}  seed {seed}  trained in {seconds:.1f} s"
        self._bar.console.print(line)
        self._bar.update(self._task, completed=self._done)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


class DownloadBar:
    """Announces a download, then shows how much has come."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._tasks: dict[str, TaskID] = {}

    def announce(self, text: str) -> None:
        """Says what will be downloaded, before it starts."""
        say(text)

    def progress(self, file: str, received: int, total: int) -> None:
        """Moves the bar of a file."""
        if self._bar is None:
            from rich.progress import Progress as Bar

            terminal = console()
            self._bar = Bar(console=terminal, transient=True, disable=not terminal.is_terminal)
            self._bar.start()
        if file not in self._tasks:
            self._tasks[file] = self._bar.add_task(file, total=total)
        self._bar.update(self._tasks[file], completed=received, total=total)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
