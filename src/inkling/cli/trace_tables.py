"""What ``inkling trace`` shows to a person: the image, two tables and a step, in 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from inkling.cli.output import show

if TYPE_CHECKING:
    from rich.table import Table

    from inkling._types import ByteArray
    from inkling.explain.trace_record import Trace

BAR = 22
"""Characters of the longest bar."""


def print_trace(trace: Trace, pixels: ByteArray, title: str, classes: tuple[str, ...]) -> None:
    """Prints the image, the way forward, the way back, and the step."""
    from rich.text import Text

    show(Text(title, style="bold"))
    show(f"{trace.network}\n")
    show(_picture(pixels, trace, classes))
    show(Text("\nForward: what it computes\n", style="bold"))
    show(_forward(trace))
    show(Text("\nBackward: how the loss depends on it, and the slope one measures\n", style="bold"))
    show(_backward(trace))
    show(f"\n{_verdict(trace)}")
    show(Text("\nOne step downhill on this image\n", style="bold"))
    show(_step(trace))
    show("\nThe formulas are derived, each under its label, in docs/derivation.")


def _picture(pixels: ByteArray, trace: Trace, classes: tuple[str, ...]) -> Table:
    """The image beside what the network says about it."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    bars = Table.grid(padding=(0, 1))
    likely = sorted(range(len(classes)), key=lambda c: -trace.outputs[c])[:10]
    longest = max(float(abs(trace.outputs).max()), 1e-300)
    for c in sorted(likely):
        value = float(trace.outputs[c])
        bar = "█" * round(BAR * max(value, 0) / longest)
        mark = "← target" if c == trace.label else ""
        bars.add_row(classes[c], f"{value:.4f}", bar, mark)
    grid.add_row(draw(pixels), bars)
    return grid


def draw(pixels: ByteArray) -> str:
    """Returns an image in half blocks: two rows of pixels in a line, ink where it is at least 96.

    Example:
        >>> import numpy as np
        >>> print(draw(np.array([[255, 0, 255], [0, 255, 255]], dtype=np.uint8)))
        ▀▄█
    """
    ink = [[bool(pixel >= 96) for pixel in row] for row in pixels.tolist()]
    if len(ink) % 2:
        ink.append([False] * len(ink[0]))
    blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    lines = zip(ink[::2], ink[1::2], strict=True)
    return "\n".join("".join(blocks[pair] for pair in zip(*two, strict=True)) for two in lines)


def _table(*columns: str) -> Table:
    """A table that fits into 80 columns: words to the left, numbers to the right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        words = column in ("", "shape", "formula")
        style = {"": "cyan", "formula": "magenta"}.get(column)
        justify: Literal["left", "right"] = "left" if words else "right"
        table.add_column(column, justify=justify, no_wrap=True, style=style)
    return table


def _forward(trace: Trace) -> Table:
    table = _table("", "shape", "norm", "smallest", "mean", "largest", "formula")
    for quantity in (*trace.forward, trace.target):
        values = quantity.values
        figures = (quantity.norm, values.min(), values.mean(), values.max())
        cells = (f"{float(figure):.3g}" for figure in figures)
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
    compared = sum(gradient.compared for gradient in trace.backward)
    if not wrong:
        return f"All {compared} measured slopes agree with back-propagation."
    sentence = f"Not as measured: {', '.join(wrong)}."
    if trace.corners:
        sentence += " ReLU's corner is too near to measure a slope; try another image."
    return sentence


def _step(trace: Trace) -> Table:
    step = trace.step
    table = _table("", "loss", "formula")
    table.add_row("before", f"{step.loss_before:.6f}", trace.loss_formula)
    promised = f"promised: L − η Σ g², η = {step.learning_rate:g}"
    table.add_row(promised, f"{step.loss_before + step.promised:.6f}", "")
    table.add_row("after", f"{step.loss_after:.6f}", step.formula)
    return table
