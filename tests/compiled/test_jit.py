"""Machine code on the disk: compiled once, loaded later, and never a reason not to train."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.compiled import jit
from inkling.errors import MissingExtraError


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


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "removed"])
def test_damaged_machine_code_is_made_anew(folder: Path, ending: str, damage: str) -> None:
    """It is replaced, so that later processes load it again; one bit is enough."""
    compile_it()
    (path,) = folder.glob(f"*/*.{ending}")
    content = bytearray(path.read_bytes())
    if damage == "removed":
        path.unlink()
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content[: len(content) // 2 + (1 if damage == "cut" else len(content))])
    assert not jit.is_cached("float64")
    assert runs(compile_it())
    assert jit.is_cached("float64")
    third = compile_it()
    assert runs(third)
    assert sum(third.stats.cache_hits.values()) == 1


@pytest.mark.usefixtures("folder")
def test_machine_code_for_another_processor_stays() -> None:
    """What is compiled next to it counts as undamaged, so machines that share a folder keep theirs."""
    numba: Any = pytest.importorskip("numba")
    compile_it()
    for _ in range(2):  # other arguments stand for another processor: Numba finds no code for them
        other = jit.to_machine_code(add_one, (numba.typeof(np.zeros(1, np.float32)),), "float64")
        assert jit.is_cached("float64")
    assert sum(other.stats.cache_hits.values()) == 1
    assert sum(compile_it().stats.cache_hits.values()) == 1


def test_numba_that_cannot_compile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with its reason."""
    import numba

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no LLVM\nhere")

    monkeypatch.setattr(numba, "njit", fail)
    message = "^engine: expected a working Numba, got RuntimeError: no LLVM; use the NumPy engine"
    with pytest.raises(MissingExtraError, match=message):
        compile_it()
    assert not jit.is_cached(folder.name)


def test_a_compiler_that_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """By Numba's own variable."""
    numba: Any = pytest.importorskip("numba")
    assert jit.reason_not_to_load() == ""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert jit.reason_not_to_load() == "NUMBA_DISABLE_JIT=1"


def test_where_nothing_can_be_written(folder: Path) -> None:
    """A file stands where the folder should be: machine code for this process alone."""
    folder.parent.write_text("in the way")
    assert runs(compile_it())
    assert not jit.is_cached("float64")


def test_what_numba_cannot_load_does_not_count(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It loads nothing from a read-only folder, so the rule must expect that it compiles."""
    compile_it()
    monkeypatch.setattr(os, "access", lambda path, _: path != folder)
    assert not jit.is_cached("float64")


def test_numbas_own_setting_is_put_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder for machine code is a setting of the process, which belongs to others."""
    import numba

    config: Any = numba.config
    monkeypatch.setattr(config, "CACHE_DIR", str(folder.parent / "theirs"))
    compile_it()
    assert str(folder.parent / "theirs") == config.CACHE_DIR


COMPILE_AND_TRAIN = """
import hashlib, pathlib, sys
import inkling
from inkling.compiled import jit

jit.code_folder = lambda dtype: pathlib.Path(sys.argv[1], dtype)
assert jit.is_cached("float32") == (sys.argv[2] == "loaded")
network = inkling.train("digits", hidden=(64, 32), epochs=3, engine="compiled", threads=1).model.network
print(hashlib.sha256(b"".join(array.tobytes() for array in network.parameters.values())).hexdigest())
"""


@pytest.mark.slow
def test_the_process_that_compiles_trains_the_same_weights(tmp_path: Path) -> None:
    """As those that load the machine code, bit for bit."""
    pytest.importorskip("numba")
    pytest.importorskip("sklearn")
    compiled, loaded = (
        subprocess.check_output([sys.executable, "-c", COMPILE_AND_TRAIN, tmp_path, how])
        for how in ("compiled", "loaded")
    )
    assert compiled == loaded
