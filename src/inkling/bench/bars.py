"""The bars of a bench: how many times as long as Inkling everyone takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inkling.bench.implementations import FLOOR
from inkling.plots.canvas import BLUE, GRAY, INK, LINE, add_axes, new_figure, style, to_png
from inkling.plots.canvas import PALE_BLUE as FAINT_BLUE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from inkling.bench.runner import Comparison

LEFT, RIGHT, TOP = 2.2, 1.6, 0.4
"""Inches for names, for figures, and above the first heading."""
BAR, HEADING, GAP = 0.28, 0.34, 0.3


def draw_bars(comparisons: Sequence[Comparison]) -> bytes:
    """Draws a group of bars a work and returns the PNG file's content.

    A bar is the median of the rounds' ratios, the line across it runs from the least to the most.

    Args:
        comparisons: what was timed, at least one work.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    heights = [HEADING + BAR * len(one.results) + GAP for one in comparisons]
    with style("The bars of a bench"):
        figure = new_figure(TOP + sum(heights))
        top = TOP
        for number, (one, height) in enumerate(zip(comparisons, heights, strict=True)):
            figure.text(0.02, 1 - top / figure.get_figheight(), one.work.words, weight="bold")
            place = (LEFT, top + HEADING - LINE, figure.get_figwidth() - LEFT - RIGHT)
            axes = add_axes(figure, f"work {number}", *place, BAR * len(one.results))
            _draw_group(axes, one)
            top += height
        return to_png(figure)


def _draw_group(axes: Axes, comparison: Comparison) -> None:
    """One work: a bar a contender, Inkling's first one at 1."""
    names = [result.contender.name for result in comparison.results]
    for place, result in enumerate(comparison.results):
        ratio, least, most = comparison.ratios(result)
        longer = 1 / ratio
        ours = result.contender.ours
        colour = BLUE if ours else FAINT_BLUE if result.contender.name == FLOOR else GRAY
        axes.barh(place, longer, height=0.62, color=colour)
        axes.plot((1 / most, 1 / least), (place, place), color=INK, linewidth=1)
        words = f"{longer:.2f} ×   {result.median:.3g} s"
        axes.text(max(longer, 1 / least), place, f"  {words}", va="center", size=9, color=INK)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, max(1 / comparison.ratios(result)[1] for result in comparison.results))
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    axes.axvline(1, color=BLUE, linewidth=0.8, linestyle=":")
