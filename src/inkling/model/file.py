"""Loads model files, of unknown origin too: everything in them is checked before it is used.

    file  →  tensors, JSON  →  architecture, shapes, numbers, names: checked  →  Model or CommitteeModel

A file may contradict itself, declare sizes that would fill the memory, or be cut off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import check_name, check_shape, complain
from inkling._files import COMMITTEE_MANIFEST, MANIFEST
from inkling._files import MODEL as MODEL_FILE
from inkling._text import printable
from inkling._types import AnyArray
from inkling.data.scaling import PixelScaling
from inkling.errors import InklingError, ModelFileError
from inkling.model.committee import COMMITTEE_FORMAT, CommitteeModel
from inkling.model.description import COMMITTEE, MODEL
from inkling.model.locations import SHIPPED, model_file
from inkling.model.manifest import DIVERGED, FINISHED, RUNNING, read_manifest
from inkling.model.model import (
    CLASS_MEANS,
    COMPILED,
    ENGINES,
    FORMAT,
    NUMPY,
    REJECTOR,
    Classifier,
    Model,
)
from inkling.model.npz_reader import CONVERT, read_npz
from inkling.model.rejection import Rejector
from inkling.model.schema import checked, parse_json
from inkling.model.tensors import read_tensors, read_text
from inkling.nn.dense import Dense
from inkling.nn.network import Network
from inkling.nn.registry import build_layers

Tensors = dict[str, AnyArray]
COMMITTEE_FORMATS = (COMMITTEE_FORMAT, "inkling-committee-1")
FORMATS = (FORMAT, "inkling-model-1", *COMMITTEE_FORMATS)
"""Those of version 0.1 too."""


def load_model(path: str | Path = SHIPPED, *, engine: str = NUMPY) -> Classifier:
    """Loads a model from a file, without executing anything in it.

    Args:
        path: a ``.safetensors`` file that ``Model.save`` or ``CommitteeModel.save`` wrote; a run
            directory that contains ``model.safetensors``; or an ``.npz`` file with w1, b1, w2, b2 …
            (``npz_reader.py``). By default the model that ships. Pickles are rejected, because opening
            a pickle runs the program in it.
        engine: what computes the answers of this model: "numpy", or "compiled", which skips inputs of 0
            and takes half the time for many images, but 0.7 s to load. It needs the extra
            ``fast``. The answers are the same up to rounding; the file does not record the engine.

    Returns:
        A ``Model`` or a ``CommitteeModel``; ``require_single`` narrows the type to ``Model``.

    Raises:
        ModelFileError: the file does not exist, is damaged or of another format, or its parts do not
            fit each other.
        MissingExtraError: the engine is "compiled", and Numba is not installed or cannot be loaded.

    Example:
        >>> import tempfile
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((6, 3), rng=np.random.default_rng(0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Model(network, ("a", "b", "c"), (2, 3)).save(Path(folder, "m.safetensors"))
        ...     load_model(Path(folder, "m.safetensors")).network
        Network(6 → 3 softmax; 21 parameters, float32)
    """
    check_name("load_model", "engine", engine, ENGINES)
    try:
        path = model_file(Path(path))
        missing = path.is_dir()
    except TypeError as error:
        expected, got = "the path of a model file or run directory", type(path).__name__
        raise ModelFileError(complain("load_model", expected, got)) from error
    except OSError as error:  # too long a name, or a folder that may not be read
        raise ModelFileError(complain(f"model {path}", "a file to read", error.strerror)) from error
    if missing:
        raise _not_finished(path)
    tensors, is_committee, description = _read(path)
    try:
        model = (_build_committee if is_committee else _build_model)(tensors, description)
    except InklingError as error:
        raise ModelFileError(f"model {printable(path)}: its parts do not fit: {error}") from error
    return model.compiled() if engine == COMPILED else model


def read_description(path: Path) -> tuple[bool, dict[str, Any]]:
    """Reads the head of a model file: whether it is a committee's, and its description, checked.

    Raises ModelFileError if the head is not that of a model; the rest of the file is not read.
    """
    return _description(path, read_text(path, "model", FORMATS))


def _read(path: Path) -> tuple[Tensors, bool, dict[str, Any]]:
    """Returns the tensors, whether they are a committee's, and the checked description."""
    if path.suffix == ".npy":
        expected = "a .safetensors or .npz file"
        raise ModelFileError(complain(f"model {path}", expected, ".npy", CONVERT))
    if path.suffix == ".npz":
        tensors, text = read_npz(path)
        metadata = {"format": FORMAT, "model": text}
    else:
        tensors, metadata = read_tensors(path, "model", FORMATS)
    return tensors, *_description(path, metadata)


def _description(path: Path, metadata: Mapping[str, str]) -> tuple[bool, dict[str, Any]]:
    who = f"model {path}"
    is_committee = metadata["format"] in COMMITTEE_FORMATS
    description = parse_json(who, metadata.get("model", ""))
    return is_committee, checked(who, description, COMMITTEE if is_committee else MODEL)


def _not_finished(path: Path) -> ModelFileError:
    """Returns the error for a run directory without a model."""
    who = f"model {path}"
    for name, command in ((MANIFEST, "train"), (COMMITTEE_MANIFEST, "committee")):
        if (path / name).is_file():
            status = read_manifest(path / name, f"{who}, {name}")["status"]
            got, advice = {
                RUNNING: (
                    "an unfinished one",
                    f"finish it with: inkling {command} --resume {quote(str(path))}",
                ),
                DIVERGED: ("one that diverged", "start a new one with a smaller learning rate"),
                FINISHED: (f"one without its {MODEL_FILE}", "train it again"),
            }[status]
            return ModelFileError(complain(who, "a finished run", got, advice))
    expected = f"a model file, or a run directory with {MODEL_FILE}"
    return ModelFileError(complain(who, expected, "another folder"))


def _build_model(tensors: Tensors, description: Mapping[str, Any]) -> Model:
    weights, means = tensors.pop(REJECTOR, None), tensors.pop(CLASS_MEANS, None)
    network = _build_network(tensors, description)
    height, width = description["image_shape"]
    return Model(
        network,
        tuple(description["classes"]),
        (height, width),
        PixelScaling(**{name: float(value) for name, value in description["scaling"].items()}),
        description["manifest"],
        description.get("temperature", 1.0),  # older files have none
        _build_rejector(weights, description.get("nondigits"), network.dtype),
        means,
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
        description["manifest"],
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
    if weights.dtype not in (np.float16, dtype):
        raise ModelFileError(complain(REJECTOR, f"float16 or {dtype}", weights.dtype))
    return Rejector(weights.astype(dtype), float(settings["bias"]), float(settings["threshold"]))


def _build_network(tensors: Tensors, description: Mapping[str, Any]) -> Network:
    architecture, dtype = description["architecture"], description["dtype"]
    # Sizes are compared with the tensors before anything of such a size is allocated.
    dense = [layer for layer in architecture if layer["kind"] == Dense.kind]
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
