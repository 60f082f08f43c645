"""The page for a run of this process: ``inkling train --watch``.

    Watch → EventLog → stream        command → Watch

The server runs in a thread next to the training and ends with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inkling.app.events import EventLog
from inkling.app.model_store import ModelStore
from inkling.app.routes import build_app
from inkling.app.server import address_of, make_server, open_browser, open_listener
from inkling.training.result import TrainingResult
from inkling.training.watch import Watch
from inkling.training.watch_events import failed_event, finished_event

HOST = "127.0.0.1"
END_SECONDS = 3.0
"""How long the server has to send the last events."""


class WatchedRun:
    """A run of this process, as the page sees it; no other one can be started.

    Attributes:
        callback: to be passed to the run.
    """

    def __init__(self, address: str, announce: Callable[[str], None]) -> None:
        self.log: EventLog = EventLog()
        self.callback: Watch = Watch(self.log.publish)
        self.models: ModelStore = ModelStore()
        self._address, self._announce = address, announce

    def show(self, kind: str, directory: Path) -> None:
        """Opens the page; kind and directory are those of the run that begins now."""
        self.callback.about = {"kind": kind, "run": str(directory)}
        self.log.begin({"event": "loading", **self.callback.about})
        self._announce(self._address)
        open_browser(self._address)

    def start(self, _: Mapping[str, Any]) -> bool:
        """Returns False: this process trains already."""
        return False

    def command(self, name: str, pixels: bytes | None = None) -> None:
        """Passes on a command."""
        self.callback.obey(name, pixels)

    def finish(self, result: TrainingResult) -> None:
        """Publishes the last event."""
        model = None if result.run is None else self.models.name_of(result.run)
        self.log.publish({**finished_event(result), "model": model})

    def fail(self, error: BaseException) -> None:
        """Publishes the last event of a run that failed or was interrupted, and how to resume it."""
        interrupted = isinstance(error, KeyboardInterrupt)
        reason = "The training was interrupted" if interrupted else str(error)
        # The message of an error says itself whether the run can be resumed.
        run = str(self.callback.about["run"] or "") if interrupted else ""
        self.log.publish(failed_event(reason or type(error).__name__, run))


@contextmanager
def page_of_run(announce: Callable[[str], None]) -> Iterator[WatchedRun]:
    """Serves the page while the block runs; ``announce`` receives its address when it is opened."""
    with open_listener(HOST, 0) as listener:
        run = WatchedRun(f"{address_of(listener, HOST)}#train", announce)
        server = make_server(build_app(run.models, training=run))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield run
        except (Exception, KeyboardInterrupt) as error:
            run.fail(error)
            raise
        finally:
            run.log.close()
            server.should_exit = True
            thread.join(END_SECONDS)
