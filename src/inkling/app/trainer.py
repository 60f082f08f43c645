"""The process that trains for the page: ``python -m inkling.app.trainer``.

    standard input    the request, one line of JSON; then commands, a line each
    standard output   events, a line each

    {"kind": "train", "data": "mnist", "settings": {…}, "run": "runs/mnist-…", "most_seconds": 7200}
    {"kind": "teach", "data": "corrections", "model": "model file", "run": …, "most_seconds": …}
    {"command": "drawing", "pixels": "base64"}

It trains as ``inkling train`` does, in a process of its own, so that the app goes on answering. The end
of the input means that the app is gone: the run is interrupted as by Ctrl-C, and can be resumed.
"""

from __future__ import annotations

import _thread
import base64
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TextIO

from inkling._files import REPORT
from inkling.data.dataset import load_dataset
from inkling.errors import InklingError, MissingExtraError
from inkling.plots.report import write_report
from inkling.training.doctor import Doctor
from inkling.training.fine_tuning import fine_tune
from inkling.training.result import TrainingResult, report_of
from inkling.training.run import train
from inkling.training.settings import TrainingSettings
from inkling.training.watch import Watch
from inkling.training.watch_events import Event, failed_event, finished_event


def main() -> None:
    """Reads the request, trains, and reports every end as an event."""
    # A background job of a shell ignores Ctrl-C and passes that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with suppress(KeyboardInterrupt):  # the app has ended, and no one reads more
        _main()


def _main() -> None:
    events = _take_standard_output()

    def send(event: Event) -> None:
        line = json.dumps(event, allow_nan=False) + "\n"
        try:
            events.write(line)
            events.flush()
        except (OSError, ValueError):  # the app has ended; ValueError: this was seen before
            with suppress(OSError):  # what could not be written
                events.close()
            raise KeyboardInterrupt from None

    line = sys.stdin.readline()
    if not line:  # the app is gone already
        return
    request = json.loads(line)
    try:
        result = _train(request, send)
    except KeyboardInterrupt:
        send(failed_event("The training was interrupted", request["run"]))
    except InklingError as error:
        send(failed_event(str(error)))
    except MemoryError:
        send(failed_event("There is not enough memory; try a smaller network or batch"))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        send(failed_event(f"{where}{error.strerror or error}", request["run"]))
    except Exception:
        send(failed_event("Internal error; the terminal of the app shows the details"))
        raise
    else:
        send(finished_event(result))
        assert result.run is not None
        with suppress(MissingExtraError, OSError):  # the run is finished all the same
            write_report(result.run / REPORT, report_of(result))


def _take_standard_output() -> TextIO:
    """Returns standard output for the events alone; whatever a library prints goes to standard error."""
    events = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    os.dup2(2, 1)
    return events


def _train(request: Mapping[str, Any], send: Callable[[Event], None]) -> TrainingResult:
    """Trains, or teaches a model, as a request says."""
    watch = Watch(send, request["most_seconds"])
    threading.Thread(target=_obey, args=(watch,), daemon=True).start()
    watch.about = {name: request[name] for name in ("kind", "run")}
    dataset, run = load_dataset(request["data"]), request["run"]
    callbacks = [watch, Doctor(found=watch.found)]
    if request["kind"] == "teach":
        return fine_tune(request["model"], dataset, run=run, callbacks=callbacks)
    settings = TrainingSettings.from_dict(request["settings"])
    return train(dataset, settings, run=run, callbacks=callbacks)


def _obey(watch: Watch) -> None:
    """Passes on commands until the input ends, which interrupts the main thread."""
    for line in sys.stdin:
        command = json.loads(line)
        watch.obey(command["command"], base64.b64decode(command.get("pixels", "")) or None)
    _thread.interrupt_main()


if __name__ == "__main__":
    main()
