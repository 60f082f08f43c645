"""From a model file, which may be anybody's, to a model: everything is checked before it is used.

    file → tensors + JSON  →  architecture, shapes, numbers, names: checked  →  Model, or one line

A file can say one thing and hold another, claim sizes that would fill the memory, or be cut off. The
writing half is in ``model_file.py`` and ``committee_model.py``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import check_range, check_shape, complain
from inkling._types import FloatArray
from inkling.data.scaling import PixelScaling
from inkling.errors import InklingError, ModelFileError
from inkling.model.committee import CommitteeModel
from inkling.model.model import COMMITTEE_FORMAT, FORMAT, UNIT, Model
from inkling.model.npz_reader import read_npz, refuse_npy
from inkling.model.rejection import Rejector
from inkling.model.tensors import read_tensors
from inkling.nn.dense import Dense
from inkling.nn.network import Network

DTYPES = ("float32", "float64")
Build = Callable[[dict[str, FloatArray], dict[str, Any]], Model]


def read_model(path: Path) -> Model:
    """Reads a model, a committee, or tutorial 1, for ``load_model``.

    Raises:
        ModelFileError: the file is not there, not whole, of another format, or its parts do not fit.
    """
    build, tensors, description = _read(path)
    try:
        return build(tensors, json.loads(description))
    except (
        InklingError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,  # a size of Infinity, which JSON may hold
        RecursionError,  # brackets in brackets in brackets
    ) as error:
        reason = (
            str(error) if isinstance(error, InklingError) else f"{type(error).__name__}: {error}"
        )
        raise ModelFileError(f"model {path}: its parts do not fit: {reason}") from error


def _read(path: Path) -> tuple[Build, dict[str, FloatArray], str]:
    """Returns what builds the model, the tensors and the description in JSON, still to be checked."""
    if path.suffix == ".npy":
        raise refuse_npy(path)
    if path.suffix == ".npz":
        return build_model, *read_npz(path)
    tensors, metadata = read_tensors(path, "model")
    if metadata.get("format") == COMMITTEE_FORMAT:
        return build_committee, tensors, metadata.get("model", "")
    if metadata.get("format") != FORMAT:
        raise ModelFileError(
            complain(
                f"model {path}",
                f"the format {FORMAT}",
                metadata.get("format", "a safetensors file without one"),
                "it was not written by Inkling, or by a newer version",
            )
        )
    return build_model, tensors, metadata.get("model", "")


def build_model(tensors: dict[str, FloatArray], description: dict[str, Any]) -> Model:
    """Builds a model from the tensors and the description of a file, and believes neither.

    Raises:
        InklingError: the two do not fit; or what Python raises for plain data of another form.
    """
    dtype = description["dtype"]
    if dtype not in DTYPES:
        raise ModelFileError(complain("dtype", " or ".join(DTYPES), repr(dtype)))
    _check_shapes(description["architecture"], tensors)
    network = Network.from_architecture(description["architecture"], dtype)
    nondigits = _build_unit(description.get("nondigits"), tensors, network.dtype)
    wanted = [*network.parameters, *([] if nondigits is None else [UNIT])]
    if set(wanted) != tensors.keys():
        expected = f"the tensors {', '.join(wanted)}"
        raise ModelFileError(complain("file", expected, ", ".join(tensors) or "none"))
    for name, parameter in network.parameters.items():
        stored = tensors[name]
        if stored.dtype not in (np.float16, parameter.dtype):
            raise ModelFileError(complain(name, f"float16 or {dtype}", stored.dtype))
        check_shape("file", name, stored, parameter.shape)
        if not np.isfinite(stored).all():
            raise ModelFileError(complain(name, "finite numbers", "NaN or infinity"))
        parameter[...] = stored
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
        description.get("temperature", 1.0),  # files of older versions have none
        nondigits,
    )


def build_committee(tensors: dict[str, FloatArray], description: dict[str, Any]) -> CommitteeModel:
    """Builds a committee from the tensors and the description of a file, and believes neither.

    Raises:
        InklingError: the two do not fit; or what Python raises for plain data of another form.
    """
    by_member: dict[str, dict[str, FloatArray]] = {}
    for name, array in tensors.items():
        member, _, rest = name.partition("/")
        by_member.setdefault(member, {})[rest] = array
    members = [
        build_model(by_member.get(f"member{number}", {}), member)
        for number, member in enumerate(description["members"], start=1)
    ]
    committee = CommitteeModel.of(members, _checked_manifest(description["manifest"]))
    committee = replace(
        committee,
        temperature=description["temperature"],
        nondigits=_build_unit(description["nondigits"], tensors, committee.network.dtype),
    )
    if committee.tensors().keys() != tensors.keys():
        expected = f"the tensors of {len(members)} members"
        raise ModelFileError(complain("file", expected, ", ".join(tensors) or "none"))
    return committee


def _checked_manifest(manifest: Any) -> dict[str, Any]:
    """Returns a manifest of a file.

    Raises:
        ModelFileError: it, or a section that others look into, is no object.
    """
    sections = [manifest, *(manifest.get(name, {}) for name in ("dataset", "settings", "results"))]
    if not all(isinstance(section, dict) for section in sections):
        expected = "a manifest with dataset, settings and results as objects"
        raise ModelFileError(complain("file", expected, "something else"))
    return dict(manifest)


def _build_unit(
    settings: dict[str, Any] | None, tensors: dict[str, FloatArray], dtype: DTypeLike
) -> Rejector | None:
    """Builds the non-digit unit of a file, in the dtype of its network; None where it has none.

    Raises:
        InklingError: the file lacks its tensor, or a number is not finite.
    """
    if settings is None:
        return None
    if UNIT not in tensors:
        raise ModelFileError(complain("file", f"a tensor {UNIT}", "none"))
    weights = tensors[UNIT].astype(dtype)
    return Rejector(weights, float(settings["bias"]), float(settings["threshold"]))


def _check_shapes(architecture: list[dict[str, Any]], tensors: dict[str, FloatArray]) -> None:
    """Raises before a lying description can make us allocate more than the file holds."""
    dense = [layer for layer in architecture if layer.get("kind") == Dense.kind]
    for number, layer in enumerate(dense, start=1):
        inputs, outputs = layer["inputs"], layer["outputs"]
        for name, shape in (("weights", (inputs, outputs)), ("bias", (outputs,))):
            who = f"dense{number}.{name}"
            if who not in tensors:
                raise ModelFileError(complain("file", f"a tensor {who}", "none"))
            check_shape("file", who, tensors[who], shape)
