"""Writes into the documentation what has its source elsewhere, between markers that stay in the page.

python scripts/write_docs.py            writes all pages; ``make docs`` begins with it
python scripts/write_docs.py --check    names the pages that are stale, and changes nothing

    <!-- formula dense-forward -->              the card of a formula, and the anchor that links lead to
    <!-- formulas nn/dense.py nn/dropout.py --> all formulas of some files
    <!-- pages train own-data -->               the pages of the folder, these first
    <!-- end -->                                the end of each of them

The drawings of the derivation get their style, and for the Chinese pages their words.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from os.path import relpath
from pathlib import Path

from formula_table import DOCS, SOURCE, Formula, cards, load_formulas

BLOCK = re.compile(r"(^<!-- (\w+)\s*([^>]*?)\s*-->\n)(?:.*?\n)??(<!-- end -->$)", re.M | re.S)
"""A marker, its kind, its argument, what was written last, and the end."""
DRAWINGS = DOCS / "derivation" / "figures"
FORMULAS = load_formulas()


def formula_card(page: Path, label: str) -> Iterator[str]:
    """Yields a formula with its anchor, and links to the code that computes it."""
    formula = FORMULAS[label]
    yield f'<a id="formula-{label}"></a>[**`{label}`**](#formula-{label}) · `{formula.shape}`'
    yield from formula_lines(formula)
    yield ""
    yield " · ".join(
        f"[`{file}`]({relpath(SOURCE / file, page.parent)}#{label}) `{name}`"
        for file, _, name in (place.partition("::") for place in formula.code)
    )


def formulas_of(page: Path, files: str) -> Iterator[str]:
    """Yields the formulas that some files compute, each with a link to its card."""
    pages = cards(page.parent)
    for label, formula in FORMULAS.items():
        if formula.code[0].partition("::")[0] in files.split():
            yield f"\n[**`{label}`**]({pages[label]}#formula-{label}) · `{formula.shape}`"
            yield from formula_lines(formula)
    yield ""


def formula_lines(formula: Formula) -> Iterator[str]:
    """Yields the formula, and the line of NumPy that computes the same."""
    yield from ("", "```math", formula.latex, "```", "", "```python", formula.numpy, "```")


def page_list(index: Path, names: str) -> Iterator[str]:
    """Yields the titles of the pages in an index's folder, as links: first those that are named."""
    there = sorted(page.stem for page in index.parent.glob("*.md") if page != index)
    for name in dict.fromkeys([*names.split(), *there]):
        if name in there:
            title = (index.parent / f"{name}.md").read_text(encoding="utf-8").partition("\n")[0]
            yield f"- [{title.removeprefix('# ')}]({name}.md)"


BLOCKS: dict[str, Callable[[Path, str], Iterator[str]]] = {
    "formula": formula_card,
    "formulas": formulas_of,
    "pages": page_list,
}


def written(page: Path) -> str:
    """Returns the text of a page with all its blocks as they should be."""

    def block(found: re.Match[str]) -> str:
        begin, kind, argument, end = found.groups()
        try:
            lines = BLOCKS[kind](page, argument)
            return begin + "".join(f"{line}\n" for line in lines) + end
        except (KeyError, OSError) as error:
            raise SystemExit(f"{page}: unknown in {begin.strip()}: {error}") from error

    return BLOCK.sub(block, page.read_text(encoding="utf-8"))


@cache
def chinese_words() -> dict[str, str]:
    """Returns the words of tables and drawings in Chinese, by the English ones."""
    return tomllib.loads((DOCS / "zh" / "words.toml").read_text(encoding="utf-8"))


def in_chinese(words: str) -> str:
    """Returns words of a table or drawing in Chinese, or as they are if there is no translation."""
    return chinese_words().get(words, words)


def drawings() -> Iterator[tuple[Path, str]]:
    """Yields the text of each drawing with its style, and of those in Chinese that have words."""
    style = (DRAWINGS / "style.css").read_text(encoding="utf-8")
    for path in sorted(DRAWINGS.glob("*.svg")):
        drawing = path.read_text(encoding="utf-8")
        drawing = re.sub("<style>.*?</style>", f"<style>\n{style}</style>", drawing, flags=re.S)
        yield path, drawing
        translated = re.sub("(?<=>)[^<>]+(?=<)", lambda m: in_chinese(m[0]), drawing)
        if translated != drawing:
            yield DOCS / "zh" / path.relative_to(DOCS), translated


def stale() -> dict[Path, str]:
    """Returns the text that each stale file should have."""
    texts = {page: written(page) for page in sorted(DOCS.rglob("*.md"))} | dict(drawings())
    return {
        path: text
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def main() -> None:
    """Writes the stale files, or only names them."""
    texts, check = stale(), "--check" in sys.argv
    for path, text in texts.items():
        print(f"{path.relative_to(DOCS.parent)}: {'stale' if check else 'written'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if texts and check:
        sys.exit("To bring them up to date: python scripts/write_docs.py")


if __name__ == "__main__":
    main()
