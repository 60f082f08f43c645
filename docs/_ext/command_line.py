"""The command line for the reference: commands, arguments and options, with their ``--help`` text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from inkling.cli.commands import app

SPECIAL = re.compile(r"[\\`*_<\[]")
"""Characters that Markdown would take for markup."""


def commands(command: Any = None, name: str = "inkling") -> Iterator[tuple[str, list[str]]]:
    """Yields every command with the lines of Markdown that describe it.

    Args:
        command: a command or a group of commands; by default all of Inkling's.
        name: the words that call it.
    """
    command = command or typer.main.get_command(app)
    if subcommands := getattr(command, "commands", {}):
        for word, below in subcommands.items():
            yield from commands(below, f"{name} {word}")
    else:
        yield name, _describe(command, name)


def _describe(command: Any, name: str) -> list[str]:
    context = command.context_class(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    lines = ["```text", usage, "```", ""]
    for paragraph in re.split(r"\n\s*\n", command.help):
        lines += [_escape(paragraph), ""]
    for parameter in command.get_params(context):
        names, words = parameter.get_help_record(context)
        lines += [f"`{names}`", f": {_escape(words)}", ""]
    return lines


def _escape(text: str) -> str:
    return SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(text.split()))
