"""``inkling models``: the models of your runs, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from inkling._checks import complain
from inkling._text import printable
from inkling.cli.inputs import PathArgument
from inkling.cli.output import JsonOption, percent, print_json, say, show_for
from inkling.errors import InklingError, RunError
from inkling.model.locations import RUNS, find_models


def models(
    folder: Annotated[
        Path | None,
        PathArgument(
            help=f"A folder with run directories, or one run (default {RUNS}).", show_default=False
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the models of your runs, newest first."""
    if folder is not None and not folder.is_dir():
        got = "a file" if folder.exists() else "nothing there"
        raise RunError(complain(f"models: {folder}", "a folder", got))
    rows = [row for path in find_models(folder or RUNS) if (row := _describe(path))]
    if json:
        print_json({"models": rows})
    elif rows:
        _print(rows)
    else:
        say(f"There is no model in {folder or RUNS} yet; train one with: inkling train")


def _print(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        accuracy = "–" if row["test_accuracy"] is None else percent(row["test_accuracy"])
        accuracy = f"{accuracy:>8}{' (watched)' if row['test_watched'] else ''}"
        day = row["trained"][:16].replace("T", " ")
        words = accuracy, day, printable(row["dataset"]), row["network"]
        show_for(Path(row["model"]).parent, "  ".join(words))


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
