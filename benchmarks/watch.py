"""Measures what watching costs: a run of the page against ``inkling train``, and views per second.

    python benchmarks/watch.py                      the default run, read by a program
    python benchmarks/watch.py --browser            shown by the page in Chromium
    python benchmarks/watch.py --work shipped       one epoch of the network that ships

Both trainings run in turn, with the same settings, in processes of their own. Their times begin with
the first step and end with the test; the smallest of several rounds are compared. A view is an event
that shows the network of the moment.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from app import running
from inkling.model.locations import SHIPPED
from inkling.training.presets import PRESETS
from inkling.training.settings import TrainingSettings

LARGE = replace(PRESETS["shipped"], epochs=1)
WORK = {
    "default": TrainingSettings(),
    "shipped": replace(LARGE, augment="none"),
    "shipped, elastic": LARGE,
}
OPTIONS = ("hidden", "epochs", "batch_size", "optimizer", "augment")


class Watched(NamedTuple):
    """A training of the page."""

    seconds: float
    views: float
    """Per second of training."""


def time_alone(settings: TrainingSettings, folder: Path) -> float:
    """Returns the seconds of ``inkling train``, from the first step to the test."""
    command = [sys.executable, "-m", "inkling", "train", "--data", "mnist", "--out", str(folder)]
    for name in OPTIONS:
        value = getattr(settings, name)
        value = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        command += [f"--{name.replace('_', '-')}", value]
    command += ["--lr", str(settings.learning_rate)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        started = ended = 0.0
        for line in process.stderr:
            if line.startswith("Network("):
                started = perf_counter()
            elif line.startswith("Test accuracy"):
                ended = perf_counter()
    return ended - started


def time_watched(settings: TrainingSettings, port: int) -> Watched:
    """Returns the same of a training of the page, read as a stream of events."""
    address = f"http://127.0.0.1:{port}/api/training"
    stream = urllib.request.urlopen(f"{address}/events", timeout=600)
    content = json.dumps({"data": "mnist", "settings": settings.to_dict()}).encode()
    headers = {"Content-Type": "application/json"}
    run = json.load(urllib.request.urlopen(urllib.request.Request(address, content, headers)))
    started, times = 0.0, []
    for event in events_of(stream, run["run"]):
        if event["event"] == "started":
            started = perf_counter()
        elif event["event"] == "look":
            times.append(perf_counter())
        elif event["event"] == "failed":
            sys.exit(event["error"])
    stream.close()
    return Watched(perf_counter() - started, (len(times) - 1) / (times[-1] - times[0]))


def events_of(stream: Any, run: str) -> Iterator[dict[str, Any]]:
    """Yields the events of a run to its end; those of the one before come first."""
    is_ours = False
    for line in stream:
        if line.startswith(b"data: "):
            event = json.loads(line[6:])
            is_ours = is_ours or (event["event"] == "loading" and event["run"] == run)
            if is_ours:
                yield event
                if event["event"] in ("finished", "failed"):
                    return


@contextmanager
def chromium(port: int, wanted: bool) -> Iterator[None]:
    """Shows the page in Chromium, if that is wanted."""
    if not wanted:
        yield
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        installed = shutil.which("chromium") or shutil.which("google-chrome")
        options = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=installed, args=options)
        browser.new_page().goto(f"http://127.0.0.1:{port}/#train")
        yield
        browser.close()


def main(
    work: Annotated[list[str] | None, typer.Option(help=", ".join(WORK))] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    browser: Annotated[bool, typer.Option("--browser", help="Show the page in Chromium.")] = False,
) -> None:
    """Compares trainings with and without the page."""
    table = Table("work", "inkling train, s", "the page, s", "ratio", "views/s")
    with tempfile.TemporaryDirectory() as folder, running(SHIPPED, Path(folder)) as (port, _):
        for name in work or ["default"]:
            alone, watched = [], []
            for number in range(rounds):
                alone.append(time_alone(WORK[name], Path(folder, f"{name} {number}")))
                with chromium(port, browser):
                    watched.append(time_watched(WORK[name], port))
            best, seconds = min(alone), min(run.seconds for run in watched)
            views = max(run.views for run in watched)
            cells = (f"{best:.2f}", f"{seconds:.2f}", f"{seconds / best:.2f}", f"{views:.1f}")
            table.add_row(name, *cells)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
