"""Numba with the settings of this engine, and the cache of its machine code.

Machine code is in the user's cache folder, under a name derived from all it depends on: these sources,
versions, processor. So a change to any file compiles again, and ``is_cached`` need not load Numba.
"""

from __future__ import annotations

import hashlib
import os
import platform
import threading
from collections.abc import Callable
from dataclasses import dataclass
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
their order. Division by zero gives infinity, as in NumPy. ``_nrt``, which counts references to arrays,
would double the time of an epoch of 784-100-10; nothing is allocated, so there is nothing to count."""
INNER: dict[str, Any] = {**OUTER, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@dataclass
class Mark:
    """A decorator for functions that become machine code."""

    options: dict[str, Any]

    def __call__(self, function: Function) -> Function:
        """Returns the function as Numba's."""
        return cast(Function, import_module("numba").njit(**self.options)(function))


compiled: Mark = Mark(INNER)
"""Without an entry point from Python, which would have to be compiled too."""
merged: Mark = Mark({**INNER, "forceinline": True})
"""For a part of its callers: on its own, as the process that compiles has it, it may round otherwise."""
reordered: Mark = Mark({**INNER, "forceinline": True, "fastmath": {"contract", "reassoc"}})
"""For a sum whose terms may be added in any order, so that it uses vectors."""
inlined: Mark = Mark({**OUTER, "inline": "always"})
"""For all that take the ``Work``, of which a call would pass each array as seven numbers."""


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
    simd = np.show_config(mode="dicts").get("SIMD Extensions")
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
