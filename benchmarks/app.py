"""The app under people who draw: how soon it is there, how fast it answers, whether it stays right.

    python benchmarks/app.py                             one client, then 50 for 5 seconds
    python benchmarks/app.py --seconds 30 --model runs/mine

The app runs in a process of its own, as `inkling app` starts it. Each client draws digits stroke by
stroke and sends the pad, 112 × 112 grey bytes, one request in flight, the newest state next, as the page
does. Every answer is compared with the one that the library gives for the same pixels in this process.
Times are on loopback, client included; a bare GET /healthz, which does no work, is the floor.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table

from inkling.image.normalize import normalize
from inkling.model.decision import classify
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED
from inkling.model.model import Classifier

SIDE, BRUSH = 112, 11
"""The pad that is sent, in pixels, and the pen."""
STATES = 24
"""States of the pad that are sent while one digit is drawn."""
DIGITS = 40
"""Different digits that are drawn."""
MEDIAN, NEARLY_ALL = 15.0, 30.0
"""Milliseconds that half of the answers, and 95 of 100, may take with one client."""


@dataclass
class Figures:
    """What was measured of one kind of request.

    Attributes:
        milliseconds: how long each answer took.
        wrong: answers that differ from the library's.
        errors: answers that are no answers.
    """

    milliseconds: list[float] = field(default_factory=list)
    wrong: int = 0
    errors: int = 0

    def percentile(self, share: float) -> float:
        """Returns the time within which this share of the answers came."""
        return float(np.quantile(self.milliseconds, share))


@dataclass(frozen=True)
class Drawing:
    """One state of the pad, the request that sends it, and the answer that is right."""

    request: bytes
    digit: str | None
    confidence: float


def pads() -> Iterator[bytes]:
    """Yields the states of the pad while digits of two to four curved strokes are drawn."""
    rng = np.random.default_rng(0)
    for _ in range(DIGITS):
        points = np.cumsum(rng.normal(0, 9, (STATES, 2)), axis=0)
        points = 20 + (points - points.min(axis=0)) / np.ptp(points, axis=0).max() * (SIDE - 40)
        pad = Image.new("L", (SIDE, SIDE), 0)
        pen = ImageDraw.Draw(pad)
        lifted = set(rng.choice(STATES, rng.integers(1, 4), replace=False).tolist())
        for step in range(1, STATES):
            if step not in lifted:
                ends = [tuple(point) for point in points[step - 1 : step + 1]]
                pen.line(ends, fill=255, width=BRUSH, joint="curve")
            yield pad.tobytes()


def drawings(model: Classifier) -> list[Drawing]:
    """Returns the requests with their right answers, which are worked out here."""
    found = []
    head = f"POST /api/predict?width={SIDE}&height={SIDE} HTTP/1.1\r\nHost: localhost\r\n"
    head += f"Content-Type: application/octet-stream\r\nContent-Length: {SIDE * SIDE}\r\n\r\n"
    for pad in pads():
        pixels = normalize(np.frombuffer(pad, np.uint8).reshape(SIDE, SIDE))
        answers = classify(model, pixels[np.newaxis])
        refused = answers.reasons[0] is not None
        digit = None if refused else model.classes[int(answers.label[0])]
        confidence = float(answers.confidence[0]) if pixels.any() else 0.0
        found.append(Drawing(head.encode() + pad, digit, confidence))
    return found


@contextmanager
def running(model: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Starts the app and yields its port and process; ends it with Ctrl-C."""
    command = [sys.executable, "-m", "inkling", "app", "--model", str(model)]
    command += ["--port", "0", "--no-browser", "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            sys.exit(f"the app did not start: {' '.join(command)}")
        yield int(json.loads(line)["port"]), process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)


def time_start(model: Path) -> float:
    """Returns the seconds from the command to a page that is there and answers."""
    started = perf_counter()
    with running(model) as (port, _):
        for place in ("", "api/model"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/{place}").read()
        return perf_counter() - started


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Any:
    """Sends a request on an open connection and returns the answer's JSON; None for an error."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    content = await reader.readexactly(length)
    return json.loads(content) if head.startswith(b"HTTP/1.1 200 ") else None


async def draw(port: int, work: list[Drawing], start: int, seconds: float) -> Figures:
    """Draws for some seconds as one client."""
    figures = Figures()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    end, turn = perf_counter() + seconds, start
    while perf_counter() < end:
        drawing = work[turn % len(work)]
        asked, turn = perf_counter(), turn + 1
        answer = await ask(reader, writer, drawing.request)
        figures.milliseconds.append(1000 * (perf_counter() - asked))
        if answer is None:
            figures.errors += 1
        elif answer["digit"] != drawing.digit or (
            abs(answer["confidence"] - drawing.confidence) > 1e-5
        ):
            figures.wrong += 1
    writer.close()
    return figures


async def draw_together(port: int, work: list[Drawing], clients: int, seconds: float) -> Figures:
    """Draws with many clients, each at another place of the same digits."""
    starts = np.linspace(0, len(work), clients, endpoint=False, dtype=int)
    tasks = [draw(port, work, int(start), seconds) for start in starts]
    total = Figures()
    for figures in await asyncio.gather(*tasks):
        total.milliseconds += figures.milliseconds
        total.wrong += figures.wrong
        total.errors += figures.errors
    return total


async def bare(port: int, count: int) -> Figures:
    """Asks for /healthz, again and again."""
    figures = Figures()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        asked = perf_counter()
        await ask(reader, writer, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        figures.milliseconds.append(1000 * (perf_counter() - asked))
    writer.close()
    return figures


def memory(process: subprocess.Popen[str]) -> float:
    """Returns the megabytes a process holds; not a number where the system does not say."""
    try:
        status = Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    return int(status.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(
    model: Annotated[Path, typer.Option(help="A model file or run directory.")] = SHIPPED,
    clients: Annotated[int, typer.Option(min=1)] = 50,
    seconds: Annotated[float, typer.Option(min=1)] = 5.0,
    starts: Annotated[int, typer.Option(min=1)] = 3,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Measures the start, one client, and many."""
    work = drawings(load_model(model))
    start = statistics.median(time_start(model) for _ in range(starts))
    with running(model) as (port, process):
        asyncio.run(draw(port, work, 0, 1.0))  # to warm up
        floor = asyncio.run(bare(port, 300))
        alone = asyncio.run(draw(port, work, 0, seconds))
        asyncio.run(draw_together(port, work, clients, 1.0))
        before = memory(process)
        together = asyncio.run(draw_together(port, work, clients, seconds))
        after = memory(process)
    rows = {"GET /healthz": floor, "1 client": alone, f"{clients} clients": together}
    if json_output:
        result = {
            name: {
                "answers": len(figures.milliseconds),
                "median_ms": figures.percentile(0.5),
                "p95_ms": figures.percentile(0.95),
                "over_floor": figures.percentile(0.5) / floor.percentile(0.5),
                "wrong": figures.wrong,
                "errors": figures.errors,
            }
            for name, figures in rows.items()
        }
        print(json.dumps({"start_s": start, **result, "memory_mb": [before, after]}))
        return
    table = Table("requests", "answers", "median ms", "95 % ms", "× /healthz", "wrong", "errors")
    for name, figures in rows.items():
        times = [figures.percentile(share) for share in (0.5, 0.95)]
        ratio = f"{times[0] / floor.percentile(0.5):.1f}"
        counts = str(figures.wrong), str(figures.errors)
        answers = f"{len(figures.milliseconds):,}"
        table.add_row(name, answers, *(f"{time:.1f}" for time in times), ratio, *counts)
    console = Console()
    console.print(table)
    share = alone.percentile(0.5) / MEDIAN, alone.percentile(0.95) / NEARLY_ALL
    console.print(f"one client takes {share[0]:.2f} × and {share[1]:.2f} × of what it may take")
    console.print(f"from command to page: {start:.2f} s, median of {starts}")
    growth = f"{before:.0f} → {after:.0f} MB, {after / before:.3f} ×"
    console.print(f"memory over the {seconds:g} s with {clients} clients: {growth}")


if __name__ == "__main__":
    typer.run(main)
