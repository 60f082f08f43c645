"""Imports point one way, from the app down to NumPy, and nothing heavy comes in before it is needed."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import inkling

ROOT = Path(inkling.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

FLOOR = ("errors", "_types", "_text", "_checks", "_files", "_documentation")
FOLDERS = (
    *(
        "image",
        "data",
        "plots",
        "nn",
        "optim",
        "compiled",
        "model",
        "training",
        "recognize",
        "explain",
    ),
    *("estimator", "tutorials", "page", "interop", "bench", "app", "cli"),
)
"""The folders in the order in which data flows: each may import those before it."""
STRANGERS = ({"nn", "optim"}, {"recognize", "explain"})
"""Neighbors in the list that do not import each other either."""


def may_import(home: str) -> set[str]:
    """The folders and modules that files of a folder or a module at the top may import."""
    if home in FLOOR:
        return set(FLOOR[: FLOOR.index(home)])
    before = {*FLOOR, *FOLDERS[: FOLDERS.index(home) + 1]}
    unrelated = {name for pair in STRANGERS if home in pair for name in pair - {home}}
    return before - unrelated


def home_of(path: Path) -> str:
    """The package or module directly below inkling that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    """A file as people name it."""
    return str(path.relative_to(ROOT))


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module that a file imports anywhere, inside functions too, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import hides its direction"
            assert node.module is not None
            yield node.module, node.lineno
            if node.module.split(".")[0] == "inkling":  # from inkling.plots import charts
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_follow_the_order_of_the_folders(path: Path) -> None:
    """A module imports from its own folder and from those before it, in functions too."""
    home = home_of(path)
    if home in ("__init__", "__main__"):
        return  # the first names everything, the second starts the command line
    for module, line in imported(ast.parse(path.read_text(encoding="utf-8"))):
        parts = module.split(".")
        if parts[0] == "inkling" and len(parts) > 1 and parts[1] != "__version__":
            assert parts[1] in may_import(home), f"{name_of(path)}, line {line}: imports {module}"


def test_only_the_floor_stands_at_the_top() -> None:
    """Everything else has its place in a folder of the list."""
    at_the_top = {path.stem for path in ROOT.glob("*.py")}
    assert at_the_top == {"__init__", "__main__", *FLOOR}
    assert {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()} == {*FOLDERS}


def at_once(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported: none in functions or for type checkers."""
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from at_once(node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            yield from at_once(node.body)
        else:
            yield node


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_wait_until_they_are_needed(path: Path) -> None:
    """At the head of a module stand NumPy and the standard library, and what a folder is made of."""
    allowed = {"numpy", "inkling", *sys.stdlib_module_names}
    made_of = {
        "cli": {"typer"},
        "app": {"starlette", "uvicorn", "h11"},
        "bench": {"jax", "torch", "sklearn", "joblib"},  # a peer's file is read in its process only
    }
    allowed |= made_of.get(home_of(path), set())
    allowed |= {"sklearn"} if home_of(path) == "estimator" else set()  # it inherits from it
    for node in at_once(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for module, line in imported(node):
                assert module.split(".")[0] in allowed, f"{name_of(path)}, line {line}: {module}"


def module_name(path: Path) -> str:
    """A file as Python imports it."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_modules_import_each_other() -> None:
    """Also inside a folder, and inside functions."""
    paths = {module_name(path): path for path in MODULES}
    sorter = graphlib.TopologicalSorter[str]()
    for name, path in paths.items():
        found = {module for module, _ in imported(ast.parse(path.read_text(encoding="utf-8")))}
        sorter.add(name, *(found & paths.keys() - {name, "inkling"}))
    sorter.prepare()  # raises CycleError with the modules of a cycle


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_that_runs_code_from_a_file(path: Path) -> None:
    """No pickle, no marshal, no shelve; NumPy's archives never with objects in them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not {module for module, _ in imported(tree)} & {"pickle", "marshal", "shelve", "dill"}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


def loaded_by(code: str) -> set[str]:
    """The libraries, apart from Python's own and NumPy, that a fresh interpreter loads for some code."""
    program = f"import sys, numpy; before = set(sys.modules)\n{code}\n"
    program += "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(answer.stdout.split()) - sys.stdlib_module_names - {"numpy"}


def test_import_inkling_is_light() -> None:
    """It loads NumPy and the standard library."""
    assert loaded_by("import inkling") == {"inkling"}


def test_every_public_name_is_light() -> None:
    """So does naming everything it offers: libraries wait until something is done with them."""
    assert loaded_by("from inkling import *") == {"inkling"}


def test_the_command_line_is_light_until_it_works() -> None:
    """The version and the list of commands need typer and no library that draws or learns."""
    code = """
from inkling.cli.main import main
sys.argv = ["inkling", "--version"]
try:
    main()
except SystemExit:
    pass
"""
    heavy = {"matplotlib", "sklearn", "scipy", "PIL", "safetensors", "torch", "numba", "starlette"}
    assert not loaded_by(code) & heavy
