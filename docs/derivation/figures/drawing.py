"""SVG by hand: small files that are readable on a light and on a dark page.

    drawing = Drawing(480, 300)
    panel = Panel(drawing, (60, 30, 400, 220), x=(0, 1), y=(0, 5))
    panel.axes([0, 0.5, 1], [0, 5], below="share")
    panel.curve([0.01, 0.5, 1], [4.6, 0.69, 0], "one")
    drawing.write("name")

The kinds of lines, dots and text are the classes of ``style.css``. Words are translated for the Chinese
pages by ``scripts/write_docs.py``.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from inkling._files import atomic_write

HERE = OUT = Path(__file__).parent
Box = tuple[float, float, float, float]
"""x, y, width and height of a rectangle."""


class Drawing:
    """The elements of a drawing, in the order in which they are painted."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height, self.parts = width, height, [""]
        self.parts.append(f'<rect class="paper" width="{width}" height="{height}" rx="6"/>')

    def line(self, points: Iterable[tuple[float, float]], kind: str) -> None:
        """Adds a line through points."""
        path = "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)
        self.parts.append(f'<path class="{kind}" d="{path}"/>')

    def dot(self, x: float, y: float, kind: str, radius: float = 4) -> None:
        """Adds a filled circle."""
        place = f'cx="{_short(x)}" cy="{_short(y)}" r="{_short(radius)}"'
        self.parts.append(f'<circle class="{kind}" {place}/>')

    def rect(self, box: Box, kind: str, *, rounded: float = 0) -> None:
        """Adds a filled rectangle."""
        round_by = f' rx="{_short(rounded)}"' if rounded else ""
        self.parts.append(f'<rect class="{kind}" {_place(box)}{round_by}/>')

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> None:
        """Adds a line of text; ``anchor`` is "start", "middle" or "end"."""
        where = f' text-anchor="{anchor}"' if anchor != "start" else ""
        name = f' class="{kind}"' if kind else ""
        place = f'x="{_short(x)}" y="{_short(y)}"'
        self.parts.append(f"<text {place}{where}{name}>{formatted(text)}</text>")

    def picture(self, box: Box, png: str) -> None:
        """Adds an image, a data URL, whose pixels stay sharp."""
        self.parts.append(f'<image class="pixels" {_place(box)} href="{png}"/>')

    def write(self, name: str, folder: Path | None = None) -> None:
        """Writes the file ``name.svg``, next to this one unless a folder is given."""
        style = (HERE / "style.css").read_text(encoding="utf-8")
        size = f'width="{self.width}" height="{self.height}"'
        box = f'viewBox="0 0 {self.width} {self.height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>'
        body = "\n".join(self.parts)
        text = f"{head}\n  <style>\n{style}</style>{body}\n</svg>\n"
        atomic_write((folder or OUT) / f"{name}.svg", text.encode())


class Panel:
    """A rectangle of a drawing with two axes, each of which may be logarithmic."""

    def __init__(
        self,
        drawing: Drawing,
        box: Box,
        *,
        x: tuple[float, float],
        y: tuple[float, float],
        log_x: bool = False,
        log_y: bool = False,
    ) -> None:
        self.drawing, self.x, self.y, self.log_x, self.log_y = drawing, x, y, log_x, log_y
        self.left, self.top, self.width, self.height = box

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Returns the place of a point in the drawing."""
        along, up = _share(x, self.x, self.log_x), _share(y, self.y, self.log_y)
        return self.left + along * self.width, self.top + (1 - up) * self.height

    def axes(
        self,
        x_ticks: Sequence[float],
        y_ticks: Sequence[float],
        *,
        below: str = "",
        above: str = "",
        numbers: bool = True,
    ) -> None:
        """Adds a line for each tick, numbers, and the names of both axes."""
        draw = self.drawing
        for tick in y_ticks:
            y = self.at(self.x[0], tick)[1]
            draw.line([(self.left, y), (self.left + self.width, y)], "grid")
            if numbers:
                draw.text(self.left - 7, y + 4, f"{tick:,.9g}", "tick", "end")
        base = self.top + self.height
        for tick in x_ticks:
            draw.text(self.at(tick, self.y[0])[0], base + 18, f"{tick:,.9g}", "tick", "middle")
        if below:
            draw.text(self.left + self.width / 2, base + 37, below, "note", "middle")
        if above:
            draw.text(self.left, self.top - 13, above)

    def curve(self, xs: Iterable[float], ys: Iterable[float], kind: str) -> None:
        """Adds a curve; points above or below the panel are drawn at its edge."""
        low, high = self.y
        points = [self.at(x, min(max(y, low), high)) for x, y in zip(xs, ys, strict=True)]
        self.drawing.line(points, f"line {kind}")

    def label(
        self,
        x: float,
        y: float,
        text: str,
        kind: str,
        *,
        by: tuple[float, float] = (0, 0),
        anchor: str = "start",
    ) -> None:
        """Adds text at a point of the panel, moved by some pixels."""
        left, top = self.at(x, y)
        self.drawing.text(left + by[0], top + by[1], text, kind, anchor)


def formatted(text: str) -> str:
    """Returns SVG text: _x_ is italic, what follows "^" is raised and what follows "~" is lowered.

    Example:
        >>> formatted("_a_^2 < 1")
        '<tspan class="var">a</tspan><tspan class="up" dy="-5">2</tspan><tspan dy="5"> &lt; 1</tspan>'
    """
    text = re.sub(r"_(\w)_", r'<tspan class="var">\1</tspan>', html.escape(text, quote=False))
    first, *others = re.split(r"([\^~](?:\([^)]*\)|\w))", text)
    line, height = first, 0
    for small, rest in zip(others[::2], others[1::2], strict=True):
        wanted = -5 if small[0] == "^" else 4
        line += f'<tspan class="up" dy="{wanted - height}">{small[1:]}</tspan>'
        height = wanted
        if rest:
            line, height = f'{line}<tspan dy="{-height}">{rest}</tspan>', 0
    return line


def _share(value: float, ends: tuple[float, float], log: bool) -> float:
    low, high = ends
    return math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)


def _place(box: Box) -> str:
    x, y, width, height = map(_short, box)
    return f'x="{x}" y="{y}" width="{width}" height="{height}"'


def _short(value: float) -> str:
    """Returns a number with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
