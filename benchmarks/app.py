"""Measures the app under load: how soon it starts, how fast it answers, whether its answers are correct.

    python benchmarks/app.py                             one client, then 50 for 5 seconds
    python benchmarks/app.py --seconds 30 --model runs/mine
    python benchmarks/app.py --page                      instead: the page in Chromium

The app runs in its own process, as ``inkling app`` starts it. Each client sends digits of 112 × 112 gray
bytes, as the page does while you draw, one request at a time. Every answer is compared with the one that
the library gives for the same pixels. Times are on loopback and include the client; a bare GET /healthz,
which does no work, is the lower bound.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from typing import Annotated, NamedTuple

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from inkling.bench.workloads import mnist_or_noise
from inkling.model.locations import SHIPPED
from inkling.recognize.recognizer import Recognizer
from page import measure

SIDE, IMAGES = 112, 1000
"""Side of the images that are sent, in pixels, and how many there are."""
PREDICT = f"/api/predict?width={SIDE}&height={SIDE}"
Reply = tuple[float, str]
"""Milliseconds, and "right", "wrong" or "error"."""


class Request(NamedTuple):
    """The pixels of a digit, and the correct answer."""

    pixels: bytes
    digit: str | None
    confidence: float


def requests(recognizer: Recognizer) -> Iterator[Request]:
    """Yields MNIST's test images, four times as large, with the library's answers."""
    for pixels in mnist_or_noise(train=False).pixels[:IMAGES].reshape(-1, 28, 28):
        pad = np.kron(pixels, np.ones((4, 4), np.uint8))
        answer = recognizer.read_digit(pad)
        yield Request(pad.tobytes(), answer.label, answer.confidence)


@contextmanager
def running(model: Path, folder: Path | None = None) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Starts the app, in a folder if given; yields its port and process, and ends it by Ctrl-C."""
    command = [sys.executable, "-m", "inkling", "app", "--model", str(model)]
    command += ["--port", "0", "--no-browser", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)
    try:
        assert process.stdout is not None
        line = process.stdout.readline() or sys.exit("the app did not start")
        yield int(json.loads(line)["port"]), process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)


def time_start(model: Path) -> float:
    """Returns the seconds from the command until the page and its model are loaded."""
    started = perf_counter()
    with running(model) as (port, _):
        for path in ("", "api/model"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}").read()
        return perf_counter() - started


def client(port: int, work: Sequence[Request], start: int, seconds: float) -> list[Reply]:
    """Sends requests one after another for some seconds; GET /healthz if there is no work."""
    connection = HTTPConnection("127.0.0.1", port)
    replies: list[Reply] = []
    end = perf_counter() + seconds
    while (sent := perf_counter()) < end:
        if work:
            request = work[(start + len(replies)) % len(work)]
            headers = {"Content-Type": "application/octet-stream"}
            connection.request("POST", PREDICT, request.pixels, headers)
        else:
            connection.request("GET", "/healthz")
        response = connection.getresponse()
        content = response.read()
        milliseconds, outcome = 1000 * (perf_counter() - sent), "right"
        if response.status != 200:
            outcome = "error"
        elif work:
            answer = json.loads(content)
            is_near = abs(answer["confidence"] - request.confidence) < 1e-5
            outcome = "right" if is_near and answer["digit"] == request.digit else "wrong"
        replies.append((milliseconds, outcome))
    connection.close()
    return replies


def send(port: int, work: Sequence[Request], clients: int, seconds: float) -> list[Reply]:
    """Sends requests from many clients at once, each starting at another image."""
    starts = np.linspace(0, len(work), clients, endpoint=False, dtype=int).tolist()
    with ThreadPoolExecutor(clients) as pool:
        parts = pool.map(lambda start: client(port, work, start, seconds), starts)
        return [reply for replies in parts for reply in replies]


def memory(process: subprocess.Popen[str]) -> float:
    """Returns the resident megabytes of a process, on Linux."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(
    model: Annotated[Path, typer.Option(help="A model file or run directory.")] = SHIPPED,
    clients: Annotated[int, typer.Option(min=1)] = 50,
    seconds: Annotated[float, typer.Option(min=1)] = 5.0,
    starts: Annotated[int, typer.Option(min=1)] = 5,
    page: Annotated[bool, typer.Option("--page", help="Measure the page in Chromium.")] = False,
) -> None:
    """Measures the start, one client, and many; or the page."""
    if page:
        measure(partial(running, model), starts)
        return
    work = list(requests(Recognizer(model)))
    start = statistics.median(time_start(model) for _ in range(starts))
    table = Table("requests", "answers/s", "median, ms", "95 %, ms", "wrong", "errors")
    with running(model) as (port, process):
        send(port, work, clients, 1.0)  # warms up
        before = memory(process)
        for name, content, count in (
            ("GET /healthz", work[:0], 1),
            ("1 client", work, 1),
            (f"{clients} clients", work, clients),
        ):
            times, outcomes = zip(*send(port, content, count, seconds), strict=True)
            cells = [f"{len(times) / seconds:,.0f}"]
            cells += [f"{time:.1f}" for time in np.quantile(times, [0.5, 0.95])]
            cells += [str(outcomes.count(kind)) for kind in ("wrong", "error")]
            table.add_row(name, *cells)
        after = memory(process)
    Console().print(table)
    Console().print(f"from command to page: {start:.2f} s, median of {starts}")
    Console().print(f"memory: {before:.0f} MB before, {after:.0f} MB after")


if __name__ == "__main__":
    typer.run(main)
