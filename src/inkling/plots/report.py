"""The page in every run directory, ``report.png``: learning curves, accuracy and mistakes.

    header      data set, architecture, test accuracy with its 95 % interval, training time
    upper half  loss and accuracy per epoch · confusion matrix
    lower half  the most confident mistakes · first-layer weights as pictures

The page is composed here from plain data; ``charts.py`` draws its parts, and ``training/result.py``
collects the data from a run.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inkling._files import atomic_write
from inkling._types import ByteArray, FloatArray, IntArray
from inkling.plots import canvas, charts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISTAKES, MISTAKE_COLUMNS = 25, 5
UNITS, UNIT_COLUMNS = 36, 6
LEFT, RIGHT, COLUMN = 0.55, 6.9, 5.35
"""The left edges of the two columns and their width, in inches."""
UPPER, LOWER = 2.6, 8.8
"""The tops of the two halves, below their headings, in inches from the top of the page."""


@dataclass(frozen=True)
class Mistake:
    """One test image (H, W) that was read wrongly; truth and answer are the names of classes."""

    image: ByteArray
    truth: str
    answer: str
    confidence: float


@dataclass(frozen=True)
class Report:
    """The contents of a report."""

    dataset: str
    architecture: str  # the network in one line
    history: Sequence[Any]  # one record per epoch
    train_seconds: float
    classes: Sequence[str]
    confusion: IntArray  # (C, C), counts of the test images; rows are the truth
    interval: tuple[float, float]  # the 95 % interval of the test accuracy
    mistakes: Sequence[Mistake]  # most confident first; at most 25 are drawn
    weights: FloatArray  # (I, O), of the first layer
    image_shape: tuple[int, int]  # (H, W), with H · W = I
    least_loss: float = 0.0  # above 0 with label smoothing


def write_report(path: str | Path, report: Report) -> None:
    """Draws the report and writes it as a PNG file, 1600 pixels wide."""
    with canvas.style("The report"):
        content = canvas.to_png(draw_report(report))
    atomic_write(Path(path), content)


def report_figure(report: Report) -> Figure:
    """Draws the report as a figure that keeps its style outside of ``inkling.plots.canvas.style``."""
    with canvas.style("The report"):
        return canvas.finished(draw_report(report))


def draw_report(report: Report) -> Figure:
    """Composes the page within ``inkling.plots.canvas.style``.

    Its axes are labeled "loss", "accuracy", "confusion", "mistakes" (if there are any) and "weights".
    """
    rows = math.ceil(min(MISTAKES, len(report.mistakes)) / MISTAKE_COLUMNS)
    mistakes = rows * (1.09 if _has_short_names(report) else 1.45)
    units = 0.9 * math.ceil(min(UNITS, report.weights.shape[1]) / UNIT_COLUMNS)
    figure = canvas.new_figure(LOWER + max(mistakes, units) + 0.4)
    _write_header(figure, report)
    _draw_history(figure, report)
    _draw_confusion(figure, report)
    _draw_mistakes(figure, report, mistakes)
    _draw_units(figure, report, units)
    return figure


def _write_header(figure: Figure, report: Report) -> None:
    n, correct = int(report.confusion.sum()), int(report.confusion.trace())
    low, high = report.interval
    epochs = len(report.history)
    left = [
        *textwrap.wrap(report.architecture, 64),
        f"trained for {epochs} {'epoch' if epochs == 1 else 'epochs'} in "
        f"{_duration(report.train_seconds)}",
    ]
    right = [
        f"test accuracy, 95 % interval {100 * low:.2f} to {100 * high:.2f} %",
        f"measured on {n:,} images",
    ]
    height, x, edge = figure.get_figheight(), LEFT / canvas.WIDTH, (RIGHT + COLUMN) / canvas.WIDTH
    large: dict[str, Any] = {"y": 1 - 0.9 / height, "weight": "bold"}
    small: dict[str, Any] = {"y": 1 - 1.06 / height, "size": 11, "color": canvas.GRAY, "va": "top"}
    name = canvas.drawable(report.dataset)
    share = f"{100 * correct / n:.2f} %"
    figure.text(
        x, s=name, size=min(25, 950 / max(1, len(name))), **large
    )  # leaves room at its right
    figure.text(x, s="\n".join(left), linespacing=1.5, **small)
    figure.text(edge, s=share, size=25, color=canvas.BLUE, ha="right", **large)
    figure.text(edge, s="\n".join(right), ha="right", linespacing=1.5, **small)


def _draw_history(figure: Figure, report: Report) -> None:
    left, width, height, below = LEFT + 0.65, 3.3, 1.6, UPPER + 2.95
    least = f"; at least {report.least_loss:.2f} because of label smoothing"
    note = "mean over the images" + (least if report.least_loss else "")
    _write_heading(figure, LEFT, UPPER, "Loss", note)
    axes = canvas.add_axes(figure, "loss", left, UPPER, width, height)
    charts.draw_loss(axes, report.history)
    _write_heading(figure, LEFT, below, "Accuracy", "share of the images that are read correctly")
    axes = canvas.add_axes(figure, "accuracy", left, below, width, height)
    charts.draw_accuracy(axes, report.history)


def _draw_confusion(figure: Figure, report: Report) -> None:
    note = "test images by truth and answer; mistakes are orange"
    _write_heading(figure, RIGHT, UPPER, "Confusion matrix", note)
    beside = 0.65 + 0.1 * max(len(charts.short_name(name)) for name in report.classes)
    below = beside if charts.has_upright_names(report.classes) else 0.6
    width, height = COLUMN - beside, 5.15 - below
    axes = canvas.add_axes(figure, "confusion", RIGHT + beside, UPPER, width, height)
    axes.set_anchor("NE")
    charts.draw_confusion(axes, report.confusion, report.classes)


def _draw_mistakes(figure: Figure, report: Report, height: float) -> None:
    count = int(report.confusion.sum() - report.confusion.trace())
    heading = {0: "No mistakes", 1: "The only mistake"}.get(count, f"All {count} mistakes")
    if count > MISTAKES:
        heading = f"The {MISTAKES} most confident of {count:,} mistakes"
    note = "truth → answer, and its confidence" if count else "all test images are read correctly"
    _write_heading(figure, LEFT, LOWER, heading, note)
    if not count:
        return
    gaps = (" ", "  ") if _has_short_names(report) else ("\n", "\n")
    captions = [
        f"{charts.short_name(mistake.truth)}{gaps[0]}→ {charts.short_name(mistake.answer)}{gaps[1]}"
        # Rounded to 100 %, a confidence would claim what no network can know.
        f"{min(99.9, 100 * mistake.confidence):.1f} %"
        for mistake in report.mistakes[:MISTAKES]
    ]
    images = [mistake.image for mistake in report.mistakes[:MISTAKES]]
    axes = canvas.add_axes(figure, "mistakes", LEFT, LOWER, COLUMN, height)
    charts.draw_images(axes, np.stack(images), captions, MISTAKE_COLUMNS)


def _draw_units(figure: Figure, report: Report, height: float) -> None:
    axes = canvas.add_axes(figure, "weights", RIGHT, LOWER, COLUMN, height)
    full = charts.draw_weights(axes, report.weights[:, :UNITS], report.image_shape, UNIT_COLUMNS)
    total = report.weights.shape[1]
    units = f"{UNITS} of {total:,} units" if total > UNITS else f"all {total} units"
    note = f"{units}; blue up to +{full:.2g}, orange down to −{full:.2g}"
    _write_heading(figure, RIGHT, LOWER, "First-layer weights", note)


def _write_heading(figure: Figure, left: float, top: float, heading: str, note: str) -> None:
    """Writes a heading and a gray note above a part that begins at ``top``."""
    x, full = left / canvas.WIDTH, figure.get_figheight()
    figure.text(x, 1 - (top - 0.42) / full, heading, size=13, weight="bold")
    figure.text(x, 1 - (top - 0.18) / full, note, size=9.5, color=canvas.GRAY)


def _has_short_names(report: Report) -> bool:
    return all(len(name) <= 2 for name in report.classes)


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))
