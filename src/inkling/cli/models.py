"""``inkling models``: the models of your runs, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from inkling.cli.output import JsonOption, percent, print_json, say, show
from inkling.errors import InklingError
from inkling.model.locations import RUNS, find_models


def models(
    folder: Annotated[Path, typer.Argument(help="The folder with the run directories.")] = RUNS,
    json: JsonOption = False,
) -> None:
    """List the models of your runs, newest first."""
    rows = [row for path in find_models(folder) if (row := _describe(path))]
    if json:
        print_json({"models": rows})
    elif rows:
        from rich.table import Table

        table = Table("model", "data", "network", "test accuracy", "trained")
        for row in rows:
            accuracy = "–" if row["test_accuracy"] is None else percent(row["test_accuracy"])
            accuracy += " (watched)" if row["test_watched"] else ""
            directory = str(Path(row["model"]).parent)
            day = row["trained"][:16].replace("T", " ")
            table.add_row(directory, row["dataset"], row["network"], accuracy, day)
        show(table)
    else:
        say(f"There is no model in {folder} yet; train one with inkling train.")


def _describe(path: Path) -> dict[str, Any] | None:
    from inkling.model.file import load_model

    try:
        model = load_model(path)
    except InklingError as error:
        say(f"left out: {error}")
        return None
    results = model.manifest.get("results", {})
    return {
        "model": str(path),
        "network": model.summary,
        "dataset": str(model.manifest.get("dataset", {}).get("name", "")),
        "test_accuracy": next(iter(_shares([results.get("test_accuracy")])), None),
        "test_interval": _shares(results.get("test_interval")) or None,
        "test_watched": bool(results.get("test_watched")),
        "trained": str(model.manifest.get("started", "")),
    }


def _shares(values: Any) -> list[float]:
    """The values if they are shares in [0, 1]; a manifest may contain anything."""
    shares = values if isinstance(values, list) else []
    return shares if all(isinstance(v, float) and 0 <= v <= 1 for v in shares) else []
