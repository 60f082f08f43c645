"""The command ``inkling``: the list of its commands. ``main.py`` starts it and reports errors."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Annotated, Any

import typer

from inkling import __version__
from inkling._checks import complain
from inkling._text import printable
from inkling.errors import SettingError

COMMANDS = (
    *("train", "committee", "evaluate", "predict", "app", "tutorials", "models", "export"),
    *("gradcheck", "trace", "report", "bench", "compile", "data"),
)
"""The commands, each in a module of its name, in the order in which the help lists them."""
LONGEST_REASON = 250
"""Letters of a reason; older typer repeats the whole value, however long it is."""
USAGE_ERROR: Any = typer.BadParameter.__base__
"""Wrong usage of any kind, which typer does not export."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"inkling {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """NumPy neural networks, with hand-derived gradients, that read handwritten digits."""


def build_cli(*names: str) -> typer.Typer:
    """Builds the program with some of the commands; to import all takes five times as long as one."""
    app = typer.Typer(
        name="inkling",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in names:
        command = getattr(import_module(f"inkling.cli.{name}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command()(command)
    return app


def name_options(sentence: str, command: str) -> str:
    """Replaces argument names in a message of the library with the options of a command that set them.

    A name that is an ordinary word, such as "loss", is replaced only before a requirement.

    Example:
        >>> message = "training: expected learning_rate in (0, ∞), got -1; the loss is unknown."
        >>> name_options(message, "train")
        'training: expected --lr in (0, ∞), got -1; the loss is unknown.'
    """
    commands: Any = typer.main.get_command(build_cli(command))
    options = {option.name: option.opts[0] for option in commands.commands[command].params}

    def replace(found: re.Match[str]) -> str:
        name, rest = found[0], sentence[found.end() :]
        is_meant = "_" in name or re.match(r" in [\[(]| as a whole| to be | must ", rest)
        return options[name] if name in options and is_meant else name

    return re.sub(r"(?<![^\s(])\w+(?![\w/]|\.\w)", replace, sentence)


def run() -> int:
    """Runs the command line and returns the exit status.

    Raises:
        SettingError: for a command or an option that does not exist or has a wrong value.
    """
    names = [name for name in sys.argv[1:2] if name in COMMANDS] or COMMANDS
    try:
        return build_cli(*names)(prog_name="inkling", standalone_mode=False) or 0
    except USAGE_ERROR as error:
        reason = _reason(error)
        if not reason:  # no command was given, and the help has been printed
            return 2
        command = error.ctx.command_path if error.ctx else "inkling"
        raise SettingError(f"{reason}; see: {command} --help") from None


def _reason(error: Any) -> str:
    """Returns why usage is wrong, in one line, with the value, which newer typer leaves out."""
    sentence = error.format_message()
    for found in getattr(error.__cause__, "errors", list)():
        requirement = re.match("Input should be ([^,]+)", found["msg"])
        expected = requirement[1] if requirement else "a valid value"
        expected = re.sub("^(greater|less) than", r"a number \1 than", expected)
        sentence = complain(error.param.opts[0], expected, repr(found["input"]))
    return printable(" ".join(sentence.split()), LONGEST_REASON).rstrip(".")
