"""The reference as lists: commands with the words of ``--help``, public names, modules.

The repository shows these lists; on the site docs/_ext/reference.py puts the docstrings in their place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from os.path import relpath
from pathlib import Path
from typing import Any

import typer

import inkling
from formula_table import SOURCE
from inkling.cli.commands import COMMANDS, build_cli

FLOW = ("image", "data", "nn", "model", "training", "recognize", "estimator", "interop", "errors")
"""The order of the public names: that of the folders they come from."""
CODE = re.compile(r"(``.+?``|`.+?`)")
SPECIAL = re.compile(r"[\\*<|\[]|\b_|_\b")
"""Characters that Markdown would take for markup."""


def command_list(_page: Path, _argument: str) -> Iterator[str]:
    """Yields every command with its arguments and options."""
    for name, command in _commands(typer.main.get_command(build_cli(*COMMANDS)), "inkling"):
        context = command.context_class(command, info_name=name)
        usage = " ".join([name, *command.collect_usage_pieces(context)])
        yield from (f"## `{name}`", "", "```text", usage, "```", "")
        for paragraph in re.split(r"\n\s*\n", command.help):
            yield from (_plain(paragraph), "")
        yield from ("| argument or option | meaning |", "|---|---|")
        for parameter in command.get_params(context):
            names, words = parameter.get_help_record(context)
            yield f"| `{names}` | {_plain(words)} |"
        yield ""


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
    for word, below in getattr(command, "commands", {}).items():
        yield from _commands(below, f"{name} {word}")


def name_list(page: Path, _argument: str) -> Iterator[str]:
    """Yields the names that ``import inkling`` offers, each with a link to its source."""
    for name in public_names():
        module = inkling._HOMES[name]
        [words] = [words for found, _, words in definitions(module) if found == name]
        yield f"- [`{name}`]({relpath(path_of(module), page.parent)}): {_plain(words)}"


def module_list(page: Path, modules: str) -> Iterator[str]:
    """Yields modules with what they define, each with a link to its source."""
    for module in modules.split():
        path = path_of(module)
        names = ", ".join(f"`{name}`" for name, _, _ in definitions(module))
        link = f"[`{path.relative_to(SOURCE)}`]({relpath(path, page.parent)})"
        yield f"- {link}: {_plain(first_words(module))} {names}".rstrip()


def public_names() -> list[str]:
    """Returns the names that ``import inkling`` offers, in the order in which data flows."""

    def place(name: str) -> tuple[int, str]:
        home = inkling._HOMES[name]
        return FLOW.index(home.split(".")[1]), home

    return sorted(inkling._HOMES, key=place)


def definitions(module: str) -> list[tuple[str, str, str]]:
    """Returns what a module defines in public: name, "class" or "function", first words about it."""
    return [
        (node.name, "class" if isinstance(node, ast.ClassDef) else "function", _first(node))
        for node in _tree(module).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    ]


def first_words(module: str) -> str:
    """Returns the first paragraph about a module."""
    return _first(_tree(module))


def path_of(module: str) -> Path:
    """Returns the file of a module, such as ``inkling.nn.dense``."""
    path = SOURCE.parent / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _tree(module: str) -> ast.Module:
    return ast.parse(path_of(module).read_text(encoding="utf-8"))


def _first(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    return (ast.get_docstring(node) or "").partition("\n\n")[0].replace("\n", " ")


def _plain(words: str) -> str:
    parts = CODE.split(" ".join(words.split()))
    parts[::2] = [SPECIAL.sub(lambda found: f"\\{found[0]}", part) for part in parts[::2]]
    return "".join(parts)
