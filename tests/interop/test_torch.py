"""State dicts for PyTorch, loaded by the very lines that the export prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray, FloatArray
from inkling.errors import ModelFileError, SettingError
from inkling.interop.torch import FORMS, torch_bytes, torch_code
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn.registry import ACTIVATIONS

MakeModel = Callable[..., Model]
CheckSame = Callable[[Any, FloatArray], None]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", FORMS)
def test_pytorch_says_the_same(
    make_model: MakeModel,
    images: ByteArray,
    tmp_path: Path,
    check_same: CheckSame,
    run_code: Any,
    kind: str,
    dtype: str,
) -> None:
    """For each activation, in the middle and at the end; every tensor finds its place."""
    pytest.importorskip("torch")
    model = make_model(kind, kind, dtype)
    (tmp_path / "m.safetensors").write_bytes(torch_bytes(model))
    answers, classes = run_code(torch_code(model, tmp_path / "m.safetensors"), images)
    check_same(answers, model.predict_proba(images))
    assert classes == list(model.classes)


def test_it_knows_every_activation() -> None:
    """Those that networks can have today."""
    assert {*FORMS} >= {"identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax"}
    assert {*FORMS} <= {*ACTIVATIONS}


def test_the_tensors_are_pytorchs(make_model: MakeModel, tmp_path: Path) -> None:
    """Weights (outputs, inputs), under the names of the layers; no PyTorch is needed to write them."""
    from safetensors import safe_open

    model = make_model()
    (tmp_path / "m.safetensors").write_bytes(torch_bytes(model))
    with safe_open(tmp_path / "m.safetensors", framework="numpy") as file:
        assert {name: file.get_tensor(name).shape for name in file.keys()} == {  # noqa: SIM118
            **{"dense1.weight": (11, 35), "dense1.bias": (11,)},
            **{"dense2.weight": (9, 11), "dense2.bias": (9,)},
            **{"dense3.weight": (3, 9), "dense3.bias": (3,)},
        }
        np.testing.assert_array_equal(
            file.get_tensor("dense2.weight").T, model.network.parameters["dense2.weights"]
        )
        assert file.metadata()["format"] == "pt"


def test_it_is_no_model_file(make_model: MakeModel, tmp_path: Path) -> None:
    """A state dict lacks scaling and architecture: Inkling refuses it and does not guess."""
    path = tmp_path / "m.safetensors"
    path.write_bytes(torch_bytes(make_model()))
    message = f"model {path}: expected the format inkling-model-1, got pt; "
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}"):
        load_model(path)


def test_an_unknown_activation_is_named(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before there is a file."""
    known = {name: form for name, form in FORMS.items() if name != "tanh"}
    monkeypatch.setattr("inkling.interop.torch.FORMS", known)
    message = (
        "PyTorch export: expected activation to be one of identity, sigmoid, relu, leaky_relu, gelu, "
        "softmax, got 'tanh'."
    )
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        torch_bytes(make_model("tanh"))


def test_the_same_model_gives_the_same_bytes(make_model: MakeModel) -> None:
    """So that a checksum says which model a file holds."""
    assert torch_bytes(make_model()) == torch_bytes(make_model())
