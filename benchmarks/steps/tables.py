"""The tables and plots of docs/speed.md, as files: every figure of the page lies in one of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from inkling._files import atomic_write
from inkling.plots.canvas import BLUE, FAINT, GRAY, INK, ORANGE, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.4
"""Inches: as wide as a column of text."""
ENGINES = {"numpy": ORANGE, "compiled": BLUE}
"""The colour of each engine's lines."""

Rows = Sequence[Mapping[str, Any]]


def write_csv(path: Path, rows: Rows) -> None:
    """Writes rows as a table with a line of headings; 12.0 becomes 12."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        plain = {key: f"{cell:g}" if isinstance(cell, float) else cell for key, cell in row.items()}
        writer.writerow(plain)
    atomic_write(path, text.getvalue().encode())


def draw_ladder(path: Path, bars: Mapping[str, float], floor: float) -> None:
    """Draws a bar for each rung, seconds an epoch, on a logarithmic axis.

    Args:
        path: the SVG file.
        bars: seconds by rung, from the first to the last.
        floor: seconds of the arithmetic alone on one core, a line.
    """
    with sheet("docs/speed.md", 0.32 * len(bars) + 0.9) as figure:
        axes = figure.subplots()
        places = range(len(bars))
        axes.barh(places, list(bars.values()), 0.7, color=BLUE)
        for place, seconds in enumerate(bars.values()):
            axes.text(1.06 * seconds, place, f"{seconds:.3g} s", va="center", color=INK)
        axes.axvline(floor, color=ORANGE, lw=1.5)
        words = f"the arithmetic alone, one core: {floor:.3g} s"
        axes.text(1.06 * floor, len(bars) - 0.2, words, color=ORANGE, va="center")
        axes.set_yticks(places, list(bars))
        axes.set_ylim(len(bars) + 0.2, -0.6)
        axes.set_xscale("log")
        axes.set_xlim(min(*bars.values(), floor) / 4, 3 * max(bars.values()))
        _quiet(axes, "x")
        axes.set_xlabel("seconds an epoch of 60,000 images, logarithmic")
        _save(figure, path, {**bars, "floor": floor})


def draw_growth(path: Path, rows: Rows, across: str, below: str) -> None:
    """Draws seconds an epoch against one size, a line for each engine and number of threads.

    Args:
        path: the SVG file.
        rows: with "engine", "threads", "seconds" and the size.
        across: the name of the size.
        below: what stands under the axis.
    """
    with sheet("docs/speed.md", 3.4) as figure:
        axes = figure.subplots()
        numbers = {}
        for (engine, threads), points in _lines(rows):
            sizes, seconds = zip(*((row[across], row["seconds"]) for row in points), strict=True)
            dashes = "-" if threads == 1 else (0, (2, 1.5))
            name = f"{engine}, {threads} thread{'s' if threads > 1 else ''}"
            axes.plot(
                sizes, seconds, color=ENGINES[engine], ls=dashes, marker="o", ms=3, label=name
            )
            numbers[name] = [list(sizes), list(seconds)]
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(sorted({row[across] for row in rows}))
        axes.set_xticks([], minor=True)
        axes.set_xlabel(below)
        axes.set_title("seconds an epoch", loc="left", size=10, color=GRAY)
        axes.legend(frameon=False, labelcolor=GRAY)
        _quiet(axes, "both")
        _save(figure, path, numbers)


def _lines(rows: Rows) -> Iterator[tuple[tuple[str, int], list[Mapping[str, Any]]]]:
    for line in dict.fromkeys((row["engine"], row["threads"]) for row in rows):
        yield line, [row for row in rows if (row["engine"], row["threads"]) == line]


@contextmanager
def sheet(purpose: str, height: float) -> Iterator[Figure]:
    """Gives an empty figure of the page's width in Inkling's look."""
    with style(purpose):
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        with rc_context({"svg.hashsalt": "speed", "font.size": 9}):
            yield Figure(figsize=(WIDTH, height), layout="constrained")


def _quiet(axes: Axes, grid: Literal["x", "both"]) -> None:
    for axis in (axes.xaxis, axes.yaxis) if grid == "both" else (axes.xaxis,):
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
    axes.grid(axis=grid, color=FAINT)
    axes.spines[["top", "left", "right"]].set_visible(False)


def _save(figure: Figure, path: Path, numbers: Mapping[str, Any]) -> None:
    """Writes the figure as SVG, with its numbers in it, so that a test can compare them."""
    file = io.BytesIO()
    metadata = {"Description": json.dumps(numbers), "Date": None, "Creator": None}
    figure.savefig(file, format="svg", metadata=metadata)
    atomic_write(path, file.getvalue())
