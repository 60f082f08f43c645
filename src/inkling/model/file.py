"""Loads model files, of unknown origin too: everything in them is checked before it is used.

    file  →  tensors, JSON  →  architecture, shapes, numbers, names: checked  →  Model or CommitteeModel

A file may contradict itself, declare sizes that would fill the memory, or be cut off.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import check_range, check_shape, complain
from inkling._types import AnyArray
from inkling.data.scaling import PixelScaling
from inkling.errors import InklingError, ModelFileError
from inkling.model.committee import COMMITTEE_FORMAT, CommitteeModel
from inkling.model.locations import model_file
from inkling.model.model import FORMAT, REJECTOR, Classifier, Model
from inkling.model.npz_reader import CONVERT, read_npz
from inkling.model.rejection import Rejector
from inkling.model.tensors import read_tensors
from inkling.nn.dense import Dense
from inkling.nn.network import Network
from inkling.nn.registry import build_layers

Tensors = dict[str, AnyArray]
DTYPES = ("float32", "float64")
DAMAGED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a file whose parts do not fit may raise; sizes may be infinite, brackets deeply nested."""


def load_model(path: str | Path) -> Classifier:
    """Loads a model from a file, without executing anything in it.

    Args:
        path: a ``.safetensors`` file that ``Model.save`` or ``CommitteeModel.save`` wrote; a run
            directory that contains ``model.safetensors``; or an ``.npz`` file with w1, b1, w2, b2 …
            (``npz_reader.py``). Pickles are rejected, because opening a pickle runs the program in it.

    Returns:
        A ``Model`` or a ``CommitteeModel``; ``require_single`` narrows the type to ``Model``.

    Raises:
        ModelFileError: the file does not exist, is damaged or of another format, or its parts do not
            fit each other.

    Example:
        >>> import tempfile
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((6, 3), rng=np.random.default_rng(0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Model(network, ("a", "b", "c"), (2, 3)).save(Path(folder, "m.safetensors"))
        ...     load_model(Path(folder, "m.safetensors")).network
        Network(6 → 3 softmax; 21 parameters, float32)
    """
    path = model_file(Path(path))
    file_format, tensors, text = _read(path)
    try:
        description = json.loads(text)
        if file_format == COMMITTEE_FORMAT:
            return _build_committee(tensors, description)
        return _build_model(tensors, description)
    except DAMAGED as error:
        kind = "" if isinstance(error, InklingError) else f"{type(error).__name__}: "
        reason = f"{kind}{error}"
        raise ModelFileError(f"model {path}: its parts do not fit: {reason}") from error


def _read(path: Path) -> tuple[str, Tensors, str]:
    """Returns the format, the tensors and the description as JSON; the last two are not checked yet."""
    if path.suffix == ".npy":
        expected = "a .safetensors or .npz file"
        raise ModelFileError(complain(f"model {path}", expected, ".npy", CONVERT))
    if path.suffix == ".npz":
        return FORMAT, *read_npz(path)
    tensors, metadata = read_tensors(path, "model")
    file_format = metadata.get("format", "a safetensors file without one")
    if file_format not in (FORMAT, COMMITTEE_FORMAT):
        advice = "it was not written by Inkling, or by a newer version"
        expected = f"the format {FORMAT}"
        raise ModelFileError(complain(f"model {path}", expected, file_format, advice))
    return file_format, dict(tensors), metadata.get("model", "")


def _build_model(tensors: Tensors, description: Mapping[str, Any]) -> Model:
    weights = tensors.pop(REJECTOR, None)
    network = _build_network(tensors, description)
    height, width = description["image_shape"]
    for side in (height, width):
        check_range("file", "image_shape", side, low=1, whole=True)
    classes = description["classes"]
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ModelFileError(complain("file", "classes as a list of names", repr(classes)))
    factor, offset = description["scaling"]["factor"], description["scaling"]["offset"]
    if not (math.isfinite(factor) and math.isfinite(offset)):
        raise ModelFileError(complain("scaling", "finite numbers", (factor, offset)))
    return Model(
        network,
        tuple(classes),
        (height, width),
        PixelScaling(float(factor), float(offset)),
        _checked_manifest(description["manifest"]),
        description.get("temperature", 1.0),  # older files have none
        _build_rejector(weights, description.get("nondigits"), network.dtype),
    )


def _build_committee(tensors: Tensors, description: Mapping[str, Any]) -> CommitteeModel:
    weights = tensors.pop(REJECTOR, None)
    names = [f"member{number}" for number in range(1, len(description["members"]) + 1)]
    by_member: dict[str, Tensors] = {name: {} for name in names}
    for name, array in tensors.items():
        member, _, rest = name.partition("/")
        if member not in by_member:
            raise ModelFileError(complain("file", f"tensors of {len(names)} members", name))
        by_member[member][rest] = array
    committee = CommitteeModel.of(
        [
            _build_model(by_member[name], member)
            for name, member in zip(names, description["members"], strict=True)
        ],
        _checked_manifest(description["manifest"]),
    )
    rejector = _build_rejector(weights, description["nondigits"], committee.network.dtype)
    return replace(committee, temperature=description["temperature"], rejector=rejector)


def _build_rejector(
    weights: AnyArray | None, settings: Mapping[str, Any] | None, dtype: DTypeLike
) -> Rejector | None:
    if (weights is None) != (settings is None):
        expected, got = f"nondigits and a tensor {REJECTOR}, or neither", "one of them"
        raise ModelFileError(complain("file", expected, got))
    if weights is None or settings is None:
        return None
    return Rejector(weights.astype(dtype), float(settings["bias"]), float(settings["threshold"]))


def _build_network(tensors: Tensors, description: Mapping[str, Any]) -> Network:
    architecture, dtype = description["architecture"], description["dtype"]
    if dtype not in DTYPES:
        raise ModelFileError(complain("dtype", " or ".join(DTYPES), repr(dtype)))
    # Sizes are compared with the tensors before anything of such a size is allocated.
    dense = [layer for layer in architecture if layer.get("kind") == Dense.kind]
    for number, layer in enumerate(dense, start=1):
        inputs, outputs = layer["inputs"], layer["outputs"]
        for part, shape in (("weights", (inputs, outputs)), ("bias", (outputs,))):
            name = f"dense{number}.{part}"
            if name not in tensors:
                raise ModelFileError(complain("file", f"a tensor {name}", "none"))
            check_shape("file", name, tensors[name], shape)
    network = Network(build_layers(architecture, dtype))
    if network.parameters.keys() != tensors.keys():
        expected = f"the tensors {', '.join(network.parameters)}"
        raise ModelFileError(complain("file", expected, ", ".join(tensors)))
    for name, parameter in network.parameters.items():
        if tensors[name].dtype not in (np.float16, parameter.dtype):
            raise ModelFileError(complain(name, f"float16 or {dtype}", tensors[name].dtype))
        if not np.isfinite(tensors[name]).all():
            raise ModelFileError(complain(name, "finite numbers", "NaN or infinity"))
        parameter[...] = tensors[name]
    return network


def _checked_manifest(manifest: Any) -> dict[str, Any]:
    """Returns a manifest whose sections are objects, as all callers expect."""
    sections = [manifest, *(manifest.get(name, {}) for name in ("dataset", "settings", "results"))]
    if not all(isinstance(section, dict) for section in sections):
        expected = "a manifest with dataset, settings and results as objects"
        raise ModelFileError(complain("file", expected, "something else"))
    return dict(manifest)
