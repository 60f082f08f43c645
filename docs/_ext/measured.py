"""Measured values in prose, taken from the tables that the benchmarks wrote.

    {measured}`ladder/float32/seconds an epoch`     table / row, by its first column / column

Prose and tables therefore agree, and new measurements need no changes in the prose.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxRole

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TABLES = Path(__file__).resolve().parents[1] / "speed"


class Measured(SphinxRole):
    """``{measured}`` followed by a place in a table: the value of that cell."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Returns the value; a missing cell is a warning, which fails the strict build."""
        try:
            table, row, column = self.text.split("/")
            self.env.note_dependency(str(TABLES / f"{table}.csv"))
            return [nodes.inline("", cell(table, row, column), classes=["measured"])], []
        except (ValueError, KeyError, OSError):
            message = self.inliner.reporter.warning(
                f"{self.text!r} is not a table/row/column of docs/speed/", line=self.lineno
            )
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]


def cell(table: str, row: str, column: str) -> str:
    """Returns a cell of a table; a row is named by its first column."""
    with (TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = {next(iter(line.values())): line for line in csv.DictReader(file)}
    return str(rows[row][column])


def setup(app: Sphinx) -> dict[str, Any]:
    """Registers the role."""
    app.add_role("measured", Measured())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
