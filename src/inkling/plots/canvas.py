"""The sheet under every figure: its size, colours and type, and where things stand on it in inches.

``plots.py`` draws on it and ``report.py`` composes with it. Matplotlib is imported when the first figure
is made, through its objects and never through pyplot, which would keep every figure alive and choose
a window system.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from inkling._checks import import_extra
from inkling._types import AnyArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

BLUE, ORANGE = "#1F6696", "#D9781E"
PALE_BLUE, PALE_ORANGE = "#DDE8F1", "#FBE3CB"
INK, GREY, FAINT, PAPER = "#1D2733", "#6B7785", "#E4E8EC", "#F3F5F7"

WIDTH = 12.8
"""Width of every figure in inches of 125 pixels: 1600 pixels."""
LINE = 0.17
"""Height of a line of small print in inches."""

_STYLE: dict[str, Any] = {
    "figure.dpi": 125,
    "savefig.dpi": "figure",
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with Matplotlib: a report looks the same everywhere
    "font.size": 10,
    "text.parse_math": False,  # the name of a class may hold a dollar sign
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": GREY,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "xtick.major.pad": 6,
    "ytick.major.pad": 6,
}


@contextmanager
def style(purpose: str) -> Iterator[None]:
    """Gives the figures made and saved inside the ``with`` one look, and changes none outside it.

    Args:
        purpose: what the figure is for, said when Matplotlib is missing.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    matplotlib = import_extra("matplotlib", "plots", purpose)
    with matplotlib.rc_context(_STYLE):
        yield


def new_figure(height: float) -> Figure:
    """Makes an empty figure, ``height`` inches high; to be called within ``style``."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height))


def add_axes(
    figure: Figure, label: str, left: float, top: float, width: float, height: float
) -> Axes:
    """Adds an axes; its place is in inches from the upper left corner of the figure."""
    full = figure.get_figheight()
    box = (left / WIDTH, 1 - (top + height) / full, width / WIDTH, height / full)
    return figure.add_axes(box, label=label)


def to_png(figure: Figure) -> bytes:
    """Renders a figure as the content of a PNG file."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        # The names of classes may be in a script that the font has no letters for; boxes stand for them.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(file, format="png")
    return file.getvalue()


def write_heading(figure: Figure, left: float, top: float, heading: str, remark: str = "") -> None:
    """Writes a heading and a quieter remark below it; the place is in inches from the upper left."""
    x, full = left / WIDTH, figure.get_figheight()
    figure.text(x, 1 - top / full, heading, size=13, weight="bold")
    figure.text(x, 1 - (top + 0.24) / full, remark, size=9.5, color=GREY)


def grid(
    axes: Axes, shape: tuple[int, ...], rows: int, columns: int, words: float, gap: float = 0.1
) -> Iterator[tuple[float, float, float, float]]:
    """Lays a grid of pictures over an axes, which counts in inches from its upper left from then on.

    Args:
        axes: where to draw.
        shape: (H, W) of every picture; its pixels stay square.
        rows: number of rows, which share the height.
        columns: number of columns, which spread over the width.
        words: space below every picture, in inches.
        gap: least space between the columns, in inches.

    Yields:
        (left, top, width, height) of each picture's place, row by row.
    """
    full_width = axes.bbox.width / axes.figure.dpi
    full_height = axes.bbox.height / axes.figure.dpi
    axes.set_xlim(0, full_width)
    axes.set_ylim(full_height, 0)
    axes.set_axis_off()
    across = (full_width - (columns - 1) * gap) / columns / shape[1]
    down = (full_height / rows - words) / shape[0]
    height, width = shape[0] * min(across, down), shape[1] * min(across, down)
    step = (full_width - width) / max(1, columns - 1)
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        yield column * step, row * (height + words), width, height


def draw_tile(
    axes: Axes,
    picture: AnyArray,
    box: tuple[float, float, float, float],
    colours: LinearSegmentedColormap,
    limits: tuple[float, float],
) -> None:
    """Draws one picture (H, W) into its place in a ``grid``; ``limits`` get the scale's end colours."""
    left, top, width, height = box
    axes.imshow(
        picture,
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        extent=(left, left + width, top + height, top),
        interpolation="nearest",
    )


def colour_scale(*steps: str) -> LinearSegmentedColormap:
    """Makes a scale that runs evenly through the given colours."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("inkling", steps)
