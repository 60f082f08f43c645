"""A trained network with all it needs to answer: saved in one file, loaded anywhere.

    model.save("digits.safetensors")  →  tensors + JSON  →  load_model("digits.safetensors")

The file holds the parameters, and as JSON the architecture, the class names, the pixel scaling and the
picture size, so that a model meets the same inputs as in training, and the manifest of the run that
made it. A file is untrusted: everything is checked before it is used. Next: ``recognize.py``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inkling._checks import check_range, check_shape, complain
from inkling._files import atomic_write
from inkling._types import ByteArray, FloatArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.errors import InklingError, ModelFileError, ShapeError
from inkling.nn.dense import Dense
from inkling.nn.network import Network
from inkling.tensors import read_tensors, tensor_bytes
from inkling.training.evaluate import predict

FORMAT = "inkling-model-1"
DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Model:
    """A network and what it takes to use it.

    Attributes:
        network: the network.
        classes: the class names, one an output.
        image_shape: (H, W) of the pictures it was trained on.
        scaling: how pixels become inputs.
        manifest: how it was made: data set, settings, versions, results; plain data.
    """

    network: Network
    classes: tuple[str, ...]
    image_shape: tuple[int, int] = (28, 28)
    scaling: PixelScaling = field(default_factory=PixelScaling)
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks that the parts fit each other."""
        if self.network.outputs != len(self.classes):
            expected = f"{self.network.outputs} class names, one an output"
            raise ShapeError(complain("Model", expected, len(self.classes)))
        if self.network.inputs != math.prod(self.image_shape):
            expected = f"an image shape of {self.network.inputs} pixels"
            raise ShapeError(complain("Model", expected, self.image_shape))

    def predict_proba(self, images: ByteArray) -> FloatArray:
        """Computes the outputs of the network, with a softmax output the probabilities.

        Args:
            images: uint8 (N, H, W), normalised as in training (``inkling.normalize``).

        Returns:
            (N, C).

        Raises:
            ShapeError: the images are not uint8 of the model's shape.
        """
        images = np.asarray(images)
        if images.dtype != np.uint8:
            raise ShapeError(complain("Model", "images as uint8, 0 to 255", images.dtype))
        check_shape("Model", "images", images, ("N", *self.image_shape))
        return predict(self.network, images, self.scaling)

    def predict(self, images: ByteArray) -> IntArray:
        """Returns the most probable class of each image, as a number (N,); names in ``classes``."""
        answers: IntArray = self.predict_proba(images).argmax(axis=1)
        return answers

    def save(self, path: str | Path, *, half_precision: bool = False) -> None:
        """Writes the model to a ``.safetensors`` file, whole or not at all.

        Args:
            path: the file; replaced if it is there.
            half_precision: store the parameters as float16, half the size; they are computed with
                in float32 again.

        Raises:
            ModelFileError: a parameter is not finite, or too large for float16.
        """
        tensors = dict(self.network.parameters)
        if half_precision:
            with np.errstate(over="ignore"):
                tensors = {name: array.astype(np.float16) for name, array in tensors.items()}
        for name, array in tensors.items():
            if not np.isfinite(array).all():
                expected = f"finite numbers in {name}"
                raise ModelFileError(complain(f"model {path}", expected, "NaN or infinity"))
        description = {
            "architecture": self.network.architecture(),
            "dtype": str(self.network.dtype),
            "classes": list(self.classes),
            "image_shape": list(self.image_shape),
            "scaling": {"factor": self.scaling.factor, "offset": self.scaling.offset},
            "manifest": dict(self.manifest),
        }
        metadata = {"format": FORMAT, "model": json.dumps(description)}
        atomic_write(path, tensor_bytes(tensors, metadata))


def load_model(path: str | Path) -> Model:
    """Loads a model that ``Model.save`` wrote.

    Args:
        path: the ``.safetensors`` file, or the run directory that holds it.

    Raises:
        ModelFileError: the file is not there, not whole, of another format, or its parts do not fit.

    Example:
        >>> import tempfile
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((6, 3), rng=np.random.default_rng(0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Model(network, ("a", "b", "c"), (2, 3)).save(Path(folder, "m.safetensors"))
        ...     load_model(Path(folder, "m.safetensors")).network
        Network(6 → 3 softmax; 21 parameters, float32)
    """
    path = Path(path)
    if path.is_dir() and (path / "model.safetensors").is_file():
        path = path / "model.safetensors"
    tensors, metadata = read_tensors(path, "model")
    if metadata.get("format") != FORMAT:
        raise ModelFileError(
            complain(
                f"model {path}",
                f"the format {FORMAT}",
                metadata.get("format", "a safetensors file without one"),
                "it was not written by Inkling, or by a newer version",
            )
        )
    try:
        return _build(tensors, json.loads(metadata["model"]))
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


def _build(tensors: dict[str, FloatArray], description: dict[str, Any]) -> Model:
    dtype = description["dtype"]
    if dtype not in DTYPES:
        raise ModelFileError(complain("dtype", " or ".join(DTYPES), repr(dtype)))
    _check_shapes(description["architecture"], tensors)
    network = Network.from_architecture(description["architecture"], dtype)
    if network.parameters.keys() != tensors.keys():
        expected = f"the tensors {', '.join(network.parameters)}"
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
    manifest = description["manifest"]
    sections = [manifest, *(manifest.get(name, {}) for name in ("dataset", "settings", "results"))]
    if not all(isinstance(section, dict) for section in sections):
        expected = "a manifest with dataset, settings and results as objects"
        raise ModelFileError(complain("file", expected, "something else"))
    factor, offset = description["scaling"]["factor"], description["scaling"]["offset"]
    if not (math.isfinite(factor) and math.isfinite(offset)):
        raise ModelFileError(complain("scaling", "finite numbers", (factor, offset)))
    return Model(
        network,
        tuple(classes),
        (height, width),
        PixelScaling(float(factor), float(offset)),
        manifest,
    )


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
