"""Figures of the page on speed, taken from the tables that its benchmarks wrote.

    {measured}`ladder/float32/seconds an epoch`     table / row, by its first column / column

So prose and tables cannot say different things, and measuring again changes no prose.
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
    """``{measured}`` followed by a place in a table: the figure that stands there."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Looks it up; a place that is not there is a warning, which the strict build refuses."""
        try:
            table, row, column = self.text.split("/")
            self.env.note_dependency(str(TABLES / f"{table}.csv"))
            return [nodes.inline("", figure(table, row, column), classes=["measured"])], []
        except (ValueError, KeyError, OSError):
            message = self.inliner.reporter.warning(
                f"{self.text!r} is no table/row/column of docs/speed/", line=self.lineno
            )
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]


def figure(table: str, row: str, column: str) -> str:
    """Returns what stands in a table's row, named by its first column, under a heading."""
    with (TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = {next(iter(line.values())): line for line in csv.DictReader(file)}
    return str(rows[row][column])


def setup(app: Sphinx) -> dict[str, Any]:
    """Makes the role known to Sphinx."""
    app.add_role("measured", Measured())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
