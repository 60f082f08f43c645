"""The command ``inkling``: its list of commands, and what becomes of an error.

Exit status: 0 done, 1 failed (one line says why), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

import inkling
from inkling.cli import app as drawing_app
from inkling.cli import (
    bench,
    committee,
    data,
    evaluate,
    export,
    gradcheck,
    models,
    predict,
    trace,
    train,
    tutorials,
)
from inkling.cli.output import say_error
from inkling.errors import InklingError, SettingError

app: typer.Typer = typer.Typer(
    name="inkling",
    help="Neural networks in NumPy, gradients by hand, that read handwritten digits.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("train")(train.train)
app.command("committee")(committee.committee)
app.command("evaluate")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("app")(drawing_app.app)
app.add_typer(data.app, name="data")
app.command("tutorials")(tutorials.tutorials)
app.command("models")(models.models)
app.command("export")(export.export)
app.command("gradcheck")(gradcheck.gradcheck)
app.command("trace")(trace.trace)
app.command("bench")(bench.bench)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"inkling {inkling.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Neural networks in NumPy, gradients by hand, that read handwritten digits."""


def main() -> None:
    """Runs the command line; every error that a user can cause becomes one line."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a narrow encoding, as on Windows, lacks × and →
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="inkling")
    except InklingError as error:
        say_error(str(error))
        sys.exit(2 if isinstance(error, SettingError) else 1)
    except MemoryError:
        say_error("there is not enough memory for this; try a smaller network, batch or picture")
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say_error(f"{where}{error.strerror or error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
