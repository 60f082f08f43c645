"""The sessions of code in the derivation and other pages run, and are the same in both languages."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def sessions(page: Path) -> list[str]:
    """Returns the sessions that a page shows, in its order."""
    return re.findall(r"^```pycon\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


PAGES = [page for page in sorted((DOCS / "derivation").glob("*.md")) if sessions(page)]
PAGES += [DOCS / "lesson.md", DOCS / "formats.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sessions_print_what_the_page_says(page: Path) -> None:
    """Each line of a page's sessions gives what stands below it; one session goes on in the next."""
    if '"digits"' in page.read_text("utf-8"):
        pytest.importorskip("sklearn")
    test = doctest.DocTestParser().get_doctest(
        "\n".join(sessions(page)), {}, page.name, str(page), 0
    )
    assert test.examples
    report: list[str] = []
    doctest.DocTestRunner().run(test, out=report.append)
    assert report == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_chinese_page_has_the_same_sessions(page: Path) -> None:
    """In the same order."""
    assert sessions(DOCS / "zh" / page.relative_to(DOCS)) == sessions(page)


@pytest.mark.parametrize("folder", [DOCS, DOCS / "zh"], ids=["English", "Chinese"])
def test_every_chapter_has_exercises_with_solutions(folder: Path) -> None:
    """At least two, numbered, each followed by its solution; all but the list of formulas."""
    pages = set((folder / "derivation").glob("*.md"))
    for page in pages - {folder / "derivation" / name for name in ("index.md", "formulas.md")}:
        text = re.split(r"^## (?:Exercises|练习)$", page.read_text("utf-8"), flags=re.MULTILINE)[1]
        numbers = re.findall(r"^\*\*(\d)[（ ].*?^<details>$", text, re.MULTILINE | re.DOTALL)
        assert numbers == [str(i + 1) for i in range(text.count("<details>"))], page
        assert len(numbers) > 1
