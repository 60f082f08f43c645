"""``inkling report``: draw the report of a finished run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from inkling._checks import complain
from inkling._files import REPORT
from inkling.cli.inputs import PathArgument, load_data
from inkling.cli.output import JsonOption, print_json, say_file
from inkling.errors import DataError, RunError


def report(
    run: Annotated[Path, PathArgument(help="The directory of a finished run.")],
    json: JsonOption = False,
) -> None:
    """Draw the report of a finished run again: curves, confusion matrix and mistakes."""
    from inkling.plots.report import write_report
    from inkling.training.report import read_result
    from inkling.training.result import report_of
    from inkling.training.run_directory import RunDirectory

    source = str(RunDirectory(run).read_manifest()["dataset"]["source"])
    if not source:
        raise RunError(complain(f"run {run}", "a data set on file", "one from Python"))
    try:
        dataset = load_data(source)
    except DataError as error:
        reason = str(error).rstrip(".")
        raise RunError(f"{reason}; put the data back there to draw the report.") from error
    result = read_result(run, dataset)
    picture = run / REPORT
    write_report(picture, report_of(result))
    if json:
        print_json({"run": str(run), "report": str(picture)})
    else:
        say_file("Report", picture)
