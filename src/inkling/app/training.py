"""One training at a time, in a process of its own: starts it, keeps its events, passes on commands.

    start → trainer.py in a process → EventLog        command → its standard input

If the process is killed, its run can be resumed, and the last event says how. Next: ``trainer.py``,
the process; ``events.py``.
"""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from inkling.app.events import FINAL, EventLog
from inkling.training.watch_events import failed_event

COMMAND = (sys.executable, "-P", "-m", "inkling.app.trainer")
"""Starts the process; ``-P`` keeps the files of the working directory from being imported."""
STOP_SECONDS = 10.0
"""How long a process has to end its chunk and go, when the app ends."""
DETACHED: dict[str, Any] = (
    {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    if sys.platform == "win32"
    else {"start_new_session": True}
)
"""Ctrl-C in the terminal reaches the app alone, which then ends its process in order."""


class TrainingProcess:
    """Trains in a process of its own.

    Args:
        model_name: returns the name in the model list for the run directory of a finished run.
    """

    def __init__(self, model_name: Callable[[Path], str | None]) -> None:
        self.log: EventLog = EventLog()
        self._model_name = model_name
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._readers: list[tuple[subprocess.Popen[bytes], threading.Thread]] = []
        self._last_words = ""  # why the training failed

    def start(self, request: Mapping[str, Any]) -> bool:
        """Starts a training; returns False if one is running."""
        with self._lock:
            if self.log.is_running:
                return False
            shown = {name: request[name] for name in ("kind", "run", "data")}
            self.log.begin({"event": "loading", **shown})
            self._last_words = ""
        try:
            process = subprocess.Popen(
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **DETACHED
            )
        except OSError as error:  # no memory, or too many processes
            self._publish(failed_event(f"No process could be started: {error.strerror}"))
            return True
        _write(process, request)
        reader = threading.Thread(target=self._read, args=(process, request["run"]), daemon=True)
        self._process = process
        self._readers = [pair for pair in self._readers if pair[1].is_alive()]
        self._readers.append((process, reader))
        reader.start()
        return True

    def command(self, name: str, pixels: bytes | None = None) -> None:
        """Passes on a command; the end of the training may come before it."""
        message = {"command": name}
        if pixels:
            message["pixels"] = base64.b64encode(pixels).decode("ascii")
        if self._process is not None:
            _write(self._process, message)

    def close(self) -> str:
        """Ends the training, so that it can be resumed; returns the sentence that says how, or ""."""
        was_running = self.log.is_running
        for process, _ in self._readers:
            _close_input(process)
        for process, reader in self._readers:
            reader.join(STOP_SECONDS)
            process.kill()
            reader.join(STOP_SECONDS)
        return self._last_words if was_running else ""

    def _read(self, process: subprocess.Popen[bytes], run: str) -> None:
        """Publishes what the process sends, and how it ended; removes a directory it did not use."""
        assert process.stdout is not None
        ended = False
        try:
            with process.stdout as lines:
                for line in lines:
                    if not line.endswith(b"\n"):  # it was killed while it wrote
                        break
                    event = json.loads(line)
                    if event["event"] == "finished":
                        event["model"] = self._model_name(Path(run))
                    if event["event"] in FINAL:
                        _remove_empty(run)
                    self._publish(event)
                    ended = event["event"] in FINAL
        finally:  # after a bug too, or no other training could be started
            status = process.wait()
            _close_input(process)
            if not ended:
                _remove_empty(run)
                self._publish(failed_event(f"The training process {_end_of(status)}", run))

    def _publish(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "failed":
            self._last_words = str(event["error"])
        self.log.publish(event)


def _write(process: subprocess.Popen[bytes], message: Mapping[str, Any]) -> None:
    """Sends a line of JSON, unless the process has ended."""
    pipe: IO[bytes] | None = process.stdin
    assert pipe is not None
    with suppress(OSError, ValueError):  # broken, or closed
        pipe.write(json.dumps(message).encode("ascii") + b"\n")
        pipe.flush()


def _close_input(process: subprocess.Popen[bytes]) -> None:
    """Closes the input of a process, which ends it."""
    assert process.stdin is not None
    with suppress(OSError):  # it has ended
        process.stdin.close()


def _remove_empty(run: str) -> None:
    """Removes the directory of a run that never began."""
    with suppress(OSError):  # it is not empty
        Path(run).rmdir()


def _end_of(status: int) -> str:
    """Returns how a process ended, from its exit status."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed ({signal.Signals(-status).name})"
    except ValueError:
        return f"was killed (signal {-status})"
