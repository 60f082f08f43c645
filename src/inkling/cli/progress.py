"""The progress bar of downloads; ``training/progress.py`` has that of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from inkling.cli.output import console, say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class DownloadBar:
    """Announces a download when its first bytes arrive, then shows how much has arrived.

    A mirror that does not answer is not mentioned: if no mirror answers, the error gives the reason.
    """

    def __init__(self) -> None:
        self._announcement = ""
        self._bar: Bar | None = None
        self._tasks: dict[str, TaskID] = {}

    def announce(self, text: str) -> None:
        """Keeps the sentence on what will be downloaded until a mirror answers."""
        self._announcement = text

    def progress(self, file: str, received: int, total: int) -> None:
        """Moves the bar of a file."""
        if self._bar is None:
            from rich.progress import Progress as Bar

            say(self._announcement)
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
