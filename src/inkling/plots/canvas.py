"""The sheet under every drawing: size, colors and fonts, and positions in inches.

``charts.py`` draws on it and ``report.py`` composes a page on it. Matplotlib is imported only when a
figure is made, and never through pyplot, which would keep every figure alive and choose a window
system.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from inkling._checks import import_extra
from inkling._text import letter_name, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

BLUE, ORANGE = "#1F6696", "#D9781E"
PALE_BLUE, PALE_ORANGE = "#DDE8F1", "#FBE3CB"
INK, GRAY, FAINT, PAPER = "#1D2733", "#6B7785", "#E4E8EC", "#F3F5F7"

WIDTH = 12.8
"""Width of every figure in inches; at 125 pixels per inch this is 1600 pixels."""
LINE = 0.17
"""Height of a line of small print in inches."""

_STYLE: dict[str, Any] = {
    "figure.dpi": 125,
    "savefig.dpi": "figure",
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # ships with Matplotlib, so a report looks the same everywhere
    "font.size": 10,
    "text.parse_math": False,  # a class name may contain a dollar sign
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": GRAY,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "xtick.color": GRAY,
    "ytick.color": GRAY,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "xtick.major.pad": 6,
    "ytick.major.pad": 6,
}

_FONT = _STYLE["font.family"]
_ONE_AT_A_TIME = threading.RLock()
"""Matplotlib has one style per process: two threads that set and restore it would mix theirs up."""


@contextmanager
def style(purpose: str) -> Iterator[None]:
    """Applies Inkling's style to figures made and saved inside the ``with``, and to no others.

    Raises MissingExtraError without Matplotlib; ``purpose`` is what needs it.
    """
    matplotlib = load_matplotlib(purpose)
    with _ONE_AT_A_TIME, matplotlib.rc_context(_STYLE):
        yield


def load_matplotlib(purpose: str) -> ModuleType:
    """Imports Matplotlib; raises MissingExtraError if it is not installed.

    Its import fails if MPLBACKEND has a name that it does not know. No figure here needs a backend.
    """
    backend = None if "matplotlib" in sys.modules else os.environ.pop("MPLBACKEND", None)
    try:
        matplotlib = import_extra("matplotlib", "plots", purpose)
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with suppress(ValueError):  # otherwise as if Matplotlib had read it
            matplotlib.rcParams["backend"] = backend
    return matplotlib


def new_figure(height: float) -> Figure:
    """Returns an empty figure, ``height`` inches high. Call it within ``style``."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height))


def add_axes(
    figure: Figure, label: str, left: float, top: float, width: float, height: float
) -> Axes:
    """Adds an axes; its position is in inches from the upper left corner of the figure."""
    full = figure.get_figheight()
    box = (left / WIDTH, 1 - (top + height) / full, width / WIDTH, height / full)
    return figure.add_axes(box, label=label)


def to_png(figure: Figure) -> bytes:
    """Renders a figure and returns the content of a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def finished(figure: Figure) -> Figure:
    """Returns a figure that keeps its style outside of ``style``, and that notebooks show."""
    figure.draw_without_rendering()  # ticks take their style when they are first drawn
    figure._repr_png_ = partial(to_png, figure)  # type: ignore[attr-defined]
    return figure


def color_scale(*steps: str) -> LinearSegmentedColormap:
    """Returns a color map that runs evenly through the given colors."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("inkling", steps)


def drawable(name: str) -> str:
    """Returns a name that can be drawn, on one line.

    A letter that the font lacks is replaced by its name in Latin letters, another character by a box.
    """
    return "".join(
        char if ord(char) in _characters() else letter_name(char) or "□" for char in printable(name)
    )


@cache
def _characters() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(_FONT)).get_charmap())
