"""``inkling gradcheck``: every gradient beside the slope that one measures."""

from __future__ import annotations

from dataclasses import asdict

import typer

from inkling.cli.output import JsonOption, print_json, say, show


def gradcheck(json: JsonOption = False) -> None:
    """Compare every layer's, activation's and loss's gradients with finite differences."""
    from inkling.nn.gradcheck_suite import run_suite

    combinations = run_suite()
    failed = [combination for combination in combinations if not combination.passed]
    if json:
        print_json({"combinations": [asdict(combination) for combination in combinations]})
    else:
        from rich.table import Table

        first = asdict(combinations[0])
        table = Table(*(name.replace("_", " ") for name in first))
        for combination in combinations:
            table.add_row(*(_cell(value) for value in asdict(combination).values()))
        show(table)
        say(
            f"{len(combinations) - len(failed)} of {len(combinations)} combinations passed: "
            "back-propagation and finite differences agree."
            if not failed
            else f"{len(failed)} of {len(combinations)} combinations FAILED."
        )
    if failed:
        raise typer.Exit(1)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "passed" if value else "FAILED"
    return f"{value:.1e}" if isinstance(value, float) else str(value)
