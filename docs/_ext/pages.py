"""What the site makes of pages that are plain Markdown in the repository.

- A formula is framed, so that formula, code and places read as one card.
- The page that reads drawings, with the small model, takes the place of its picture.
- A link to a Python file leads to a page that shows it, where labels of formulas lead to their cards.
- A link to a page of the other language leads to the other site.
- The pages that an index links to, in that order, are the site's table of contents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formula_table import DOCS, LABEL, ROOT, cards
from inkling.interop.html import site_files
from inkling.model.file import load_model
from inkling.model.locations import LOOK

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FRAMED = "live/embed.html"
CARD = re.compile(r"^<!-- formula [^>]*-->\n(.*?)^<!-- end -->$", re.MULTILINE | re.DOTALL)
LIVE = re.compile(r"^<!-- live -->\n.*?!\[([^\]]*)\].*?^<!-- end -->$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s#:]+\.(?:md|py))(#[^()\s]*)?\)")
PART = re.compile(r"\]\(((?:\w[\w-]*/index|\w[\w-]*)\.md)\)")
"""A link to a page in the same folder, or to the index of a folder below."""


def read_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Turns the Markdown of a page into what the site needs."""
    page = Path(app.srcdir) / f"{name}.md"
    text = LIVE.sub(lambda found: _frame(app, name, found[1]), source[0])
    parts = dict.fromkeys(part.removesuffix(".md") for part in PART.findall(text))
    if page.name == "index.md" and parts:
        text += "\n".join(["\n```{toctree}", ":hidden:", "", *parts, "```", ""])
    text = LINK.sub(lambda found: _link(app, page, *found.groups()), text)
    text = CARD.sub('<div class="formula">\n\n\\1\n</div>\n', text)
    source[0] = re.sub(r"([，。、：；（“]) (\$\S)", r"\1\2", text)  # GitHub needs the space


def _frame(app: Sphinx, name: str, title: str) -> str:
    """Returns a frame that shows the page; both languages share its file."""
    up = "../" * name.count("/")
    file = f"{up}../{FRAMED}?language=zh" if "zh" in app.tags else f"{up}{FRAMED}?language=en"
    return f'<iframe class="live" src="{file}" title="{title}" loading="lazy"></iframe>'


def write_live_page(app: Sphinx, error: Exception | None) -> None:
    """Writes the page that is shown in frames, with formulas that lead to the derivation."""
    if error is None and app.builder.format == "html" and "zh" not in app.tags:
        file = Path(app.outdir) / FRAMED
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(site_files(load_model(LOOK), docs="..")["embed.html"])


def _link(app: Sphinx, page: Path, target: str, place: str | None) -> str:
    """Returns the end of a link, changed if its target is not a page of this site."""
    path = (page.parent / target).resolve()
    if path.suffix == ".py" and path.is_file():
        address = relpath(Path(app.srcdir) / code_page(path), page.parent)
    elif path.is_relative_to(DOCS) and app.env.path2doc(str(path)) not in app.env.found_docs:
        address = target.removesuffix(".md")  # the other site, in the same place
    else:
        return f"]({target}{place or ''})"
    return f"]({address}.html{place or ''}){{.external}}"


def linked_files() -> list[Path]:
    """Returns the Python files that pages of either language link to."""
    found = {
        (page.parent / target).resolve()
        for page in DOCS.rglob("*.md")
        for target, _ in LINK.findall(page.read_text(encoding="utf-8"))
        if target.endswith(".py")
    }
    return sorted(path for path in found if path.is_file())


def code_page(path: Path) -> str:
    """Returns the name of the page that shows a file of the repository."""
    return f"code/{path.relative_to(ROOT).with_suffix('').as_posix()}"


def code_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yields a page for every file that a page links to; the labels in it lead to their cards."""
    pages = cards(Path(app.srcdir) / "derivation")
    highlight = app.builder.highlighter.highlight_block  # type: ignore[attr-defined]
    for path in linked_files():
        name, title = code_page(path), path.relative_to(ROOT).as_posix()
        seen: set[str] = set()

        def link(
            found: re.Match[str], root: str = "../" * name.count("/"), seen: set[str] = seen
        ) -> str:
            label = found[1]
            if label not in pages:
                return found[0]
            place = "" if label in seen else f' id="{label}"'
            seen.add(label)
            card = f"{root}derivation/{pages[label].removesuffix('.md')}.html#formula-{label}"
            return f'<a{place} class="label" href="{card}">[{label}]</a>'

        code = LABEL.sub(link, highlight(path.read_text("utf-8"), "python", linenos="inline"))
        body = f'<h1><code>{title}</code></h1>\n<div class="code-page">{code}</div>'
        yield name, {"title": title, "body": body}, "page.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects all of it."""
    app.connect("source-read", read_page)
    app.connect("html-collect-pages", code_pages)
    app.connect("build-finished", write_live_page)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
