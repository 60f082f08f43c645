"""safetensors files: named arrays and a little text, and no code.

    length of the JSON (8 bytes) · JSON: text, then dtype, shape and place of each array · the arrays

A file of unknown origin is safe to open, because it cannot hold code, as a pickle can. Models and
checkpoints (``training/checkpoint.py``) are such files. Part of the text is a digest of everything else,
so that a single flipped bit is noticed.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from inkling._checks import check_type, complain
from inkling._files import atomic_write
from inkling._types import AnyArray, FloatArray
from inkling.errors import ModelFileError, SettingError

MAX_BYTES = 4 * 1024**3
"""A larger file is not read: no network of this library comes near it."""
OTHER_FORMATS = (
    ".csv",
    ".html",
    ".json",
    ".npy",
    ".npz",
    ".onnx",
    ".pickle",
    ".pkl",
    ".pt",
    ".pth",
)
"""The endings of files that would not be read as the safetensors file of a model."""
DIGEST = "sha256"
"""The name of the digest in the text of a file."""
WITHOUT_DIGEST = ("inkling-model-1", "inkling-committee-1")
"""The formats of version 0.1, which had no digest."""
WHOLE = "a whole safetensors file"
"""What errors say was expected of a damaged file."""
REGISTERED = 2
"""``dtype.isbuiltin`` of a dtype that another library has registered with NumPy."""


def tensor_bytes(tensors: Mapping[str, AnyArray], metadata: Mapping[str, str]) -> bytes:
    """Returns a safetensors file of arrays, text by name, and their digest.

    The same content gives the same bytes.

    The safetensors library writes the text in a different order each time, so here it only reads.

    Reference:
        https://github.com/huggingface/safetensors#format
    """
    signed = {**metadata, DIGEST: content_digest(tensors, metadata)}
    header: dict[str, object] = {"__metadata__": signed}
    parts: list[bytes] = []
    start = 0
    # Wide numbers first, so that the offset of each array is a multiple of its item size.
    for name, array in sorted(tensors.items(), key=lambda item: -item[1].itemsize):
        width = array.itemsize
        part = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        kind = f"{array.dtype.kind.upper()}{8 * width}"  # F32, I8, U8
        header[name] = {
            "dtype": kind,
            "shape": array.shape,
            "data_offsets": [start, start + len(part)],
        }
        parts.append(part)
        start += len(part)
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the arrays start at a multiple of 8, for the same reason
    return b"".join([struct.pack("<Q", len(text)), text, *parts])


def save_tensors(
    path: str | Path,
    tensors: Mapping[str, AnyArray],
    metadata: Mapping[str, str],
    *,
    half_precision: bool = False,
) -> None:
    """Writes the safetensors file of a model, completely or not at all; on request with float16.

    Raises ModelFileError if a number is not finite, or too large for float16, and SettingError if the
    path is not one, or ends like a file of another format, as which it would be read.
    """
    check_type("save", "path", path, (str, os.PathLike), "give the name of a file")
    if Path(path).suffix.lower() in OTHER_FORMATS:
        advice = "inkling.export_model writes other formats"
        raise SettingError(complain("save", "a name that ends in .safetensors", path, advice))
    if half_precision:
        with np.errstate(over="ignore"):  # infinity is found below
            tensors = {
                name: array.astype(np.float16) if array.dtype.kind == "f" else array
                for name, array in tensors.items()
            }
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            expected = f"finite numbers in {name}"
            raise ModelFileError(complain(f"model {path}", expected, "NaN or infinity"))
    atomic_write(path, tensor_bytes(tensors, metadata))


def read_tensors(
    path: Path, what: str, formats: Collection[str], advice: str = ""
) -> tuple[dict[str, FloatArray], dict[str, str]]:
    """Reads the arrays and the text of a safetensors file, each by name, and checks their digest.

    Raises ModelFileError if it does not exist, is too large, damaged, or not of one of the ``formats``
    (the first is named): ``what`` ("model") and ``advice`` are for that error.
    """
    with _opened(path, what, formats, advice) as (file, metadata):
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        for name, array in tensors.items():
            if array.dtype.isbuiltin == REGISTERED:  # bfloat16, once a program has imported onnx
                raise TypeError(f"{array.dtype} in {name}")
        digest = metadata.pop(DIGEST, None)
        got = ""
        if digest is None and metadata["format"] not in WITHOUT_DIGEST:
            got = "a file without a digest"
        elif digest not in (None, content_digest(tensors, metadata)):
            got = "other contents than were written: its digest does not match"
        if got:
            raise ModelFileError(complain(f"{what} {path}", WHOLE, got, advice))
        return tensors, metadata


def read_text(path: Path, what: str, formats: Collection[str]) -> dict[str, str]:
    """Reads only the text of a safetensors file, and does not check the digest.

    Raises ModelFileError as ``read_tensors`` does.
    """
    with _opened(path, what, formats, "") as (_, metadata):
        return metadata


@contextmanager
def _opened(
    path: Path, what: str, formats: Collection[str], advice: str
) -> Iterator[tuple[Any, dict[str, str]]]:
    """Yields an open file of one of the formats, and its text."""
    from safetensors import SafetensorError, safe_open

    who = f"{what} {path}"
    try:
        if not path.is_file():
            got = "a folder" if path.is_dir() else "nothing there"
            raise ModelFileError(complain(who, "a .safetensors file", got))
        if path.stat().st_size > MAX_BYTES:
            raise ModelFileError(complain(who, "at most 4 GB", f"{path.stat().st_size:,} bytes"))
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            got = metadata.get("format", "a safetensors file without one")
            if got not in formats:
                expected = f"the format {next(iter(formats))}"
                reason = advice or "it was not written by Inkling, or by a newer version"
                raise ModelFileError(complain(who, expected, got, reason))
            yield file, metadata
    except ModelFileError:
        raise
    except (TypeError, AttributeError) as error:  # a dtype that NumPy lacks, such as bfloat16
        reason = "numbers of another type"
        raise ModelFileError(complain(who, WHOLE, reason, advice)) from error
    except (SafetensorError, OSError, ValueError) as error:
        reason = "a damaged file or one of another format"
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
        raise ModelFileError(complain(who, WHOLE, reason, advice)) from error


def content_digest(tensors: Mapping[str, AnyArray], metadata: Mapping[str, str]) -> str:
    """Returns the SHA-256 of arrays and text, in hexadecimal; it does not depend on their order."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, array in sorted(tensors.items()):
        little = array.dtype.newbyteorder("<")
        digest.update(json.dumps([name, little.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array, little).data)
    return digest.hexdigest()


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
