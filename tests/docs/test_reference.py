"""The reference: complete, with docstrings that Sphinx understands, and links to the formulas."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import inkling
from inkling.nn import Layer, ReLU

ROOT = Path(__file__).resolve().parents[2]
LINK = "`{} <../derivation/network.html#formula-{}>`__"


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module docs/_ext/reference.py."""
    for library in ("sphinx", "sklearn"):
        pytest.importorskip(library, reason=f"{library} is not installed: pip install '.[docs]'")
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    return importlib.import_module("reference")


@pytest.fixture
def modules() -> list[str]:
    """The modules that the pages show."""
    block = importlib.import_module("write_docs").BLOCK
    pages = (page.read_text("utf-8") for page in (ROOT / "docs" / "reference").glob("*.md"))
    blocks = [found for page in pages for found in block.finditer(page)]
    return [name for found in blocks if found[2] == "modules" for name in found[3].split()]


def test_the_whole_network_is_in_the_reference(modules: list[str]) -> None:
    """Every module of layers and optimizers; the public names are taken from the package."""
    for package in ("inkling.nn", "inkling.optim"):
        files = pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}.")
        assert {file.name for file in files if "._" not in file.name} <= set(modules)


def test_every_name_in_the_reference_has_a_docstring(modules: list[str]) -> None:
    """Classes, functions, methods and properties; a method may inherit that of its base class."""
    pytest.importorskip("sklearn", reason="inkling.MLPClassifier needs it")
    values = [getattr(inkling, name) for name in inkling._HOMES]
    for module in map(importlib.import_module, modules):
        own = (
            value
            for value in vars(module).values()
            if inspect.isclass(value) or inspect.isfunction(value)
        )
        values += [value for value in own if value.__module__ == module.__name__]
    assert [name for value in values for name in undocumented(value)] == []


def undocumented(value: Any) -> Iterator[str]:
    """Yields what has no docstring: the value, its public methods and properties."""
    text = value.__doc__ or ""
    if value.__name__[0] != "_" and (
        not text or text.startswith(f"{value.__name__}(")
    ):  # dataclass
        yield value.__qualname__
    for name, member in vars(value).items() if inspect.isclass(value) else ():
        called = callable(member) or isinstance(member, property | classmethod | staticmethod)
        public = called and not name.startswith("_") and not inspect.isclass(member)
        if public and not inspect.getdoc(getattr(value, name)):
            yield f"{value.__qualname__}.{name}"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "z = x W + b (B, O) [dense-forward].",
            f"z = x W + b (B, O) {LINK.format(*2 * ['dense-forward'])}.",
        ),
        ("rows [start : end] of it", "rows [start : end] of it"),
        ("the classes_, x * y and |x|", r"the classes\_, x \* y and \|x\|"),
        ("x_bi, *all* and ``coefs_`` stay", "x_bi, *all* and ``coefs_`` stay"),
    ],
)
def test_symbols_are_escaped(reference: Any, written: str, read: str) -> None:
    """Symbols that Sphinx would take for markup are escaped; a label becomes a link."""
    assert reference.to_markup([written], {"dense-forward": "network.md"}) == [read]


def test_blocks_keep_their_columns(reference: Any) -> None:
    """Indented blocks and columns are kept as they are; sections are left to napoleon."""
    docstring = ["Two:", "", "    v ← μ·v  [v]", "", "a   b_", "", "Args:", "    x: of any_ shape."]
    assert reference.to_markup(docstring, {"v": "network.md"}) == [
        *("Two:", "", ".. parsed-literal::", "", f"        v ← μ·v  {LINK.format('v', 'v')}", ""),
        *(".. parsed-literal::", "", r"    a   b\_", ""),
        *("Args:", r"    x: of any\_ shape."),
    ]


@pytest.mark.parametrize(
    ("value", "formula"),
    [(ReLU.value, [f"Formula: {LINK.format('relu', 'relu')}"]), (Layer.forward, [])],
)
def test_a_function_links_to_its_formulas(reference: Any, value: Any, formula: list[str]) -> None:
    """The labels behind its lines follow its docstring."""
    lines = ["Computes a."]
    reference.translate(None, "method", "", value, None, lines)
    assert [line for line in lines[1:] if line] == formula
