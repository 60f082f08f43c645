"""Tables and plots of docs/speed.md, as files and on the screen."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from rich.console import Console
from rich.table import Table

from inkling._files import atomic_write
from inkling.plots.canvas import FAINT, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = list[dict[str, Any]]
WIDTH = 7.4
"""Width of a plot in inches: a column of text."""


def publish(title: str, rows: Rows, path: Path | None) -> None:
    """Prints rows with the keys of the first as headings, and writes them as CSV if a path is given."""
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)
    if path is not None:
        pd.DataFrame(rows).to_csv(path, index=False)


@contextmanager
def svg(path: Path, height: float, numbers: Mapping[str, Any]) -> Iterator[Axes]:
    """Yields axes to draw on, and writes them as SVG, with the numbers as metadata for a test."""
    with style("docs/speed.md"):
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        with rc_context({"svg.hashsalt": "speed", "font.size": 9}):
            figure = Figure(figsize=(WIDTH, height), layout="constrained")
            yield figure.subplots()
            file = io.BytesIO()
            metadata = {"Description": json.dumps(numbers), "Date": None, "Creator": None}
            figure.savefig(file, format="svg", metadata=metadata)
    atomic_write(path, file.getvalue())


def logarithmic(axes: Axes, which: Literal["x", "both"]) -> None:
    """Makes axes logarithmic, with plain numbers and a faint grid."""
    axes.set_xscale("log")
    if which == "both":
        axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis) if which == "both" else (axes.xaxis,):
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
    axes.grid(axis=which, color=FAINT)
    axes.spines[["top", "left", "right"]].set_visible(False)
