"""The table of formulas and the code that computes them, read without importing either.

    docs/derivation/formulas.toml   label, formula, one line of NumPy, shape, who computes it
    src/inkling/nn, optim, explain  docstrings that say "[label]" behind the formula

``formula_cards.py`` puts the table into the pages; the tests compare the two sides.
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent
TABLE = DOCS / "derivation" / "formulas.toml"
SOURCE = DOCS.parent / "src" / "inkling"
FOLDERS = ("nn", "optim", "explain")
"""Where every formula carries a label."""

LABEL = re.compile(r"(?<=\s)\[([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\]")
"""A label in a docstring: behind a space, small letters and hyphens."""


@dataclass(frozen=True)
class Formula:
    """One row of the table; ``formulas.toml`` says what each field is."""

    label: str
    latex: str
    numpy: str
    shape: str
    code: tuple[str, ...]


def load_formulas(table: Path = TABLE) -> dict[str, Formula]:
    """Returns the formulas by label, in the table's order.

    Raises:
        ValueError: a label is there twice.
    """
    formulas: dict[str, Formula] = {}
    for row in tomllib.loads(table.read_text(encoding="utf-8"))["formula"]:
        formula = Formula(**{**row, "code": tuple(row["code"])})
        if formula.label in formulas:
            raise ValueError(f"{table}: the label {formula.label} is there twice")
        formulas[formula.label] = formula
    return formulas


def source_files() -> list[Path]:
    """Returns the files whose formulas carry labels."""
    return [path for folder in FOLDERS for path in sorted((SOURCE / folder).rglob("*.py"))]


def labels_in_code() -> dict[str, list[str]]:
    """Returns, for every label that a docstring says, the places: ``nn/dense.py::Dense.forward``."""
    found: dict[str, list[str]] = {}
    for path in source_files():
        file = path.relative_to(SOURCE).as_posix()
        for name, docstring in _docstrings(ast.parse(path.read_text(encoding="utf-8"))):
            for label in LABEL.findall(docstring):
                found.setdefault(label, []).append(f"{file}::{name}")
    return found


def _docstrings(tree: ast.AST, outer: str = "") -> list[tuple[str, str]]:
    """Returns (dotted name, docstring) of everything below ``tree``; the module's name is empty."""
    named: list[tuple[str, str]] = []
    if isinstance(tree, ast.Module | ast.ClassDef | ast.FunctionDef):
        named.append((outer, ast.get_docstring(tree, clean=False) or ""))
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            named += _docstrings(child, f"{outer}.{child.name}".lstrip("."))
    return named
