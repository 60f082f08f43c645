"""Archives of arrays: tutorial 1's file is a model; a pickle, a bomb and a riddle are not."""

from __future__ import annotations

import json
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import inkling
from inkling._types import AnyArray, ByteArray
from inkling.errors import DivergenceError, ModelFileError
from inkling.model import npz_reader as module
from inkling.model.model import load_model


def sigmoid(z: AnyArray) -> AnyArray:
    """As tutorial 1 writes it."""
    result: AnyArray = 1 / (1 + np.exp(-z))
    return result


def tutorial_1(inputs: int = 784, outputs: int = 10) -> dict[str, AnyArray]:
    """What ``np.savez`` of tutorial 1 is given: float64, weights (inputs, outputs)."""
    rng = np.random.default_rng(0)
    return {
        "w1": 0.1 * rng.normal(size=(inputs, 11)),
        "b1": rng.normal(size=11),
        "w2": rng.normal(size=(11, outputs)),
        "b2": rng.normal(size=outputs),
    }


def pictures(shape: tuple[int, ...] = (7, 28, 28)) -> ByteArray:
    """Noise."""
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)


def save(path: Path, arrays: dict[str, Any]) -> Path:
    """Writes an archive and returns where."""
    np.savez(path, allow_pickle=True, **arrays)
    return path


def refusal(path: Path) -> str:
    """Returns the one line that says why a file is not read, without its name."""
    with pytest.raises(ModelFileError) as error:
        load_model(path)
    sentence = str(error.value)
    assert sentence.startswith(f"model {path}: ")
    assert "\n" not in sentence
    return sentence.removeprefix(f"model {path}: ")


def test_tutorial_1s_model(tmp_path: Path) -> None:
    """Pixels / 255, two layers of sigmoids, ten digits; the formulas of its own ``predict``."""
    r = tutorial_1()
    model = inkling.load_model(save(tmp_path / "nnmodel.npz", r))
    images = pictures()
    a1 = sigmoid(np.dot(images.reshape(7, 784) / 255.0, r["w1"]) + r["b1"])
    a2 = sigmoid(np.dot(a1, r["w2"]) + r["b2"])
    np.testing.assert_allclose(model.predict_proba(images), a2, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(images), a2.argmax(axis=1))
    assert model.classes == tuple("0123456789")
    assert model.network.summary == "784 → 11 sigmoid → 10 sigmoid"
    assert model.network.dtype == np.float64


def test_it_reads_digits_and_saves(tmp_path: Path) -> None:
    """It is a model like any other: the recognizer takes it, and a model file holds it."""
    path = save(tmp_path / "nnmodel.npz", tutorial_1())
    canvas = np.full((90, 60), 255, np.uint8)
    canvas[20:70, 25:35] = 0
    assert inkling.Recognizer(path).read_digit(canvas).digit in range(10)
    load_model(path).save(tmp_path / "m.safetensors")
    images = pictures()
    assert (
        load_model(tmp_path / "m.safetensors").predict_proba(images).tobytes()
        == load_model(path).predict_proba(images).tobytes()
    )


def test_other_activations_and_depths(tmp_path: Path) -> None:
    """Said by name; bias vectors in any form that has the right length."""
    rng = np.random.default_rng(2)
    sizes = [(25, 9), (9, 7), (7, 3)]
    weights = [rng.normal(size=size).astype(np.float32) for size in sizes]
    biases = [rng.normal(size=(1, size[1])).astype(np.float32) for size in sizes]
    biases[1] = biases[1].T
    arrays = {f"w{n}": w for n, w in enumerate(weights, 1)} | {
        f"b{n}": b for n, b in enumerate(biases, 1)
    }
    names = ["tanh", "relu", "softmax"]
    model = load_model(save(tmp_path / "m.npz", {**arrays, "activations": names}))
    images = pictures((5, 5, 5))
    a = np.tanh(images.reshape(5, 25) / 255 @ weights[0] + biases[0])
    a = np.maximum(a @ weights[1] + biases[1].T, 0)
    z = a @ weights[2] + biases[2]
    wanted = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(images), wanted, rtol=1e-5)
    assert model.classes == ("0", "1", "2")
    assert model.image_shape == (5, 5)


def test_tutorial_0s_model_gets_a_sentence_that_works(tmp_path: Path) -> None:
    """Why its pickle is not opened, and the lines that convert it: they are run here, on its layout."""
    rng = np.random.default_rng(3)
    weights = [np.array([0]), rng.normal(size=(9, 784)) / 28, rng.normal(size=(10, 9))]
    biases = [np.array([0]), rng.normal(size=(9, 1)), rng.normal(size=(10, 1))]
    both = np.empty((2, 3), dtype=object)
    both[0], both[1] = weights, biases
    np.save(tmp_path / "model.npy", both, allow_pickle=True)
    sentence = refusal(tmp_path / "model.npy")
    assert sentence == (
        "expected a .safetensors or .npz file, got .npy; tutorial 0's holds a pickle, and whoever "
        "opens a pickle runs the program in it; if you made the file yourself: weights, biases = "
        'numpy.load("model.npy", allow_pickle=True), then numpy.savez("model.npz", w1=weights[1].T, '
        "b1=biases[1].ravel(), w2=weights[2].T, b2=biases[2].ravel(), "
        'activations=["relu", "softmax"]).'
    )
    first, _, second = sentence.partition("yourself: ")[2].rstrip(".").partition(", then ")
    lines = f"{first}\n{second}".replace('"model.', f'"{tmp_path}/model.')
    exec(lines, {"numpy": np})
    images = pictures()
    a = images.reshape(7, 784, 1) / 255  # columns, one image at a time, as the tutorial has it
    a = np.maximum(weights[1] @ a + biases[1], 0)
    z = weights[2] @ a + biases[2]
    wanted = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[..., 0]
    np.testing.assert_allclose(load_model(tmp_path / "model.npz").predict_proba(images), wanted)


def test_an_npy_file_is_not_even_opened(tmp_path: Path) -> None:
    """Its name is enough; there need not be a file."""
    assert refusal(tmp_path / "nothing.npy").startswith("expected a .safetensors or .npz file, got")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"w1": None}, "expected arrays w1, b1, w2, b2 and so on, got b1, w2, b2."),
        ({"b2": None}, "expected arrays w1, b1, w2, b2 and so on, got w1, b1, w2."),
        ({"w1": np.zeros(784)}, "expected w1 of shape (inputs, outputs), got (784,)."),
        (
            {"activations": ["relu"]},
            "expected 2 activations, one a layer, got relu.",
        ),
        (
            {"w1": np.zeros((783, 11))},
            "expected as many inputs as a square picture has pixels, got 783.",
        ),
        (
            {"activations": ["relu", "softmaks"]},
            "its parts do not fit: Network: expected a layer to be one of dense, dropout, identity, "
            "sigmoid, tanh, relu, leaky_relu, gelu, softmax, got 'softmaks'; did you mean 'softmax'?",
        ),
        (
            {"b1": np.zeros(9)},
            "its parts do not fit: file: expected dense1.bias of shape (11,), got (9,).",
        ),
        (
            {"w2": np.zeros((9, 10))},
            "its parts do not fit: ",
        ),
        (
            {"w1": np.zeros((784, 11), np.int64)},
            "its parts do not fit: dtype: expected float32 or float64, got 'int64'.",
        ),
        (
            {"w2": np.full((11, 10), np.nan)},
            "its parts do not fit: dense2.weights: expected finite numbers, got NaN or infinity.",
        ),
        ({"description": np.array("[1")}, "its parts do not fit: JSONDecodeError: "),
        ({"description": np.array("[" * 100_000)}, "its parts do not fit: RecursionError: "),
        ({"description": np.array("{}")}, "its parts do not fit: KeyError: 'dtype'"),
        ({"description": np.array([1, 2])}, "its parts do not fit: "),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    """One line says which."""
    arrays = {**tutorial_1(), **changes}
    path = save(tmp_path / "m.npz", {name: a for name, a in arrays.items() if a is not None})
    assert refusal(path).startswith(reason)


def test_objects_are_not_loaded(tmp_path: Path) -> None:
    """The array that would run a program when it is unpickled stays bytes."""

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "it ran",)

    for name in ("w1", "activations", "anything"):
        objects = np.empty((1, 1), dtype=object)
        objects[0, 0] = Bomb()
        path = save(tmp_path / "m.npz", {**tutorial_1(), name: objects})
        assert refusal(path) == "expected an npz archive of arrays of numbers, got Python objects."
    assert not (tmp_path / "it ran").exists()


def test_nothing_there_a_folder_no_archive_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before anything is unpacked."""
    path = tmp_path / "m.npz"
    assert refusal(path) == "expected an .npz file, got nothing there."
    path.write_bytes(b"PK\x03\x04 and no more")
    assert refusal(path).startswith("expected an npz archive of arrays of numbers, got ")
    path.unlink()
    path.mkdir()
    assert refusal(path) == "expected an .npz file, got a folder."
    path.rmdir()
    save(path, tutorial_1())
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    assert re.fullmatch(r"expected at most 4 GB of arrays, got 7\d,\d{3} bytes\.", refusal(path))


def test_entries_that_are_no_arrays(tmp_path: Path) -> None:
    """A text among the arrays is ignored; in place of one it is refused."""
    path = save(tmp_path / "m.npz", tutorial_1())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.txt", "hello")
    assert load_model(path).network.inputs == 784
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("w1.npy", "hello")
        archive.writestr("b1.npy", "hello")
    assert "expected" in refusal(path)


def test_a_lying_header_allocates_nothing(tmp_path: Path) -> None:
    """An array of 100 bytes that claims to have a terabyte."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000,), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(tmp_path / "m.npz", "w") as archive:
        archive.writestr("w1.npy", content + bytes(100))
        archive.writestr("b1.npy", content + bytes(100))
    tracemalloc.start()
    refusal(tmp_path / "m.npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    """A small archive as ``inkling export`` writes it."""
    rng = np.random.default_rng(5)
    network = inkling.build_mlp((4, 3), rng=rng)
    inkling.export_model(
        inkling.Model(network, ("a", "b", "c"), (2, 2)), tmp_path / "m.npz", to="npz"
    )
    return (tmp_path / "m.npz").read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes_never_escape(
    archive: bytes, tmp_path: Path, flips: list[tuple[float, int]]
) -> None:
    """A byte or four anywhere in the file: a model that works, or one line."""
    content = bytearray(archive)
    for place, change in flips:
        content[int(place * (len(content) - 1))] ^= change
    (tmp_path / "m.npz").write_bytes(bytes(content))
    sentence = ""
    try:
        loaded = load_model(tmp_path / "m.npz")
        loaded.predict(np.zeros((3, *loaded.image_shape), np.uint8))
    except (ModelFileError, DivergenceError) as error:
        sentence = str(error)
    assert "\n" not in sentence


def test_a_description_that_lies_is_refused_before_memory_is_taken(
    archive: bytes, tmp_path: Path
) -> None:
    """As in a model file: sizes are compared with the arrays first."""
    (tmp_path / "m.npz").write_bytes(archive)
    with np.load(tmp_path / "m.npz") as file:
        arrays = dict(file)
    description = json.loads(str(arrays["description"]))
    description["architecture"][0]["inputs"] = 10**9
    path = save(tmp_path / "m.npz", {**arrays, "description": np.array(json.dumps(description))})
    assert refusal(path) == (
        "its parts do not fit: file: expected dense1.weights of shape (1000000000, 3), got (4, 3)."
    )
