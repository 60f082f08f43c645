"""Bars: the time of every implementation as a multiple of Inkling's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inkling.bench.implementations import FLOOR
from inkling.plots.canvas import BLUE, GRAY, INK, PALE_BLUE, new_figure, style, to_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from inkling.bench.runner import Comparison


def draw_bars(comparisons: Sequence[Comparison]) -> bytes:
    """Draws a group of bars per workload and returns the content of a PNG file.

    A bar is the median ratio over the rounds; its line spans the smallest to the largest ratio.
    """
    counts = [len(one.results) for one in comparisons]
    with style("--plot"):
        figure = new_figure(0.28 * sum(counts) + 0.6 * len(counts))
        figure.set_layout_engine("constrained")
        ratios = {"height_ratios": counts}
        column = figure.subplots(len(counts), squeeze=False, gridspec_kw=ratios)[:, 0]
        for axes, comparison in zip(column, comparisons, strict=True):
            _draw_group(axes, comparison)
        return to_png(figure)


def _draw_group(axes: Axes, comparison: Comparison) -> None:
    """Draws one workload: a bar per implementation, the first at 1."""
    names = [result.implementation.name for result in comparison.results]
    for place, (name, result) in enumerate(zip(names, comparison.results, strict=True)):
        ratio, least, most = comparison.ratios(result)
        color = PALE_BLUE if name == FLOOR else BLUE if result.implementation.ours else GRAY
        axes.barh(place, 1 / ratio, height=0.62, color=color)
        axes.plot((1 / most, 1 / least), (place, place), color=INK, linewidth=1)
        label = f"  {1 / ratio:.2f} ×   {result.median:.3g} s"
        axes.text(1 / least, place, label, va="center", size=9)
    axes.set_title(comparison.workload.description, loc="left", weight="bold", size=10)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    axes.axvline(1, color=BLUE, linewidth=0.8, linestyle=":")
