"""npz archives: plain arrays that NumPy, tutorial 1 and Inkling read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.errors import SettingError
from inkling.interop.npz import npz_bytes
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp

MakeModel = Callable[..., Model]


def test_the_arrays(make_model: MakeModel, tmp_path: Path) -> None:
    """The arrays have tutorial 1's names and the model's dtype; none is a Python object."""
    model = make_model(dtype="float64")
    (tmp_path / "m.npz").write_bytes(npz_bytes(model))
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        arrays = dict(file)
    for number in (1, 2, 3):
        dense = (f"dense{number}.weights", f"dense{number}.bias")
        for name, expected in zip((f"w{number}", f"b{number}"), dense, strict=True):
            np.testing.assert_array_equal(arrays.pop(name), model.network.parameters[expected])
    kinds = {name: array.dtype.kind for name, array in arrays.items()}
    assert kinds == {"factor": "f", "offset": "f", "classes": "U", "description": "U"}
    assert (float(arrays["factor"]), float(arrays["offset"])) == (2 / 255, -1.0)


def test_a_class_name_that_numpy_would_change(make_model: MakeModel) -> None:
    """It drops zero characters at the end of a text; the exported classes would be others."""
    model = replace(make_model(), classes=("a", "b\0", "c"))
    with pytest.raises(SettingError, match=r"end in a zero character, got 'b\\x00'"):
        npz_bytes(model)


@pytest.mark.parametrize("hidden", ["leaky_relu", "gelu"])
def test_load_model_reads_it(
    make_model: MakeModel, images: ByteArray, tmp_path: Path, hidden: str
) -> None:
    """``load_model`` restores every bit: slope, dropout, scaling, class names and manifest."""
    model = make_model(hidden)
    (tmp_path / "m.npz").write_bytes(npz_bytes(model))
    loaded = load_model(tmp_path / "m.npz").require_single("test")
    assert loaded.predict_proba(images).tobytes() == model.predict_proba(images).tobytes()
    assert loaded.describe() == model.describe()


def test_tutorial_1_reads_it(tmp_path: Path) -> None:
    """The code of tutorial 1 computes the same probabilities from the file."""
    network = build_mlp(
        (6, 5, 3), rng=np.random.default_rng(4), activation="sigmoid", output="sigmoid"
    )
    model = Model(network, ("a", "b", "c"), (2, 3))
    (tmp_path / "nnmodel.npz").write_bytes(npz_bytes(model))
    images = np.random.default_rng(5).integers(0, 256, (7, 2, 3)).astype(np.uint8)
    with np.load(tmp_path / "nnmodel.npz") as r:
        inputs = images.reshape(7, 6) / 255.0
        a1 = 1 / (1 + np.exp(-(np.dot(inputs, r["w1"]) + r["b1"])))
        a2 = 1 / (1 + np.exp(-(np.dot(a1, r["w2"]) + r["b2"])))
    np.testing.assert_allclose(a2, model.predict_proba(images), atol=1e-6)
