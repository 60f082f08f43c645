"""The page that a run leaves behind, ``report.png``: how it learnt, how well it reads, where it fails.

    header      data set, architecture, test accuracy with its 95 % interval, training time
    upper half  loss and accuracy per epoch · confusion matrix
    lower half  the 25 most confident mistakes · first-layer weights as pictures

Everything on it is computed here from plain arrays; the parts are drawn by ``charts.py``.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from inkling._checks import check_shape
from inkling._files import atomic_write
from inkling._types import ByteArray, FloatArray, IntArray
from inkling.model.metrics import (
    confusion_matrix,
    most_confident_mistakes,
    wilson_interval,
)
from inkling.nn.losses import least_loss
from inkling.plots import canvas, charts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISTAKES, MISTAKE_COLUMNS = 25, 5
UNITS, UNIT_COLUMNS = 36, 6
LEFT, RIGHT, COLUMN = 0.55, 6.9, 5.35
"""Where the page's two columns begin, and how wide they are, in inches."""
UPPER, LOWER = 2.6, 8.8
"""Where its two halves begin, below their headings, in inches from the top."""


class EpochFigures(Protocol):
    """What the curves need of one epoch; records of the training history have it."""

    @property
    def epoch(self) -> int:
        """Its number."""

    @property
    def train_loss(self) -> float:
        """Mean loss on the training images."""

    @property
    def train_accuracy(self) -> float | None:
        """Share of training images read correctly."""

    @property
    def validation_loss(self) -> float | None:
        """Mean loss on the validation images; None without them."""

    @property
    def validation_accuracy(self) -> float | None:
        """Share of validation images read correctly; None without them."""


@dataclass(frozen=True)
class RunResults:
    """What a report is made of.

    Attributes:
        dataset: name of the data set that the figures were measured on.
        architecture: the network in words, one line.
        history: (E,), one record for each epoch.
        train_seconds: time spent on training.
        classes: (C,), the names of the classes.
        labels: (N,), whole numbers in [0, C), the true classes of the test images.
        probabilities: (N, C), the network's outputs for them.
        images: (N, H, W), uint8, the test images, 0 paper to 255 ink.
        first_weights: (I, O), the first layer's weights, with I = H · W.
        label_smoothing: ε in [0, 1) of the cross-entropy that was trained, which keeps its loss above 0.
        test_watched: whether the test images were measured after every epoch too.
    """

    dataset: str
    architecture: str
    history: Sequence[EpochFigures]
    train_seconds: float
    classes: Sequence[str]
    labels: IntArray
    probabilities: FloatArray
    images: ByteArray
    first_weights: FloatArray
    label_smoothing: float = 0.0
    test_watched: bool = False

    def __post_init__(self) -> None:
        check_shape("RunResults", "probabilities", self.probabilities, ("N", len(self.classes)))
        n = len(self.probabilities)
        check_shape("RunResults", "labels", self.labels, (n,))
        check_shape("RunResults", "images", self.images, (n, "H", "W"))
        height, width = self.images.shape[1:]
        check_shape("RunResults", "first_weights", self.first_weights, (height * width, "O"))

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """(N,), the classes that were answered."""
        answers: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return answers

    @cached_property
    def mistakes(self) -> NDArray[np.int64]:
        """The row numbers of the most confident mistakes, at most 25, most confident first."""
        return most_confident_mistakes(self.labels, self.probabilities, MISTAKES)


def write_report(path: str | Path, results: RunResults) -> None:
    """Draws the report and writes it as a PNG file, 1600 pixels wide.

    Args:
        path: the file; it is replaced as a whole or not at all.
        results: what to draw.

    Raises:
        MissingExtraError: Matplotlib is not installed.
        OSError: the file cannot be written.
    """
    with canvas.style("The report picture"):
        content = canvas.to_png(draw_report(results))
    atomic_write(Path(path), content)


def draw_report(results: RunResults) -> Figure:
    """Composes the page; to be called within ``inkling.plots.canvas.style``.

    Args:
        results: what to draw.

    Returns:
        A figure with five axes, labelled "loss", "accuracy", "confusion", "mistakes" (if there are
        any) and "weights".
    """
    mistake_row = 1.09 if _short_names(results) else 1.4
    mistakes = mistake_row * math.ceil(len(results.mistakes) / MISTAKE_COLUMNS)
    units = 0.9 * math.ceil(min(UNITS, results.first_weights.shape[1]) / UNIT_COLUMNS)
    figure = canvas.new_figure(LOWER + max(mistakes, units) + 0.4)
    _write_header(figure, results)
    _draw_history(figure, results)
    _draw_confusion(figure, results)
    _draw_mistakes(figure, results, mistakes)
    _draw_units(figure, results, units)
    return figure


def _write_header(figure: Figure, results: RunResults) -> None:
    n, correct = len(results.labels), int((results.predicted == results.labels).sum())
    low, high = wilson_interval(correct, n)
    epochs = len(results.history)
    left = [
        *textwrap.wrap(results.architecture, 64),
        f"trained for {epochs} {'epoch' if epochs == 1 else 'epochs'} in "
        f"{_duration(results.train_seconds)}",
    ]
    right = [
        f"test accuracy, 95 % interval {100 * low:.2f} to {100 * high:.2f} %",
        f"measured on {n:,} images" + (", watched while training" if results.test_watched else ""),
    ]
    height, edge = figure.get_figheight(), RIGHT + COLUMN
    large: dict[str, Any] = {"y": 1 - 0.9 / height, "weight": "bold"}
    small: dict[str, Any] = {"y": 1 - 1.06 / height, "size": 11, "color": canvas.GREY, "va": "top"}
    name_size = min(25, 950 / max(1, len(results.dataset)))  # 38 letters fit beside the accuracy
    figure.text(LEFT / canvas.WIDTH, s=results.dataset, size=name_size, **large)
    figure.text(LEFT / canvas.WIDTH, s="\n".join(left), linespacing=1.5, **small)
    figure.text(
        edge / canvas.WIDTH,
        s=f"{100 * correct / n:.2f} %",
        size=25,
        color=canvas.BLUE,
        ha="right",
        **large,
    )
    figure.text(edge / canvas.WIDTH, s="\n".join(right), ha="right", linespacing=1.5, **small)


def _draw_history(figure: Figure, results: RunResults) -> None:
    history, left, width, height = results.history, LEFT + 0.65, 3.3, 1.6
    epochs = [record.epoch for record in history]

    _head(figure, LEFT, UPPER, "Loss", _about_loss(results.label_smoothing, len(results.classes)))
    training: list[float | None] = [record.train_loss for record in history]
    validation = [record.validation_loss for record in history]
    axes = canvas.add_axes(figure, "loss", left, UPPER, width, height)
    charts.draw_curves(axes, epochs, training, validation)

    below = UPPER + 2.95
    _head(figure, LEFT, below, "Accuracy", "share of the images that are read correctly")
    training = [record.train_accuracy for record in history]
    validation = [record.validation_accuracy for record in history]
    axes = canvas.add_axes(figure, "accuracy", left, below, width, height)
    charts.draw_curves(axes, epochs, training, validation, percent=True)


def _about_loss(label_smoothing: float, n_classes: int) -> str:
    """Says what the loss is; with label smoothing its least value is the entropy of a target."""
    if not label_smoothing:
        return "mean over the images"
    least = least_loss(label_smoothing, n_classes)
    return f"mean over the images; {least:.2f} at the least, as labels are smoothed"


def _draw_confusion(figure: Figure, results: RunResults) -> None:
    remark = "test images by truth and answer; orange are the mistakes"
    _head(figure, RIGHT, UPPER, "Confusion matrix", remark)
    longest = max(len(charts.short(name)) for name in results.classes)
    beside = 0.65 + 0.1 * longest
    below = beside if charts.stands_upright(results.classes) else 0.6
    width, height = COLUMN - beside, 5.15 - below
    axes = canvas.add_axes(figure, "confusion", RIGHT + beside, UPPER, width, height)
    axes.set_anchor("NE")
    counts = confusion_matrix(results.labels, results.predicted, len(results.classes))
    charts.draw_confusion(axes, counts, results.classes)


def _draw_mistakes(figure: Figure, results: RunResults, height: float) -> None:
    count = int((results.predicted != results.labels).sum())
    if count > MISTAKES:
        heading = f"The {MISTAKES} most confident of {count:,} mistakes"
    else:
        heading = {0: "No mistakes", 1: "The only mistake"}.get(count, f"All {count} mistakes")
    remark = (
        "truth → answer, and the confidence in it"
        if count
        else "all test images are read correctly"
    )
    _head(figure, LEFT, LOWER, heading, remark)
    if not count:
        return

    chosen, between = results.mistakes, " → " if _short_names(results) else "\n→ "
    truths = [charts.short(results.classes[label]) for label in results.labels[chosen]]
    answers = [charts.short(results.classes[answer]) for answer in results.predicted[chosen]]
    captions = [truth + between + answer for truth, answer in zip(truths, answers, strict=True)]
    # Rounding would say 100 %, which no network is entitled to.
    shares = [min(99.9, 100 * results.probabilities[k].max()) for k in chosen]
    axes = canvas.add_axes(figure, "mistakes", LEFT, LOWER, COLUMN, height)
    charts.draw_images(
        axes,
        results.images[chosen],
        captions,
        [f"{share:.1f} %" for share in shares],
        MISTAKE_COLUMNS,
    )


def _draw_units(figure: Figure, results: RunResults, height: float) -> None:
    axes = canvas.add_axes(figure, "weights", RIGHT, LOWER, COLUMN, height)
    weights, shape = results.first_weights[:, :UNITS], results.images.shape[1:]
    full = charts.draw_weights(axes, weights, (shape[0], shape[1]), UNIT_COLUMNS)
    total = results.first_weights.shape[1]
    units = f"{UNITS} of {total:,} units" if total > UNITS else f"all {total} units"
    remark = f"{units}; blue up to +{full:.2g}, orange down to −{full:.2g}"
    _head(figure, RIGHT, LOWER, "First-layer weights", remark)


def _head(figure: Figure, left: float, top: float, heading: str, remark: str) -> None:
    canvas.write_heading(figure, left, top - 0.42, heading, remark)


def _short_names(results: RunResults) -> bool:
    return all(len(name) <= 2 for name in results.classes)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
    )
