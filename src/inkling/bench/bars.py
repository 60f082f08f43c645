"""Bars: the time of every implementation as a multiple of Inkling's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inkling.bench.implementations import FLOOR
from inkling.plots.canvas import (
    BLUE,
    GRAY,
    INK,
    LINE,
    PALE_BLUE,
    add_axes,
    new_figure,
    style,
    to_png,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from inkling.bench.runner import Comparison

LEFT, RIGHT, TOP = 2.2, 1.6, 0.4
"""Inches for names, for numbers, and above the first heading."""
BAR, HEADING, GAP = 0.28, 0.34, 0.3


def draw_bars(comparisons: Sequence[Comparison]) -> bytes:
    """Draws a group of bars per workload and returns the content of a PNG file.

    A bar is the median ratio over the rounds; the line on it runs from the smallest to the largest.

    Args:
        comparisons: one per workload, at least one.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    heights = [HEADING + BAR * len(one.results) + GAP for one in comparisons]
    with style("--plot"):
        figure = new_figure(TOP + sum(heights))
        top = TOP
        for number, (one, height) in enumerate(zip(comparisons, heights, strict=True)):
            figure.text(
                0.02, 1 - top / figure.get_figheight(), one.workload.description, weight="bold"
            )
            place = (LEFT, top + HEADING - LINE, figure.get_figwidth() - LEFT - RIGHT)
            axes = add_axes(figure, f"workload {number}", *place, BAR * len(one.results))
            _draw_group(axes, one)
            top += height
        return to_png(figure)


def _draw_group(axes: Axes, comparison: Comparison) -> None:
    """Draws one workload: a bar per implementation, the first at 1."""
    names = [result.implementation.name for result in comparison.results]
    ratios = [comparison.ratios(result) for result in comparison.results]
    for place, (name, (ratio, least, most)) in enumerate(zip(names, ratios, strict=True)):
        ours = name.startswith("Inkling")
        color = BLUE if ours else PALE_BLUE if name == FLOOR else GRAY
        axes.barh(place, 1 / ratio, height=0.62, color=color)
        axes.plot((1 / most, 1 / least), (place, place), color=INK, linewidth=1)
        label = f"  {1 / ratio:.2f} ×   {comparison.results[place].median:.3g} s"
        axes.text(1 / least, place, label, va="center", size=9, color=INK)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, max(1 / least for _, least, _ in ratios))
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    axes.axvline(1, color=BLUE, linewidth=0.8, linestyle=":")
