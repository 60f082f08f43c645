"""``inkling train --watch``: the page that shows the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from inkling.cli.output import say

if TYPE_CHECKING:
    from inkling.app.watched_run import WatchedRun
    from inkling.training.callbacks import Callback
    from inkling.training.doctor_findings import Finding
    from inkling.training.result import TrainingResult


class RunPage:
    """The page of a run, or none."""

    def __init__(self, run: WatchedRun | None = None) -> None:
        self._run = run

    @property
    def callbacks(self) -> list[Callback]:
        """What the run has to call."""
        return [] if self._run is None else [self._run.callback]

    def show(self, kind: str, directory: Path) -> None:
        """Opens the page for the run that begins now; kind is "train", or "teach" for a fine-tuning."""
        if self._run is not None:
            self._run.show(kind, directory)

    def found(self, finding: Finding) -> None:
        """Prints a finding, and shows it."""
        say(str(finding))
        if self._run is not None:
            self._run.callback.found(finding)

    def finish(self, result: TrainingResult) -> None:
        """Shows the result."""
        if self._run is not None:
            self._run.finish(result)


@contextmanager
def run_page(wanted: bool) -> Iterator[RunPage]:
    """Serves the page while the block runs, if it is wanted, and opens the browser."""
    if not wanted:
        yield RunPage()
        return
    from inkling._checks import import_extra

    for library in ("starlette", "uvicorn"):
        import_extra(library, "app", "--watch")
    from inkling.app.watched_run import page_of_run

    with page_of_run(lambda address: say(f"Watch it at {address}")) as run:
        yield RunPage(run)
