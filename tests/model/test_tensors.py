"""safetensors files: arrays and text in, the same out, and one line for everything else."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.errors import ModelFileError
from inkling.model import tensors as module
from inkling.model.tensors import read_tensors, tensor_bytes


def header_of(content: bytes) -> dict[str, dict[str, object]]:
    """The JSON in front of the arrays, read as the format says: its length in eight bytes first."""
    length = struct.unpack("<Q", content[:8])[0]
    return dict(json.loads(content[8 : 8 + length]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arrays_and_text_come_back(tmp_path: Path, dtype: type) -> None:
    """Every bit, with shapes from (0, 5) to (), also of a view that is not contiguous."""
    rng = np.random.default_rng(0)
    arrays: dict[str, FloatArray] = {
        "matrix": rng.normal(size=(7, 5)).astype(dtype),
        "turned": rng.normal(size=(7, 5)).astype(dtype).T,
        "part": rng.normal(size=(9, 11)).astype(dtype)[1::2, 3:],
        "none": np.zeros((0, 5), dtype),
        "number": np.asarray(0.1, dtype),
    }
    path = tmp_path / "a file"
    path.write_bytes(tensor_bytes(arrays, {"note": "ä → \n"}))
    read, metadata = read_tensors(path, "file")
    assert metadata == {"note": "ä → \n"}
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (read[name].dtype, read[name].shape) == (array.dtype, array.shape)
        assert read[name].tobytes() == array.tobytes()


def test_the_format_is_the_published_one() -> None:
    """Length, JSON, little-endian rows: what any reader of safetensors expects."""
    content = tensor_bytes({"w": np.array([[1.5, -2.0, 0.25]], np.float32)}, {"format": "x"})
    header = header_of(content)
    assert header["w"] == {"dtype": "F32", "shape": [1, 3], "data_offsets": [0, 12]}
    assert header["__metadata__"] == {"format": "x"}
    assert content[-12:] == struct.pack("<3f", 1.5, -2.0, 0.25)


def test_the_library_reads_the_same(tmp_path: Path) -> None:
    """Its own reader finds names, shapes, numbers and text, whatever the order and the dtypes."""
    from safetensors import safe_open
    from safetensors.numpy import load

    rng = np.random.default_rng(1)
    arrays: dict[str, FloatArray] = {
        "half": rng.normal(size=3).astype(np.float16),
        "single": rng.normal(size=(5, 1)).astype(np.float32),
        "none": np.zeros((0, 7), np.float16),
        "double": rng.normal(size=(3, 5)).T,
        "other end first": rng.normal(size=7).astype(">f4"),
    }
    content = tensor_bytes(arrays, {"note": 'ä → "\n', "b": "", "a": "1"})
    read = load(content)
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(read[name], array)
    (tmp_path / "f").write_bytes(content)
    with safe_open(tmp_path / "f", framework="numpy") as file:
        assert file.metadata() == {"note": 'ä → "\n', "b": "", "a": "1"}


def test_every_array_begins_at_a_multiple_of_its_width() -> None:
    """Readers that map the file into memory need that, with any mixture of dtypes and lengths."""
    kinds = ("float16", "float32", "float64")
    arrays = {f"{n} {kind}": np.ones(n, kind) for n in range(1, 6) for kind in kinds}
    for length in range(8):  # of the text, so that the arrays would begin anywhere
        content = tensor_bytes(arrays, {"note": "x" * length})
        begin = 8 + struct.unpack("<Q", content[:8])[0]
        for name, array in arrays.items():
            offsets = header_of(content)[name]["data_offsets"]
            assert isinstance(offsets, list)
            assert (begin + offsets[0]) % array.itemsize == 0
            assert offsets[1] - offsets[0] == array.nbytes


def test_the_same_content_gives_the_same_bytes() -> None:
    """Again and again: with eight texts, an order left to chance would differ by the third time."""
    arrays = {"w": np.arange(15.0).reshape(5, 3), "b": np.zeros(3, np.float32)}
    texts = {f"text {n}": "x" * n for n in range(8)}
    assert len({tensor_bytes(arrays, texts) for _ in range(20)}) == 1


def test_a_file_without_text(tmp_path: Path) -> None:
    """Files of other programs often have none."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "f").write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", 7))
    read, metadata = read_tensors(tmp_path / "f", "file")
    assert metadata == {}
    assert read["w"].tolist() == [7.0]


def test_what_is_read_is_the_readers_own(tmp_path: Path) -> None:
    """Arrays can be written to, and outlive the file."""
    path = tmp_path / "f"
    path.write_bytes(tensor_bytes({"w": np.arange(5.0)}, {}))
    read, _ = read_tensors(path, "file")
    path.unlink()
    read["w"] += 1
    assert read["w"].tolist() == [1, 2, 3, 4, 5]


def test_nothing_there_a_folder_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before anything is opened."""
    path = tmp_path / "f"
    message = f"thing {path}: expected a .safetensors file, got nothing there."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        read_tensors(path, "thing")
    message = f"thing {tmp_path}: expected a .safetensors file, got a folder."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        read_tensors(tmp_path, "thing")
    path.write_bytes(bytes(1234))
    monkeypatch.setattr(module, "MAX_BYTES", 1233)
    message = f"thing {path}: expected at most 4 GB, got 1,234 bytes."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        read_tensors(path, "thing")


@pytest.mark.parametrize(
    ("dtype", "size"), [("BF16", 2), ("F8_E4M3", 1), ("F8_E5M2", 1), ("F4", 1), ("X7", 4)]
)
def test_numbers_that_numpy_does_not_know(tmp_path: Path, dtype: str, size: int) -> None:
    """Files of large models have such; one line and no traceback."""
    entry = {"dtype": dtype, "shape": [1], "data_offsets": [0, size]}
    header = json.dumps({"w": entry}).encode()
    path = tmp_path / "f"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    start = re.escape(f"thing {path}: expected a whole safetensors file, got ")
    with pytest.raises(ModelFileError, match=f"^{start}[^\n]+; look elsewhere\\.$"):
        read_tensors(path, "thing", "look elsewhere")


def test_numbers_that_another_library_taught_numpy(tmp_path: Path) -> None:
    """With ml_dtypes imported, as onnx and jax do, NumPy knows bfloat16: it is refused all the same."""
    pytest.importorskip("ml_dtypes")
    test_numbers_that_numpy_does_not_know(tmp_path, "BF16", 2)


def test_a_lying_length_allocates_nothing(tmp_path: Path) -> None:
    """A file of 100 bytes claims that its array, or its header, has a terabyte."""
    entry = {"dtype": "F32", "shape": [2**38], "data_offsets": [0, 2**40]}
    header = json.dumps({"w": entry}).encode()
    for content in (
        struct.pack("<Q", len(header)) + header,
        struct.pack("<Q", 2**40) + header,
        struct.pack("<Q", 2**64 - 1) + header,
    ):
        (tmp_path / "f").write_bytes(content)
        with pytest.raises(ModelFileError, match="expected a whole safetensors file, got "):
            read_tensors(tmp_path / "f", "thing")
