"""What notebooks show: tables and curves as HTML, from plain data.

A notebook asks an object for ``_repr_html_`` and shows what it gets. The objects (``Network``,
``History`` ...) say what there is to see; here it becomes HTML: every text escaped, tables with
captions and headings that a screen reader announces, curves told apart by their dashes as well as by
their colours, on light and on dark pages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

STROKES = (("#2b7bba", ""), ("#d95f02", "6 3"), ("#7a6fc0", "2 3"))
"""Colour and dashes of the curves; each colour stands out from white and from black by 3 : 1 or more."""
WIDTH, HEIGHT = 300, 150
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 22, 20
"""The margins around the curves, where the numbers stand; in pixels."""


def html_table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], foot: Sequence[str] = ()
) -> str:
    """Returns a table: the first column names its rows, the others are set to the right as numbers are.

    Args:
        caption: what it shows.
        heads: the headings of its columns.
        rows: the cells, row by row.
        foot: a last row, such as the sum.

    Example:
        >>> html_table("Sizes", ("layer", "units"), [("dense1", "<100>")])
        '<table><caption>Sizes</caption><thead><tr><th scope="col">layer</th><th scope="col">units</th></tr></thead><tbody><tr><th scope="row" style="text-align:left">dense1</th><td style="text-align:right">&lt;100&gt;</td></tr></tbody></table>'
    """  # noqa: E501
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    parts = [f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>"]
    parts += [_row(row) for row in rows]
    parts.append("</tbody>")
    if foot:
        parts.append(f"<tfoot>{_row(foot)}</tfoot>")
    return f"<table>{''.join(parts)}</table>"


def _row(cells: Sequence[str]) -> str:
    first, *others = (escape(text) for text in cells)
    numbers = "".join(f'<td style="text-align:right">{text}</td>' for text in others)
    return f'<tr><th scope="row" style="text-align:left">{first}</th>{numbers}</tr>'


def html_curves(title: str, curves: Mapping[str, Sequence[float | None]]) -> str:
    """Returns a drawing (SVG) of values over the epochs 1, 2, 3 …, with its range in numbers.

    Args:
        title: what is drawn.
        curves: at most three, by name and of one length; None or NaN leaves a gap.

    Returns:
        The drawing; nothing where there are fewer than two epochs to join.

    Example:
        >>> print(html_curves("loss", {"training": [0.5, 0.25], "validation": [0.6, 0.4]})[:73])
        <svg role="img" viewBox="0 0 300 150" width="300" height="150" aria-label
    """
    curves = {name: values for name, values in curves.items() if _known(values)}
    epochs = max((len(values) for values in curves.values()), default=0)
    if epochs < 2:
        return ""
    known = [value for values in curves.values() for value in _known(values)]
    low, high = min(known), max(known)
    ends = "; ".join(
        f"{name} from {_known(values)[0]:.4g} to {_known(values)[-1]:.4g}"
        for name, values in curves.items()
    )
    parts = [
        f'<svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'aria-label="{escape(f"{title} over {epochs} epochs: {ends}")}" '
        'style="font:11px sans-serif;fill:currentColor">',
        *_axes(title, epochs, low, high),
    ]
    place = LEFT
    for (name, values), (colour, dashes) in zip(curves.items(), STROKES, strict=False):
        stroke = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"'
        parts.append(f'<path d="M{place} 8h18" {stroke}/>' + _text(place + 22, 12, name, "start"))
        parts.append(f'<path d="{_path(values, epochs, low, high)}" {stroke}/>')
        place += 32 + 6 * len(name)
    return "".join(parts) + "</svg>"


def _axes(title: str, epochs: int, low: float, high: float) -> list[str]:
    """The numbers at the ends of both axes, and what is drawn."""
    return [
        _text(LEFT - 4, TOP + 4, f"{high:.4g}", "end"),
        _text(LEFT - 4, HEIGHT - BOTTOM, f"{low:.4g}", "end"),
        _text(LEFT, HEIGHT - 5, "1", "start"),
        _text((LEFT + WIDTH) / 2, HEIGHT - 5, title, "middle"),
        _text(WIDTH - RIGHT, HEIGHT - 5, f"{epochs} epochs", "end"),
    ]


def _path(values: Sequence[float | None], epochs: int, low: float, high: float) -> str:
    """The curve as SVG's moves and lines: a value that is missing lifts the pen."""
    steps, pen_is_down = [], False
    for index, value in enumerate(values):
        if value is None or not math.isfinite(value):
            pen_is_down = False
            continue
        x = LEFT + (WIDTH - LEFT - RIGHT) * index / (epochs - 1)
        share = (high - value) / (high - low) if high > low else 0.5
        y = TOP + (HEIGHT - TOP - BOTTOM) * share
        steps.append(f"{'L' if pen_is_down else 'M'}{x:.1f} {y:.1f}")
        pen_is_down = True
    return "".join(steps)


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def html_bars(caption: str, shares: Mapping[str, float]) -> str:
    """Returns a table of shares in [0, 1] by name, each with a bar of that length.

    Example:
        >>> html_bars("digit", {"3": 0.75, "8": 0.25}).count("<tr>")
        2
    """
    rows = []
    for name, share in shares.items():
        bar = f"background:{STROKES[0][0]};width:{120 * share:.0f}px;height:0.8em"
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th><td><div style="{bar}"></div></td>'
            f'<td style="text-align:right">{100 * share:.1f} %</td></tr>'
        )
    return f"<table><caption>{escape(caption)}</caption><tbody>{''.join(rows)}</tbody></table>"
