"""Draws the plots of docs/speed.md from its tables, with logarithmic axes and direct labels.

    python benchmarks/plots.py        docs/speed/*.csv → docs/speed/*.svg

The benchmarks draw their plots with it after they have written their tables. The words in a plot are
those of its table, and ``scripts/write_docs.py`` translates them for the Chinese page.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[1] / "docs"
TABLES = DOCS / "speed"
sys.path.append(str(DOCS / "derivation" / "figures"))

from drawing import Drawing, Panel  # noqa: E402

WIDTH = 460
"""Pixels: on a phone, which shows the plot somewhat smaller, its words remain readable."""
ROW, LEFT, RIGHT = 22, 212, 408
"""Height of a row of dots; where the axis begins and ends, between the names and the numbers."""
VERSION = re.compile(r" \d[\w.+]*(?=,|$)")
AXES = {  # label; ends of sizes and of seconds, ticks of sizes and of seconds
    "width": (
        "hidden units; batches of 100, 60,000 images per epoch",
        ((32, 4096), (0.1, 20), (32, 128, 512, 2048), (0.1, 1, 10)),
    ),
    "batch": (
        "images per batch; 100 hidden units, 60,000 images per epoch",
        ((1, 8192), (0.1, 30), (1, 16, 256, 4096), (0.1, 1, 10)),
    ),
    "images": (
        "images per epoch; 100 hidden units, batches of 100",
        ((1e3, 1e6), (0.003, 10), (1e3, 1e4, 1e5, 1e6), (0.01, 0.1, 1, 10)),
    ),
}
KINDS = {"numpy 1": "two", "numpy 2": "four", "compiled 1": "one", "compiled 2": "three"}


class Dot(NamedTuple):
    """A row: its name, its value with the ends of its interval, its number as text, and its color."""

    name: str
    values: tuple[float, float, float]
    text: str
    kind: str


def read(name: str, folder: Path = TABLES) -> list[dict[str, str]]:
    """Returns the rows of a table."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def draw_dots(drawing: Drawing, top: float, dots: Sequence[Dot], ends: tuple[float, float]) -> None:
    """Draws a row per dot, with its interval, between its name and its number."""
    panel = Panel(drawing, (LEFT, top, RIGHT - LEFT, ROW * len(dots)), x=ends, y=(0, 1), log_x=True)
    for place, dot in enumerate(dots):
        y = top + ROW * (place + 0.5)
        x, low, high = (panel.at(value, 0)[0] for value in dot.values)
        drawing.text(LEFT - 12, y + 4.5, dot.name, "note", "end")
        drawing.line(
            [(low, y), (high, y)], "line axis" if dot.kind == "muted" else f"line {dot.kind}"
        )
        drawing.dot(x, y, dot.kind, 4.5)
        drawing.text(WIDTH - 8, y + 4.5, dot.text, "note", "end")


def draw_grid(
    drawing: Drawing, top: float, height: float, ticks: Sequence[float], ends: tuple[float, float]
) -> None:
    """Draws a line for each tick, with its number above and below."""
    panel = Panel(drawing, (LEFT, top, RIGHT - LEFT, height), x=ends, y=(0, 1), log_x=True)
    for tick in ticks:
        x = panel.at(tick, 0)[0]
        drawing.line([(x, top), (x, top + height)], "grid" if tick != 1 else "axis")
        for y in (top - 6, top + height + 16):
            drawing.text(x, y, f"{tick:g}", "tick", "middle")


def draw_bench(folder: Path = TABLES) -> None:
    """Draws Inkling's time as a multiple of each peer's, by workload."""
    ends, top, title = (0.01, 5.0), 76, 54
    groups: list[tuple[str, list[Dot]]] = []
    for row in read("bench", folder):
        if row["work"]:
            groups.append((row["work"], []))
        name = VERSION.sub("", row["peer"])
        kind = "one" if "Inkling" in name else "muted" if "arithmetic" in name else "two"
        text, *interval = (row[key] for key in ("Inkling ÷ peer", "lowest", "highest"))
        value, low, high = (max(float(number), ends[0]) for number in (text, *interval))
        groups[-1][1].append(Dot(name, (value, low, high), text, kind))
    height = sum(title + ROW * len(dots) for _, dots in groups)
    drawing = Drawing(WIDTH, top + height + 30)
    drawing.text(12, 24, "Inkling's time ÷ the other program's time")
    drawing.text(12, 45, "left of 1, Inkling is faster", "note muted")
    draw_grid(drawing, top, height, (0.01, 0.03, 0.1, 0.3, 1, 3), ends)
    for work, dots in groups:
        what, _, images = work.partition(": ")
        drawing.text(12, top + 23, what, "halo")
        drawing.text(12, top + 43, images, "note muted halo")
        draw_dots(drawing, top + title - 4, dots, ends)
        top += title + ROW * len(dots)
    drawing.write("bench", folder)


def draw_ladder(folder: Path = TABLES) -> None:
    """Draws the seconds per epoch of every version, and of the arithmetic."""
    dots = []
    for row in read("ladder", folder):
        seconds, kind = row["seconds per epoch"], "one" if row["MB"] else "muted"
        dots.append(Dot(row["version"], (float(seconds),) * 3, f"{seconds} s", kind))
    ends, top = (0.02, 20.0), 58
    drawing = Drawing(WIDTH, top + ROW * len(dots) + 28)
    drawing.text(12, 24, "seconds per epoch of 60,000 images")
    draw_grid(drawing, top, ROW * len(dots), (0.03, 0.1, 0.3, 1, 3, 10), ends)
    draw_dots(drawing, top, dots, ends)
    drawing.write("ladder", folder)


def draw_growth(axis: str, folder: Path = TABLES) -> None:
    """Draws seconds per epoch against a size: a line per engine and number of threads."""
    label, (x, y, x_ticks, y_ticks) = AXES[axis]
    drawing = Drawing(WIDTH, 330)
    panel = Panel(drawing, (40, 46, 264, 228), x=x, y=y, log_x=True, log_y=True)
    panel.axes(x_ticks, y_ticks, above="seconds per epoch")
    drawing.text(WIDTH / 2, 318, label, "note", "middle")
    lines: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in read(axis, folder):
        points = lines.setdefault((row["engine"], row["threads"]), [])
        points.append((float(row[axis]), float(row["seconds"])))
    for (engine, threads), points in lines.items():
        kind = KINDS[f"{engine} {min(int(threads), 2)}"]
        panel.curve([size for size, _ in points], [seconds for _, seconds in points], kind)
        for point in points:
            drawing.dot(*panel.at(*point), kind, 3)
    ends = [panel.at(*points[-1])[1] for points in lines.values()]
    for (engine, threads), height in zip(lines, spread(ends), strict=True):
        name = f"{'NumPy' if engine == 'numpy' else engine}, {threads} thread"
        kind = KINDS[f"{engine} {min(int(threads), 2)}"]
        drawing.text(313, height + 4.5, f"{name}{'s' * (threads != '1')}", f"note {kind}")
    drawing.write(axis, folder)


def spread(heights: Sequence[float], apart: float = 18) -> list[float]:
    """Returns heights that are moved as little as labels need, which are sorted and not too close."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    moved = [heights[i] for i in order]
    while any(b - a < apart - 0.1 for a, b in pairwise(moved)):
        for i, (a, b) in enumerate(pairwise(moved)):
            more = max(0.0, apart - (b - a)) / 2
            moved[i], moved[i + 1] = moved[i] - more, moved[i + 1] + more
    return [moved[order.index(i)] for i in range(len(heights))]


PLOTS: dict[str, Callable[[Path], None]] = {
    "bench": draw_bench,
    "ladder": draw_ladder,
    **{axis: partial(draw_growth, axis) for axis in AXES},
}


if __name__ == "__main__":
    for draw in PLOTS.values():
        draw(TABLES)
