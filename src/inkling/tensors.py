"""safetensors files: named arrays and a little text, nothing that can run.

A safetensors file is a JSON header and plain array bytes, so that opening one that a stranger sent is
safe, where a pickle would run its code. ``model_file.py`` and ``training/checkpoint.py`` say what is
in theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from inkling._checks import complain
from inkling._types import FloatArray
from inkling.errors import ModelFileError

MAX_BYTES = 4 * 1024**3
"""A file beyond this is refused unread: no network of this library comes near it."""


def tensor_bytes(tensors: Mapping[str, FloatArray], metadata: Mapping[str, str]) -> bytes:
    """Returns the bytes of a safetensors file."""
    from safetensors.numpy import save

    plain = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    return bytes(save(plain, dict(metadata)))


def read_tensors(
    path: Path, what: str, advice: str = ""
) -> tuple[dict[str, FloatArray], dict[str, str]]:
    """Reads a safetensors file whole.

    Args:
        path: the file.
        what: what it should be, for the error ("model", "checkpoint").
        advice: what to do about a damaged file, for the error.

    Returns:
        The arrays by name, and the metadata.

    Raises:
        ModelFileError: the file is not there, too large, or not a whole safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    who = f"{what} {path}"
    if not path.is_file():
        got = "a folder" if path.is_dir() else "nothing there"
        raise ModelFileError(complain(who, "a .safetensors file", got))
    if path.stat().st_size > MAX_BYTES:
        raise ModelFileError(complain(who, "at most 4 GB", f"{path.stat().st_size:,} bytes"))
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        # TypeError and AttributeError: a dtype that NumPy lacks, such as bfloat16 and float8
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(complain(who, "a whole safetensors file", reason, advice)) from error
