"""The reference: every public name, written from its docstring, and none forgotten.

    ```{public-names}                    what ``import inkling`` offers, in the order in which data flows
    ```{modules}                         the public classes and functions of the files named below
    ```{command-line}                    every command with its options

The build fails where a public name is undocumented, or on no page.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from command_line import commands
from docstrings import to_markup
from docutils import nodes
from docutils.statemachine import StringList
from formula_table import load_formulas
from numpy.typing import DTypeLike
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import stringify_annotation

import inkling
from inkling import _types

if TYPE_CHECKING:
    from types import ModuleType

    from sphinx.application import Sphinx

LABELS = frozenset(load_formulas())
ARRAYS = {
    name: stringify_annotation(getattr(_types, name), mode="smart")
    for name in ("AnyArray", "ByteArray", "FloatArray", "IntArray")
} | {"DTypeLike": stringify_annotation(DTypeLike, mode="smart")}
"""What the code calls arrays and dtypes, and how Sphinx would spell them out."""
FLOW = ("data", "image", "nn", "training", "model", "recognize", "estimator")
"""The order of the public names; what comes from elsewhere follows."""
WHOLE = ("inkling.nn", "inkling.optim")
"""The packages of which every file has to be on a page."""


class CommandLine(SphinxDirective):
    """Every command with its arguments and options, each under a heading of its own."""

    def run(self) -> list[nodes.Node]:
        """Builds a section a command."""
        return [_section(self, name, lines) for name, lines in commands()]


class PublicNames(SphinxDirective):
    """All public names, each under a heading of its own."""

    def run(self) -> list[nodes.Node]:
        """Builds a section a name."""
        return [_section(self, name, _describe("inkling", name)) for name in public_names()]


class Modules(SphinxDirective):
    """The public classes and functions of files, each file under a heading of its own."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Builds a section a file."""
        sections: list[nodes.Node] = []
        shown = self.env.metadata[self.env.docname].setdefault("modules", [])
        for name in self.content:
            module = importlib.import_module(name)
            shown.append(name)
            lines = [_first_sentence(module), ""]
            for public in names_in(module):
                lines += (
                    [f"{{py:obj}}`inkling.{public}` is among the [public names](inkling.md).", ""]
                    if inkling._HOMES.get(public) == name
                    else _describe(name, public)
                )
            file = name.partition(".")[2].replace(".", "/") + ".py"
            sections.append(_section(self, file, lines))
        return sections


def public_names() -> list[str]:
    """Returns what ``import inkling`` offers, in the order in which data flows."""

    def place(name: str) -> tuple[int, str]:
        part = inkling._HOMES[name].split(".")[1]
        return (FLOW.index(part) if part in FLOW else len(FLOW), inkling._HOMES[name])

    return sorted(inkling._HOMES, key=place)


def names_in(module: ModuleType) -> list[str]:
    """Returns the public classes and functions that a module defines, in its order."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    ]


def undocumented(value: Any, name: str) -> Iterator[str]:
    """Yields the dotted names of what has no docstring: the value itself, or a public method."""
    text = value.__doc__ or ""
    if not text or text.startswith(f"{value.__name__}("):  # what a dataclass writes for itself
        yield name
    if inspect.isclass(value):
        for member, method in vars(value).items():
            called = callable(method) or isinstance(method, property | classmethod | staticmethod)
            public = called and not member.startswith("_") and not inspect.isclass(method)
            if public and not inspect.getdoc(getattr(value, member)):
                yield f"{name}.{member}"


def faults(shown: Iterable[str], modules: Iterable[str]) -> list[str]:
    """Returns a line for every public name that is undocumented, or on no page.

    Args:
        shown: the full names that the pages describe.
        modules: the modules that the pages show.
    """
    described, named = set(shown), set(modules)
    files = {
        file.name
        for package in WHOLE
        for file in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}.")
        if not file.name.rpartition(".")[2].startswith("_")
    }
    lines = [f"{file} is on no page" for file in sorted(files - named)]
    wanted = [("inkling", name) for name in public_names()]
    wanted += [
        (module, name)
        for module in sorted(named)
        for name in names_in(importlib.import_module(module))
        if inkling._HOMES.get(name) != module
    ]
    for module, name in wanted:
        full, value = f"{module}.{name}", getattr(importlib.import_module(module), name)
        lines += [f"{full} is on no page"] * (full not in described)
        lines += [f"{missing} has no docstring" for missing in undocumented(value, full)]
    return lines


def _describe(module: str, name: str) -> list[str]:
    """The lines that make autodoc describe a class or function of a module."""
    value = getattr(importlib.import_module(module), name)
    kind = "autoclass" if inspect.isclass(value) else "autofunction"
    options = ["   :members:"] if inspect.isclass(value) else []
    return ["```{eval-rst}", f".. {kind}:: {module}.{name}", *options, "```", ""]


def _section(directive: SphinxDirective, title: str, lines: list[str]) -> nodes.section:
    identifier = nodes.make_id(f"{directive.env.docname}-{title}")
    section = nodes.section(ids=[identifier])
    section += nodes.title("", "", nodes.literal("", title))
    directive.state.nested_parse(StringList(lines), directive.content_offset, section)
    return section


def _first_sentence(module: ModuleType) -> str:
    return (inspect.getdoc(module) or "").partition("\n\n")[0].replace("\n", " ")


def translate(
    _app: Sphinx, what: str, _name: str, _value: object, _options: object, lines: list[str]
) -> None:
    """Gives autodoc a docstring that is marked up."""
    lines[:] = to_markup(lines, LABELS)
    if what in ("attribute", "property"):
        lines[:0] = [
            "..",
            "",
        ]  # a comment, as napoleon takes the first line up to a colon for a type


def name_arrays(
    _app: Sphinx,
    _what: str,
    _name: str,
    _value: object,
    _options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """Calls arrays in a signature what the code calls them, not what these names stand for.

    A default that is made anew each time becomes "...": what dataclasses write there is no Python, and
    Sphinx breaks only signatures that are into lines.
    """
    signature = signature and signature.replace("<factory>", "...")
    for name, meaning in ARRAYS.items():
        signature = signature and signature.replace(meaning, name)
        returned = returned and returned.replace(meaning, name)
    return signature, returned


def set_dashes(_app: Sphinx, doctree: nodes.document, _page: str) -> None:
    """Puts a dash between a parameter and its description, where Sphinx writes two hyphens."""
    for text in doctree.findall(nodes.Text):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" – "))


def check_names(app: Sphinx, env: Any) -> None:
    """Raises unless every public name is documented and on a page.

    Raises:
        ExtensionError: it lists what is missing.
    """
    shown = env.get_domain("py").objects
    modules = [name for page in env.metadata.values() for name in page.get("modules", ())]
    missing = faults(shown, modules)
    if missing:
        raise ExtensionError(f"{app.srcdir}: the reference is not whole: {'; '.join(missing)}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Makes the directives known to Sphinx; napoleon reads docstrings after ``translate``."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", translate, priority=100)
    app.setup_extension("sphinx.ext.napoleon")
    app.add_directive("public-names", PublicNames)
    app.add_directive("modules", Modules)
    app.add_directive("command-line", CommandLine)
    app.connect("autodoc-process-signature", name_arrays)
    app.connect("doctree-resolved", set_dashes)
    app.connect("env-check-consistency", check_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
