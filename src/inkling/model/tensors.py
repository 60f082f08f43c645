"""safetensors files: named arrays and a little text, and no code.

    length of the JSON (8 bytes) · JSON: text, then dtype, shape and place of each array · the arrays

A file of unknown origin is safe to open, because it cannot hold code, as a pickle can. Models and
checkpoints (``training/checkpoint.py``) are such files.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from inkling._checks import complain
from inkling._files import atomic_write
from inkling._types import FloatArray
from inkling.errors import ModelFileError

MAX_BYTES = 4 * 1024**3
"""A larger file is not read: no network of this library comes near it."""
REGISTERED = 2
"""``dtype.isbuiltin`` of a dtype that another library has registered with NumPy."""


def tensor_bytes(tensors: Mapping[str, FloatArray], metadata: Mapping[str, str]) -> bytes:
    """Returns a safetensors file of arrays and text by name; the same content gives the same bytes.

    The safetensors library writes the text in a different order each time, so here it only reads.

    Reference:
        https://github.com/huggingface/safetensors#format
    """
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    parts: list[bytes] = []
    start = 0
    # Wide numbers first, so that the offset of each array is a multiple of its item size.
    for name, array in sorted(tensors.items(), key=lambda item: -item[1].itemsize):
        width = array.itemsize
        part = array.astype(f"<f{width}", copy=False).tobytes()
        place = [start, start + len(part)]
        header[name] = {"dtype": f"F{8 * width}", "shape": array.shape, "data_offsets": place}
        parts.append(part)
        start = place[1]
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the arrays start at a multiple of 8, for the same reason
    return b"".join([struct.pack("<Q", len(text)), text, *parts])


def save_tensors(
    path: str | Path,
    tensors: Mapping[str, FloatArray],
    metadata: Mapping[str, str],
    *,
    half_precision: bool = False,
) -> None:
    """Writes the safetensors file of a model, completely or not at all, optionally in float16.

    Raises ModelFileError if a number is not finite, or too large for float16.
    """
    if half_precision:
        with np.errstate(over="ignore"):  # infinity is found below
            tensors = {name: array.astype(np.float16) for name, array in tensors.items()}
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            expected = f"finite numbers in {name}"
            raise ModelFileError(complain(f"model {path}", expected, "NaN or infinity"))
    atomic_write(path, tensor_bytes(tensors, metadata))


def read_tensors(
    path: Path, what: str, advice: str = ""
) -> tuple[dict[str, FloatArray], dict[str, str]]:
    """Reads the arrays and the text of a safetensors file, each by name.

    Raises ModelFileError if it does not exist, is too large, or is damaged: ``what`` ("model") and
    ``advice`` are for that error.
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
        # TypeError and AttributeError: a dtype that NumPy lacks, such as bfloat16 or float8
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(complain(who, "a whole safetensors file", reason, advice)) from error


def check_fit(parameters: Mapping[str, FloatArray], values: Mapping[str, FloatArray]) -> None:
    """Raises ModelFileError unless the values have the parameters' names, shapes, dtypes; all finite."""
    for name in {**parameters, **values}:
        expected, got = (
            f"{arrays[name].dtype} {arrays[name].shape}" if name in arrays else "nothing"
            for arrays in (parameters, values)
        )
        if expected != got:
            raise ModelFileError(complain("tensors", f"{name} as {expected}", got))
        if not np.isfinite(values[name]).all():
            finite = f"finite numbers in {name}"
            raise ModelFileError(complain("tensors", finite, "NaN or infinity"))
