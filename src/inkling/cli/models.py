"""``inkling models``: the models of your runs, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from inkling._checks import printable
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
            table.add_row(directory, printable(row["dataset"]), row["network"], accuracy, day)
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
    manifest = model.manifest
    results = manifest.get("results", {})
    return {
        "model": str(path),
        "network": model.summary,
        "dataset": manifest.get("dataset", {}).get("name", ""),
        "test_accuracy": results.get("test_accuracy"),
        "test_interval": results.get("test_interval"),
        "test_watched": results.get("test_watched", False),
        "trained": manifest.get("started", ""),
    }
