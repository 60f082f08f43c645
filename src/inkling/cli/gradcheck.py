"""``inkling gradcheck``: every gradient beside the slope that one measures."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from inkling.cli.output import JsonOption, print_json, say, show

if TYPE_CHECKING:
    from rich.table import Table

    from inkling.nn.gradcheck_suite import Combination


def gradcheck(json: JsonOption = False) -> None:
    """Compare every layer's, activation's and loss's gradients with finite differences."""
    from inkling.nn.gradcheck_suite import run_suite

    combinations = run_suite()
    failed = [combination for combination in combinations if not combination.passed]
    if json:
        print_json({"combinations": [asdict(combination) for combination in combinations]})
    else:
        show(_table(combinations))
        say(
            f"{len(combinations) - len(failed)} of {len(combinations)} combinations passed: "
            "back-propagation and finite differences agree."
            if not failed
            else f"{len(failed)} of {len(combinations)} combinations FAILED."
        )
    if failed:
        raise typer.Exit(1)


def _table(combinations: list[Combination]) -> Table:
    """One row a combination of activation, output and loss; one column a dtype and set of layers."""
    from rich.table import Table

    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for one in combinations:
        column = f"{one.layers}\n{one.dtype}"
        cell = f"{one.max_relative_error:.1e}" + ("" if one.passed else " FAILED")
        rows.setdefault((one.activation, one.output, one.loss), {})[column] = cell
    columns = list(next(iter(rows.values())))
    table = Table("activation", "output", "loss", *columns)
    for names, cells in rows.items():
        table.add_row(*names, *(cells[column] for column in columns))
    return table
