"""Loading model files: good ones return the model, all others raise a ModelFileError of one line."""

from __future__ import annotations

import json
import pickle
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from inkling._types import AnyArray, ByteArray
from inkling.errors import DivergenceError, ModelFileError
from inkling.model.committee import CommitteeModel
from inkling.model.file import FORMATS, load_model
from inkling.model.locations import SHIPPED
from inkling.model.model import FORMAT, Model
from inkling.model.tensors import DIGEST, content_digest, read_tensors, tensor_bytes
from inkling.nn.mlp import build_mlp

Description = dict[str, Any]
Tensors = dict[str, AnyArray]
Change = Callable[[Description, Tensors], object]


def error_of(path: Path) -> str:
    """Returns the one line with which loading fails, without its path."""
    with pytest.raises(ModelFileError) as error:
        load_model(path)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"model {path}: ")
    return str(error.value).removeprefix(f"model {path}: ")


def change_file(path: Path, change: Change) -> None:
    """Rewrites a model file with a changed description or changed tensors, and their digest."""
    tensors, metadata = read_tensors(path, "model", FORMATS)
    description = json.loads(metadata["model"])
    change(description, tensors)
    metadata["model"] = json.dumps(description)
    path.write_bytes(save(tensors, {**metadata, DIGEST: content_digest(tensors, metadata)}))


@pytest.fixture
def path(model: Model, tmp_path: Path) -> Path:
    """The file of a model."""
    model.save(tmp_path / "m.safetensors")
    return tmp_path / "m.safetensors"


@pytest.fixture
def committee_path(committee: CommitteeModel, tmp_path: Path) -> Path:
    """The file of a committee."""
    committee.save(tmp_path / "c.safetensors")
    return tmp_path / "c.safetensors"


def test_the_model_of_a_run_directory(model: Model, tmp_path: Path) -> None:
    """The file in the directory is loaded; a path may be a string."""
    model.save(tmp_path / "model.safetensors")
    loaded = load_model(str(tmp_path)).require_single("test")
    assert loaded.describe() == model.describe()


def test_the_model_that_ships_is_a_file_of_version_0_1() -> None:
    """It loads with temperature and rejector, and saves to the same tensors."""
    model = load_model().require_single("test")
    assert model.rejector is not None
    assert 0 < model.temperature < 1
    tensors, metadata = read_tensors(SHIPPED, "model", FORMATS)
    assert model.describe() == json.loads(metadata["model"])
    for name, array in model.tensors().items():
        np.testing.assert_array_equal(array.astype(np.float16), tensors[name])


def test_files_without_temperature_rejector_and_mean_images(path: Path) -> None:
    """The first files had none of them."""

    def forget(description: Description, tensors: Tensors) -> None:
        del description["temperature"], description["nondigits"]
        del tensors["nondigits.weights"], tensors["class_means"]

    change_file(path, forget)
    loaded = load_model(path)
    assert loaded.rejector is None
    assert loaded.require_single("test").temperature == 1
    assert loaded.require_single("test").class_means is None


@pytest.mark.parametrize("kind", ["model", "committee"])
def test_files_of_version_0_1_have_no_digest(
    model: Model, committee: CommitteeModel, images: ByteArray, tmp_path: Path, kind: str
) -> None:
    """They load; a file of today's format without one does not."""
    saved: Model | CommitteeModel = model if kind == "model" else committee
    path = tmp_path / "m"
    saved.save(path)
    tensors, metadata = read_tensors(path, "model", FORMATS)
    path.write_bytes(save(tensors, {**metadata, "format": f"inkling-{kind}-1"}))
    np.testing.assert_array_equal(
        load_model(path).predict_proba(images), saved.predict_proba(images)
    )
    path.write_bytes(save(tensors, metadata))
    assert error_of(path) == "expected a whole safetensors file, got a file without a digest."


def test_a_pickle_is_not_executed(path: Path, tmp_path: Path) -> None:
    """Not even under the name of a model file."""

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    path.write_bytes(pickle.dumps(Trap()))
    assert error_of(path).startswith("expected a whole safetensors file, got ")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 9, 200, -1])
def test_a_truncated_file(path: Path, kept: int) -> None:
    """It is rejected at any length."""
    path.write_bytes(path.read_bytes()[:kept])
    assert error_of(path).startswith("expected a whole safetensors file, got ")


@pytest.mark.parametrize("metadata", [{"format": "inkling-model-3"}, {"format": "pt"}, None])
def test_another_format(path: Path, metadata: dict[str, str] | None) -> None:
    """A file of a later version or of another program is rejected."""
    path.write_bytes(save({"w": np.ones(3)}, metadata))
    assert error_of(path).startswith("expected the format inkling-model-2, got ")


def dense(inputs: Any, outputs: Any) -> Description:
    """A layer as a file describes it."""
    return {"kind": "dense", "inputs": inputs, "outputs": outputs}


SOFTMAX = {"kind": "softmax"}
HUGE = 10**8
REST = [dense(7, 5), SOFTMAX]
UNFIT = "its parts do not fit: "
COUNT = "to be a whole number in [1, 1e+08], got "
ARCHITECTURES: list[tuple[Any, str]] = [
    ([{"kind": "conv"}, dense(15, 7), *REST], "expected architecture[0].kind to be one of dense, "),
    ([{"inputs": 5}, dense(15, 7), *REST], "expected architecture[0].kind to be given, got none"),
    ([dense(15, 8), dense(8, 5), SOFTMAX], "dense1.weights of shape (15, 8), got (15, 7)"),
    ([dense(15, 7), {"kind": "relu"}], f"{UNFIT}file: expected the tensors dense1.weights, "),
    ([dense(15, 7), dense(7, 5), dense(5, 5), SOFTMAX], "a tensor dense3.weights, got none"),
    ([dense(HUGE, HUGE), dense(HUGE, 5), SOFTMAX], "dense1.weights of shape (100000000, "),
    ([dense(10**400, 7), *REST], f"expected architecture[0].inputs {COUNT}1000"),
    ([dense(float("inf"), 7), *REST], f"expected architecture[0].inputs {COUNT}inf"),
    ([dense("15", 7), *REST], f"expected architecture[0].inputs {COUNT}'15'"),
    ([dense(15.0, 7), *REST], f"expected architecture[0].inputs {COUNT}15.0"),
    (
        [{**dense(15, 7), "rng": 3}, *REST],
        "architecture[0] to be no fields but kind, inputs, outputs",
    ),
    (
        [dense(15, 7), {"kind": "dropout", "rate": 2}, *REST],
        "architecture[1].rate to be a number in [0",
    ),
    ([dense(15, 7), {"kind": "leaky_relu", "slope": None}, *REST], "architecture[1].slope to be a"),
    ([dense(15, 7), dense(7, 5)], f"{UNFIT}Network: expected an activation as the last layer"),
    ([], "expected architecture to be a list of 2 to 1000, got 0"),
    ([{"kind": "dense"}, SOFTMAX], "expected architecture[0].inputs to be given, got none"),
    (None, "expected architecture to be a list, got None"),
]


@pytest.mark.parametrize(("architecture", "reason"), ARCHITECTURES)
def test_an_architecture_that_does_not_fit(path: Path, architecture: Any, reason: str) -> None:
    """It is rejected before anything is allocated for it."""
    change_file(path, lambda description, _: description.update(architecture=architecture))
    tracemalloc.start()
    sentence = error_of(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reason in sentence
    assert peak < 5e6


NAN = np.full(7, np.nan, np.float32)
DEEP: Any = "x"
for _ in range(50):
    DEEP = [DEEP]
VALUES: list[tuple[Description, str]] = [
    ({"dtype": "float16"}, "expected dtype to be one of float32, float64, got 'float16'."),
    ({"dtype": ["float32"]}, "expected dtype to be one of float32, float64, got ['float32']."),
    ({"dtype": "float64"}, f"{UNFIT}dense1.weights: expected float16 or float64, got float32."),
    ({"classes": ["a", "b"]}, f"{UNFIT}Model: expected 5 class names, one per output, got 2."),
    ({"classes": "abcde"}, "expected classes to be a list, got 'abcde'."),
    ({"classes": [0, 1, 2, 3, 4]}, "expected classes[0] to be text, got 0."),
    ({"image_shape": [4, 4]}, f"{UNFIT}Model: expected an image shape of 15 pixels, got (4, 4)."),
    ({"image_shape": [-5, -3]}, f"expected image_shape[0] {COUNT}-5."),
    ({"image_shape": [15]}, "expected image_shape to be a list of 2 to 2, got 1."),
    ({"scaling": {"factor": 1}}, "expected scaling.offset to be given, got none."),
    ({"scaling": {"factor": "1", "offset": 0}}, "expected scaling.factor to be a number in "),
    (
        {"scaling": {"factor": float("nan"), "offset": 0}},
        "expected scaling.factor to be a number in ",
    ),
    ({"scaling": {"factor": 10**400, "offset": 0}}, "expected scaling.factor to be a number in "),
    ({"scaling": {"factor": 1e40, "offset": 0}}, "expected scaling.factor to be a number in "),
    ({"manifest": [1]}, "expected manifest to be named fields, got [1]."),
    ({"manifest": {"results": 5}}, "expected manifest.results to be named fields, got 5."),
    (
        {"manifest": {"results": {"test_accuracy": 7}}},
        "expected manifest.results.test_accuracy to be ",
    ),
    (
        {"manifest": {"dataset": {"source": 1}}},
        "expected manifest.dataset.source to be text, got 1.",
    ),
    (
        {"manifest": {"note": DEEP}},
        "expected manifest.note to be plain data for JSON, of at most 20 levels",
    ),
    ({"temperature": 0}, f"{UNFIT}Model: expected temperature in [1e-06, 1e+06], got 0."),
    ({"temperature": "cold"}, "expected temperature to be a number in (−∞, ∞), got 'cold'."),
    ({"temperature": 10**400}, "expected temperature to be a number in (−∞, ∞), got 1000"),
    (
        {"nondigits": {"bias": 0, "threshold": float("nan")}},
        "expected nondigits.threshold to be a ",
    ),
    ({"nondigits": {"bias": 0}}, "expected nondigits.threshold to be given, got none."),
    (
        {"nondigits": None},
        f"{UNFIT}file: expected nondigits and a tensor nondigits.weights, or neither",
    ),
    ({"mood": 1}, "expected no fields but architecture, dtype, classes, "),
]


@pytest.mark.parametrize(("values", "reason"), VALUES)
def test_a_description_that_does_not_fit(path: Path, values: Description, reason: str) -> None:
    """Each value is checked."""
    change_file(path, lambda description, _: description.update(values))
    assert error_of(path).startswith(reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "expected JSON text, got Expecting value"),
        ("", "expected JSON text, got Expecting value"),
        ("[]", "expected named fields, got []."),
        ("3", "expected named fields, got 3."),
        ("[" * 100_000, "expected JSON text, got one nested too deeply."),
        ("9" * 5000, "expected JSON text, got Exceeds the limit"),
        (
            '{"dtype": "float32", "dtype": "float64"}',
            "expected JSON text, got two fields of one name",
        ),
    ],
)
def test_a_description_that_is_no_object(path: Path, text: str, reason: str) -> None:
    """The text is not JSON, not an object, deeply nested, or ambiguous."""
    tensors, _ = read_tensors(path, "model", FORMATS)
    path.write_bytes(tensor_bytes(tensors, {"format": FORMAT, "model": text}))
    assert error_of(path).startswith(reason)


@pytest.mark.parametrize("wrong", [123, None, b"m.safetensors", ["m.safetensors"]])
def test_a_path_that_is_none(wrong: Any) -> None:
    """One sentence, for whoever passes something else."""
    message = "^load_model: expected the path of a model file or run directory, got "
    with pytest.raises(ModelFileError, match=message):
        load_model(wrong)


def test_a_name_that_no_file_can_have() -> None:
    """The system rejects it before it looks for the file."""
    for name in ("x" * 5000, "x" * 5000 + ".npz", "a\0b"):
        with pytest.raises(ModelFileError, match=r"^model [xa]"):
            load_model(name)


def test_a_rejector_needs_a_hidden_layer(tmp_path: Path) -> None:
    """Without one, no picture could be classified."""
    Model(build_mlp((15, 5), rng=np.random.default_rng(0)), tuple("abcde"), (5, 3)).save(
        tmp_path / "m"
    )

    def add(description: Description, tensors: Tensors) -> None:
        description["nondigits"] = {"bias": 0.0, "threshold": 1.0}
        tensors["nondigits.weights"] = np.zeros(0, np.float32)

    change_file(tmp_path / "m", add)
    assert error_of(tmp_path / "m").startswith(
        f"{UNFIT}Model: expected a hidden layer, which a rejector"
    )


def drop(name: str) -> Change:
    """Removes a tensor."""
    return lambda _, tensors: tensors.pop(name)


def put(name: str, array: AnyArray) -> Change:
    """Adds or replaces a tensor."""
    return lambda _, tensors: tensors.update({name: array})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put("x", np.zeros(3)), "the tensors dense1.weights, dense1.bias, "),
        (drop("dense1.bias"), "a tensor dense1.bias, got none"),
        (drop("nondigits.weights"), "nondigits and a tensor nondigits.weights, or neither"),
        (put("dense1.bias", np.zeros((7, 1))), "dense1.bias of shape (7,), got (7, 1)"),
        (put("dense1.bias", np.zeros(7, np.int32)), "float16 or float32, got int32"),
        (put("dense1.bias", NAN), "dense1.bias: expected finite numbers"),
        (put("nondigits.weights", NAN), "Rejector: expected finite numbers"),
        (
            put("nondigits.weights", np.ones(7, np.int32)),
            "nondigits.weights: expected float16 or float32",
        ),
        (
            put("nondigits.weights", np.ones(6, np.float32)),
            "rejector.weights of shape (7,), got (6,)",
        ),
        (
            put("class_means", np.zeros((5, 3, 5), np.uint8)),
            "class_means of shape (5, 5, 3), got (5, 3, 5)",
        ),
        (put("class_means", np.zeros((5, 5, 3), np.float16)), "class_means: expected uint8"),
    ],
)
def test_tensors_that_do_not_fit(path: Path, change: Change, reason: str) -> None:
    """They are those of architecture, rejector and mean images, of their shapes and types, finite."""
    change_file(path, change)
    assert reason in error_of(path)


def describe_as(**values: Any) -> Change:
    """Changes some values of the description."""
    return lambda description, _: description.update(values)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (describe_as(members=[]), "expected members to be a list of 1 to 1000, got 0"),
        (describe_as(members=3), "expected members to be a list, got 3"),
        (
            describe_as(members=[{"members": []}] * 3),
            "members[0].architecture to be given, got none",
        ),
        (describe_as(manifest=[]), "expected manifest to be named fields, got []"),
        (describe_as(temperature=0), "temperature in [1e-06, 1e+06], got 0"),
        (drop("member2/dense1.bias"), "a tensor dense1.bias, got none"),
        (
            put("class_means", np.zeros((5, 5, 3), np.uint8)),
            "tensors of 3 members, got class_means",
        ),
        (drop("nondigits.weights"), "nondigits and a tensor nondigits.weights, or neither"),
        (put("member2/dense2.bias", np.zeros(4)), "dense2.bias of shape (5,), got (4,)"),
        (put("member4/dense1.bias", np.zeros(3)), "tensors of 3 members, got member4/"),
        (put("dense1.bias", np.zeros(3)), "tensors of 3 members, got dense1.bias"),
        (put("nondigits.weights", np.zeros(7)), "rejector.weights of shape (21,), got (7,)"),
        (
            lambda description, _: description["members"][2].update(classes=list("12345")),
            "CommitteeModel: expected member 3 with classes ",
        ),
    ],
)
def test_a_committee_that_does_not_fit(committee_path: Path, change: Change, reason: str) -> None:
    """Members are networks, and every tensor belongs to one of them."""
    change_file(committee_path, change)
    assert reason in error_of(committee_path)


def check_damaged(path: Path, images: ByteArray) -> None:
    """Raises unless the file is a model that works, or is rejected in one line."""
    message = ""
    try:
        loaded = load_model(path)
        loaded.predict_proba(np.resize(images, (3, *loaded.image_shape)))
    except (ModelFileError, DivergenceError) as error:  # a weight of 1e38 is finite
        message = str(error)
    assert "\n" not in message


SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)


@SHARED
@given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes(path: Path, images: ByteArray, flips: list[tuple[float, int]]) -> None:
    """One to four changed bytes anywhere in the file."""
    content = bytearray(path.read_bytes())
    for place, change in flips:
        content[int(place * (len(content) - 1))] ^= change
    damaged = path.with_name("damaged.safetensors")
    damaged.write_bytes(bytes(content))
    check_damaged(damaged, images)


PARTS = ["architecture", "dtype", "classes", "image_shape", "scaling", "manifest"]
KINDS = st.sampled_from(["dense", "relu", "softmax", "float32", "dropout"])
NAMES = st.sampled_from(["kind", "inputs", "outputs", "rate", "factor", "offset", "results", "x"])
NUMBERS = st.integers(-(10**20), 10**20) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | KINDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@SHARED
@given(part=st.sampled_from(PARTS), value=JSON)
@example("manifest", None)
def test_any_json_in_the_description(path: Path, images: ByteArray, part: str, value: Any) -> None:
    """Any value may take the place of the architecture, the classes or the manifest."""
    damaged = path.with_name("damaged.safetensors")
    damaged.write_bytes(path.read_bytes())
    change_file(damaged, lambda description, _: description.update({part: value}))
    check_damaged(damaged, images)
