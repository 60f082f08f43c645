"""What every export format must do: the same probabilities, the same bytes, a complete file or none."""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import inkling
from inkling._types import ByteArray, FloatArray
from inkling.errors import SettingError
from inkling.interop import browser, npz, onnx, torch
from inkling.interop.formats import FORMATS, Export, export_model
from inkling.interop.layers import acting_layers
from inkling.model.model import Model
from inkling.model.rejection import Rejector
from inkling.nn.activations import ReLU, Softmax
from inkling.nn.dense import Dense
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS

MakeModel = Callable[..., Model]
TABLES: dict[str, tuple[Any, str]] = {
    "onnx": (onnx, "FORMS"),
    "npz": (npz, "FORMS"),
    "torch": (torch, "FORMS"),
    "html": (browser, "ACTIVATIONS"),
    "site": (browser, "ACTIVATIONS"),
}
"""The module of each format, and the name of its table of activations."""
each_format = pytest.mark.parametrize("to", FORMATS)
each_program = pytest.mark.parametrize("to", [n for n, kind in FORMATS.items() if kind.code])
"""The formats with Python; the page is tested in tests/app/browser."""


@pytest.fixture(autouse=True)
def _libraries(request: pytest.FixtureRequest) -> None:
    """Skips a test if a library of its format is not installed."""
    to = getattr(getattr(request.node, "callspec", None), "params", {}).get("to", "")
    for library in {"onnx": ("onnx", "onnxruntime"), "torch": ("torch",)}.get(to, ()):
        pytest.importorskip(library)


def export_any(model: Model, path: Path, to: str) -> Export:
    """Exports a model; to a page, one with the same weights but 784 inputs."""
    if to in ("html", "site"):
        network = build_mlp((784, 5, 3), rng=np.random.default_rng(0))
        model = Model(network, model.classes)
    return export_model(model, path, to=to)


def contents(path: Path) -> list[bytes]:
    """The bytes of a file, or of all files in a folder."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [file.read_bytes() for file in files if file.is_file()]


def run(export: Export, images: ByteArray) -> tuple[FloatArray, list[str]]:
    """Runs the Python of an export; returns the probabilities and the classes."""
    space: dict[str, Any] = {}
    exec(export.code, space)
    return np.asarray(space["predict_proba"](images)), space["classes"]


@each_program
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", npz.FORMS)
def test_the_probabilities(
    make_model: MakeModel, images: ByteArray, tmp_path: Path, to: str, kind: str, dtype: str
) -> None:
    """The Python of an export reads its file and computes what the model computes."""
    model = make_model(kind, kind, dtype)
    path = tmp_path / f"it's \\ 漢{FORMATS[to].ending}"
    export = inkling.export_model(model, str(path), to=to)
    assert (export.path, export.size) == (path, path.stat().st_size)
    assert len(list(tmp_path.iterdir())) == 1
    answers, classes = run(export, images)
    tolerance = 1e-6 if dtype == "float32" else 1e-12
    assert answers.dtype == dtype
    np.testing.assert_allclose(answers, model.predict_proba(images), rtol=tolerance, atol=tolerance)
    assert classes == list(model.classes)


@each_program
def test_layers_in_any_order(images: ByteArray, tmp_path: Path, to: str) -> None:
    """Two dense layers and two activations in a row are exported too."""
    rng = np.random.default_rng(3)
    layers = [Dense(35, 9, rng=rng), Dense(9, 7, rng=rng), ReLU(), Softmax(), Dense(7, 3, rng=rng)]
    model = Model(Network([*layers, Softmax()]), ("a", "b", "c"), (5, 7))
    answers, _ = run(export_model(model, tmp_path / "m", to=to), images)
    np.testing.assert_allclose(answers, model.predict_proba(images), rtol=1e-6, atol=1e-6)


@each_program
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_large_logits(
    make_model: MakeModel, images: ByteArray, tmp_path: Path, to: str, output: str
) -> None:
    """Logits beyond the range of exp give probabilities of 0 and 1, without a warning."""
    model = make_model("relu", output)
    for parameter in model.network.parameters.values():
        parameter *= 300
    answers, _ = run(export_model(model, tmp_path / "m", to=to), images)
    np.testing.assert_allclose(answers, model.predict_proba(images), atol=1e-6)
    assert {0.0, 1.0} <= set(answers.ravel().tolist())


@each_program
def test_the_export_is_calibrated(
    make_model: MakeModel, images: ByteArray, tmp_path: Path, to: str
) -> None:
    """The temperature is part of the export; the rejector is not."""
    plain = make_model()
    rejector = Rejector(np.ones(20, np.float32), 0.0, 1.0)
    model = replace(plain, temperature=0.5, rejector=rejector)
    answers, _ = run(export_model(model, tmp_path / "m", to=to), images)
    squares = plain.predict_proba(images) ** 2
    expected = squares / squares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answers, expected, rtol=1e-5, atol=1e-6)


@each_format
def test_the_same_model_gives_the_same_bytes(
    make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    """A file contains neither the time nor a path."""
    export_any(make_model(), tmp_path / "first", to)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2030, 1, 2, 3, 4, 6, 0, 0, 0))
    export_any(make_model(), tmp_path / "second", to)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


@each_format
def test_every_activation_is_supported(to: str) -> None:
    """Each table has the activations of the library and no others."""
    module, name = TABLES[to]
    table: Collection[str] = getattr(module, name)
    own = {"identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax"}
    assert own <= {*table} <= {*ACTIVATIONS}


@each_format
def test_a_failure_leaves_the_old_file(
    make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    """Neither an unsupported activation nor a full disk damages an older file."""
    path = tmp_path / "m"
    if FORMATS[to].folder:
        path.mkdir()
    (path / "index.html" if path.is_dir() else path).write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(*TABLES[to], {"softmax": None})
        with pytest.raises(SettingError, match="activation to be one of softmax, got 'relu'"):
            export_any(make_model("relu"), path, to)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="disk full"):
        export_any(make_model(), path, to)
    assert contents(tmp_path) == [b"old"]


def test_an_unknown_format(make_model: MakeModel, tmp_path: Path) -> None:
    """The error lists the formats and suggests the closest."""
    with pytest.raises(
        SettingError, match="one of onnx, npz, torch, html, site, got 'onxx'; did you mean"
    ):
        export_model(make_model(), tmp_path / "m", to="onxx")
    assert not (tmp_path / "m").exists()


def test_another_kind_of_layer() -> None:
    """A layer that is neither Dense, nor an activation, nor dropout is an error."""
    network: Any = SimpleNamespace(names=["one"], layers=[object()])
    with pytest.raises(SettingError, match="Dense, Dropout or an activation, got <object"):
        acting_layers(network)
