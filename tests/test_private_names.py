"""Names of other packages that their makers may change: where they are used, and with which versions.

A package with such names has an upper bound in ``pyproject.toml``. To raise it, run ``make
test-versions`` with the new version, and write that version here.
"""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pytest

import inkling

PACKAGE = Path(inkling.__file__).parent
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Tried:
    """The versions with which all tests have passed, and the names that may change in another one."""

    lowest: str
    newest: str
    below: str
    names: tuple[str, ...]


TRIED = {
    "scikit-learn": Tried(
        "1.7",
        "1.9.1",
        "1.10",
        (
            "sklearn.base:_fit_context",
            "sklearn.utils._param_validation:Interval",
            "sklearn.utils._param_validation:StrOptions",
            "sklearn.utils.multiclass:_check_partial_fit_first_call",
            "sklearn.utils.validation:_check_sample_weight",
            "sklearn.neural_network:MLPClassifier._parameter_constraints",
        ),
    ),
    "joblib": Tried(
        "1.5",
        "1.6.0",
        "1.7",
        (
            "joblib:Parallel._warn_exit_early",
            "joblib.parallel:get_active_backend",
            "joblib._dask:DaskDistributedBackend.submit",
            "joblib._dask:DaskDistributedBackend.abort_everything",
            "joblib._dask:DaskDistributedBackend.effective_n_jobs",
        ),
    ),
    "numba": Tried(
        "0.62",
        "0.68.1",
        "0.70",
        (
            "numba.core.types:ExternalFunction",
            "numba.core.cgutils:alloca_once",
            "numba.core.cgutils:for_range_slice",
            "numba.np.arrayobj:populate_array",
            "numba.core.options:DefaultOptions._nrt",
        ),
    ),
}
STANDARD = {"_thread", "_typeshed", "os"}


def private_imports() -> set[str]:
    """The private names of other packages that Inkling's modules import, as ``module:name``."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                root = node.module.partition(".")[0]
                for name in {alias.name for alias in node.names} if root != "inkling" else ():
                    if any(part.startswith("_") for part in (*node.module.split("."), name)):
                        found.add(f"{node.module}:{name}")
    return {name for name in found if re.split("[.:]", name)[0] not in {*STANDARD, "__future__"}}


def test_every_private_import_is_listed() -> None:
    """So that a new one is not forgotten."""
    listed = {name for tried in TRIED.values() for name in tried.names}
    assert private_imports() <= listed
    assert len(private_imports()) > 3


@pytest.mark.parametrize("place", [name for tried in TRIED.values() for name in tried.names])
def test_the_installed_version_has_it(place: str) -> None:
    """In every version that is tried."""
    module, _, path = place.partition(":")
    pytest.importorskip(module.partition(".")[0])
    assert reduce(getattr, path.split("."), importlib.import_module(module)) is not None


@pytest.mark.parametrize("package", sorted(TRIED))
def test_the_bounds_are_what_was_tried(package: str) -> None:
    """In pyproject.toml; CI installs the newest."""
    tried = TRIED[package]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [line for extra in settings["optional-dependencies"].values() for line in extra]
    bounds = [line for line in lines if re.match(rf"{package}\b", line)]
    assert bounds
    assert f"{package}>={tried.lowest},<{tried.below}" in bounds[0]
    locked = ROOT / ".ci" / "constraints.txt"
    if locked.exists():
        assert f"{package}=={tried.newest}" in locked.read_text(encoding="utf-8")
