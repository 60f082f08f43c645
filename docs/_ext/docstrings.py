r"""Translates Inkling's docstrings, which are plain text, into the markup of Sphinx.

    Σ_k a_k ** 2 [label]       in the code: symbols, and the label of a formula
    Σ_k a_k \*\* 2 `label <…>`__  for Sphinx: symbols are escaped, the label links to its card

Sections such as ``Args:`` stay as they are, because ``sphinx.ext.napoleon`` processes them next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from formula_table import LABEL

SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields|Example|Reference):$")
ITEM = re.compile(r"^ {4}\S[^:]*: ")
"""The beginning of an entry of ``Args:``, before its description."""
MARKED = re.compile(r"(``.+?``|(?<![\w*])\*[^\W_][\w -]*\*(?![\w*]))")
"""Markup that docstrings use too: code and emphasis."""
SPECIAL = re.compile(r"[\\*|`]|_(?!\w)")
"""Characters that Sphinx would take for markup; an underscore only at the end of a word."""


def to_markup(lines: list[str], labels: Mapping[str, str]) -> list[str]:
    """Translates a docstring.

    Args:
        lines: its lines, without the common indentation.
        labels: the page of each formula by its label; other words in brackets are kept.

    Returns:
        The lines for napoleon.
    """
    result: list[str] = []
    section = ""
    for filled, group in groupby(lines, key=lambda line: bool(line.strip())):
        if not filled:
            result += group
            continue
        paragraph = list(group)
        if not paragraph[0].startswith(" "):
            found = SECTION.match(paragraph[0])
            section = found[1] if found else ""
        if section:
            result += _in_section(paragraph, section, labels)
        elif paragraph[0].startswith(" ") or any(re.search(r"\S  +\S", p) for p in paragraph):
            result += _set_apart(paragraph, labels)
        else:
            result += [escape(line, labels) for line in paragraph]
    return result


def escape(text: str, labels: Mapping[str, str]) -> str:
    """Escapes symbols that look like markup and turns labels into links; code and emphasis stay."""
    parts = MARKED.split(text)
    for index in range(0, len(parts), 2):
        plain = SPECIAL.sub(lambda found: f"\\{found[0]}", parts[index])
        parts[index] = LABEL.sub(
            lambda found: link(found[1], labels) if found[1] in labels else found[0], plain
        )
    return "".join(parts)


def link(label: str, labels: Mapping[str, str]) -> str:
    """Returns a link from a page of the reference to the card of a formula."""
    page = labels[label].removesuffix(".md")
    return f"`{label} <../derivation/{page}.html#formula-{label}>`__"


def _in_section(lines: list[str], section: str, labels: Mapping[str, str]) -> Iterator[str]:
    for line in lines:
        if section == "Example" or SECTION.match(line):
            yield line
        else:
            head = ITEM.match(line) if section in ("Args", "Attributes", "Raises") else None
            start = head.end() if head else 0
            yield line[:start] + escape(line[start:], labels)


def _set_apart(lines: list[str], labels: Mapping[str, str]) -> list[str]:
    """Returns a block that keeps its columns, with labels as links."""
    return [".. parsed-literal::", "", *(f"    {escape(line, labels)}" for line in lines)]
