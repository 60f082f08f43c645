"""``inkling gradcheck``: every gradient, checked against finite differences."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from inkling.cli.output import JsonOption, print_json, results_table, say, show

if TYPE_CHECKING:
    from rich.table import Table

    from inkling.nn.gradcheck_suite import Combination


def gradcheck(json: JsonOption = False) -> None:
    """Check the gradients of every layer, activation and loss against finite differences."""
    from inkling.nn.gradcheck_suite import run_suite

    combinations = run_suite()
    failed = sum(not combination.passed for combination in combinations)
    n = len(combinations)
    if json:
        print_json({"combinations": [asdict(combination) for combination in combinations]})
    else:
        show(_table(combinations))
        for one in combinations:
            if not one.passed:
                names = one.activation, one.output, one.loss, one.layers, one.dtype
                show(f"FAILED: {', '.join(names)}: error {one.max_relative_error:.1e}")
        if failed:
            say(f"{failed} of {n} combinations FAILED.")
        else:
            agree = "back-propagation and finite differences agree"
            say(f"{n} of {n} combinations passed: {agree}.")
    if failed:
        raise typer.Exit(1)


def _table(combinations: list[Combination]) -> Table:
    """One row per activation, output and loss; one column per set of layers and dtype."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for one in combinations:
        column = f"{one.layers}, {one.dtype}".replace(", ", "\n")
        cell = f"{one.max_relative_error:.1e}"
        rows.setdefault((one.activation, one.output, one.loss), {})[column] = cell
    columns = list(next(iter(rows.values())))
    names = "activation", "output", "loss"
    table = results_table(*names, *columns, left=names)
    for row, cells in rows.items():
        table.add_row(*row, *(cells[column] for column in columns))
    return table
