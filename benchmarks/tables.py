"""Tables of the benchmarks, as files and on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

Rows = list[dict[str, Any]]


def publish(title: str, rows: Rows, path: Path | None) -> None:
    """Prints rows with the keys of the first as headings, and writes them as CSV if a path is given."""
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)
    if path is not None:
        pd.DataFrame(rows).to_csv(path, index=False)
