"""Formulas in the pages: cards, links to them, diagrams, and the source code behind them.

    ```{formula} dense-forward      the card: formula, NumPy line, shape, places in the code
    ```{formulas} nn/dense.py       a table of all formulas that a file computes
    {f}`dense-forward`              a link to the card
    ```{diagram} network            a drawing from figures/, with words in the page's language

Every source file with formulas becomes a page, on which each label links back to its card.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from formula_table import (
    DOCS,
    LABEL,
    SOURCE,
    TABLE,
    Formula,
    labels_in_code,
    load_formulas,
    source_files,
)
from sphinx.addnodes import pending_xref
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FORMULAS = load_formulas()


class FormulaCard(SphinxDirective):
    """The card of one formula; each formula has one card in each language."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Builds the card and makes it a target for ``{f}``."""
        self.env.note_dependency(str(TABLE))
        label = self.arguments[0]
        formula = FORMULAS.get(label)
        if formula is None:
            raise self.error(f"formulas.toml has no formula {label!r}")
        identifier = f"formula-{label}"
        card = nodes.container(classes=["formula"], ids=[identifier])
        self.set_source_info(card)
        head = nodes.paragraph(classes=["formula-head"])
        head += nodes.reference(
            "", "", nodes.literal("", label), refuri=f"#{identifier}", internal=True
        )
        head += nodes.inline("", formula.shape, classes=["formula-shape"])
        card += head
        card += _math(formula)
        card += nodes.literal_block("", formula.numpy, language="python")
        card += _places(formula, self.env.docname)
        self.env.get_domain("std").note_hyperlink_target(  # type: ignore[attr-defined]
            identifier, self.env.docname, identifier, label
        )
        return [card]


class FormulaTable(SphinxDirective):
    """All formulas of the named files, each with a link to its card."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Builds one short card per formula."""
        self.env.note_dependency(str(TABLE))
        files = self.arguments[0].split()
        rows: list[nodes.Node] = []
        for formula in FORMULAS.values():
            if any(formula.code[0].startswith(f"{file}::") for file in files):
                row = nodes.container(classes=["formula", "formula-row"])
                head = nodes.paragraph(classes=["formula-head"])
                head += _link(formula.label, self.env.docname)
                head += nodes.inline("", formula.shape, classes=["formula-shape"])
                row += head
                row += _math(formula)
                row += nodes.literal_block("", formula.numpy, language="python")
                rows.append(row)
        if not rows:
            raise self.error(f"no formula is computed in {', '.join(files)}")
        return rows


class FormulaLink(SphinxRole):
    """``{f}`` followed by a label: a link to the card."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Builds the link; an unknown label is a warning, which fails the strict build."""
        return [_link(self.text, self.env.docname)], []


class Diagram(SphinxDirective):
    """A drawing that is part of the page, so that it follows the page's colors."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "alt": directives.unchanged_required,
        "words": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Puts the words into the placeholders of the drawing; the content is its caption."""
        path = DOCS / "derivation" / "figures" / f"{self.arguments[0]}.svg"
        self.env.note_dependency(str(path))
        words = dict(
            (part.strip() for part in pair.split("=", 1))
            for pair in self.options.get("words", "").split(";")
            if pair.strip()
        )
        drawing = path.read_text(encoding="utf-8")
        try:
            drawing = re.sub(r"\{(\w+)\}", lambda place: html.escape(words[place[1]]), drawing)
        except KeyError as error:
            raise self.error(f"{path.name} needs a word for {error}") from error
        alt = html.escape(self.options["alt"], quote=True)
        drawing = drawing.replace("<svg ", f'<svg role="img" aria-label="{alt}" ', 1)
        diagram = nodes.container(classes=["diagram"])
        diagram += nodes.raw("", drawing, format="html")
        caption = nodes.container(classes=["diagram-caption"])
        self.state.nested_parse(self.content, self.content_offset, caption)
        diagram += caption
        return [diagram]


def _math(formula: Formula) -> nodes.math_block:
    return nodes.math_block("", formula.latex, number=None, label=None, nowrap=False)


def _places(formula: Formula, docname: str) -> nodes.paragraph:
    """Returns links to the code: "nn/dense.py  Dense.forward"."""
    places = nodes.paragraph(classes=["formula-code"])
    root = "../" * docname.count("/")
    for place in formula.code:
        file, _, name = place.partition("::")
        link = nodes.reference("", "", refuri=f"{root}{_code_page(file)}.html#{formula.label}")
        link += nodes.literal("", file)
        link += nodes.Text(f" {name}")
        places += link
    return places


def _link(label: str, docname: str) -> pending_xref:
    return pending_xref(
        "",
        nodes.literal(label, label),
        refdomain="std",
        reftype="ref",
        reftarget=f"formula-{label}",
        refdoc=docname,
        refexplicit=True,
        refwarn=True,
    )


def _code_page(file: str) -> str:
    return "code/" + file.removesuffix(".py")


def code_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yields a page for every file that computes formulas."""
    cards = app.env.get_domain("std").anonlabels  # type: ignore[attr-defined]
    with_labels = {
        place.partition("::")[0] for places in labels_in_code().values() for place in places
    }
    for path in source_files():
        file = path.relative_to(SOURCE).as_posix()
        if file not in with_labels:
            continue
        page = _code_page(file)
        highlighted = app.builder.highlighter.highlight_block(  # type: ignore[attr-defined]
            path.read_text(encoding="utf-8"), "python", linenos="inline"
        )
        root = "../" * page.count("/")
        seen: set[str] = set()

        def link(
            match: re.Match[str],
            root: str = root,
            seen: set[str] = seen,
        ) -> str:
            label = match[1]
            if label not in FORMULAS:
                return match[0]
            docname, anchor = cards[f"formula-{label}"]
            identifier = "" if label in seen else f' id="{label}"'
            seen.add(label)
            return (
                f'<a{identifier} class="label" href="{root}{docname}.html#{anchor}">[{label}]</a>'
            )

        code = LABEL.sub(link, highlighted)
        body = f'<h1><code>{file}</code></h1>\n<div class="code-page">{code}</div>'
        yield page, {"title": file, "body": body}, "page.html"


def check_cards(app: Sphinx, env: Any) -> None:
    """Raises unless every formula has a card.

    Raises:
        ExtensionError: a formula has none; the message lists all of them.
    """
    cards = env.get_domain("std").anonlabels
    missing = [label for label in FORMULAS if f"formula-{label}" not in cards]
    if missing:
        raise ExtensionError(f"{app.srcdir}: no page shows {', '.join(missing)}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Registers the directives."""
    app.add_directive("formula", FormulaCard)
    app.add_directive("formulas", FormulaTable)
    app.add_directive("diagram", Diagram)
    app.add_role("f", FormulaLink())
    app.connect("env-check-consistency", check_cards)
    app.connect("html-collect-pages", code_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
