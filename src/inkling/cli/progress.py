"""Progress bars of the command line: a committee's members, and downloads.

``training/progress.py`` has the bar of a training run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from inkling.cli.output import console, say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from inkling.model.model import Model


class MembersBar:
    """Prints each member of a committee that is done, above a bar over all of them.

    Args:
        members: how many there are.
    """

    def __init__(self, members: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        terminal = console()
        self._members, self._done = members, 0
        self._bar = Bar(
            TextColumn("members"),
            MofNCompleteColumn(),
            BarColumn(None),
            TimeElapsedColumn(),
            console=terminal,
            transient=True,
            disable=not terminal.is_terminal,
        )
        self._task = self._bar.add_task("members", total=members)

    def done(self, member: Model) -> None:
        """Prints the member, and moves the bar."""
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
    """Announces a download, then shows how much has arrived."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._tasks: dict[str, TaskID] = {}

    def announce(self, text: str) -> None:
        """Prints what will be downloaded, before it starts."""
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

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
