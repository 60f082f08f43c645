"""The model file: every bit comes back; a file that lies, is damaged or hostile gets one line."""

from __future__ import annotations

import copy
import json
import pickle
import re
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import inkling
from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.data.scaling import PixelScaling
from inkling.errors import DivergenceError, ModelFileError, ShapeError
from inkling.model import model as module
from inkling.model.model import Model, load_model
from inkling.nn.mlp import build_mlp
from inkling.training.run import train

CLASSES = ("a", "ü", "c", "[red]", "")
Description = dict[str, Any]


@pytest.fixture
def model() -> Model:
    """15 → 7 relu, dropout → 5 softmax, with everything that a file can hold."""
    network = build_mlp((15, 7, 5), rng=np.random.default_rng(0), dropout=0.5)
    for parameter in network.parameters.values():
        parameter += 0.01
    manifest = {"seed": 3, "results": {"test_accuracy": 0.5}, "note": "ä → 漢"}
    return Model(network, CLASSES, (5, 3), PixelScaling(2 / 255, -1.0), manifest)


@pytest.fixture
def images() -> ByteArray:
    """11 pictures of 5 × 3."""
    return np.random.default_rng(1).integers(0, 256, (11, 5, 3)).astype(np.uint8)


def assert_same(loaded: Model, model: Model) -> None:
    """Raises unless two models are the same, bit for bit."""
    assert loaded.network.architecture() == model.network.architecture()
    assert list(loaded.network.parameters) == list(model.network.parameters)
    for name, array in model.network.parameters.items():
        assert loaded.network.parameters[name].dtype == array.dtype
        assert loaded.network.parameters[name].tobytes() == array.tobytes()
    for part in ("classes", "image_shape", "scaling", "manifest"):
        assert getattr(loaded, part) == getattr(model, part)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_every_bit_comes_back(
    model: Model, images: ByteArray, tmp_path: Path, dtype: str, output: str
) -> None:
    """Weights, names, scaling, manifest, and therefore every probability."""
    network = build_mlp(
        (15, 7, 5),
        rng=np.random.default_rng(0),
        dtype=dtype,
        output=output,
        activation="leaky_relu",
    )
    model = Model(network, CLASSES, (5, 3), model.scaling, model.manifest)
    model.save(tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors")
    assert_same(loaded, model)
    assert loaded.predict_proba(images).tobytes() == model.predict_proba(images).tobytes()


def test_a_trained_model_with_other_classes(tmp_path: Path) -> None:
    """A folder of letters: three classes with names of their own, through training and the file."""
    from PIL import Image

    for place, name in enumerate(("alpha", "beta", "gamma")):
        (tmp_path / "letters" / name).mkdir(parents=True)
        for count in range(7):
            ink = np.full((31, 23), 255, np.uint8)
            ink[3 + count : 25, 5 + 4 * place : 8 + 4 * place] = 0
            ink[10:13, 3 : 6 + 5 * place] = 0
            Image.fromarray(ink).save(tmp_path / "letters" / name / f"{count}.png")
    train(tmp_path / "letters", hidden=(5,), epochs=2, run=tmp_path / "run")
    loaded = load_model(tmp_path / "run")
    assert loaded.classes == ("alpha", "beta", "gamma")
    assert loaded.predict(np.zeros((7, 28, 28), np.uint8)).max() < 3


def test_half_precision(model: Model, tmp_path: Path) -> None:
    """Half the size; each weight is the nearest float16, computed with in float32."""
    model.save(tmp_path / "whole")
    model.save(tmp_path / "half", half_precision=True)
    loaded = load_model(tmp_path / "half")
    assert loaded.network.dtype == np.float32
    for name, array in model.network.parameters.items():
        np.testing.assert_array_equal(
            loaded.network.parameters[name], array.astype(np.float16).astype(np.float32)
        )
    floats = sum(array.size for array in model.network.parameters.values())
    sizes = [(tmp_path / name).stat().st_size for name in ("whole", "half")]
    assert sizes[0] - sizes[1] == pytest.approx(2 * floats, abs=32)  # the header is padded
    model.network.parameters["dense1.weights"][0, 0] = 1e6
    path = tmp_path / "half"
    message = f"model {path}: expected finite numbers in dense1.weights, got NaN or infinity."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        model.save(tmp_path / "half", half_precision=True)
    assert_same(load_model(tmp_path / "half"), loaded)


def test_a_run_directory_is_as_good_as_its_model(model: Model, tmp_path: Path) -> None:
    """The file in it is taken; a path may be a string."""
    model.save(str(tmp_path / "model.safetensors"))
    assert_same(load_model(str(tmp_path)), model)


def test_two_saves_are_the_same_bytes(model: Model, tmp_path: Path) -> None:
    """So that a checksum says which model a file holds."""
    saves = set()
    for _ in range(7):
        model.save(tmp_path / "m")
        saves.add((tmp_path / "m").read_bytes())
    assert len(saves) == 1


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_model_with_nan_is_not_saved(model: Model, tmp_path: Path, number: float) -> None:
    """The old file stays."""
    path = tmp_path / "m"
    model.save(path)
    before = path.read_bytes()
    model.network.parameters["dense2.bias"][3] = number
    message = f"model {path}: expected finite numbers in dense2.bias, got NaN or infinity."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        model.save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), MemoryError()])
def test_a_failure_while_writing_leaves_the_old_file(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Whatever stops it, before the bytes are made or while they are written."""
    path = tmp_path / "m"
    model.save(path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise error

    for place in ("os.fsync", "inkling.model.model.tensor_bytes", "pathlib.Path.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(place, fail)
            with pytest.raises(type(error)):
                model.save(path)
        assert path.read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == ["m"]


def test_a_manifest_that_is_no_plain_data_leaves_the_old_file(model: Model, tmp_path: Path) -> None:
    """JSON has no sets; nothing is written."""
    path = tmp_path / "m"
    model.save(path)
    before = path.read_bytes()
    with pytest.raises(TypeError, match="not JSON serializable"):
        Model(model.network, CLASSES, (5, 3), manifest={"x": {1, 2}}).save(path)
    assert path.read_bytes() == before


def test_parts_that_do_not_fit() -> None:
    """Class names and picture size are compared with the network at once."""
    network = build_mlp((15, 5), rng=np.random.default_rng(0))
    message = "Model: expected 5 class names, one an output, got 3."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        Model(network, ("a", "b", "c"), (5, 3))
    message = "Model: expected an image shape of 15 pixels, got (28, 28)."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        Model(network, CLASSES)


def test_only_pixels_are_predicted(model: Model) -> None:
    """Scaled floats or pictures of another size would give answers that mean nothing."""
    message = "Model: expected images as uint8, 0 to 255, got float64."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        model.predict(np.zeros((3, 5, 3)))  # type: ignore[arg-type]
    message = "Model: expected images of shape (N, 5, 3), got (3, 3, 5)."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        model.predict(np.zeros((3, 3, 5), np.uint8))
    assert model.predict_proba(np.zeros((0, 5, 3), np.uint8)).shape == (0, 5)


def test_weights_too_large_to_compute_with(model: Model, images: ByteArray) -> None:
    """Finite each, infinite together: an error, and no NaN among the probabilities."""
    for parameter in model.network.parameters.values():
        parameter[...] = 3e38
    with pytest.raises(DivergenceError, match=r"^network: expected finite outputs, got NaN"):
        model.predict(images)


# What follows are files that are not what they should be.


class Bench:
    """A good model file that can be taken apart and put together again, wrong."""

    def __init__(self, model: Model, folder: Path) -> None:
        self.path = folder / "m.safetensors"
        model.save(self.path)
        self.content = self.path.read_bytes()
        end = 8 + struct.unpack("<Q", self.content[:8])[0]
        self.header: Description = json.loads(self.content[8:end])
        self.arrays = self.content[end:]

    def write(self, header: Description, arrays: bytes | None = None) -> None:
        """Writes a file."""
        text = json.dumps(header).encode()
        arrays = self.arrays if arrays is None else arrays
        self.path.write_bytes(struct.pack("<Q", len(text)) + text + arrays)

    def write_description(self, change: Callable[[Description], Any]) -> None:
        """Writes the file with another description of the model in it."""
        header = copy.deepcopy(self.header)
        description = json.loads(header["__metadata__"]["model"])
        description = change(description) or description
        header["__metadata__"]["model"] = json.dumps(description)
        self.write(header)

    def refusal(self) -> str:
        """What ``load_model`` says; it must be one line."""
        with pytest.raises(ModelFileError) as error:
            load_model(self.path)
        sentence = str(error.value)
        assert "\n" not in sentence
        assert sentence.startswith(f"model {self.path}: ")
        return sentence.removeprefix(f"model {self.path}: ")


@pytest.fixture
def bench(model: Model, tmp_path: Path) -> Bench:
    """The model's file, on the bench."""
    return Bench(model, tmp_path)


def test_the_bench_puts_together_what_it_took_apart(bench: Bench, model: Model) -> None:
    """Else the tests below would refuse for the wrong reason."""
    bench.write(bench.header)
    assert_same(load_model(bench.path), model)
    bench.write_description(lambda _: None)
    assert_same(load_model(bench.path), model)


def test_no_file_at_all(tmp_path: Path) -> None:
    """Nothing there, or a folder without a model."""
    path = tmp_path / "nowhere"
    message = f"model {path}: expected a .safetensors file, got nothing there."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        load_model(path)
    message = f"model {tmp_path}: expected a .safetensors file, got a folder."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        load_model(tmp_path)


def test_a_pickle_is_not_opened(bench: Bench, tmp_path: Path) -> None:
    """Renamed or not, the program in it does not run."""

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    bench.path.write_bytes(pickle.dumps(Trap()))
    assert bench.refusal().startswith("expected a whole safetensors file, got ")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 9, 200, -1])
def test_a_file_cut_off(bench: Bench, kept: int) -> None:
    """At any length."""
    bench.path.write_bytes(bench.path.read_bytes()[:kept])
    assert bench.refusal().startswith("expected a whole safetensors file, got ")


@pytest.mark.parametrize(
    "content",
    [b"PNG" * 99, bytes(500), b"\xff" * 500, b'{"a": 1}', b"\x08" + bytes(7) + b"nonsense"],
)
def test_a_file_of_something_else(bench: Bench, content: bytes) -> None:
    """Pictures, zeros, text."""
    bench.path.write_bytes(content)
    assert bench.refusal().startswith("expected a whole safetensors file, got ")


@pytest.mark.parametrize(
    ("metadata", "got"),
    [
        ({"format": "inkling-model-2"}, "inkling-model-2"),
        ({"format": "pt"}, "pt"),
        ({}, "a safetensors file without one"),
    ],
)
def test_another_format(bench: Bench, metadata: dict[str, str], got: str) -> None:
    """Of a later version, or of another program: said before anything in it is believed."""
    bench.write({**bench.header, "__metadata__": metadata})
    assert bench.refusal() == (
        f"expected the format inkling-model-1, got {got}; it was not written by Inkling, or by a "
        "newer version."
    )


KINDS = "dense, dropout, identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax"


def dense(inputs: Any, outputs: Any) -> Description:
    """A layer as a file describes it."""
    return {"kind": "dense", "inputs": inputs, "outputs": outputs}


SOFTMAX = {"kind": "softmax"}
HUGE = 10**9


@pytest.mark.parametrize(
    ("architecture", "reason"),
    [
        (
            [{"kind": "conv"}, dense(15, 7), dense(7, 5), SOFTMAX],
            f"Network: expected a layer to be one of {KINDS}, got 'conv'.",
        ),
        (
            [dense(15, 8), dense(8, 5), SOFTMAX],
            "file: expected dense1.weights of shape (15, 8), got (15, 7).",
        ),
        (
            [dense(15, 7), {"kind": "relu"}],
            "file: expected the tensors dense1.weights, dense1.bias, got dense1.bias, "
            "dense1.weights, dense2.bias, dense2.weights.",
        ),
        (
            [dense(15, 7), dense(7, 5), dense(5, 5), SOFTMAX],
            "file: expected a tensor dense3.weights, got none.",
        ),
        (
            [dense(HUGE, HUGE), dense(HUGE, 5), SOFTMAX],
            "file: expected dense1.weights of shape (1000000000, 1000000000), got (15, 7).",
        ),
        # as many numbers in all as the file holds: 10¹⁸ + 10⁹ of one sign and nearly so of the other
        (
            [dense(HUGE, HUGE), dense(HUGE, -HUGE), dense(15, 7), dense(7, 5), SOFTMAX],
            "file: expected dense1.weights of shape (1000000000, 1000000000), got (15, 7).",
        ),
        (
            [dense(float("inf"), 7), dense(7, 5), SOFTMAX],
            "file: expected dense1.weights of shape (inf, 7), got (15, 7).",
        ),
        (
            [dense("15", 7), dense(7, 5), SOFTMAX],
            "Dense: expected inputs as a whole number in [1, ∞), got '15'.",
        ),
        (
            [dense(15.0, 7), dense(7, 5), SOFTMAX],
            "Dense: expected inputs as a whole number in [1, ∞), got 15.0.",
        ),
        (
            [{**dense(15, 7), "rng": 3}, dense(7, 5), SOFTMAX],
            "Network: expected the settings of a dense layer, got {'inputs': 15, 'outputs': 7, "
            "'rng': 3}.",
        ),
        (
            [dense(15, 7), {"kind": "dropout", "rate": 2}, dense(7, 5), SOFTMAX],
            "Dropout: expected rate in [0, 1), got 2.",
        ),
        (
            [dense(15, 7), dense(7, 5)],
            "Network: expected an activation as the last layer, got Dense(inputs=7, outputs=5); "
            "Softmax() for classes, Identity() for regression.",
        ),
        ([], "Network: expected at least one Dense layer, got []."),
        ([{"kind": "dense"}], "KeyError: 'inputs'"),
        ("abc", "AttributeError: 'str' object has no attribute 'get'"),
        (None, "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_an_architecture_that_lies(bench: Bench, architecture: Any, reason: str) -> None:
    """Refused before anything is allocated for it."""
    bench.write_description(lambda description: description.update(architecture=architecture))
    tracemalloc.start()
    sentence = bench.refusal()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sentence == f"its parts do not fit: {reason}"
    assert peak < 5e6


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dtype": "float16"}, "dtype: expected float32 or float64, got 'float16'."),
        ({"dtype": ["float32"]}, "dtype: expected float32 or float64, got ['float32']."),
        ({"dtype": "float64"}, "dense1.weights: expected float16 or float64, got float32."),
        ({"classes": ["a", "b"]}, "Model: expected 5 class names, one an output, got 2."),
        ({"classes": "abcde"}, "file: expected classes as a list of names, got 'abcde'."),
        ({"classes": [0, 1, 2, 3, 4]}, "file: expected classes as a list of names, got [0, 1, 2, "),
        ({"classes": None}, "file: expected classes as a list of names, got None."),
        ({"image_shape": [4, 4]}, "Model: expected an image shape of 15 pixels, got (4, 4)."),
        (
            {"image_shape": [-5, -3]},
            "file: expected image_shape as a whole number in [1, ∞), got -5.",
        ),
        (
            {"image_shape": [5.0, 3]},
            "file: expected image_shape as a whole number in [1, ∞), got 5.0.",
        ),
        (
            {"image_shape": [float("inf"), 3]},
            "file: expected image_shape as a whole number in [1, ∞), got inf.",
        ),
        ({"image_shape": [15]}, "ValueError: not enough values to unpack (expected 2, got 1)"),
        ({"scaling": {"factor": 1}}, "KeyError: 'offset'"),
        ({"scaling": {"factor": "1", "offset": 0}}, "TypeError: must be real number, not str"),
        (
            {"scaling": {"factor": float("nan"), "offset": 0}},
            "scaling: expected finite numbers, got (nan, 0).",
        ),
        (
            {"scaling": {"factor": 10**400, "offset": 0}},
            "OverflowError: int too large to convert to float",
        ),
        ({"manifest": [1]}, "AttributeError: 'list' object has no attribute 'get'"),
        (
            {"manifest": {"results": 5}},
            "file: expected a manifest with dataset, settings and results as objects, got something "
            "else.",
        ),
    ],
)
def test_a_description_that_lies(bench: Bench, changes: Description, reason: str) -> None:
    """Dtype, class names, picture size, scaling, manifest."""
    bench.write_description(lambda description: description.update(changes))
    assert bench.refusal().startswith(f"its parts do not fit: {reason}")


@pytest.mark.parametrize("part", ["architecture", "dtype", "classes", "image_shape", "scaling"])
def test_a_description_that_lacks_something(bench: Bench, part: str) -> None:
    """The sentence names it."""
    bench.write_description(lambda description: description.pop(part) and None)
    assert bench.refusal() == f"its parts do not fit: KeyError: '{part}'"


@pytest.mark.parametrize(
    "text", ["hello", "", "[]", "3", "null", "[" * 100_000, '{"a":' * 50_000, "9" * 5000, "\ud800"]
)
def test_a_description_that_is_none(bench: Bench, text: str) -> None:
    """Not JSON, not an object, or nested without end."""
    header = copy.deepcopy(bench.header)
    header["__metadata__"]["model"] = text
    bench.write(header)
    assert re.match(r"its parts do not fit: \w+: |expected a whole safetensors", bench.refusal())


def entry(shape: list[int], start: int, end: int, dtype: str = "F32") -> Description:
    """A tensor as a file describes it."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_missing_extra_and_misshapen_tensors(bench: Bench) -> None:
    """The tensors are the architecture's, no more, no fewer, of its shapes."""
    names = "dense1.weights, dense1.bias, dense2.weights, dense2.bias"
    end = len(bench.arrays)
    extra = {**bench.header, "x": entry([3], end, end + 12)}
    bench.write(extra, bench.arrays + bytes(12))
    assert bench.refusal().startswith(
        f"its parts do not fit: file: expected the tensors {names}, got "
    )
    renamed = {
        ("dense1.bia" if key == "dense1.bias" else key): v for key, v in bench.header.items()
    }
    bench.write(renamed)
    assert bench.refusal() == "its parts do not fit: file: expected a tensor dense1.bias, got none."
    for shape in ([7, 1], [1, 7]):
        turned = copy.deepcopy(bench.header)
        turned["dense1.bias"]["shape"] = shape
        bench.write(turned)
        assert bench.refusal() == (
            "its parts do not fit: file: expected dense1.bias of shape (7,), "
            f"got ({shape[0]}, {shape[1]})."
        )


@pytest.mark.parametrize("dtype", ["I32", "U32"])
def test_tensors_that_are_no_floats(bench: Bench, dtype: str) -> None:
    """Whole numbers of the same size are not weights."""
    header = copy.deepcopy(bench.header)
    for name in header:
        if name != "__metadata__":
            header[name]["dtype"] = dtype
    bench.write(header)
    assert bench.refusal() == (
        "its parts do not fit: dense1.weights: expected float16 or float32, got "
        f"{'int32' if dtype == 'I32' else 'uint32'}."
    )


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_tensors_that_are_no_numbers(bench: Bench, number: float) -> None:
    """NaN in a weight is damage or malice."""
    bench.write(bench.header, struct.pack("<f", number) + bench.arrays[4:])
    sentence = bench.refusal()
    assert re.fullmatch(
        r"its parts do not fit: dense\d\.\w+: expected finite numbers, got NaN or infinity\.",
        sentence,
    )


def check_damaged(content: bytes, path: Path, images: ByteArray) -> None:
    """Raises unless the bytes are a model that works, or are refused in one line."""
    path.write_bytes(content)
    sentence = ""
    try:
        loaded = load_model(path)
    except ModelFileError as error:
        sentence = str(error)
        assert "\n" not in sentence
        return
    shape = (3, *loaded.image_shape)
    try:
        said = loaded.predict_proba(np.resize(images, shape))
    except DivergenceError:  # a weight of 1e38 is finite
        return
    assert np.isfinite(said).all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes_never_escape(
    bench: Bench, images: ByteArray, flips: list[tuple[float, int]]
) -> None:
    """A byte or four anywhere in the file."""
    content = bytearray(bench.content)
    for place, change in flips:
        content[int(place * (len(content) - 1))] ^= change
    check_damaged(bytes(content), bench.path, images)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["dense", "relu", "softmax", "float32", "dropout"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["kind", "inputs", "outputs", "rate", "factor", "offset", "results", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    part=st.sampled_from(
        ["architecture", "dtype", "classes", "image_shape", "scaling", "manifest", "whole"]
    ),
    value=JSON,
)
@example("whole", None)
def test_any_json_in_the_description(
    bench: Bench, images: ByteArray, part: str, value: Any
) -> None:
    """Whatever stands where the architecture, the classes or the manifest should."""
    if part == "whole":
        metadata = {"format": "inkling-model-1", "model": json.dumps(value)}
        bench.write({**bench.header, "__metadata__": metadata})
    else:
        bench.write_description(lambda description: description.update({part: value}))
    check_damaged(bench.path.read_bytes(), bench.path, images)


def test_mnist_models_have_the_shape_of_their_data(strokes: Dataset, tmp_path: Path) -> None:
    """A trained model knows its picture size, scaling and manifest without being told."""
    train(strokes, hidden=(5,), epochs=1, run=tmp_path, seed=11)
    loaded = inkling.load_model(tmp_path)
    assert loaded.image_shape == (28, 28)
    assert loaded.scaling == PixelScaling(1 / 255, 0.0)
    assert loaded.manifest["seed"] == 11
    assert module.FORMAT == "inkling-model-1"
