"""Numba with the settings of this engine, and the cache of its machine code.

Machine code is stored once and loaded by every later process. It is in the user's cache folder, under
a name derived from everything it depends on: these sources, versions, processor. A change to any
file therefore triggers a recompilation (Numba itself checks one file), a read-only installation
works, and ``is_cached`` need not load Numba.
"""

from __future__ import annotations

import hashlib
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

LIBRARIES = ("numba", "llvmlite", "scipy")
"""The libraries that must be installed."""
OPTIONS: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "_nrt": False}
"""Without ``_nrt``, each call would count the references of twenty arrays, with atomic additions: an
epoch of 784-100-10 takes 1.9 × as long. Nothing is allocated here, so there is nothing to count."""
PREDICTION = "-prediction"
"""Follows the dtype in the name of the folder for ``prediction.py``."""
DIGEST = "sha256"
"""The file with the digest of the machine code, which Numba does not check."""
_lock = threading.Lock()


def compiled(function: Function) -> Function:
    """Marks a function that becomes machine code: one of the formulas, or a kernel.

    Products and sums may be fused (``contract``); nothing else is relaxed: NaN stays NaN, and sums
    keep their order. Division by zero gives infinity, as in NumPy; a check would keep loops from
    using vector instructions.
    """
    import numba

    # Without entry points from Python, which would have to be compiled too.
    alone: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(Function, numba.njit(**alone, **OPTIONS)(function))


def merged(function: Function) -> Function:
    """Marks a function that becomes machine code only as a part of its callers.

    Which of two products in a sum is fused is LLVM's choice, and it may choose differently for a
    function on its own. The process that compiles has such a copy and would call it, one that loads the
    machine code has not: a run's last digits would depend on which of the two it is.
    """
    import numba

    alone: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(Function, numba.njit(forceinline=True, **alone, **OPTIONS)(function))


def inlined(function: Function) -> Function:
    """Marks a function that is inlined into its callers before compilation.

    Numba optimizes a function again with each caller; without this for all that only call
    others, compiling took three times as long.
    """
    import numba

    return cast(Function, numba.njit(inline="always", **OPTIONS)(function))


def installed() -> bool:
    """Returns whether all libraries are installed, without loading them."""
    try:
        return all(find_spec(name) is not None for name in LIBRARIES)
    except ImportError:
        return False


def reason_not_to_load() -> str:
    """Loads the libraries; returns the reason if that fails, otherwise an empty string.

    Numba fails with a NumPy that is newer than it supports, which only loading it reveals, and a
    variable switches its compiler off.
    """
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
    libraries = [f"{name} {version(name)}" for name in LIBRARIES]
    made_for = (*libraries, np.__version__, platform.python_version(), platform.machine(), simd)
    digest.update(repr(made_for).encode())
    cache_folder = platformdirs.user_cache_path("inkling", appauthor=False)
    return cache_folder / "compiled" / f"{digest.hexdigest()[:16]}-{dtype}"


def is_cached(dtype: str) -> bool:
    """Returns whether the machine code for a dtype is on disk, undamaged; does not load Numba."""
    try:
        return (code_folder(dtype) / DIGEST).read_text() == _digest(code_folder(dtype))
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
    import numba

    options = {**OPTIONS, "nogil": True}
    with _lock:  # the folder is a setting of the whole process
        config: Any = numba.config
        before = config.CACHE_DIR
        try:
            folder = code_folder(dtype)
            folder.mkdir(parents=True, exist_ok=True)
            cached = is_cached(dtype)
            for damaged in () if cached else folder.glob("*/*"):
                damaged.unlink()
            config.CACHE_DIR = str(folder)
            dispatcher = numba.njit(cache=True, **options)(function)
            dispatcher.compile(signature)
            if not cached:
                atomic_write(folder / DIGEST, _digest(folder).encode())
        except Exception:  # training works despite a full disk
            dispatcher = _compile_here(function, signature, options)
        finally:
            config.CACHE_DIR = before
    return dispatcher


def _compile_here(function: Callable[..., Any], signature: Any, options: dict[str, Any]) -> Any:
    import numba

    try:
        dispatcher = numba.njit(**options)(function)
        dispatcher.compile(signature)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        advice = "use the NumPy engine"
        raise MissingExtraError(complain("engine", "a working Numba", reason, advice)) from error
    return dispatcher
