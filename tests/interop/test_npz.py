"""npz archives: plain arrays, and lines of NumPy that need nothing of Inkling."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray, FloatArray
from inkling.errors import SettingError
from inkling.interop.npz import FORMS, npz_bytes, npz_code
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn.activations import ReLU, Softmax
from inkling.nn.dense import Dense
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS

MakeModel = Callable[..., Model]
CheckSame = Callable[[Any, FloatArray], None]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", FORMS)
def test_the_lines_of_numpy_say_the_same(
    make_model: MakeModel,
    images: ByteArray,
    tmp_path: Path,
    check_same: CheckSame,
    run_code: Any,
    kind: str,
    dtype: str,
) -> None:
    """For each activation, in the middle and at the end, in the model's dtype, without a warning."""
    model = make_model(kind, kind, dtype)
    (tmp_path / "m.npz").write_bytes(npz_bytes(model))
    answers, classes = run_code(npz_code(model, tmp_path / "m.npz"), images)
    check_same(answers, model.predict_proba(images))
    assert classes == list(model.classes)


def test_it_knows_every_activation() -> None:
    """Those that networks can have today."""
    assert {*FORMS} >= {"identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax"}
    assert {*FORMS} <= {*ACTIVATIONS}


def test_the_usual_network_takes_five_lines() -> None:
    """Scale, hidden layer, output layer, and two for softmax; then it returns."""
    network = build_mlp((784, 9, 10), rng=np.random.default_rng(0))
    code = npz_code(Model(network, tuple("0123456789")), Path("digits.npz"))
    body = code.partition("def predict_proba")[2].splitlines()[1:]
    assert len(body) == 5 + 1
    assert body[-1].strip() == "return a"
    assert "inkling" not in code


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_huge_scores_stay_finite(
    make_model: MakeModel, images: ByteArray, tmp_path: Path, run_code: Any, output: str
) -> None:
    """Where e^z would overflow: no NaN, no warning."""
    model = make_model("sigmoid", output)
    for parameter in model.network.parameters.values():
        parameter *= 1e4
    (tmp_path / "m.npz").write_bytes(npz_bytes(model))
    answers, _ = run_code(npz_code(model, tmp_path / "m.npz"), images)
    np.testing.assert_allclose(answers, model.predict_proba(images), atol=1e-6)


def test_layers_without_an_activation_in_between(
    images: ByteArray, tmp_path: Path, check_same: CheckSame, run_code: Any
) -> None:
    """Two Dense in a row, two activations in a row: what networks may have, exports have."""
    rng = np.random.default_rng(3)
    layers = [Dense(35, 9, rng=rng), Dense(9, 7, rng=rng), ReLU(), Softmax(), Dense(7, 3, rng=rng)]
    model = Model(Network([*layers, Softmax()]), ("a", "b", "c"), (5, 7))
    (tmp_path / "m.npz").write_bytes(npz_bytes(model))
    answers, _ = run_code(npz_code(model, tmp_path / "m.npz"), images)
    check_same(answers, model.predict_proba(images))


def test_plain_arrays(make_model: MakeModel, tmp_path: Path) -> None:
    """Under tutorial 1's names, in the model's numbers; no objects."""
    model = make_model(dtype="float64")
    (tmp_path / "m.npz").write_bytes(npz_bytes(model))
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        arrays = dict(file)
    for number in (1, 2, 3):
        dense = (f"dense{number}.weights", f"dense{number}.bias")
        for name, wanted in zip((f"w{number}", f"b{number}"), dense, strict=True):
            np.testing.assert_array_equal(arrays.pop(name), model.network.parameters[wanted])
    assert {name: array.dtype.kind for name, array in arrays.items()} == {
        **{"factor": "f", "offset": "f"},
        **{"classes": "U", "description": "U"},
    }
    assert (float(arrays["factor"]), float(arrays["offset"])) == (2 / 255, -1.0)


@pytest.mark.parametrize("hidden", ["leaky_relu", "gelu"])
def test_inkling_reads_it_back(
    make_model: MakeModel, images: ByteArray, tmp_path: Path, hidden: str
) -> None:
    """Bit for bit, with slope, dropout, scaling, class names and manifest."""
    model = make_model(hidden)
    (tmp_path / "m.npz").write_bytes(npz_bytes(model))
    loaded = load_model(tmp_path / "m.npz").require_single("test")
    assert loaded.predict_proba(images).tobytes() == model.predict_proba(images).tobytes()
    assert loaded.describe() == model.describe()


def test_tutorial_1_reads_it(tmp_path: Path) -> None:
    """What it does with its file, done with ours, gives the same answers."""
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


def test_an_unknown_activation_is_named(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before there is a file."""
    known = {name: form for name, form in FORMS.items() if name != "gelu"}
    monkeypatch.setattr("inkling.interop.npz.FORMS", known)
    message = (
        "npz export: expected activation to be one of identity, sigmoid, tanh, relu, leaky_relu, "
        "softmax, got 'gelu'; did you mean 'relu'?"
    )
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        npz_bytes(make_model("gelu"))


def test_the_same_model_gives_the_same_bytes(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive holds no time of day."""
    first = npz_bytes(make_model())
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2030, 1, 2, 3, 4, 6, 0, 0, 0))
    assert npz_bytes(make_model()) == first
