"""Figures from arrays: curves, a confusion matrix, images with captions, weights as pictures.

Each ``draw_…`` function fills one axes that it is given and knows nothing of the others; ``report.py``
composes them into a page, on the sheet that ``canvas.py`` prepares. Two colours carry meaning
everywhere, a blue and an orange that colour-blind people can tell apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from inkling._checks import check_shape, complain
from inkling._types import ByteArray, FloatArray, IntArray
from inkling.errors import ShapeError
from inkling.plots.canvas import (
    BLUE,
    GREY,
    INK,
    LINE,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    PAPER,
    WIDTH,
    add_axes,
    colour_scale,
    draw_tile,
    grid,
    new_figure,
    style,
    to_png,
    write_heading,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_curves(
    axes: Axes,
    epochs: Sequence[int],
    training: Sequence[float | None],
    validation: Sequence[float | None],
    percent: bool = False,
) -> None:
    """Draws one figure per epoch, on training and on validation images; each curve is named at its end.

    Args:
        axes: where to draw; the names take about 1.4 inches to its right.
        epochs: (E,), the epochs' numbers.
        training: (E,), values on the training images; None where there is none.
        validation: (E,), values on the validation images; None where there is none.
        percent: the values are shares in [0, 1], to be written in per cent.
    """
    from matplotlib.ticker import PercentFormatter

    ends = []
    for name, colour, values in (("training", ORANGE, training), ("validation", BLUE, validation)):
        pairs = zip(epochs, values, strict=True)
        points = [(x, y) for x, y in pairs if y is not None and math.isfinite(y)]
        if points:
            x, y = zip(*points, strict=True)
            axes.plot(x, y, color=colour, lw=2, marker="o" if len(x) <= 30 else "", ms=4.5)
            end = f"{100 * y[-1]:.2f} %" if percent else f"{y[-1]:.3f}"
            ends.append((y[-1], f"{name} {end}", colour))
    axes.margins(x=0.03, y=0.12)
    axes.grid(axis="y")
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.locator_params(axis="x", integer=True, nbins=12, min_n_ticks=1)
    axes.locator_params(axis="y", nbins=5)
    if percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_xlabel("epoch")
    _name_ends(axes, ends)


def _name_ends(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Writes (value, text, colour) beside the right edge, pushed apart where they would overlap."""
    low, high = axes.get_ylim()
    height = 0.11 * (high - low)
    ends = sorted(ends)
    heights = [value for value, _, _ in ends]
    if len(ends) == 2 and heights[1] - heights[0] < height:
        middle = sum(heights) / 2
        heights = [middle - height / 2, middle + height / 2]
    for (_, text, colour), y in zip(ends, heights, strict=True):
        beside = axes.get_yaxis_transform()
        axes.text(1.01, y, text, color=colour, va="center", transform=beside, clip_on=False)


def draw_confusion(axes: Axes, confusion: IntArray, classes: Sequence[str]) -> None:
    """Draws a confusion matrix whose colours are for the mistakes.

    Right answers are a hundred times as many as mistakes and would outshine them on a common scale.
    So the diagonal is of one even blue, and the orange scale ends at the most frequent mistake.

    Args:
        axes: where to draw.
        confusion: (C, C), rows truth, columns answers.
        classes: (C,), the names of the classes.

    Raises:
        ShapeError: there are not as many names as rows and columns.
    """
    n_classes = len(classes)
    check_shape("draw_confusion", "a confusion matrix", confusion, (n_classes, n_classes))
    diagonal = np.eye(n_classes, dtype=bool)
    mistakes = np.where(diagonal, 0, confusion)
    shades = colour_scale("white", PALE_ORANGE, ORANGE)(mistakes / max(1, mistakes.max()))
    shades[diagonal] = colour_scale(PALE_BLUE, PALE_BLUE)(0)
    axes.imshow(shades, interpolation="nearest")
    few = n_classes <= 20
    cell = 72 * min(axes.bbox.width, axes.bbox.height) / axes.figure.dpi / n_classes  # in points
    size = min(10.5, 1.3 * cell / len(str(confusion.max())))
    for row, column in np.argwhere(confusion) if few else ():
        axes.text(
            column,
            row,
            str(confusion[row, column]),
            ha="center",
            va="center_baseline",
            size=size,
            color=BLUE if row == column else INK,
        )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(range(n_classes), [short(name) for name in classes])
        axis.set_ticks(np.arange(n_classes + 1) - 0.5, minor=True)
    axes.tick_params(labelsize=min(11, max(5, 250 / n_classes)))
    if stands_upright(classes):
        axes.tick_params(axis="x", rotation=90)
    axes.grid(which="minor", lw=1 if few else 0.4)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("answer")
    axes.set_ylabel("truth")


def stands_upright(classes: Sequence[str]) -> bool:
    """Says whether the names below a confusion matrix are turned to stand side by side."""
    return len(classes) > 5 and max(map(len, classes)) > 2


def short(name: str) -> str:
    """Cuts the name of a class to ten letters."""
    return name if len(name) <= 10 else name[:9] + "…"


def draw_images(
    axes: Axes,
    images: ByteArray,
    captions: Sequence[str],
    remarks: Sequence[str],
    columns: int,
) -> None:
    """Draws images as ink on paper in rows of ``columns``, with a caption and a remark below each.

    Captions of a few letters share a line with their remarks; longer ones have lines of their own.

    Args:
        axes: where to draw; the rows fill its height and the columns its width.
        images: (K, H, W), uint8, 0 paper to 255 ink.
        captions: (K,), one or two lines for each image.
        remarks: (K,), a quieter word for each; empty texts for none.
        columns: number of images in a row.
    """
    check_shape("draw_images", "images", images, (len(captions), "H", "W"))
    same_line = all(len(caption) <= 6 for caption in captions) and any(remarks)
    lines = max((caption.count("\n") for caption in captions), default=0) + 1
    words = (lines + (any(remarks) and not same_line)) * LINE + 0.12
    rows = math.ceil(len(images) / columns)
    boxes = grid(axes, images.shape[1:], rows, columns, words, gap=0.15)
    for (left, top, width, height), image, caption, remark in zip(
        boxes, images, captions, remarks, strict=False
    ):
        draw_tile(axes, image, (left, top, width, height), colour_scale(PAPER, INK), (0, 255))
        x, y = left + width / 2, top + height + 0.05
        quiet: dict[str, Any] = {"size": 8, "color": GREY, "va": "top"}
        if same_line:
            axes.text(left, y, caption, size=9, va="top")
            axes.text(left + width, y + 0.015, remark, ha="right", **quiet)
        else:
            axes.text(x, y, caption, size=9, ha="center", va="top")
            axes.text(x, y + lines * LINE + 0.02, remark, ha="center", **quiet)


def draw_weights(axes: Axes, weights: FloatArray, shape: tuple[int, int], columns: int) -> float:
    """Draws the weights that lead into each unit as a picture of the input.

    Blue is positive, orange negative and white zero, on one scale for all units.

    Args:
        axes: where to draw; the rows fill its height and the columns its width.
        weights: (I, O), one column for each unit.
        shape: (H, W) of the input images, with H · W = I.
        columns: number of pictures in a row.

    Returns:
        The weight that has the full colour: 99.5 % of all are smaller, so that a few large ones do not
        pale the rest.
    """
    check_shape("draw_weights", "weights", weights, (shape[0] * shape[1], "O"))
    full = float(np.quantile(np.abs(weights), 0.995)) or 1.0
    rows = math.ceil(weights.shape[1] / columns)
    for box, unit in zip(grid(axes, shape, rows, columns, words=0.1), weights.T, strict=False):
        picture = unit.reshape(shape)
        draw_tile(axes, picture, box, colour_scale(ORANGE, "white", BLUE), (-full, full))
    return full


def digit_sheet(
    images: ByteArray, captions: Sequence[str], columns: int = 10, heading: str = ""
) -> bytes:
    """Draws a sheet of sample images, as ink on paper.

    Args:
        images: (K, H, W), uint8, 0 paper to 255 ink, at least one.
        captions: (K,), a few words for each image, such as its class.
        columns: number of images in a row.
        heading: a line above them.

    Returns:
        The content of a PNG file, 1600 pixels wide.

    Raises:
        ShapeError: the images are not (K, H, W), there are none, or captions are missing.
        MissingExtraError: Matplotlib is not installed.

    Example:
        >>> sheet = digit_sheet(np.zeros((3, 28, 28), dtype=np.uint8), ["7", "2", "1"])
        >>> sheet[1:4]
        b'PNG'
    """
    check_shape("digit_sheet", "images", images, (len(captions), "H", "W"))
    if len(images) == 0:
        raise ShapeError(complain("digit_sheet", "at least one image", "none"))
    margin, gap = 0.5, 0.15
    tile = (WIDTH - 2 * margin - (columns - 1) * gap) / columns
    row = tile * images.shape[1] / images.shape[2] + LINE + 0.12
    above, sheet = 1.0 if heading else margin, row * math.ceil(len(images) / columns)
    height = above + sheet + margin - LINE
    with style("A sheet of images"):
        figure = new_figure(height)
        write_heading(figure, margin, 0.65, heading)
        axes = add_axes(figure, "images", margin, above, WIDTH - 2 * margin, sheet)
        draw_images(axes, images, [short(name) for name in captions], [""] * len(images), columns)
        return to_png(figure)
