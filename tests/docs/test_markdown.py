"""The pages as a repository shows them: plain GitHub-flavored Markdown, up to date, every link valid."""

from __future__ import annotations

import importlib
import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIST = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
FILES = subprocess.run(LIST, cwd=ROOT, capture_output=True, text=True, check=False).stdout
TEXTS = {
    name: (ROOT / name).read_text("utf-8")
    for name in FILES.splitlines()
    if (ROOT / name).is_file()  # not deleted
}
FENCE = re.compile(r"^( *)(`{3,})(.*?)\n(.*?)^\1\2$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
FORMULA = re.compile(r"\$[^$]+\$")
ONLY_SPHINX = re.compile(r"\{[\w:-]+\}(?:\n|$)|^:::|^\([\w-]+\)=$|\]\([^)]*\)\{", re.MULTILINE)
"""Roles, directives, targets and attributes, as they are left without the code in them."""
UNSUPPORTED = re.compile(
    r"\\(?:operatorname|newcommand|def|require|mbox|phantom|href|class|style|tag|label)\b"
)
"""Commands of MathJax that GitHub rejects."""

pytestmark = pytest.mark.skipif(not TEXTS, reason="the pages are listed by git")


def test_pages_need_no_sphinx() -> None:
    """A repository would show directives, roles and targets as they are."""
    wrong = []
    for name, text in TEXTS.items():
        languages = [info for _, _, info, _ in FENCE.findall(text)]
        rest = CODE.sub("\n", FENCE.sub("", text))
        wrong += [f"{name}: {one}" for one in languages if not re.fullmatch(r"\w*", one)]
        wrong += [f"{name}: {one.strip()}" for one in ONLY_SPHINX.findall(rest)]
    assert wrong == []


def test_formulas_are_read_by_github() -> None:
    r"""GitHub reads Markdown first: x\,y becomes x,y, and what lies between two _ may be emphasized.

    A dollar sign begins a formula only after a space, and ends none before a letter; a formula within a
    line does not go on in the next, and some commands are missing.
    """
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    wrong = []
    for name, text in TEXTS.items():
        rest = CODE.sub("", FENCE.sub("", text))
        formulas = [found[0] for found in FORMULA.finditer(rest)]
        parts = [
            part.content
            for token in markdown.parse(text)
            for part in token.children or []
            if part.type == "text"
        ]
        read = [formula for part in parts for formula in FORMULA.findall(part)]
        wrong += [f"{name}: {formula}" for formula in formulas if formula not in read]
        for found in FORMULA.finditer(rest):
            before, after = rest[found.start() - 1], rest[found.end() : found.end() + 1]
            if not before.isspace() or after.isalnum():
                wrong.append(f"{name}: {before}{found[0]}{after}")
        blocks = [code for _, _, language, code in FENCE.findall(text) if language == "math"]
        wrong += [f"{name}: {found}" for found in UNSUPPORTED.findall("".join(formulas + blocks))]
    assert wrong == []


@cache
def places(name: str) -> set[str]:
    """Returns what links can lead to in a page: its anchors, and those that GitHub makes of headings."""
    text = FENCE.sub("", TEXTS[name])
    found = set(re.findall(r'<a id="([^"]+)"', text))
    for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        words = re.sub(r"\]\([^)]*\)", "", title).strip().lower()
        place = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 1
        while place in found:
            place, number = f"{place.removesuffix(f'-{number - 1}')}-{number}", number + 1
        found.add(place)
    return found


def test_links_lead_to_files_and_places() -> None:
    """Within the repository."""
    wrong = []
    for name, text in TEXTS.items():
        for link in re.findall(r"\]\(([^)\s]+)", CODE.sub("", FENCE.sub("", text))):
            file, _, place = unquote(link).partition("#")
            if re.match(r"\w+:", file):
                continue
            target = (ROOT / name).parent / file if file else ROOT / name
            page = target.resolve().relative_to(ROOT).as_posix()
            if not target.exists() or (place and page in TEXTS and place not in places(page)):
                wrong.append(f"{name}: {link}")
    assert wrong == []


def test_pages_are_up_to_date() -> None:
    """What is written into them from elsewhere: formulas, tables, lists; the words of drawings."""
    pytest.importorskip("typer", minversion="0.29")  # older ones write options otherwise
    stale = importlib.import_module("write_docs").stale()
    names = [path.relative_to(ROOT).as_posix() for path in stale]
    assert names == [], "to bring them up to date: python scripts/write_docs.py"
