"""The reference is complete: the build fails if a name is undocumented or on no page."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inkling.nn import Layer, ReLU

ROOT = Path(__file__).resolve().parents[2]
LINK = "`{} <../derivation/network.html#formula-{}>`__"


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module docs/_ext/reference.py."""
    for library in ("sphinx", "sklearn"):
        pytest.importorskip(library, reason=f"{library} is not installed: pip install '.[docs]'")
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    return importlib.import_module("reference")


class Bare:
    def method(self) -> None: ...  # noqa: D102 (missing on purpose)

    @property
    def value(self) -> int:  # noqa: D102 (missing on purpose)
        return 1

    def _hidden(self) -> None: ...


@dataclass
class BareData:
    number: int


def test_names_without_a_docstring_are_found(reference: Any) -> None:
    """The class itself, its public methods and properties; an inherited docstring is enough."""
    assert list(reference.undocumented(Bare, "Bare")) == ["Bare", "Bare.method", "Bare.value"]
    assert list(reference.undocumented(BareData, "BareData")) == ["BareData"]
    assert ReLU.value.__doc__ is None
    assert list(reference.undocumented(ReLU, "ReLU")) == []


def test_the_build_fails_if_names_are_missing(reference: Any) -> None:
    """Public names, names of a module that is shown, and modules of the network and optimizers."""
    pages = {"errors": {"modules": ["inkling.errors"]}}
    domain = SimpleNamespace(objects=["inkling.Network", "inkling.errors.DataError"])
    environment = SimpleNamespace(metadata=pages, get_domain=lambda _: domain)
    with pytest.raises(reference.ExtensionError) as error:
        reference.check_names(SimpleNamespace(srcdir="docs"), environment)
    missing = str(error.value).partition(": ")[2]
    assert "inkling.MLPClassifier is on no page" in missing
    assert "inkling.errors.RunError is on no page" in missing
    assert "inkling.nn.dense is on no page" in missing
    for shown in ("inkling.Network", "inkling.errors.DataError", "inkling.errors"):
        assert f"{shown} is on no page" not in missing


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
