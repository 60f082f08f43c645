"""ONNX files: valid by every check there is, and the same answers in both runtimes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray, FloatArray
from inkling.errors import MissingExtraError, SettingError
from inkling.interop.onnx import FORMS, Graph, onnx_bytes, onnx_code
from inkling.model.model import Model
from inkling.nn.activations import Activation
from inkling.nn.dense import Dense
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS

onnx = pytest.importorskip("onnx")
reference = pytest.importorskip("onnx.reference")
MakeModel = Callable[..., Model]
CheckSame = Callable[[Any, FloatArray], None]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", FORMS)
@pytest.mark.parametrize("hidden", FORMS)
def test_every_pair_is_valid_and_says_the_same(
    make_model: MakeModel,
    images: ByteArray,
    check_same: CheckSame,
    hidden: str,
    output: str,
    dtype: str,
) -> None:
    """Full check, strict shapes, reference evaluator and ONNX Runtime, from pixels to probabilities."""
    runtime = pytest.importorskip("onnxruntime")
    model = make_model(hidden, output, dtype)
    content = onnx_bytes(model)
    onnx.checker.check_model(content, full_check=True)
    file = onnx.load_from_string(content)
    inferred = onnx.shape_inference.infer_shapes(
        file, check_type=True, strict_mode=True, data_prop=True
    )
    assert inferred.graph.output == file.graph.output
    wanted = model.predict_proba(images)
    evaluator = reference.ReferenceEvaluator(file)
    check_same(evaluator.run(None, {"images": images})[0], wanted)
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    check_same(session.run(None, {"images": images})[0], wanted)


def test_it_knows_every_activation() -> None:
    """Those that networks can have today; one that somebody adds is said by name below."""
    assert {*FORMS} >= {"identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax"}
    assert {*FORMS} <= {*ACTIVATIONS}


def test_what_goes_in_and_comes_out(make_model: MakeModel) -> None:
    """Names, types and shapes that other people's programs rely on; any number of images."""
    file = onnx.load_from_string(onnx_bytes(make_model(dtype="float64")))
    ends = [*file.graph.input, *file.graph.output]
    types = [value.type.tensor_type for value in ends]
    assert [value.name for value in ends] == ["images", "probabilities"]
    assert [t.elem_type for t in types] == [onnx.TensorProto.UINT8, onnx.TensorProto.DOUBLE]
    shapes = [[axis.dim_param or axis.dim_value for axis in t.shape.dim] for t in types]
    assert shapes == [["N", 5, 7], ["N", 3]]
    assert [(s.domain, s.version >= 17) for s in file.opset_import] == [("", True)]
    assert "N" in [
        axis.dim_param
        for value in onnx.shape_inference.infer_shapes(file, data_prop=True).graph.value_info
        for axis in value.type.tensor_type.shape.dim
    ], "the number of images stays free inside too"


def test_class_names_are_in_it(make_model: MakeModel) -> None:
    """As JSON, among the metadata that every runtime shows."""
    model = make_model()
    file = onnx.load_from_string(onnx_bytes(model))
    (entry,) = file.metadata_props
    assert (entry.key, json.loads(entry.value)) == ("classes", list(model.classes))
    assert file.producer_name == "inkling"


@pytest.mark.parametrize("count", [0, 1, 300])
def test_any_number_of_images(
    make_model: MakeModel, tmp_path: Path, check_same: CheckSame, run_code: Any, count: int
) -> None:
    """With the lines of Python that come with the file."""
    pytest.importorskip("onnxruntime")
    model = make_model()
    (tmp_path / "m.onnx").write_bytes(onnx_bytes(model))
    images = np.random.default_rng(2).integers(0, 256, (count, 5, 7)).astype(np.uint8)
    answers, classes = run_code(onnx_code(model, tmp_path / "m.onnx"), images)
    check_same(answers, model.predict_proba(images))
    assert classes == list(model.classes)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_huge_scores_stay_finite(make_model: MakeModel, images: ByteArray, output: str) -> None:
    """Where e^z would overflow: probabilities of 0 and 1, no NaN."""
    runtime = pytest.importorskip("onnxruntime")
    model = make_model("relu", output)
    for parameter in model.network.parameters.values():
        parameter *= 300
    session = runtime.InferenceSession(onnx_bytes(model), providers=["CPUExecutionProvider"])
    answers = session.run(None, {"images": images})[0]
    np.testing.assert_allclose(answers, model.predict_proba(images), atol=1e-6)
    assert {0.0, 1.0} <= set(answers.ravel().tolist())


class Cube(Activation):
    """An activation that somebody wrote this morning."""

    kind = "cube"
    output_range = (-np.inf, np.inf)

    def value(self, z: FloatArray, /) -> FloatArray:
        """a = z³."""
        return z * z * z

    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        """∂L/∂z = ∂L/∂a · 3 z²."""
        raise NotImplementedError


def test_an_activation_of_ones_own(
    images: ByteArray, check_same: CheckSame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, it is named; with one line in the table it is exported."""
    rng = np.random.default_rng(0)
    network = Network([Dense(35, 9, rng=rng), Cube(), Dense(9, 3, rng=rng), Cube()])
    model = Model(network, ("a", "b", "c"), (5, 7))
    message = (
        "ONNX export: expected activation to be one of identity, sigmoid, tanh, relu, leaky_relu, "
        "gelu, softmax, got 'cube'."
    )
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        onnx_bytes(model)

    def cube(graph: Graph, z: str, _: dict[str, Any]) -> str:
        return graph.node("Mul", z, graph.node("Mul", z, z))

    monkeypatch.setitem(FORMS, "cube", cube)
    file = onnx.load_from_string(onnx_bytes(model))
    answers = reference.ReferenceEvaluator(file).run(None, {"images": images})[0]
    check_same(answers, model.predict_proba(images))


def test_the_same_model_gives_the_same_bytes(make_model: MakeModel) -> None:
    """So that a checksum says which model a file holds."""
    assert onnx_bytes(make_model()) == onnx_bytes(make_model())


def test_without_the_library(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with what to type."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    message = "the ONNX export needs onnx, which is not installed; type: pip install '.[export]'"
    with pytest.raises(MissingExtraError, match=f"^{re.escape(message)}$"):
        onnx_bytes(make_model())
