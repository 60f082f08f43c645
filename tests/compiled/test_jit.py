"""Machine code on the disk: compiled once, loaded later, and never a reason not to train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.compiled import jit


def add_one(numbers: Any) -> None:
    """Something small to compile."""
    numbers[0] += 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for machine code."""
    pytest.importorskip("numba")
    monkeypatch.setattr(jit, "code_folder", lambda dtype: tmp_path / "code" / dtype)
    return tmp_path / "code" / "float64"


def runs(dispatcher: Any) -> bool:
    """Whether the machine code does what it should."""
    numbers = np.zeros(1)
    dispatcher(numbers)
    return bool(numbers[0] == 1)


def compile_it() -> Any:
    """The small function as machine code."""
    numba: Any = pytest.importorskip("numba")
    return jit.to_machine_code(add_one, (numba.typeof(np.zeros(1)),), "float64")


def test_machine_code_is_made_once(folder: Path) -> None:
    """It is not there, it is made, it is there and loaded."""
    assert not jit.is_cached("float64")
    first = compile_it()
    assert runs(first)
    assert sum(first.stats.cache_misses.values()) == 1
    assert jit.is_cached("float64")
    second = compile_it()
    assert runs(second)
    assert sum(second.stats.cache_hits.values()) == 1
    assert list(folder.iterdir())


def test_damaged_machine_code_is_made_anew(folder: Path) -> None:
    """A file that was cut short is no reason not to train."""
    compile_it()
    for path in folder.glob("*/*"):
        path.write_bytes(path.read_bytes()[:20])
    assert runs(compile_it())


def test_where_nothing_can_be_written(folder: Path) -> None:
    """A file stands where the folder should be: machine code for this process alone."""
    folder.parent.write_text("in the way")
    assert runs(compile_it())
    assert not jit.is_cached("float64")


def test_numbas_own_setting_is_put_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder for machine code is a setting of the process, which belongs to others."""
    import numba

    config: Any = numba.config
    monkeypatch.setattr(config, "CACHE_DIR", str(folder.parent / "theirs"))
    compile_it()
    assert str(folder.parent / "theirs") == config.CACHE_DIR
