"""npz archives: tutorial 1's file is a model; pickles and damaged archives are rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import inkling
from inkling._types import AnyArray, ByteArray
from inkling.errors import ModelFileError
from inkling.model import npz_reader as module
from inkling.model.file import load_model


def tutorial_1() -> dict[str, AnyArray]:
    """What tutorial 1 passes to ``np.savez``: float64, weights (inputs, outputs)."""
    rng = np.random.default_rng(0)
    return {
        "w1": 0.1 * rng.normal(size=(784, 11)),
        "b1": rng.normal(size=11),
        "w2": rng.normal(size=(11, 10)),
        "b2": rng.normal(size=10),
    }


def noise(shape: tuple[int, ...] = (7, 28, 28)) -> ByteArray:
    """Returns random images."""
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)


def save(path: Path, arrays: dict[str, Any]) -> Path:
    """Writes an archive and returns its path."""
    np.savez(path, allow_pickle=True, **arrays)
    return path


def error_of(path: Path) -> str:
    """Returns the one line with which loading fails, without its path."""
    with pytest.raises(ModelFileError) as error:
        load_model(path)
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix(f"model {path}").removeprefix(": ")


def test_tutorial_1s_model(tmp_path: Path) -> None:
    """Its probabilities are those of the formulas of its own ``predict``: pixels / 255, sigmoids."""
    r = tutorial_1()
    model = inkling.load_model(save(tmp_path / "nnmodel.npz", r))
    images = noise()
    a1 = 1 / (1 + np.exp(-(images.reshape(7, 784) / 255.0 @ r["w1"] + r["b1"])))
    a2 = 1 / (1 + np.exp(-(a1 @ r["w2"] + r["b2"])))
    np.testing.assert_allclose(model.predict_proba(images), a2, rtol=1e-12)
    assert model.classes == tuple("0123456789")
    assert model.network.summary == "784 → 11 sigmoid → 10 sigmoid"


def test_other_activations_and_depths(tmp_path: Path) -> None:
    """An archive may name activations; biases may have any shape with the right number of elements."""
    rng = np.random.default_rng(2)
    sizes = [(25, 9), (9, 7), (7, 3)]
    weights = [rng.normal(size=size).astype(np.float32) for size in sizes]
    biases = [rng.normal(size=(1, size[1])).astype(np.float32) for size in sizes]
    arrays: dict[str, Any] = {f"w{n}": w for n, w in enumerate(weights, 1)}
    arrays |= {"b1": biases[0], "b2": biases[1].T, "b3": biases[2][0]}
    names = ["tanh", "relu", "softmax"]
    model = load_model(save(tmp_path / "m.npz", {**arrays, "activations": names}))
    images = noise((5, 5, 5))
    a = np.tanh(images.reshape(5, 25) / 255 @ weights[0] + biases[0])
    a = np.maximum(a @ weights[1] + biases[1], 0)
    z = a @ weights[2] + biases[2]
    wanted = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(images), wanted, rtol=1e-5)
    assert (model.classes, model.image_shape) == (("0", "1", "2"), (5, 5))


def test_the_advice_converts_tutorial_0s_model(tmp_path: Path) -> None:
    """Its pickle is not opened, but the lines that convert it work on its layout."""
    rng = np.random.default_rng(3)
    weights = [np.array([0]), rng.normal(size=(9, 784)) / 28, rng.normal(size=(10, 9))]
    biases = [np.array([0]), rng.normal(size=(9, 1)), rng.normal(size=(10, 1))]
    both = np.empty((2, 3), dtype=object)
    both[0], both[1] = weights, biases
    np.save(tmp_path / "model.npy", both, allow_pickle=True)
    sentence = error_of(tmp_path / "model.npy")
    first, _, second = sentence.partition("yourself: ")[2].rstrip(".").partition(", then ")
    exec(f"{first}\n{second}".replace('"model.', f'"{tmp_path}/model.'), {"numpy": np})
    images = noise()
    a = images.reshape(7, 784, 1) / 255  # columns, as in the tutorial
    a = np.maximum(weights[1] @ a + biases[1], 0)
    z = weights[2] @ a + biases[2]
    wanted = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[..., 0]
    np.testing.assert_allclose(load_model(tmp_path / "model.npz").predict_proba(images), wanted)


UNFIT = "its parts do not fit: "


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"w1": None}, "expected arrays w1, b1, w2, b2 and so on, got b1, w2, b2."),
        ({"b2": None}, "expected arrays w1, b1, w2, b2 and so on, got w1, b1, w2."),
        ({"w1": np.zeros(784)}, "expected w1 of shape (inputs, outputs), got (784,)."),
        ({"activations": "relu"}, "expected 2 activations, one per layer, got 1."),
        ({"activations": ["relu"] * 5}, "expected 2 activations, one per layer, got 5."),
        ({"w1": np.zeros((783, 11))}, f"{UNFIT}Model: expected an image shape of 783 pixels"),
        (
            {"activations": ["relu", "softmaks"]},
            "expected architecture[3].kind to be one of dense, ",
        ),
        ({"b1": np.zeros(9)}, f"{UNFIT}file: expected dense1.bias of shape (11,), got (9,)."),
        (
            {"w1": np.zeros((784, 11), int)},
            "expected dtype to be one of float32, float64, got 'int64'.",
        ),
        ({"description": np.array("[1")}, "expected JSON text, got "),
        ({"description": np.array([1, 2])}, "expected JSON text, got "),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    """The error names the array."""
    arrays = {**tutorial_1(), **changes}
    path = save(tmp_path / "m.npz", {name: a for name, a in arrays.items() if a is not None})
    assert error_of(path).startswith(reason)


def test_objects_are_not_loaded(tmp_path: Path) -> None:
    """An array that would run a program when it is unpickled stays bytes."""

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "it ran",)

    objects = np.empty((1, 1), dtype=object)
    objects[0, 0] = Bomb()
    path = save(tmp_path / "m.npz", {**tutorial_1(), "anything": objects})
    assert "anything: expected an array of numbers, got Python objects" in error_of(path)
    assert not (tmp_path / "it ran").exists()


def test_no_archive_or_too_large_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is rejected before anything is unpacked."""
    path = tmp_path / "m.npz"
    path.write_bytes(b"PK\x03\x04 and no more")
    assert error_of(path).startswith("expected an npz archive")
    save(path, tutorial_1())
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    assert error_of(path).startswith("expected arrays of at most 1,000 bytes")
