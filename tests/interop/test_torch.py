"""PyTorch state dicts: the names and shapes that PyTorch expects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors import safe_open

from inkling.interop.torch import torch_bytes
from inkling.model.model import Model

MakeModel = Callable[..., Model]


def test_the_tensors(make_model: MakeModel, tmp_path: Path) -> None:
    """Weights are (outputs, inputs) under the layers' names; writing them needs no PyTorch."""
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
