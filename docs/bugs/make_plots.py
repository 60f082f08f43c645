"""Draws the museum's plots from the results of its pages: ``python docs/bugs/make_plots.py``.

A page with a plot is run, and its variables become the plot's numbers. These are stored in the SVG file
too, so that ``tests/docs/test_bugs.py`` can compare them with the page.
"""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from museum import HERE, run

from inkling._files import atomic_write
from inkling.plots.canvas import BLUE, FAINT, GRAY, ORANGE, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = dict[str, list[float]]

RIGHT, WRONG = BLUE, ORANGE
SIZE = (7.4, 2.9)
"""Inches: as wide as a column of text."""


def softmax_numbers(page: dict[str, Any]) -> Numbers:
    """The mean loss per epoch, and the accuracy by the number of images classified together."""
    scores, labels = page["history"][-1], page["labels"]
    together = [1, 2, 5, 10, 20, 50, 100, 500, 1000, 5000]

    def accuracies(softmax: Callable[[Any], Any]) -> list[float]:
        parts = (np.split(scores, len(scores) // size) for size in together)
        answers = [np.concatenate([softmax(z).argmax(axis=1) for z in part]) for part in parts]
        return [float((answer == labels).mean()) for answer in answers]

    return {
        "loss over columns": [float(loss) for loss in page["losses"](page["softmax"])],
        "loss over rows": [float(loss) for loss in page["losses"](page["softmax_of_rows"])],
        "images classified together": [float(size) for size in together],
        "accuracy over columns": accuracies(page["softmax"]),
        "accuracy over rows": accuracies(page["softmax_of_rows"]),
    }


def draw_softmax(loss: Axes, accuracy: Axes, numbers: Numbers) -> None:
    """Draws loss and accuracy, over columns and over rows."""
    epochs = range(1, 1 + len(numbers["loss over rows"]))
    for name, color in (("columns", WRONG), ("rows", RIGHT)):
        values = np.array(numbers[f"loss over {name}"])
        curve(loss, epochs, 100 * values / values[0], f"over {name}", color)
        shares = 100 * np.array(numbers[f"accuracy over {name}"])
        accuracy.plot(
            numbers["images classified together"], shares, color=color, lw=2, marker="o", ms=3.5
        )
    accuracy.text(1, 98, "over rows", color=RIGHT)
    accuracy.text(26, 70, "over columns", color=WRONG)
    accuracy.set_xscale("log")
    accuracy.set_xticks([1, 10, 100, 1000, 5000], ["1", "10", "100", "1000", "5000"], minor=False)
    accuracy.set_xticks([], minor=True)
    accuracy.set_ylim(0, 108)
    label(loss, "mean loss, in % of the first epoch's", "epoch")
    label(accuracy, "accuracy in %", "images classified together")


def accumulation_numbers(page: dict[str, Any]) -> Numbers:
    """The accuracy per epoch, with the sum outside and inside the loop."""
    return {"outside": page["outside"], "inside": page["inside"]}


def draw_accumulation(axes: Axes, numbers: Numbers) -> None:
    """Draws one curve for each."""
    for name, color in (("outside", WRONG), ("inside", RIGHT)):
        values = 100 * np.array(numbers[name])
        curve(axes, range(1, 1 + len(values)), values, f"sum {name} the loop", color)
    axes.set_ylim(0, 100)
    label(axes, "accuracy in %", "epoch")


def initialization_numbers(page: dict[str, Any]) -> Numbers:
    """The share of hidden outputs in each twentieth of [0, 1]."""
    parts = {"N(0, 1)": page["saturated"], "variance 1/784": page["alive"]}
    counts = {name: np.histogram(hidden, 20, (0, 1))[0] for name, hidden in parts.items()}
    return {name: [float(share) for share in n / n.sum()] for name, n in counts.items()}


def draw_initialization(wide: Axes, narrow: Axes, numbers: Numbers) -> None:
    """Draws one histogram for each initialization."""
    for axes, (name, shares), color in zip(
        (wide, narrow), numbers.items(), (WRONG, RIGHT), strict=True
    ):
        axes.bar(np.arange(20) / 20 + 0.025, 100 * np.array(shares), 0.044, color=color)
        label(axes, f"weights with {name}", "output of a hidden unit")
        axes.set_ylim(0, 50)
    wide.set_ylabel("% of all units and images")


def shuffle_numbers(page: dict[str, Any]) -> Numbers:
    """The accuracy ten times per epoch, in the order of the classes and shuffled."""
    return {name: [float(share) for share in page[name]] for name in ("in_order", "shuffled")}


def draw_shuffle(axes: Axes, numbers: Numbers) -> None:
    """Draws one curve for each."""
    epochs = np.arange(1, 31) / 10
    curve(axes, epochs, 100 * np.array(numbers["in_order"]), "in order of the classes", WRONG)
    curve(axes, epochs, 100 * np.array(numbers["shuffled"]), "shuffled", RIGHT)
    axes.set_xticks(range(4))
    axes.set_ylim(0, 100)
    label(axes, "accuracy in %", "epochs")


def test_set_numbers(page: dict[str, Any]) -> Numbers:
    """The counts of published and of true accuracies, in a thousand experiments."""
    edges = np.arange(67.5, 93, 1.0)
    published, true = page["asked_often"]
    counts = {
        name: np.histogram(x, edges)[0] for name, x in (("published", published), ("true", true))
    }
    return {name: [float(count) for count in n] for name, n in counts.items()}


def draw_test_set(axes: Axes, numbers: Numbers) -> None:
    """Draws both histograms over one axis."""
    middles = np.arange(68, 92.5, 1.0)
    axes.bar(middles, numbers["true"], 0.9, color=RIGHT, alpha=0.85)
    axes.bar(middles, numbers["published"], 0.9, color=WRONG, alpha=0.75)
    axes.text(77.8, 300, "true", color=RIGHT)
    axes.text(83.8, 110, "published", color=WRONG)
    label(axes, "number of experiments, out of 1,000", "accuracy in %")


class Plot(NamedTuple):
    """The parts of a plot.

    Attributes:
        numbers: computes its numbers from the variables of the page.
        draw: draws them into its panels.
        panels: the number of panels.
    """

    numbers: Callable[[dict[str, Any]], Numbers]
    draw: Callable[..., None]
    panels: int = 1


PLOTS = {
    "softmax-over-the-wrong-axis": Plot(softmax_numbers, draw_softmax, 2),
    "accumulation-outside-the-loop": Plot(accumulation_numbers, draw_accumulation),
    "unscaled-initialization": Plot(initialization_numbers, draw_initialization, 2),
    "no-shuffle": Plot(shuffle_numbers, draw_shuffle),
    "test-set-as-validation": Plot(test_set_numbers, draw_test_set),
}


def curve(axes: Axes, x: Any, y: Any, name: str, color: str) -> None:
    """Draws a curve with its name at the end."""
    axes.plot(x, y, color=color, lw=2, marker="o", ms=3.5)
    axes.annotate(
        name,
        (list(x)[-1], list(y)[-1]),
        xytext=(8, 0),
        textcoords="offset points",
        color=color,
        va="center",
        annotation_clip=False,
    )


def label(axes: Axes, above: str, below: str) -> None:
    """Adds the names of both axes and removes most of the frame."""
    axes.set_title(above, loc="left", size=10, color=GRAY, pad=10)
    axes.set_xlabel(below)
    axes.grid(axis="y", color=FAINT)
    axes.spines[["top", "left", "right"]].set_visible(False)


def render(plot: Plot, numbers: Numbers) -> bytes:
    """Returns the SVG file of a plot, which contains its numbers."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    file = io.BytesIO()
    with style("The museum's plots"), rc_context({"svg.hashsalt": "museum", "font.size": 9}):
        spaced = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.12, wspace=0.08)
        figure = Figure(figsize=SIZE, layout=spaced)
        plot.draw(*np.atleast_1d(figure.subplots(1, plot.panels)), numbers)
        metadata = {"Description": json.dumps(numbers), "Date": None, "Creator": None}
        figure.savefig(file, format="svg", metadata=metadata)
    return file.getvalue()


def numbers_in(svg: str) -> Numbers:
    """Reads the numbers back from a file that ``render`` made."""
    found = re.search(r"<dc:description>(.*?)</dc:description>", svg, re.DOTALL)
    if found is None:
        raise ValueError("the file contains no numbers")
    numbers: Numbers = json.loads(html.unescape(found[1]))
    return numbers


def main() -> None:
    """Runs the pages and writes their plots."""
    for name, plot in PLOTS.items():
        _, variables = run(HERE / f"{name}.md")
        atomic_write(HERE / "plots" / f"{name}.svg", render(plot, plot.numbers(variables)))


if __name__ == "__main__":
    main()
