"""``inkling train --watch``: the page for a run of the command line, which ends with the run."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inkling.app import watched_run
from inkling.app.watched_run import WatchedRun
from inkling.errors import DivergenceError
from inkling.model.file import load_model
from inkling.training.history import EpochRecord, History
from inkling.training.run import train

PROGRAM = """
import sys
sys.modules["matplotlib"] = None  # the report takes a second and is not tested here
from inkling.cli.main import main
main()
"""
SETTINGS: dict[str, Any] = {"hidden": (9,), "batch_size": 1, "epochs": 3}
OPTIONS = ("--hidden", "9", "--batch-size", "1", "--epochs", "3", "--out", "run", "--json")


def start(folder: Path, *options: object) -> subprocess.Popen[str]:
    """Starts ``inkling train --watch``, without a display."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    environment = {**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "train", "--watch", *map(str, options)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def address_of(process: subprocess.Popen[str]) -> str:
    """The address that the command prints."""
    assert process.stderr is not None
    for line in process.stderr:
        found = re.fullmatch(r"Watch it at (http://127\.0\.0\.1:\d+/)#train\n", line)
        if found:
            return found[1]
    raise AssertionError("no address")


def ask(address: str, content: bytes | None = None) -> Any:
    """Sends a request."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, content, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def test_a_watched_run(strokes_file: Path, tmp_path: Path) -> None:
    """Page, events and commands; no other training; the run is that of the library."""
    with start(tmp_path, "--data", strokes_file, *OPTIONS) as process:
        address = address_of(process)
        ask(f"{address}api/training/pause", b"")
        assert b"<!doctype html>" in urllib.request.urlopen(address).read(100).lower()
        events = []
        for line in urllib.request.urlopen(f"{address}api/training/events"):
            if line.startswith(b"data: "):
                events.append(json.loads(line[6:]))
                if events[-1]["event"] == "paused":
                    assert ask(f"{address}api/training")["running"]
                    with pytest.raises(urllib.error.HTTPError, match="409"):
                        ask(f"{address}api/training", b'{"data": "pen"}')
                    ask(f"{address}api/training/resume", b"")
        printed, _ = process.communicate()
    kinds = [event["event"] for event in events if event["event"] not in ("look", "finding")]
    assert kinds == ["loading", "started", "paused", "resumed", *["epoch"] * 3, "finished"]
    assert json.loads(printed)["test_accuracy"] == events[-1]["test_accuracy"]
    result = train(strokes_file, **SETTINGS)
    model = load_model(tmp_path / "run").require_single("test")
    for name, array in result.model.network.parameters.items():
        assert model.network.parameters[name].tobytes() == array.tobytes()
    read = History.read(tmp_path / "run" / "history.csv")
    assert without_times(read) == without_times(result.history)


def without_times(history: History) -> list[EpochRecord]:
    """The records of a history without their times."""
    return [replace(record, seconds=0.0, images_per_second=0.0) for record in history]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_interrupted(strokes_file: Path, tmp_path: Path) -> None:
    """Ctrl-C ends a paused run; page and terminal say how to resume."""
    with start(tmp_path, "--data", strokes_file, *OPTIONS) as process:
        address = address_of(process)
        ask(f"{address}api/training/pause", b"")
        event: dict[str, Any] = {}
        for line in urllib.request.urlopen(f"{address}api/training/events"):
            if line.startswith(b"data: "):
                event = json.loads(line[6:])
                if event["event"] == "paused":
                    process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=20)
    assert process.returncode == 130
    assert event["error"].endswith("to resume: inkling train --resume run.")
    assert "to resume: inkling train --resume run\n" in printed
    assert "Traceback" not in printed


def test_only_an_interrupted_run_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message of an error says itself whether the run can be resumed; one that diverged cannot."""
    (tmp_path / "manifest.json").touch()
    monkeypatch.setattr(watched_run, "ModelStore", lambda: None)  # there may be no model
    run = WatchedRun("", print)
    run.callback.about = {"kind": "train", "run": str(tmp_path)}
    run.fail(DivergenceError("training diverged."))
    run.fail(KeyboardInterrupt())
    diverged, interrupted = run.log.since(0)[1]
    assert b"--resume" not in diverged
    assert b"to resume: inkling train --resume" in interrupted
