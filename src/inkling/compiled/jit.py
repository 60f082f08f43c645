"""Numba with the settings of this engine, and the cache of its machine code.

Machine code is in the user's cache folder, under a name derived from everything it depends on: these
sources, versions, processor. So a change to any file triggers a recompilation (Numba itself checks one
file), a read-only installation works, and ``is_cached`` need not load Numba.
"""

from __future__ import annotations

import hashlib
import os
import platform
import threading
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from inkling._checks import complain
from inkling._files import atomic_write
from inkling.errors import MissingExtraError

Function = TypeVar("Function", bound=Callable[..., Any])

LIBRARIES = ("numba", "llvmlite")
PREDICTION = "-prediction"  # follows the dtype in the name of the folder for ``prediction.py``
DIGEST = "sha256"  # the file with the digest of the machine code, which Numba does not check
_lock = threading.Lock()

OUTER: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "_nrt": False}
"""Products and sums may be fused (``contract``); nothing else is relaxed: NaN stays NaN, and sums keep
their order. Division by zero gives infinity, as in NumPy. Without ``_nrt``, which counts references to
arrays, an epoch of 784-100-10 takes half as long; nothing is allocated, so there is none to count."""
INNER = {**OUTER, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Without entry points from Python, which would have to be compiled too."""


def _mark(**options: Any) -> Callable[[Function], Function]:
    def mark(function: Function) -> Function:
        return cast(Function, import_module("numba").njit(**options)(function))

    return mark


compiled = _mark(**INNER)
"""Marks a function that becomes machine code."""
merged = _mark(forceinline=True, **INNER)
"""Marks one that becomes a part of its callers. Which of two products in a sum is fused may differ in a
function on its own, which only the process that compiles would call: a run's last digits would too."""
reordered = _mark(**{**INNER, "forceinline": True, "fastmath": {"contract", "reassoc"}})
"""Marks a sum whose terms may be added in any order, so that it uses vectors."""
inlined = _mark(inline="always", **OUTER)
"""Marks one that is copied into its caller before that is compiled: all that take the ``Work``. A call
would pass each array as seven numbers, and compiling would take three times as long."""


def installed() -> bool:
    """Returns whether all libraries are installed, without loading them."""
    return all(find_spec(name) is not None for name in LIBRARIES)


def reason_not_to_load() -> str:
    """Loads Numba; returns the reason if that fails, as with a NumPy that is too new, otherwise ""."""
    try:
        numba, *_ = [import_module(name) for name in LIBRARIES]
        switched_off = numba.config.DISABLE_JIT
    except Exception as error:  # whatever a broken installation may raise
        return f"{type(error).__name__}: {error}".partition("\n")[0]
    return "NUMBA_DISABLE_JIT=1" if switched_off else ""


@cache
def code_folder(dtype: str) -> Path:
    """Returns the folder for the machine code of a dtype; reads only the sources."""
    import platformdirs

    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
        digest.update(str(source.stat().st_mtime).encode())  # which Numba checks
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    made_for = (*map(version, LIBRARIES), np.__version__, platform.python_version(), simd)
    digest.update(repr(made_for).encode())
    cache_folder = platformdirs.user_cache_path("inkling", appauthor=False)
    return cache_folder / "compiled" / f"{digest.hexdigest()[:16]}-{dtype}"


def is_cached(dtype: str) -> bool:
    """Returns whether machine code is on disk, undamaged, where Numba can write; does not load it."""
    folder = code_folder(dtype)
    try:
        return os.access(folder, os.W_OK) and (folder / DIGEST).read_text() == _digest(folder)
    except (OSError, ValueError):
        return False


def _digest(folder: Path) -> str:
    """Returns the SHA-256 of Numba's files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*/*.nb?")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def to_machine_code(function: Callable[..., Any], signature: tuple[Any, ...], dtype: str) -> Any:
    """Loads a function's machine code, or compiles it and stores it for the next process.

    What is damaged on the disk is replaced. If machine code cannot be stored, it is compiled for this
    process only. Raises MissingExtraError if Numba cannot compile it.
    """
    numba = import_module("numba")
    with _lock:  # the folder is a setting of the whole process
        before = numba.config.CACHE_DIR
        try:
            folder = code_folder(dtype)
            folder.mkdir(parents=True, exist_ok=True)
            for damaged in () if is_cached(dtype) else folder.glob("*/*"):
                damaged.unlink(missing_ok=True)  # another process may do the same
            numba.config.CACHE_DIR = str(folder)
            dispatcher = numba.njit(cache=True, nogil=True, **OUTER)(function)
            dispatcher.compile(signature)
            if not is_cached(dtype):  # also if what is there is for another processor
                atomic_write(folder / DIGEST, _digest(folder).encode())
        except Exception:  # training works despite a full disk
            dispatcher = _compile_here(function, signature)
        finally:
            numba.config.CACHE_DIR = before
    return dispatcher


def _compile_here(function: Callable[..., Any], signature: tuple[Any, ...]) -> Any:
    try:
        dispatcher = import_module("numba").njit(nogil=True, **OUTER)(function)
        dispatcher.compile(signature)
    except Exception as error:
        got = f"{type(error).__name__}: {error}".partition("\n")[0]
        message = complain("engine", "a working Numba", got, "use the NumPy engine")
        raise MissingExtraError(message) from error
    return dispatcher
