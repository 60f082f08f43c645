"""Reading a network from an npz archive: tutorial 1's ``nnmodel.npz``, and what Inkling exports.

    w1 (I, O)   b1 (O,)   w2   b2   …   activations   or   description

Tutorial 1 writes the weights alone: its activations are sigmoids, its inputs pixels / 255. Other
activations are said by their names in ``activations``; an archive that ``inkling export`` wrote says
everything in ``description``. Objects in an archive are refused: to load one is to run whatever
program its author put into it. Next: ``sklearn.py``.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import numpy.lib.format as npy

from inkling._checks import complain
from inkling._types import AnyArray, FloatArray
from inkling.errors import ModelFileError
from inkling.model.parts import describe_parts, name_tensors, square_shape
from inkling.model.tensors import MAX_BYTES

CONVERT = (
    "tutorial 0's holds a pickle, and whoever opens a pickle runs the program in it; if you made the "
    'file yourself: weights, biases = numpy.load("model.npy", allow_pickle=True), then '
    'numpy.savez("model.npz", w1=weights[1].T, b1=biases[1].ravel(), w2=weights[2].T, '
    'b2=biases[2].ravel(), activations=["relu", "softmax"])'
)


def refuse_npy(path: Path) -> ModelFileError:
    """Returns the error that says why a ``.npy`` file is not read, and how to convert it."""
    return ModelFileError(complain(f"model {path}", "a .safetensors or .npz file", ".npy", CONVERT))


def read_npz(path: Path) -> tuple[dict[str, FloatArray], str]:
    """Reads the archive.

    Returns:
        The tensors by name, and what describes them as JSON; that they fit is still to be checked.

    Raises:
        ModelFileError: it is not there, too large, damaged, or lacks an array.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "nnmodel.npz")
        ...     np.savez(path, w1=np.ones((4, 3)), b1=np.ones(3), w2=np.ones((3, 5)), b2=np.ones(5))
        ...     tensors, description = read_npz(path)
        >>> list(tensors)
        ['dense1.weights', 'dense1.bias', 'dense2.weights', 'dense2.bias']
        >>> [layer["kind"] for layer in json.loads(description)["architecture"]]
        ['dense', 'sigmoid', 'dense', 'sigmoid']
    """
    who = f"model {path}"
    arrays = _load(who, path)
    weights, biases = _layers(who, arrays)
    tensors = name_tensors(weights, biases)
    if "description" in arrays:
        return tensors, str(arrays["description"])
    activations = [str(name) for name in arrays.get("activations", ["sigmoid"] * len(weights))]
    if len(activations) != len(weights):
        expected = f"{len(weights)} activations, one a layer"
        raise ModelFileError(complain(who, expected, ", ".join(activations) or "none"))
    classes = [str(number) for number in range(weights[-1].shape[1])]
    shape = square_shape(who, len(weights[0]))
    return tensors, json.dumps(describe_parts(weights, activations, classes, shape))


def _layers(who: str, arrays: dict[str, AnyArray]) -> tuple[list[AnyArray], list[AnyArray]]:
    """Returns the weights w1, w2 … and the biases b1, b2 … as vectors."""
    depth = next(n for n in range(len(arrays) + 1) if f"w{n + 1}" not in arrays)
    missing = [f"b{n}" for n in range(1, depth + 1) if f"b{n}" not in arrays]
    if missing or not depth:
        expected = "arrays w1, b1, w2, b2 and so on"
        raise ModelFileError(complain(who, expected, ", ".join(arrays) or "none"))
    weights = [arrays[f"w{n}"] for n in range(1, depth + 1)]
    for number, weight in enumerate(weights, start=1):
        if weight.ndim != 2:
            expected = f"w{number} of shape (inputs, outputs)"
            raise ModelFileError(complain(who, expected, weight.shape))
    return weights, [arrays[f"b{n}"].reshape(-1) for n in range(1, depth + 1)]


def _load(who: str, path: Path) -> dict[str, AnyArray]:
    if not path.is_file():
        got = "a folder" if path.is_dir() else "nothing there"
        raise ModelFileError(complain(who, "an .npz file", got))
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MAX_BYTES:  # an entry cannot unpack to more than it declares
                raise ModelFileError(complain(who, "at most 4 GB of arrays", f"{size:,} bytes"))
            return {
                name.removesuffix(".npy"): _array(archive.read(name))
                for name in archive.namelist()
                if name.endswith(".npy")
            }
    except ModelFileError:
        raise
    except Exception as error:  # damage raises a dozen kinds of error
        expected = "an npz archive of arrays of numbers"
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(complain(who, expected, reason.rstrip("."))) from error


def _array(content: bytes) -> AnyArray:
    """Reads an array without trusting its header, which may declare more than there is."""
    file = io.BytesIO(content)
    headers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    shape, by_columns, dtype = headers[npy.read_magic(file)](file)
    if dtype.hasobject:
        raise ValueError("Python objects")
    numbers = np.frombuffer(content, dtype, offset=file.tell())
    return numbers.reshape(shape, order="F" if by_columns else "C")
