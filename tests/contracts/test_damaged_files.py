"""No file of any kind gives a traceback or a warning, however it was damaged or edited.

``scripts/fuzz_files.py`` reads a hundred thousand such files; here are a few hundred others each time.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.errors import InklingError

SCRIPT = Path(__file__).parents[2] / "scripts" / "damaged_files.py"


@pytest.fixture(scope="module")
def module() -> Any:
    """The script, which is not part of a package."""
    spec = importlib.util.spec_from_file_location("damaged_files", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its annotations are looked up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def kinds(module: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """A valid file of each kind."""
    found: list[Any] = module.all_kinds(tmp_path_factory.mktemp("files"))
    return found


def test_undamaged_files_are_read(kinds: list[Any]) -> None:
    """Otherwise nothing behind the first check would be tested; a started run has no model yet."""
    for kind in kinds:
        if kind.path.name in ("manifest.json", "committee.json"):
            with pytest.raises(InklingError, match="got an unfinished one; finish it"):
                kind.read(kind.path)
        else:
            kind.read(kind.path)


@settings(max_examples=400)
@given(number=st.integers(0, 2**64), which=st.integers(0, 2**16))
def test_damaged_files_give_one_line(
    module: Any, kinds: list[Any], number: int, which: int
) -> None:
    """Bits flipped, parts cut, fields of JSON and arrays replaced, with a digest that is right."""
    kind = kinds[which % len(kinds)]
    assert not module.fault_of(kind, module.damage(kind, random.Random(number)))


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda _: 1 / 0, "ZeroDivisionError"),
        (lambda _: (_ for _ in ()).throw(InklingError("two\nlines")), "several lines"),
        (lambda _: __import__("warnings").warn("loud", stacklevel=1), "UserWarning: loud"),
    ],
)
def test_a_fault_is_found(
    module: Any, kinds: list[Any], read: Callable[[Path], object], words: str
) -> None:
    """An exception that is not Inkling's, a message of two lines, a warning."""
    assert words in module.fault_of(kinds[0]._replace(read=read), b"")
