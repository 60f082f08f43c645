"""Reads the table of formulas, and the labels in the code that computes them.

    docs/derivation/formulas.toml   label, formula, one line of NumPy, shape, place in the code
    src/inkling/nn, optim, explain  "[label]" after the formula, in a comment or docstring

``write_docs.py`` writes the formulas into the pages; the tests compare the two sides.
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TABLE = DOCS / "derivation" / "formulas.toml"
SOURCE = ROOT / "src" / "inkling"
FOLDERS = ("nn", "optim", "explain")
"""The folders in which every formula has a label."""

LABEL = re.compile(r"(?<=\s)\[([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\]")
"""A label: lower-case letters, digits and hyphens in brackets, after a space."""
CARD = re.compile(r"^<!-- formula (\S+) -->$", re.MULTILINE)
"""Where a page shows the card of a formula."""


@dataclass(frozen=True)
class Formula:
    """One row of the table; ``formulas.toml`` describes the fields."""

    label: str
    latex: str
    numpy: str
    shape: str
    code: tuple[str, ...]


def load_formulas(table: Path = TABLE) -> dict[str, Formula]:
    """Returns the formulas by label, in the table's order.

    Raises:
        ValueError: a label occurs twice.
    """
    formulas: dict[str, Formula] = {}
    for row in tomllib.loads(table.read_text(encoding="utf-8"))["formula"]:
        formula = Formula(**{**row, "code": tuple(row["code"])})
        if formula.label in formulas:
            raise ValueError(f"{table}: the label {formula.label} occurs twice")
        formulas[formula.label] = formula
    return formulas


def cards(folder: Path) -> dict[str, str]:
    """Returns the page in a folder that shows the card of each formula, by label."""
    return {
        label: page.name
        for page in sorted(folder.glob("*.md"))
        for label in CARD.findall(page.read_text(encoding="utf-8"))
    }


def source_files() -> list[Path]:
    """Returns the files whose formulas carry labels."""
    return [path for folder in FOLDERS for path in sorted((SOURCE / folder).rglob("*.py"))]


def labels_in_code() -> dict[str, list[str]]:
    """Returns the places of every label in the code, such as ``nn/dense.py::Dense.forward``."""
    found: dict[str, list[str]] = {}
    for path in source_files():
        file = path.relative_to(SOURCE).as_posix()
        source = path.read_text(encoding="utf-8")
        for name, text in _texts(ast.parse(source), source.splitlines()):
            for label in LABEL.findall(text):
                places = found.setdefault(label, [])
                if f"{file}::{name}" not in places:
                    places.append(f"{file}::{name}")
    return found


def _texts(tree: ast.AST, lines: list[str], outer: str = "") -> list[tuple[str, str]]:
    """Returns (dotted name, docstring and comments) of every class and function in ``tree``."""
    texts: list[tuple[str, str]] = []
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            name = f"{outer}.{child.name}".lstrip(".")
            own = [ast.get_docstring(child, clean=False) or ""]
            if isinstance(child, ast.FunctionDef):
                body = lines[child.lineno - 1 : child.end_lineno]
                own += [line.partition("#")[2] for line in body]
            texts.append((name, "\n".join(own)))
            texts += _texts(child, lines, name)
    return texts
