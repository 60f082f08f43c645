"""Writes into the documentation what has its source elsewhere, between markers that stay in the page.

python scripts/write_docs.py            writes all pages; ``make docs`` begins with it
python scripts/write_docs.py --check    names the pages that are stale, and changes nothing

    <!-- formula dense-forward -->              the card of a formula, and the anchor that links lead to
    <!-- formulas nn/dense.py nn/dropout.py --> all formulas of some files
    <!-- table speed/ladder.csv -->             a table of docs/
    <!-- code nn/dense.py Dense LeCun -->       from one name of a file to another, or a single one
    <!-- live -->                              a picture of the page; on the site, the page itself
    <!-- pages train own-data -->               the pages of the folder, these first
    <!-- commands -->, <!-- names -->, <!-- modules inkling.nn.dense -->       the reference
    <!-- end -->                                the end of each of them

    13.8<!-- speed/ladder.csv; one image at a time; seconds an epoch -->     a cell, within a line
    git clone https://…                        the address of the project, from pyproject.toml

Drawings get their style. For the Chinese pages docs/zh/words.toml translates the
words of tables and drawings. The space of a percentage becomes one that does not break.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from os.path import relpath
from pathlib import Path

from formula_table import DOCS, SOURCE, Formula, cards, load_formulas
from reference_lists import command_list, module_list, name_list

BLOCK = re.compile(r"(^<!-- (\w+)\s*([^>]*?)\s*-->\n)(?:.*?\n)??(<!-- end -->$)", re.M | re.S)
"""A marker, its kind, its argument, what was written last, and the end."""
DRAWINGS = DOCS / "derivation" / "figures", DOCS / "speed", DOCS / "images"
CELL = re.compile(r"[\d.,]+(<!-- ([\w/]+\.csv); ([^;>]+); ([^;>]+) -->)")
"""A number within a line, and where it comes from: a file, a row by its first cell, a column."""
NO_BREAK = re.compile(r"(^ *```.*?^ *```$|`[^`\n]+`)|(?<=\d) (?=[%×])|(?<=×) (?=\d)", re.M | re.S)
"""Code, or a space that no line may break: before %, around ×."""
CLONE = re.compile(r"(?<=git clone )https:\S+")
REPOSITORY = (
    tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    .get("urls", {})
    .get("Repository", "https://example.org/inkling.git")
)
"""What is cloned: the URL named "Repository" in pyproject.toml, which is the place to change it."""
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
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


def rows_of(table: str) -> list[list[str]]:
    """Returns the rows of a table of docs/, with its headings."""
    with (DOCS / table).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def table_rows(page: Path, table: str) -> Iterator[str]:
    """Yields a table, with columns of numbers aligned to the right.

    If first cells are empty, it is divided: what the other first cells name is above a table each.
    """
    heading, *rows = rows_of(table)
    if page.is_relative_to(DOCS / "zh"):
        heading, *rows = [[in_chinese(cell) for cell in row] for row in (heading, *rows)]
    starts = [i for i, row in enumerate(rows) if row[0]]
    if len(starts) == len(rows):
        yield from aligned([heading, *rows])
        return
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        yield from ("", f"**{rows[start][0]}**", "")
        yield from aligned([heading[1:], *(row[1:] for row in rows[start:end])])
    yield ""


def aligned(rows: list[list[str]]) -> Iterator[str]:
    """Yields the lines of a table whose first row is its heading."""
    numbers = [
        all(not cell or NUMBER.match(cell.lstrip("-≥≤ ")) for cell in column[1:])
        for column in zip(*rows, strict=True)
    ]
    rows.insert(1, ["---:" if number else "---" for number in numbers])
    yield from (f"| {' | '.join(row)} |" for row in rows)


def source_lines(_page: Path, names: str) -> Iterator[str]:
    """Yields the code of a file from the first name to the last, with what is written below the last."""
    file, first, *more = names.split()
    text = (SOURCE / file).read_text(encoding="utf-8")
    spans: dict[str, tuple[int, int]] = {}
    name = ""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign):
            name = ast.unparse(statement.targets[0])
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            name = statement.name
        elif not isinstance(statement, ast.Expr):  # a string that describes the name above it
            continue
        begin = min(
            [statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))]
        )
        spans[name] = (spans.get(name, (begin, 0))[0], statement.end_lineno or 0)
    last = (more or [first])[-1]
    yield from ("```python", *text.splitlines()[spans[first][0] - 1 : spans[last][1]], "```")


def page_list(index: Path, names: str) -> Iterator[str]:
    """Yields the titles of the pages in an index's folder, as links: first those that are named."""
    there = sorted(page.stem for page in index.parent.glob("*.md") if page != index)
    for name in dict.fromkeys([*names.split(), *there]):
        if name in there:
            title = (index.parent / f"{name}.md").read_text(encoding="utf-8").partition("\n")[0]
            yield f"- [{title.removeprefix('# ')}]({name}.md)"


def live_page(page: Path, _: str) -> Iterator[str]:
    """Yields a picture of the page that reads drawings, as a link to how it is opened."""
    words, picture, howto = "A network reads a digit while you draw it", "live.png", "howto/app.md"
    if page.is_relative_to(DOCS / "zh"):
        words, picture, howto = "写一个数字，网络边写边识别", "live-zh.png", "zh/howto/app.md"
    shown, opened = (relpath(DOCS / path, page.parent) for path in (f"images/{picture}", howto))
    yield f"[![{words}]({shown})]({opened})"


BLOCKS: dict[str, Callable[[Path, str], Iterator[str]]] = {
    "formula": formula_card,
    "formulas": formulas_of,
    "table": table_rows,
    "code": source_lines,
    "pages": page_list,
    "live": live_page,
    "commands": command_list,
    "names": name_list,
    "modules": module_list,
}


def written(page: Path) -> str:
    """Returns the text of a page with its blocks, cells and percentages as they should be."""

    def cell(found: re.Match[str]) -> str:
        place, table, row, column = found.groups()
        headings, *rows = rows_of(table)
        return {line[0]: line for line in rows}[row][headings.index(column)] + place

    def block(found: re.Match[str]) -> str:
        begin, kind, argument, end = found.groups()
        try:
            lines = BLOCKS[kind](page, argument)
            return begin + "".join(f"{line}\n" for line in lines) + end
        except (KeyError, OSError) as error:
            raise SystemExit(f"{page}: unknown in {begin.strip()}: {error}") from error

    text = CELL.sub(cell, BLOCK.sub(block, page.read_text(encoding="utf-8")))
    text = CLONE.sub(lambda _: REPOSITORY, text)
    return NO_BREAK.sub(lambda found: found[1] or "\u00a0", text)


@cache
def chinese_words() -> dict[str, str]:
    """Returns the words of tables and drawings in Chinese, by the English ones."""
    return tomllib.loads((DOCS / "zh" / "words.toml").read_text(encoding="utf-8"))


def in_chinese(words: str) -> str:
    """Returns words of a table or drawing in Chinese, or as they are if there is no translation."""
    numbers = iter(NUMBER.findall(words))
    chinese = chinese_words().get(NUMBER.sub("#", words))
    return re.sub("#", lambda _: next(numbers), chinese) if chinese else words


def drawings() -> Iterator[tuple[Path, str]]:
    """Yields the text of each drawing with its style, and of those in Chinese that have words."""
    style = (DRAWINGS[0] / "style.css").read_text(encoding="utf-8")
    for path in sorted(path for folder in DRAWINGS for path in folder.glob("*.svg")):
        drawing = path.read_text(encoding="utf-8")
        drawing = re.sub("<style>.*?</style>", f"<style>\n{style}</style>", drawing, flags=re.S)
        yield path, drawing
        translated = re.sub("(?<=>)[^<>]+(?=<)", lambda m: in_chinese(m[0]), drawing)
        if translated != drawing:
            yield DOCS / "zh" / path.relative_to(DOCS), translated


def stale() -> dict[Path, str]:
    """Returns the text that each stale file should have."""
    pages = [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))]
    texts = {page: written(page) for page in pages} | dict(drawings())
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
