"""Every session of code that a page of the derivation shows, run from the page's top to its end."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

DERIVATION = Path(__file__).resolve().parents[2] / "docs" / "derivation"
SNIPPETS = sorted(DERIVATION.glob("snippets/*.txt"))
INCLUDE = re.compile(r"^```\{literalinclude\} (\S+)$", flags=re.MULTILINE)


def included(page: Path) -> list[Path]:
    """Returns the files that a page shows, in its order."""
    return [(page.parent / name).resolve() for name in INCLUDE.findall(page.read_text("utf-8"))]


PAGES = [page for page in sorted(DERIVATION.glob("*.md")) if included(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sessions_print_what_the_page_says(page: Path) -> None:
    """Each line of a page's sessions gives what stands below it; one session goes on in the next."""
    text = "\n".join(path.read_text("utf-8") for path in included(page))
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert test.examples
    report: list[str] = []
    doctest.DocTestRunner().run(test, out=report.append)
    assert report == []


def test_every_snippet_is_shown() -> None:
    """No file of code lies about that no page shows."""
    shown = {path for page in PAGES for path in included(page)}
    assert shown == set(SNIPPETS)
