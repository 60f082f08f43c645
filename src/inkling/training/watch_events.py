"""What a watched run obeys, and its last event: what a page needs to know while nothing is trained."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling._files import MANIFEST

if TYPE_CHECKING:
    from inkling.training.result import TrainingResult

Event = dict[str, Any]
COMMANDS = ("pause", "resume", "step", "stop", "drawing")


def finished_event(result: TrainingResult) -> Event:
    """Returns the event of a run that is finished; of a fine-tuning, with the accuracies before it."""
    from inkling.training.fine_tuning import FineTuningResult

    event: Event = {
        "event": "finished",
        "run": None if result.run is None else str(result.run),
        "test_accuracy": result.test_accuracy,
        "test_interval": list(result.test_interval),
        "train_seconds": result.train_seconds,
    }
    if isinstance(result, FineTuningResult):
        event["before"], event["after"] = result.before._asdict(), result.after._asdict()
        event["kept_apart"] = result.kept_apart
    return event


def failed_event(reason: str, run: str = "") -> Event:
    """Returns the event of a training that failed; with a run, it says how to resume it.

    "reason" and "resume", a command or None, are the parts of "error".
    """
    reason, resume = reason.rstrip("."), None
    error = reason
    if run and (Path(run) / MANIFEST).is_file():
        resume = f"inkling train --resume {shlex.quote(run)}"
        error += f"; to resume: {resume}"
    return {"event": "failed", "error": f"{error}.", "reason": f"{reason}.", "resume": resume}
