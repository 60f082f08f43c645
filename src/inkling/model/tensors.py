"""safetensors files: named arrays and a little text, nothing that can run.

A safetensors file is a JSON header and plain array bytes, so that opening one that a stranger sent is
safe, where a pickle would run its code. ``model_file.py`` and ``training/checkpoint.py`` say what is
in theirs.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

from inkling._checks import complain
from inkling._types import FloatArray
from inkling.errors import ModelFileError

MAX_BYTES = 4 * 1024**3
"""A file beyond this is refused unread: no network of this library comes near it."""
REGISTERED = 2
"""What ``dtype.isbuiltin`` is for numbers that another library has taught NumPy."""


def tensor_bytes(tensors: Mapping[str, FloatArray], metadata: Mapping[str, str]) -> bytes:
    """Returns the bytes of a safetensors file: the same arrays and text give the same bytes.

        length of the JSON (8 bytes) · JSON: text, then dtype, shape and place of each array · the arrays

    The safetensors library writes the text in another order each time, so that it only reads here.

    Args:
        tensors: the arrays by name; float16, float32 or float64.
        metadata: the text by name.

    Example:
        >>> import numpy as np
        >>> from safetensors.numpy import load
        >>> content = tensor_bytes({"bias": np.array([0.5, 1.5, 2.5])}, {"made by": "an example"})
        >>> load(content)
        {'bias': array([0.5, 1.5, 2.5])}

    Reference:
        https://github.com/huggingface/safetensors#format
    """
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    parts: list[bytes] = []
    start = 0
    # Wide numbers first, so that each array begins at a multiple of its numbers' width.
    for name, array in sorted(tensors.items(), key=lambda item: -item[1].itemsize):
        width = array.itemsize
        part = array.astype(f"<f{width}", copy=False).tobytes()
        place = [start, start + len(part)]
        header[name] = {"dtype": f"F{8 * width}", "shape": array.shape, "data_offsets": place}
        parts.append(part)
        start = place[1]
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # for the same reason the arrays begin at a multiple of 8
    return b"".join([struct.pack("<Q", len(text)), text, *parts])


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
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        for name, array in tensors.items():
            if array.dtype.isbuiltin == REGISTERED:  # bfloat16, once a program has imported onnx
                raise TypeError(f"{array.dtype} in {name}")
        return tensors, metadata
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        # TypeError and AttributeError: a dtype that NumPy lacks, such as bfloat16 and float8
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(complain(who, "a whole safetensors file", reason, advice)) from error
