"""The names that ``import inkling`` offers."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import inkling

STABLE = {
    *("Callback", "Dataset", "History", "InklingError", "Model", "Network", "Recognizer", "Split"),
    *("TrainingResult", "TrainingSettings", "build_mlp", "check_gradients", "load_dataset"),
    *("load_model", "normalize", "train"),
}
"""Names that other programs use: none may be removed."""


def test_stable_names_are_there() -> None:
    """Others may be added."""
    assert set(inkling.__all__) >= STABLE


@pytest.mark.parametrize("name", sorted(set(inkling.__all__) - {"__version__"}))
def test_a_name_is_defined_where_it_is_listed(name: str) -> None:
    """In its module, under the same name, with a docstring."""
    value = getattr(inkling, name)
    assert value is getattr(importlib.import_module(inkling._HOMES[name]), name)
    assert value.__name__ == name
    assert value.__module__ == inkling._HOMES[name]
    assert inspect.getdoc(value)


def test_type_checkers_see_the_same_names() -> None:
    """The imports for type checkers are the names that are loaded on demand."""
    tree = ast.parse(Path(inkling.__file__).read_text(encoding="utf-8"))
    (block,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    homes = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            assert alias.asname == alias.name, "without `as` it is not exported"
            homes[alias.name] = node.module
    assert homes == inkling._HOMES
    assert list(inkling._HOMES) == sorted(inkling._HOMES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """So that hasattr and ``from inkling import`` work as for any other module."""
    message = "module 'inkling' has no attribute 'Netwrok'"
    with pytest.raises(AttributeError, match=f"^{re.escape(message)}$"):
        inkling.Netwrok  # type: ignore[attr-defined]  # noqa: B018 (the access is the test)
    assert not hasattr(inkling, "_nothing")
    with pytest.raises(ImportError, match="cannot import name 'Netwrok' from 'inkling'"):
        exec("from inkling import Netwrok", {})


@pytest.mark.parametrize("name", ["nn.ReLU", "optim.Adam"])
def test_folders_need_no_import_of_their_own(name: str) -> None:
    """As those of PyTorch; in a process that has loaded neither."""
    subprocess.run([sys.executable, "-c", f"import inkling; inkling.{name}()"], check=True)


def test_dir_lists_them() -> None:
    """So that completion in a shell works before anything is loaded, for the estimators too."""
    assert dir(inkling) == sorted({*inkling.__all__, "MLPClassifier", "MLPRegressor"})


def test_the_version_is_the_distributions() -> None:
    """It is written once: the build reads it from the package."""
    assert re.fullmatch(r"\d+\.\d+\.\d+([a-z]+\d+)?", inkling.__version__)
    assert importlib.metadata.version("inkling-digits") == inkling.__version__
    settings = Path(__file__).parents[1] / "pyproject.toml"
    assert "version" in tomllib.loads(settings.read_text(encoding="utf-8"))["project"]["dynamic"]


def test_all_errors_are_inkling_errors() -> None:
    """So that InklingError catches all of them."""
    errors = importlib.import_module("inkling.errors")
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    assert all(issubclass(kind, inkling.InklingError) for kind in kinds)
