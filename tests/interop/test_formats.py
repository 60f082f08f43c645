"""Exporting as people call it: a format by name, a file that is whole or not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import inkling
from inkling._types import ByteArray, FloatArray
from inkling.errors import SettingError
from inkling.interop.formats import FORMATS, export_model
from inkling.interop.layers import acting_layers
from inkling.model.model import Model
from inkling.model.rejection import Rejector
from inkling.nn.activations import Softmax
from inkling.nn.dense import Dense
from inkling.nn.layer import Layer
from inkling.nn.network import Network

MakeModel = Callable[..., Model]
PROGRAMS = [name for name, kind in FORMATS.items() if kind.code is not None]
"""The formats that come with Python; a page computes by itself (tests/app/browser)."""


@pytest.mark.parametrize("to", PROGRAMS)
def test_a_file_and_the_python_for_it(
    make_model: MakeModel,
    images: ByteArray,
    tmp_path: Path,
    run_code: Any,
    check_same: Callable[[Any, FloatArray], None],
    to: str,
) -> None:
    """Each format's code reads the file where it was written, whatever stands in the path."""
    for library in {"onnx": ("onnx", "onnxruntime"), "torch": ("torch",)}.get(to, ()):
        pytest.importorskip(library)
    model = make_model()
    path = tmp_path / f"it's \\ 漢{FORMATS[to].ending}"
    export = inkling.export_model(model, str(path), to=to)
    assert (export.path, export.size) == (path, path.stat().st_size)
    answers, classes = run_code(export.code, images)
    check_same(answers, model.predict_proba(images))
    assert classes == list(model.classes)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("to", PROGRAMS)
def test_what_is_exported_is_calibrated(
    to: str, make_model: MakeModel, images: ByteArray, tmp_path: Path, run_code: Any
) -> None:
    """Sharpened by the temperature; the unit that refuses stays behind."""
    for library in {"onnx": ("onnx", "onnxruntime"), "torch": ("torch",)}.get(to, ()):
        pytest.importorskip(library)
    plain = make_model()
    unit = Rejector(np.ones(20, np.float32), 0.0, 1.0)
    model = replace(plain, temperature=0.5, rejector=unit)
    export = export_model(model, tmp_path / f"calibrated{FORMATS[to].ending}", to=to)
    answers, _ = run_code(export.code, images)
    squares = plain.predict_proba(images) ** 2
    expected = squares / squares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answers, expected, rtol=1e-5, atol=1e-6)


def test_an_unknown_format(make_model: MakeModel, tmp_path: Path) -> None:
    """The known ones are listed, and the closest is guessed."""
    message = (
        "export: expected format to be one of onnx, npz, torch, html, got 'onxx'; "
        "did you mean 'onnx'?"
    )
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        export_model(make_model(), tmp_path / "m", to="onxx")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("to", ["npz", "torch"])
def test_a_failure_leaves_the_old_file(
    make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    """Whether the content cannot be made or the disk is full."""
    path = tmp_path / "m"
    path.write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(f"inkling.interop.{to}.FORMS", {"softmax": None})
        with pytest.raises(SettingError, match="'relu'"):
            export_model(make_model("relu"), path, to=to)

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="disk full"):
        export_model(make_model("tanh"), path, to=to)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


class Double(Layer):
    """A layer that somebody wrote this morning."""

    kind = "double"

    def forward(self, x: FloatArray, /, **_: Any) -> tuple[FloatArray, None]:
        """2 x."""
        return 2 * x, None

    def grad_inputs(self, grad: FloatArray, _: Any, /) -> FloatArray:
        """2 ∂L/∂a."""
        return 2 * grad


def test_a_layer_of_ones_own_is_named() -> None:
    """An export without it would say something else than the network."""
    rng = np.random.default_rng(0)
    network = Network([Dense(7, 5, rng=rng), Double(), Dense(5, 3, rng=rng), Softmax()])
    message = "export: expected layers that are Dense, Dropout or an activation, got Double()."
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        acting_layers(network)
