"""ONNX: the file that ONNX Runtime, browsers, phones and microcontrollers read.

    images uint8 (N, H, W) → Flatten, Cast, Mul, Add → Gemm, activation, … → probabilities (N, C)

The graph takes raw pixels and any number of images, and ends in the output activation. Operator set
17, so that runtimes from 2022 on read it; each activation is written in operators that both float32
and float64 have. Next: ``npz.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import inkling
from inkling._checks import import_extra, look_up
from inkling.interop.layers import acting_layers, signature
from inkling.model.model import Model
from inkling.nn.dense import Dense

OPERATOR_SET = 17
FILE_VERSION = 8
"""The version of the ONNX format that came with the operator set."""
INPUT, OUTPUT = "images", "probabilities"


class Graph:
    """A list of ONNX nodes under construction; each value that flows has a name.

    Args:
        onnx: the library.
        dtype: of all numbers in it, float32 or float64.

    Attributes:
        number: what ONNX calls this dtype.
        nodes: the nodes so far, in the order in which they are computed.
        constants: the weights, biases and other numbers.
    """

    def __init__(self, onnx: Any, dtype: np.dtype[Any]) -> None:
        self._onnx = onnx
        self.dtype = dtype
        self.number: int = int(onnx.helper.np_dtype_to_tensor_dtype(dtype))
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: ArrayLike, name: str = "") -> str:
        """Adds an array of constants and returns its name."""
        name = name or f"constant{len(self.constants)}"
        array = np.asarray(values, self.dtype)
        self.constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node and returns its output's name."""
        output = f"value{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(operator, inputs, [output], **attributes))
        return output


Form = Callable[[Graph, str, dict[str, Any]], str]
"""Writes an activation into a graph: the graph, the name of z, the activation's settings → name of a."""


def _leaky_relu(graph: Graph, z: str, settings: dict[str, Any]) -> str:
    """a = max(z, slope · z); ONNX Runtime's own LeakyRelu knows no float64."""
    return graph.node("Max", z, graph.node("Mul", z, graph.constant(settings["slope"])))


def _gelu(graph: Graph, z: str, _: dict[str, Any]) -> str:
    """a = ½ z (1 + tanh(√(2/π) (z + 0.044715 z³))); as one operator it came with a later set."""
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
"""The activations in ONNX; one of your own is added here."""


def onnx_bytes(model: Model) -> bytes:
    """Returns the ONNX file of a model.

    Raises:
        MissingExtraError: onnx is not installed.
        SettingError: the network has an activation that ``FORMS`` does not know, or a layer of its own.
    """
    onnx = import_extra("onnx", "export", "the ONNX export")
    graph = _build(Graph(onnx, model.network.dtype), model)
    describe = onnx.helper.make_tensor_value_info
    pixels, classes = ("N", *model.image_shape), ("N", len(model.classes))
    whole = onnx.helper.make_graph(
        graph.nodes,
        "inkling",
        [describe(INPUT, onnx.TensorProto.UINT8, pixels, "0 paper to 255 ink")],
        [describe(OUTPUT, graph.number, classes, "one column a class")],
        graph.constants,
    )
    file = onnx.helper.make_model(
        whole,
        opset_imports=[onnx.helper.make_opsetid("", OPERATOR_SET)],
        ir_version=FILE_VERSION,
        producer_name="inkling",
        producer_version=inkling.__version__,
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
    value = graph.node("Cast", graph.node("Flatten", INPUT, axis=1), to=graph.number)
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
