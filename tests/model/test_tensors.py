"""safetensors files: arrays and text are read as they were written; other files are rejected."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save

from inkling._types import FloatArray
from inkling.errors import ModelFileError
from inkling.model import tensors as module
from inkling.model.tensors import read_tensors, tensor_bytes

OLD = "inkling-model-1"
"""A format of version 0.1."""


def raw_file(path: Path, entry: dict[str, object], content: bytes) -> Path:
    """A file of version 0.1 with one tensor "w"."""
    header = json.dumps({"__metadata__": {"format": OLD}, "w": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + content)
    return path


def test_arrays_and_text_come_back(tmp_path: Path) -> None:
    """Every bit is kept, whatever the dtype, shape, order in memory and byte order."""
    rng = np.random.default_rng(0)
    arrays: dict[str, FloatArray] = {
        "half": rng.normal(size=(7, 5)).astype(np.float16),
        "turned": rng.normal(size=(7, 5)).T,
        "part": rng.normal(size=(9, 11)).astype(np.float32)[1::2, 3:],
        "none": np.zeros((0, 5), np.float16),
        "number": np.asarray(0.1),
        "other byte order": rng.normal(size=7).astype(">f4"),
    }
    text = {"format": "f", "note": 'ä → "\n', "b": "", "a": "1"}
    path = tmp_path / "a file"
    path.write_bytes(tensor_bytes(arrays, text))
    read, metadata = read_tensors(path, "file", ["f"])
    assert metadata == text
    assert read.keys() == arrays.keys()
    path.unlink()
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(read[name], array)
    read["half"] += 1  # the arrays belong to the caller


def test_the_offset_of_every_array_is_a_multiple_of_its_item_size() -> None:
    """Readers that map the file into memory need this, for any mixture of dtypes and lengths."""
    kinds = ("float16", "float32", "float64")
    arrays = {f"{n} {kind}": np.ones(n, kind) for n in range(1, 6) for kind in kinds}
    for length in range(8):  # of the text, so that the arrays could start anywhere
        content = tensor_bytes(arrays, {"note": "x" * length})
        begin = 8 + struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8:begin])
        for name, array in arrays.items():
            start, stop = header[name]["data_offsets"]
            assert (begin + start) % array.itemsize == 0
            assert stop - start == array.nbytes


def test_the_same_content_gives_the_same_bytes() -> None:
    """With eight texts, a random order would soon differ."""
    arrays = {"w": np.arange(15.0).reshape(5, 3), "b": np.zeros(3, np.float32)}
    texts = {f"text {n}": "x" * n for n in range(8)}
    assert len({tensor_bytes(arrays, texts) for _ in range(20)}) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "expected the format f, got a safetensors file without one; it was not written by"),
        (
            {"format": "g"},
            "expected the format f, got g; it was not written by Inkling, or by a newer",
        ),
        ({"format": "f"}, "expected a whole safetensors file, got a file without a digest."),
    ],
)
def test_files_of_another_format(tmp_path: Path, text: dict[str, str] | None, reason: str) -> None:
    """Files of other programs often have no text; only those of version 0.1 have no digest."""
    (tmp_path / "f").write_bytes(save({"w": np.ones(3)}, text))
    message = re.escape(f"thing {tmp_path / 'f'}: {reason}")
    with pytest.raises(ModelFileError, match=f"^{message}"):
        read_tensors(tmp_path / "f", "thing", ["f", OLD])


def test_a_file_of_version_0_1_has_no_digest(tmp_path: Path) -> None:
    """It is read without one."""
    (tmp_path / "f").write_bytes(save({"w": np.ones(3)}, {"format": OLD}))
    read, metadata = read_tensors(tmp_path / "f", "file", [OLD])
    assert metadata == {"format": OLD}
    assert read["w"].tolist() == [1, 1, 1]


def test_any_flipped_bit_is_noticed(tmp_path: Path) -> None:
    """Wherever it is: in a name, a shape, a number, the text, the digest, the padding."""
    arrays: dict[str, FloatArray] = {"w": np.ones((2, 3), np.float32), "b": np.zeros(1, np.float16)}
    content = tensor_bytes(arrays, {"format": "f", "note": "ab"})
    path = tmp_path / "f"
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(ModelFileError, match=re.escape(f"file {path}: expected ")):
            read_tensors(path, "file", ["f"])


def test_another_program_may_write_the_same_content(tmp_path: Path) -> None:
    """The digest does not depend on how the file is laid out."""
    arrays: dict[str, FloatArray] = {"w": np.ones(6), "b": np.zeros((2, 0), np.float16)}
    path = tmp_path / "f"
    path.write_bytes(tensor_bytes(arrays, {"format": "f", "note": "é"}))
    with safe_open(path, framework="numpy") as file:
        text = file.metadata()
    path.write_bytes(save(dict(reversed(arrays.items())), text))
    assert read_tensors(path, "file", ["f"])[1] == {"format": "f", "note": "é"}


def test_no_file_a_folder_or_too_large_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are rejected before anything is opened."""
    path = tmp_path / "f"
    start = re.escape(f"thing {path}: expected a .safetensors file")
    with pytest.raises(ModelFileError, match=f"^{start}, got nothing there"):
        read_tensors(path, "thing", ["f"])
    with pytest.raises(ModelFileError, match="got a folder"):
        read_tensors(tmp_path, "thing", ["f"])
    path.write_bytes(bytes(1234))
    monkeypatch.setattr(module, "MAX_BYTES", 1233)
    with pytest.raises(ModelFileError, match="at most 4 GB, got 1,234 bytes"):
        read_tensors(path, "thing", ["f"])


@pytest.mark.parametrize(("dtype", "size"), [("BF16", 2), ("F8_E4M3", 1), ("F4", 1), ("X7", 4)])
def test_dtypes_that_numpy_lacks(tmp_path: Path, dtype: str, size: int) -> None:
    """They are rejected even after a library has registered them with NumPy."""
    pytest.importorskip("ml_dtypes")
    entry: dict[str, object] = {"dtype": dtype, "shape": [1], "data_offsets": [0, size]}
    path = raw_file(tmp_path / "f", entry, bytes(size))
    start = re.escape(f"thing {path}: expected a whole safetensors file, got ")
    got = "(a damaged file or one of another format|numbers of another type)"
    with pytest.raises(ModelFileError, match=f"^{start}{got}; look elsewhere\\.$"):
        read_tensors(path, "thing", [OLD], "look elsewhere")


def test_sizes_larger_than_the_file(tmp_path: Path) -> None:
    """Nothing is allocated for an array, or a header, of a terabyte in a file of 100 bytes."""
    entry: dict[str, object] = {"dtype": "F32", "shape": [2**38], "data_offsets": [0, 2**40]}
    path = raw_file(tmp_path / "f", entry, b"")
    header = path.read_bytes()[8:]
    for length in (len(header), 2**40, 2**64 - 1):
        path.write_bytes(struct.pack("<Q", length) + header)
        with pytest.raises(
            ModelFileError, match="file, got a damaged file or one of another format"
        ):
            read_tensors(path, "thing", ["f"])
