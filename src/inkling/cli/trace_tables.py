"""What ``inkling trace`` prints: the image, two tables and a step, in 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inkling._text import printable
from inkling.cli.output import results_table, show

if TYPE_CHECKING:
    from rich.table import Table

    from inkling._types import ByteArray
    from inkling.explain.trace_record import Trace

BAR = 22
"""Characters of the longest bar."""


def print_trace(trace: Trace, pixels: ByteArray, title: str, classes: tuple[str, ...]) -> None:
    """Prints the image, the forward pass, the backward pass and the step."""
    from rich.text import Text

    show(Text(printable(title), style="bold"))
    show(f"{trace.network}\n")
    show(_picture(pixels, trace, classes))
    show(Text("\nForward: from the image to the loss\n", style="bold"))
    show(_forward(trace))
    show(Text("\nBackward: every gradient, and its slope by finite differences\n", style="bold"))
    show(_backward(trace))
    show(f"\n{_verdict(trace)}")
    show(Text("\nOne step of gradient descent on this image\n", style="bold"))
    show(_step(trace))
    show("\nThe formulas are derived, each under its label, in docs/derivation.")


def _picture(pixels: ByteArray, trace: Trace, classes: tuple[str, ...]) -> Table:
    """The image next to the ten largest outputs as bars."""
    from rich.table import Table

    bars = Table.grid(padding=(0, 1))
    longest = max(float(abs(trace.outputs).max()), 1e-300)
    for c in sorted(trace.outputs.argsort()[::-1][:10]):
        value = float(trace.outputs[c])
        bar = "█" * round(BAR * max(value, 0) / longest)
        bars.add_row(
            printable(classes[c]), f"{value:.4f}", bar, "← target" if c == trace.label else ""
        )
    grid = Table.grid(padding=(0, 2))
    grid.add_row(draw(pixels), bars)
    return grid


def draw(pixels: ByteArray) -> str:
    """Returns an image in half blocks: each line shows two rows of pixels; ink is 96 or more."""
    import numpy as np

    ink = np.pad(pixels >= 96, ((0, len(pixels) % 2), (0, 0)))
    blocks = np.array([" ", "▄", "▀", "█"])[2 * ink[::2] + ink[1::2]]
    return "\n".join("".join(line) for line in blocks)


def _table(*columns: str) -> Table:
    table = results_table(*columns, left={"", "shape", "formula"})
    table.columns[0].style = "cyan"
    return table


def _forward(trace: Trace) -> Table:
    table = _table("", "shape", "norm", "smallest", "mean", "largest", "formula")
    for quantity in (*trace.forward, trace.target):
        values = quantity.values
        numbers = (quantity.norm, values.min(), values.mean(), values.max())
        cells = (f"{float(number):.3g}" for number in numbers)
        table.add_row(quantity.symbol, str(values.shape), *cells, quantity.formula)
    table.add_row("L", "()", f"{trace.loss:.4g}", "", "", "", trace.loss_formula)
    return table


def _backward(trace: Trace) -> Table:
    table = _table("", "shape", "norm", "largest", "measured", "error", "formula")
    for gradient in trace.backward:
        table.add_row(
            gradient.symbol,
            str(gradient.values.shape),
            f"{gradient.norm:.3g}",
            f"{gradient.largest:.3e}",
            f"{gradient.measured:.3e}",
            f"{gradient.max_relative_error:.0e}",
            gradient.formula,
            style=None if gradient.passed else "bold red",
        )
    return table


def _verdict(trace: Trace) -> str:
    wrong = [gradient.symbol for gradient in trace.backward if not gradient.passed]
    if not wrong:
        compared = sum(gradient.compared for gradient in trace.backward)
        return f"All {compared} measured slopes agree with back-propagation."
    sentence = f"Different from the measured slopes: {', '.join(wrong)}."
    if trace.corners:
        sentence += " An input is too near the kink of ReLU for a measurement; try another image."
    return sentence


def _step(trace: Trace) -> Table:
    step = trace.step
    table = _table("", "loss", "formula")
    table.add_row("before", f"{step.loss_before:.6f}", trace.loss_formula)
    predicted = f"predicted: L − η Σ g², η = {step.learning_rate:g}"
    table.add_row(predicted, f"{step.loss_before + step.promised:.6f}", "")
    table.add_row("after", f"{step.loss_after:.6f}", step.formula)
    return table
