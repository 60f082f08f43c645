"""The reference is whole: the build fails on what is undocumented or missing, and shows all the rest."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import inkling

EXTENSIONS = Path(__file__).resolve().parents[2] / "docs" / "_ext"


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Any:
    """docs/_ext/reference.py, which is not part of a package."""
    for library in ("sphinx", "sklearn"):
        pytest.importorskip(library, reason=f"{library} is not installed: pip install '.[docs]'")
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    return importlib.import_module("reference")


class Bare:
    def method(self) -> None: ...  # noqa: D102 (this is the point)

    @property
    def value(self) -> int:  # noqa: D102
        return 1

    def _hidden(self) -> None: ...


@dataclass
class BareData:
    number: int


def test_what_has_no_docstring_is_named(reference: Any) -> None:
    """The class itself, its methods and properties; not what is private, and not what is documented."""
    assert list(reference.undocumented(Bare, "Bare")) == ["Bare", "Bare.method", "Bare.value"]
    assert list(reference.undocumented(BareData, "BareData")) == ["BareData"]
    assert list(reference.undocumented(inkling.Network, "Network")) == []


def test_what_is_on_no_page_is_named(reference: Any) -> None:
    """A public name, a name of a file that is shown, and a file of the network or the optimizers."""
    modules = ["inkling.errors"]
    missing = reference.faults(["inkling.Network", "inkling.errors.DataError"], modules)
    assert "inkling.MLPClassifier is on no page" in missing
    assert "inkling.errors.RunError is on no page" in missing
    assert "inkling.nn.dense is on no page" in missing
    assert "inkling.optim.adaptive is on no page" in missing
    for shown in ("inkling.Network", "inkling.errors.DataError", "inkling.errors"):
        assert f"{shown} is on no page" not in missing


@pytest.mark.usefixtures("reference")
def test_the_build_fails_where_a_name_is_missing(tmp_path: Path) -> None:
    """With a sentence that says which; a build that only warned would be published."""
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\n"
        "extensions = ['myst_parser', 'reference']\n"
    )
    (tmp_path / "index.md").write_text("# Errors\n\n```{modules}\ninkling.errors\n```\n")
    command = [sys.executable, "-m", "sphinx", "-q", str(tmp_path), str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "the reference is not whole: inkling.nn.activations is on no page; " in done.stderr
    assert "inkling.Network is on no page" in done.stderr
    assert "inkling.errors.DataError is on no page" not in done.stderr


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("z = x W + b (B, O) [dense-forward].", "z = x W + b (B, O) :f:`dense-forward`."),
        ("rows [start : end] of it", "rows [start : end] of it"),
        ("the classes_, x * y and |x|", r"the classes\_, x \* y and \|x\|"),
        ("x_bi, *all* and ``coefs_`` stay", "x_bi, *all* and ``coefs_`` stay"),
    ],
)
def test_symbols_are_no_markup(reference: Any, written: str, read: str) -> None:
    """Symbols are escaped where Sphinx would see markup in them; a label becomes a link."""
    assert reference.to_markup([written], {"dense-forward"}) == [read]


def test_blocks_keep_their_columns(reference: Any) -> None:
    """What is indented, or has columns, is set as it stands; sections are napoleon's."""
    docstring = [
        "Two:",
        "",
        "    v ← μ·v  [v]",
        "",
        "a   b_",
        "",
        "Args:",
        "    x: of any_ shape.",
    ]
    assert reference.to_markup(docstring, {"v"}) == [
        *("Two:", "", ".. parsed-literal::", "", "        v ← μ·v  :f:`v`", ""),
        *(".. parsed-literal::", "", r"    a   b\_", ""),
        *("Args:", r"    x: of any\_ shape."),
    ]
