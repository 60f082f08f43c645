"""The command ``inkling``: the list of its commands, and how errors are reported.

Exit status: 0 done, 1 failed (one line gives the reason), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import io
import re
import sys
from typing import Annotated

import typer

from inkling import __version__
from inkling._checks import printable
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
    report,
    trace,
    train,
    tutorials,
)
from inkling.cli.output import say_error
from inkling.errors import InklingError, SettingError

app: typer.Typer = typer.Typer(
    name="inkling",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (
    *(train.train, committee.committee, evaluate.evaluate, predict.predict, drawing_app.app),
    *(tutorials.tutorials, models.models, export.export, gradcheck.gradcheck, trace.trace),
    *(report.report, bench.bench),
):
    app.command()(_command)
app.add_typer(data.app, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"inkling {__version__}")
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
    """NumPy neural networks, with hand-derived gradients, that read handwritten digits."""


def name_options(sentence: str) -> str:
    """Replaces argument names in a message of the library with the options that set them.

    A name that is an ordinary word, such as "loss", is replaced only before a requirement.

    Example:
        >>> name_options("training: expected learning_rate in (0, ∞), got -1; the loss is unknown.")
        'training: expected --lr in (0, ∞), got -1; the loss is unknown.'
    """
    command = typer.main.get_command(app).commands["committee"]  # type: ignore[attr-defined]
    options = {option.name: option.opts[0] for option in command.params}
    compound = "|".join(name for name in options if "_" in name)
    words = "|".join(name for name in options if "_" not in name)
    requirement = r"(?= in [\[(]| as a whole| to be | must )"
    pattern = rf"(?<![^\s(])(?:(?:{compound})(?![\w/]|\.\w)|(?:{words}){requirement})"
    return re.sub(pattern, lambda found: options[found[0]], sentence)


def main() -> None:
    """Runs the command line; errors that a user can cause are reported in one line."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # narrow encodings, as on Windows, lack × and →
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="inkling")
    except InklingError as error:
        say_error(name_options(str(error)))
        sys.exit(2 if isinstance(error, SettingError) else 1)
    except MemoryError:
        say_error("there is not enough memory; try a smaller network, batch or picture")
        sys.exit(1)
    except OSError as error:
        where = f"{printable(error.filename)}: " if error.filename else ""
        say_error(f"{where}{error.strerror or error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
