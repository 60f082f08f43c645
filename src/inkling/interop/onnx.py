"""ONNX: the file format of ONNX Runtime, for servers, browsers, phones and microcontrollers.

    images uint8 (N, H, W) → Flatten, Cast, Mul, Add → Gemm, activation, … → probabilities (N, C)

The graph takes raw pixels and any number of images, and ends in the output activation. It uses operator
set 17, so that runtimes since 2022 read it, and only operators that both float32 and float64 have.
Next: ``npz.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from inkling import __version__
from inkling._checks import import_extra, look_up
from inkling.interop.layers import acting_layers, signature
from inkling.model.model import Model
from inkling.nn.dense import Dense

OPERATOR_SET = 17
FILE_VERSION = 8
"""The version of the ONNX format that introduced the operator set."""
INPUT, OUTPUT = "images", "probabilities"


class Graph:
    """An ONNX graph under construction; every value in it has a name and the given dtype."""

    def __init__(self, onnx: Any, dtype: np.dtype[Any]) -> None:
        self._onnx = onnx
        self.dtype = dtype
        self.dtype_number: int = int(onnx.helper.np_dtype_to_tensor_dtype(dtype))
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: ArrayLike, name: str = "") -> str:
        """Adds a constant array and returns its name."""
        name = name or f"constant{len(self.constants)}"
        array = np.asarray(values, self.dtype)
        self.constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node and returns the name of its output."""
        output = f"value{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(operator, inputs, [output], **attributes))
        return output


Form = Callable[[Graph, str, dict[str, Any]], str]
"""Adds an activation to a graph, from the name of z and the settings; returns the name of a."""


def _leaky_relu(graph: Graph, z: str, settings: dict[str, Any]) -> str:
    """a = max(z, slope · z); ONNX Runtime's LeakyRelu does not support float64."""
    return graph.node("Max", z, graph.node("Mul", z, graph.constant(settings["slope"])))


def _gelu(graph: Graph, z: str, _: dict[str, Any]) -> str:
    """a = ½ z (1 + tanh(√(2/π) (z + 0.044715 z³))); operator set 17 has no Gelu."""
    square = graph.node("Mul", z, z)
    factor = graph.node("Mul", square, graph.constant(0.044715))
    inner = graph.node("Mul", z, graph.node("Add", factor, graph.constant(1.0)))
    t = graph.node("Tanh", graph.node("Mul", inner, graph.constant(np.sqrt(2 / np.pi))))
    half = graph.node("Mul", z, graph.constant(0.5))
    return graph.node("Mul", half, graph.node("Add", t, graph.constant(1.0)))


FORMS: dict[str, Form] = {
    "identity": lambda graph, z, _: graph.node("Identity", z),
    "sigmoid": lambda graph, z, _: graph.node("Sigmoid", z),
    "tanh": lambda graph, z, _: graph.node("Tanh", z),
    "relu": lambda graph, z, _: graph.node("Relu", z),
    "leaky_relu": _leaky_relu,
    "gelu": _gelu,
    "softmax": lambda graph, z, _: graph.node("Softmax", z, axis=1),
}
"""The activations in ONNX; add your own here."""


def onnx_bytes(model: Model) -> bytes:
    """Returns the ONNX file of a model.

    Raises MissingExtraError if onnx is not installed, SettingError if ``FORMS`` lacks an activation.
    """
    onnx = import_extra("onnx", "export", "the ONNX export")
    graph = _build(Graph(onnx, model.network.dtype), model)
    describe = onnx.helper.make_tensor_value_info
    pixels, classes = ("N", *model.image_shape), ("N", len(model.classes))
    whole = onnx.helper.make_graph(
        graph.nodes,
        "inkling",
        [describe(INPUT, onnx.TensorProto.UINT8, pixels, "0 paper to 255 ink")],
        [describe(OUTPUT, graph.dtype_number, classes, "one column per class")],
        graph.constants,
    )
    file = onnx.helper.make_model(
        whole,
        opset_imports=[onnx.helper.make_opsetid("", OPERATOR_SET)],
        ir_version=FILE_VERSION,
        producer_name="inkling",
        producer_version=__version__,
    )
    onnx.helper.set_model_props(file, {"classes": json.dumps(model.classes)})
    content: bytes = file.SerializeToString(deterministic=True)
    return content


def onnx_code(model: Model, path: Path) -> str:
    """Returns the lines of Python that compute with the file."""
    return f'''\
import onnxruntime

session = onnxruntime.InferenceSession({str(path)!r}, providers=["CPUExecutionProvider"])
classes = {list(model.classes)!r}


{signature(model)}
    return session.run(["{OUTPUT}"], {{"{INPUT}": images}})[0]
'''


def _build(graph: Graph, model: Model) -> Graph:
    layers = acting_layers(model.network)
    value = graph.node("Cast", graph.node("Flatten", INPUT, axis=1), to=graph.dtype_number)
    value = graph.node("Mul", value, graph.constant(model.scaling.factor, "factor"))
    value = graph.node("Add", value, graph.constant(model.scaling.offset, "offset"))
    for name, layer in layers.items():
        if isinstance(layer, Dense):
            weights = graph.constant(layer.weights, f"{name}.weights")
            bias = graph.constant(layer.bias, f"{name}.bias")
            value = graph.node("Gemm", value, weights, bias)  # value @ weights + bias
        else:
            form = look_up("ONNX export", "activation", layer.kind, FORMS)
            value = form(graph, value, layer.settings())
    graph.nodes[-1].output[0] = OUTPUT
    return graph
