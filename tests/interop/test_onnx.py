"""ONNX files: valid by every check, with the probabilities of the model."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.errors import MissingExtraError
from inkling.interop.onnx import FORMS, onnx_bytes, onnx_code
from inkling.model.model import Model

onnx = pytest.importorskip("onnx")
reference = pytest.importorskip("onnx.reference")
MakeModel = Callable[..., Model]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", FORMS)
def test_the_file_is_valid(make_model: MakeModel, images: ByteArray, kind: str, dtype: str) -> None:
    """Checker, shape inference and reference evaluator accept it; test_formats.py runs ONNX Runtime."""
    model = make_model(kind, kind, dtype)
    content = onnx_bytes(model)
    onnx.checker.check_model(content, full_check=True)
    file = onnx.load_from_string(content)
    inferred = onnx.shape_inference.infer_shapes(
        file, check_type=True, strict_mode=True, data_prop=True
    )
    assert inferred.graph.output == file.graph.output
    tolerance = 1e-6 if dtype == "float32" else 1e-12
    (answers,) = reference.ReferenceEvaluator(file).run(None, {"images": images})
    assert answers.dtype == dtype
    np.testing.assert_allclose(answers, model.predict_proba(images), rtol=0, atol=tolerance)


def test_inputs_and_outputs(make_model: MakeModel) -> None:
    """Names, types and shapes are fixed, for any number of images; the class names are metadata."""
    model = make_model(dtype="float64")
    file = onnx.load_from_string(onnx_bytes(model))
    ends = [*file.graph.input, *file.graph.output]
    types = [value.type.tensor_type for value in ends]
    assert [value.name for value in ends] == ["images", "probabilities"]
    assert [t.elem_type for t in types] == [onnx.TensorProto.UINT8, onnx.TensorProto.DOUBLE]
    shapes = [[axis.dim_param or axis.dim_value for axis in t.shape.dim] for t in types]
    assert shapes == [["N", 5, 7], ["N", 3]]
    assert [(s.domain, s.version >= 17) for s in file.opset_import] == [("", True)]
    (entry,) = file.metadata_props
    assert (entry.key, json.loads(entry.value)) == ("classes", list(model.classes))
    assert file.producer_name == "inkling"


def test_any_number_of_images(make_model: MakeModel, tmp_path: Path) -> None:
    """The exported Python takes any number of images, none included."""
    pytest.importorskip("onnxruntime")
    model = make_model()
    space: dict[str, Any] = {}
    (tmp_path / "m.onnx").write_bytes(onnx_bytes(model))
    exec(onnx_code(model, tmp_path / "m.onnx"), space)
    for count in (0, 300):
        assert space["predict_proba"](np.zeros((count, 5, 7), np.uint8)).shape == (count, 3)


def test_without_the_library(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without onnx the error has the command that installs it."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match="needs onnx, which is not installed"):
        onnx_bytes(make_model())
