"""The reference on the site: docstrings in the place of the lists that a repository shows.

A function that computes a formula is followed by a link to the formula's card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from docstrings import link, to_markup
from docutils import nodes
from numpy.typing import DTypeLike
from sphinx.util.typing import stringify_annotation

import inkling
from formula_table import DOCS, cards, labels_in_code
from inkling import _types
from reference_lists import definitions, first_words, path_of, public_names
from write_docs import BLOCK, SOURCE

if TYPE_CHECKING:
    from sphinx.application import Sphinx

CARDS = cards(DOCS / "derivation")
ARRAYS = {
    name: stringify_annotation(getattr(_types, name), mode="smart")
    for name in ("AnyArray", "ByteArray", "FloatArray", "IntArray")
} | {"DTypeLike": stringify_annotation(DTypeLike, mode="smart")}
"""The names of array and dtype types in the code, and the long form that Sphinx prints for them."""
FORMULAS: dict[str, list[str]] = {}
"""The labels of the formulas by the function that computes them: ``nn/dense.py::Dense.forward``."""
for label, places in labels_in_code().items():
    for place in places:
        FORMULAS.setdefault(place, []).append(label)


def read_page(_app: Sphinx, _name: str, source: list[str]) -> None:
    """Replaces the lists of names and modules by what makes autodoc describe them."""

    def described(found: re.Match[str]) -> str:
        kind, argument = found[2], found[3]
        if kind == "names":
            return "\n".join(line for name in public_names() for line in _public_name(name))
        if kind == "modules":
            return "\n".join(line for name in argument.split() for line in _module(name))
        return found[0]

    source[0] = BLOCK.sub(described, source[0])


def _public_name(name: str) -> Iterator[str]:
    [kind] = [kind for found, kind, _ in definitions(inkling._HOMES[name]) if found == name]
    yield from (f"## `{name}`", "", *_describe("inkling", name, kind))


def _module(module: str) -> Iterator[str]:
    yield from (f"## `{path_of(module).relative_to(SOURCE)}`", "", first_words(module), "")
    for name, kind, _ in definitions(module):
        if inkling._HOMES.get(name) == module:
            yield from (f"{{py:obj}}`inkling.{name}` is among the [public names](inkling.md).", "")
        else:
            yield from _describe(module, name, kind)


def _describe(module: str, name: str, kind: str) -> Iterator[str]:
    yield from ("```{eval-rst}", f".. auto{kind}:: {module}.{name}")
    yield from ("   :members:" if kind == "class" else "", "```", "")


def formulas_of(value: Any) -> list[str]:
    """Returns the labels of the formulas that a function or method computes."""
    function = getattr(value, "fget", value)  # of a property
    file = getattr(function, "__module__", "").removeprefix("inkling.").replace(".", "/") + ".py"
    return FORMULAS.get(f"{file}::{getattr(function, '__qualname__', '')}", [])


def translate(
    _app: Sphinx, what: str, _name: str, value: object, _options: object, lines: list[str]
) -> None:
    """Gives a docstring Sphinx's markup, and links to the formulas that its object computes."""
    labels = [label for label in formulas_of(value) if f"[{label}]" not in " ".join(lines)]
    lines[:] = to_markup(lines, CARDS)
    if labels:
        lines += ["", "Formula: " + ", ".join(link(label, CARDS) for label in labels), ""]
    if what in ("attribute", "property"):
        # A comment, because napoleon takes the first line up to a colon for a type.
        lines[:0] = ["..", ""]


def name_arrays(
    _app: Sphinx,
    _what: str,
    _name: str,
    _value: object,
    _options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """Shortens the types of arrays in a signature to the names that the code uses.

    The default of a dataclass field with a factory becomes "...", because "<factory>" is not Python and
    Sphinx breaks a signature into lines only if it can parse it.
    """
    signature = signature and signature.replace("<factory>", "...")
    for name, meaning in ARRAYS.items():
        signature = signature and signature.replace(meaning, name)
        returned = returned and returned.replace(meaning, name)
    return signature, returned


def set_dashes(_app: Sphinx, doctree: nodes.document, _page: str) -> None:
    """Replaces the two hyphens between a parameter and its description by a dash."""
    for text in doctree.findall(nodes.Text):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" – "))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects all of it; ``translate`` must run before napoleon."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", translate, priority=100)
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("source-read", read_page, priority=100)
    app.connect("autodoc-process-signature", name_arrays)
    app.connect("doctree-resolved", set_dashes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
