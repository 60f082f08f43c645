"""Drawings of arrays: curves, a confusion matrix, images with captions, weights as pictures.

Each ``draw_…`` function fills the axes that it is given. ``report.py`` composes them into a page on the
sheet from ``canvas.py``. A blue and an orange that color-blind readers can tell apart carry meaning
everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from inkling._checks import check_shape, complain
from inkling._types import AnyArray, ByteArray, FloatArray, IntArray
from inkling.errors import ShapeError
from inkling.plots.canvas import (
    BLUE,
    INK,
    LINE,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    PAPER,
    WIDTH,
    add_axes,
    color_scale,
    drawable,
    finished,
    new_figure,
    style,
    to_png,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

GAP = 0.15
"""Least space between the columns of a grid of pictures, in inches."""
BELOW = 0.12
"""Space below a picture and its caption, in inches."""


def draw_loss(axes: Axes, history: Sequence[Any]) -> None:
    """Draws the loss per epoch on training and validation images.

    A history has one record per epoch with ``epoch``, ``train_loss`` and ``validation_loss``; a loss
    that is None or not finite is left out. The labels need about 1.4 inches to the right of the axes.
    """
    _draw_curves(axes, history, "loss", "{:.3f}")


def draw_accuracy(axes: Axes, history: Sequence[Any]) -> None:
    """Draws the accuracy per epoch, in percent, like ``draw_loss``."""
    from matplotlib.ticker import PercentFormatter

    _draw_curves(axes, history, "accuracy", "{:.2%}")
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))


def _draw_curves(axes: Axes, history: Sequence[Any], what: str, number: str) -> None:
    """Draws the training and the validation curve, each labeled at its end."""
    ends: list[tuple[float, str, str]] = []
    for kind, name, color in (("train", "training", ORANGE), ("validation", "validation", BLUE)):
        pairs = [(record.epoch, getattr(record, f"{kind}_{what}")) for record in history]
        points = [(x, y) for x, y in pairs if y is not None and math.isfinite(y)]
        if points:
            x, y = zip(*points, strict=True)
            axes.plot(x, y, color=color, lw=2, marker="o" if len(x) <= 30 else "", ms=4.5)
            ends.append((y[-1], f"{name} {number.format(y[-1]).replace('%', ' %')}", color))
    axes.margins(x=0.03, y=0.12)
    axes.grid(axis="y")
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.locator_params(axis="x", integer=True, nbins=12, min_n_ticks=1)
    axes.locator_params(axis="y", nbins=5)
    axes.set_xlabel("epoch")
    low, high = axes.get_ylim()
    least = 0.11 * (high - low)  # labels closer than this would overlap
    ends.sort()
    heights = [value for value, _, _ in ends]
    if len(heights) == 2 and heights[1] - heights[0] < least:
        middle = sum(heights) / 2
        heights = [middle - least / 2, middle + least / 2]
    beside = axes.get_yaxis_transform()
    for (_, label, color), height in zip(ends, heights, strict=True):
        axes.text(1.01, height, label, color=color, va="center", transform=beside, clip_on=False)


def draw_confusion(axes: Axes, confusion: IntArray, classes: Sequence[str]) -> None:
    """Draws a confusion matrix with a color scale for the mistakes only.

    Correct answers are a hundred times as frequent as mistakes and would hide them on a common scale.
    So the diagonal has one even blue, and the orange scale ends at the most frequent mistake. The matrix
    is (C, C); rows are the true classes, columns the predicted ones.
    """
    n_classes = len(classes)
    check_shape("draw_confusion", "a confusion matrix", confusion, (n_classes, n_classes))
    mistakes = np.ma.masked_array(confusion, np.eye(n_classes, dtype=bool))
    most = max(1, mistakes.filled(0).max())
    colors = color_scale("white", PALE_ORANGE, ORANGE).with_extremes(bad=PALE_BLUE)
    axes.imshow(mistakes, colors, vmin=0, vmax=most, interpolation="nearest")
    few = n_classes <= 20  # numbers in smaller cells would not be legible
    cell = 72 * min(axes.bbox.width, axes.bbox.height) / axes.figure.dpi / n_classes  # in points
    size = min(10.5, 1.3 * cell / len(str(confusion.max())))
    for row, column in np.argwhere(confusion) if few else ():
        color = BLUE if row == column else INK
        place: dict[str, Any] = {"ha": "center", "va": "center_baseline", "size": size}
        axes.text(column, row, str(confusion[row, column]), color=color, **place)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(range(n_classes), [short_name(name) for name in classes])
        axis.set_ticks(np.arange(n_classes + 1) - 0.5, minor=True)
    axes.tick_params(labelsize=min(11, max(5, 250 / n_classes)))
    if has_upright_names(classes):
        axes.tick_params(axis="x", rotation=90)
    axes.grid(which="minor", lw=1 if few else 0.4)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("answer")
    axes.set_ylabel("truth")


def has_upright_names(classes: Sequence[str]) -> bool:
    """Whether the names below a confusion matrix are rotated because they would overlap."""
    return len(classes) > 5 and max(map(len, classes)) > 2


def short_name(name: str, longest: int = 10) -> str:
    """Shortens the name of a class to ten letters, or another number of them."""
    name = drawable(name)
    return name if len(name) <= longest else name[: longest - 1] + "…"


def draw_images(axes: Axes, images: ByteArray, captions: Sequence[str], columns: int) -> None:
    """Draws images (K, H, W) as ink on paper in rows of ``columns``, with a caption below each.

    The rows fill the height of the axes and the columns its width; a caption may have several lines.
    """
    check_shape("draw_images", "images", images, (len(captions), "H", "W"))
    lines = max(caption.count("\n") for caption in captions) + 1
    colors = color_scale(PAPER, INK)
    places = _draw_tiles(axes, images, columns, lines * LINE + BELOW, colors, (0, 255))
    for (center, bottom), caption in zip(places, captions, strict=True):
        axes.text(center, bottom + 0.05, caption, size=9, ha="center", va="top")


def draw_weights(axes: Axes, weights: FloatArray, shape: tuple[int, int], columns: int) -> float:
    """Draws the weights (I, O) that lead into each unit as a picture (H, W) of the input, H · W = I.

    Blue is positive, orange negative and white zero, on one scale for all units. Returns the weight with
    the full color: larger than 99.5 % of all, so that a few large weights do not make the rest pale.
    """
    check_shape("draw_weights", "weights", weights, (shape[0] * shape[1], "O"))
    full = float(np.quantile(np.abs(weights), 0.995)) or 1.0
    colors = color_scale(ORANGE, "white", BLUE)
    _draw_tiles(axes, weights.T.reshape(-1, *shape), columns, BELOW, colors, (-full, full))
    return full


def _draw_tiles(
    axes: Axes,
    pictures: AnyArray,
    columns: int,
    below: float,
    colors: LinearSegmentedColormap,
    limits: tuple[float, float],
) -> list[tuple[float, float]]:
    """Draws pictures (K, H, W) in rows over an axes, which then has inches as its coordinates.

    Pixels stay square; ``below`` is the space below each picture, ``limits`` are the values of the end
    colors. Returns (center, bottom) of each picture, from the upper left corner.
    """
    full_width = axes.bbox.width / axes.figure.dpi
    full_height = axes.bbox.height / axes.figure.dpi
    axes.set_xlim(0, full_width)
    axes.set_ylim(full_height, 0)
    axes.set_axis_off()
    count, pixel_rows, pixel_columns = pictures.shape
    pixel = min(
        (full_width - (columns - 1) * GAP) / columns / pixel_columns,
        (full_height / math.ceil(count / columns) - below) / pixel_rows,
    )
    width, height = pixel_columns * pixel, pixel_rows * pixel
    step = (full_width - width) / max(1, columns - 1)
    places = []
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        left, top = column * step, row * (height + below)
        extent = (left, left + width, top + height, top)
        low, high = limits
        axes.imshow(picture, colors, vmin=low, vmax=high, extent=extent, interpolation="nearest")
        places.append((left + width / 2, top + height))
    return places


def digit_sheet(images: ByteArray, captions: Sequence[str], columns: int = 10) -> bytes:
    """Draws images (K, H, W), at least one, as ink on paper with a caption of a few words each.

    Returns the content of a PNG file, 1600 pixels wide.
    """
    check_shape("digit_sheet", "images", images, (len(captions), "H", "W"))
    if len(images) == 0:
        raise ShapeError(complain("digit_sheet", "at least one image", "none"))
    margin, rows = 0.5, math.ceil(len(images) / columns)
    tile = (WIDTH - 2 * margin - (columns - 1) * GAP) / columns
    height = rows * (tile * images.shape[1] / images.shape[2] + LINE + BELOW)
    with style("A sheet of images"):
        figure = new_figure(height + 2 * margin - LINE)
        axes = add_axes(figure, "images", margin, margin, WIDTH - 2 * margin, height)
        draw_images(axes, images, [short_name(name, 100 // columns) for name in captions], columns)
        return to_png(figure)


def history_figure(history: Sequence[Any]) -> Figure:
    """Draws loss and accuracy per epoch next to each other."""
    with style("The chart of a history"):
        figure = new_figure(3.2)
        for left, what, draw in ((0.8, "loss", draw_loss), (7.1, "accuracy", draw_accuracy)):
            axes = add_axes(figure, what, left, 0.4, 3.9, 2.1)
            axes.set_title(what, loc="left")
            draw(axes, history)
        return finished(figure)
