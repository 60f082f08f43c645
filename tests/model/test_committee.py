"""A committee answers with the mean, is one file, and is asked like any other model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray, FloatArray
from inkling.data.scaling import PixelScaling
from inkling.errors import DivergenceError, ModelFileError, SettingError, ShapeError
from inkling.interop.formats import export_model
from inkling.model.committee import CommitteeModel
from inkling.model.decision import judge
from inkling.model.model import COMMITTEE_FORMAT, Model, load_model
from inkling.model.rejection import Rejector
from inkling.model.tensors import read_tensors, tensor_bytes
from inkling.nn.losses import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.recognize.recognizer import Recognizer

CLASSES = ("a", "ü", "c", "[red]", "")
SCALING = PixelScaling(2 / 255, -1.0)
TEMPERATURES = (0.5, 1.0, 3.0)


def make_member(seed: int, temperature: float, dtype: str = "float64") -> Model:
    """15 → 7 relu → 5 softmax, with a unit over its 7 hidden units."""
    rng = np.random.default_rng(seed)
    network = build_mlp((15, 7, 5), rng=rng, dtype=dtype)
    for parameter in network.parameters.values():
        parameter += rng.normal(size=parameter.shape).astype(dtype) / 3
    unit = Rejector(rng.normal(size=7).astype(dtype), 0.1 * seed, 0.2 * seed - 1)
    return Model(network, CLASSES, (5, 3), SCALING, {"seed": seed}, temperature, unit)


@pytest.fixture
def members() -> list[Model]:
    """Three of them, of three temperatures."""
    return [make_member(seed, temperature) for seed, temperature in enumerate(TEMPERATURES)]


@pytest.fixture
def committee(members: list[Model]) -> CommitteeModel:
    """The three together."""
    return CommitteeModel.of(members, {"results": {"test_accuracy": 0.5}, "note": "ä → 漢"})


@pytest.fixture
def images() -> ByteArray:
    """11 pictures of 5 × 3."""
    return np.random.default_rng(1).integers(0, 256, (11, 5, 3)).astype(np.uint8)


def by_hand(member: Model, images: ByteArray) -> tuple[FloatArray, FloatArray]:
    """A member's probabilities at its temperature, and its hidden signals, from its weights."""
    p = member.network.parameters
    x = images.reshape(len(images), -1) * (2 / 255) - 1
    hidden = np.maximum(x @ p["dense1.weights"] + p["dense1.bias"], 0)
    z = (hidden @ p["dense2.weights"] + p["dense2.bias"]) / member.temperature
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True), hidden


def mean_by_hand(members: list[Model], images: ByteArray) -> FloatArray:
    """The mean of the members' probabilities."""
    mean: FloatArray = np.mean([by_hand(member, images)[0] for member in members], axis=0)
    return mean


def test_it_answers_with_the_mean_of_calibrated_probabilities(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """Each member's at its own temperature; computed from the weights by hand."""
    mean = mean_by_hand(members, images)
    np.testing.assert_allclose(committee.predict_proba(images), mean, rtol=1e-12)
    np.testing.assert_array_equal(committee.predict(images), mean.argmax(axis=1))
    assert committee.predict_proba(images[:0]).shape == (0, 5)


def test_its_own_temperature_comes_on_top(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """q ∝ p^(1/T) of the mean; T = ½ squares."""
    bare = replace(committee, temperature=0.5, nondigits=None)
    probabilities, scores = bare.answer(images)
    squares = mean_by_hand(members, images) ** 2
    expected = squares / squares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-12)
    assert scores is None
    np.testing.assert_allclose(bare.predict_proba(images), committee.predict_proba(images))


def test_its_scores_are_the_mean_of_the_members(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """One unit over the hidden units of all; its threshold is the mean of theirs, −1, −0.8 and −0.6."""
    each = []
    for member in members:
        assert member.nondigits is not None
        _, hidden = by_hand(member, images)
        each.append(hidden @ member.nondigits.weights - member.nondigits.bias)
    mean = np.mean(each, axis=0)
    _, scores = committee.answer(images)
    assert scores is not None
    np.testing.assert_allclose(scores, mean, rtol=1e-9, atol=1e-12)
    assert committee.nondigits is not None
    assert committee.nondigits.threshold == pytest.approx(-0.8)
    refused = [reason == "not_a_digit" for reason in judge(committee, images).reasons]
    np.testing.assert_array_equal(refused, mean > -0.8)
    assert set(refused) == {True, False}


def test_without_a_unit_in_each_there_is_none(members: list[Model], images: ByteArray) -> None:
    """The mean of those that have one would not be the committee's."""
    committee = CommitteeModel.of([*members[:2], replace(members[2], nondigits=None)])
    assert committee.nondigits is None
    assert committee.answer(images)[1] is None


def test_its_loss_is_that_of_the_mean(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """−log of what the label gets, and the share of labels that get most."""
    labels = np.arange(11) % 5
    mean = mean_by_hand(members, images)
    outcome = committee.evaluate(images, labels, CrossEntropy())
    assert outcome.loss == pytest.approx(-np.log(mean[np.arange(11), labels]).mean(), rel=1e-12)
    assert outcome.accuracy == (mean.argmax(axis=1) == labels).mean()


def test_the_spokesman_is_the_member_closest_to_the_mean(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """Another one for other pictures; its temperature is in its weights."""
    chosen = set()
    for image in images:
        each = np.stack([by_hand(member, image[np.newaxis])[0][0] for member in members])
        closest = int(np.abs(each - each.mean(axis=0)).sum(axis=1).argmin())
        representative = committee.representative(image[np.newaxis])
        np.testing.assert_allclose(
            representative.predict_proba(image[np.newaxis])[0], each[closest]
        )
        chosen.add(closest)
    assert len(chosen) > 1
    assert members[0].representative(images) is members[0]


def test_what_it_says_of_itself(committee: CommitteeModel, members: list[Model]) -> None:
    """How many there are of each kind."""
    assert committee.summary == "3 × 15 → 7 relu → 5 softmax"
    small = build_mlp((15, 5), rng=np.random.default_rng(0), dtype="float64")
    mixed = CommitteeModel.of([*members[:2], Model(small, CLASSES, (5, 3), SCALING)])
    assert mixed.summary == "2 × 15 → 7 relu → 5 softmax + 15 → 5 softmax"
    assert committee.calibrated() is committee


def test_what_takes_one_network_takes_no_committee(
    committee: CommitteeModel, members: list[Model], tmp_path: Path
) -> None:
    """An export would be one of the members, and nobody would notice."""
    message = (
        "export: expected a model of one network, got a committee of 3; take one of its members, such "
        "as members/seed-0 in its run directory."
    )
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        export_model(committee, tmp_path / "m.npz", to="npz")
    assert not list(tmp_path.iterdir())
    assert members[1].require_single("export") is members[1]


def test_a_recognizer_reads_with_it() -> None:
    """Like with any other model."""
    networks = [build_mlp((784, 10), rng=np.random.default_rng(seed)) for seed in range(3)]
    committee = CommitteeModel.of([Model(network, tuple("0123456789")) for network in networks])
    page = np.full((60, 40), 250, np.uint8)
    assert Recognizer(committee).read_digit(page).reason == "empty"
    page[10:50, 18:23] = 20
    digit = Recognizer(committee).read_digit(page)
    mean = np.mean(
        [m.predict_proba(digit.pixels[np.newaxis])[0] for m in committee.members], axis=0
    )
    np.testing.assert_allclose(digit.probabilities, mean, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"classes": tuple("12345")},
            "expected member 2 with classes a, ü, c, [red], ; 5 × 3 pixels; softmax; float64, as the "
            "first has them, got classes 1, 2, 3, 4, 5; 5 × 3 pixels; softmax; float64.",
        ),
        (
            {"image_shape": (3, 5)},
            "expected member 2 with classes a, ü, c, [red], ; 5 × 3 pixels; softmax; float64, as the "
            "first has them, got classes a, ü, c, [red], ; 3 × 5 pixels; softmax; float64.",
        ),
    ],
)
def test_members_must_fit(members: list[Model], change: dict[str, Any], message: str) -> None:
    """The second differs from the first."""
    others = [members[0], replace(members[1], **change), members[2]]
    with pytest.raises(ShapeError, match=f"^{re.escape('CommitteeModel: ' + message)}$"):
        CommitteeModel.of(others)


def test_nobody_is_no_committee() -> None:
    """There is nothing to average."""
    message = "CommitteeModel: expected at least one model, got none."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        CommitteeModel.of([])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_bit_comes_back(images: ByteArray, tmp_path: Path, dtype: str) -> None:
    """From one file: the members, the committee's temperature and unit, the manifests."""
    members = [make_member(seed, 1 + seed, dtype) for seed in range(3)]
    committee = replace(CommitteeModel.of(members, {"note": "ä → 漢"}), temperature=1.25)
    committee.save(tmp_path / "c.safetensors")
    assert [file.name for file in tmp_path.iterdir()] == ["c.safetensors"]
    loaded = load_model(tmp_path / "c.safetensors")
    assert isinstance(loaded, CommitteeModel)
    assert loaded.describe() == committee.describe()
    assert [member.manifest["seed"] for member in loaded.members] == [0, 1, 2]
    for ours, theirs in zip(loaded.answer(images), committee.answer(images), strict=True):
        assert ours is not None
        assert theirs is not None
        assert ours.tobytes() == theirs.tobytes()
    committee.save(tmp_path / "half", half_precision=True)
    whole, half = ((tmp_path / name).stat().st_size for name in ("c.safetensors", "half"))
    assert half < whole
    close = load_model(tmp_path / "half").predict_proba(images)
    np.testing.assert_allclose(close, committee.predict_proba(images), atol=2e-3)


# What follows are files that are not what they should be.

Description = dict[str, Any]
Tensors = dict[str, FloatArray]


@pytest.fixture
def refusal(committee: CommitteeModel, tmp_path: Path) -> Callable[..., str]:
    """Writes the committee's file with something changed, and returns the line that refuses it."""
    path = tmp_path / "c.safetensors"
    committee.save(path)

    def write(change: Callable[[Description, Tensors], object]) -> str:
        tensors, metadata = read_tensors(path, "model")
        description = json.loads(metadata["model"])
        change(description, tensors)
        text = {"format": COMMITTEE_FORMAT, "model": json.dumps(description)}
        path.write_bytes(tensor_bytes(tensors, text))
        with pytest.raises(ModelFileError) as error:
            load_model(path)
        assert "\n" not in str(error.value)
        start = f"model {path}: its parts do not fit: "
        assert str(error.value).startswith(start)
        return str(error.value).removeprefix(start)

    return write


def drop(name: str) -> Callable[[Description, Tensors], object]:
    """Takes a tensor out of the file."""
    return lambda _, tensors: tensors.pop(name)


def put(name: str, array: FloatArray) -> Callable[[Description, Tensors], object]:
    """Puts a tensor in."""
    return lambda _, tensors: tensors.update({name: array})


def say(**values: Any) -> Callable[[Description, Tensors], object]:
    """Changes the description."""
    return lambda description, _: description.update(values)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (say(members=[]), "CommitteeModel: expected at least one model, got none."),
        (say(members=3), "TypeError: 'int' object is not iterable"),
        (say(members={"a": 1}), "TypeError: string indices must be integers, not 'str'"),
        (say(manifest=[]), "AttributeError: 'list' object has no attribute 'get'"),
        (
            say(manifest={"results": "good"}),
            "file: expected a manifest with dataset, settings and results as objects, got something "
            "else.",
        ),
        (say(temperature=0), "Model: expected temperature in (0, ∞), got 0."),
        (say(temperature="hot"), "Model: expected temperature in (0, ∞), got 'hot'."),
        (drop("member2/dense1.bias"), "file: expected a tensor dense1.bias, got none."),
        (drop("nondigits.weights"), "file: expected a tensor nondigits.weights, got none."),
        (
            put("member2/dense2.bias", np.full(5, np.nan)),
            "dense2.bias: expected finite numbers, got NaN or infinity.",
        ),
        (
            put("member2/dense2.bias", np.zeros(4)),
            "file: expected dense2.bias of shape (5,), got (4,).",
        ),
        (
            put("nondigits.weights", np.zeros(7)),
            "Model: expected nondigits.weights of shape (21,), got (7,).",
        ),
        (
            lambda description, _: description["members"][2].update(classes=list("12345")),
            "CommitteeModel: expected member 3 with classes a, ü, c, [red], ; 5 × 3 pixels; softmax; "
            "float64, as the first has them, got classes 1, 2, 3, 4, 5; 5 × 3 pixels; softmax; float64.",
        ),
    ],
)
def test_a_file_that_lies(
    refusal: Callable[..., str],
    change: Callable[[Description, Tensors], object],
    reason: str,
) -> None:
    """One line, whatever is wrong with it."""
    assert refusal(change) == reason


@pytest.mark.parametrize("name", ["member4/dense1.bias", "dense1.bias", "member1/more", "/"])
def test_a_tensor_too_many(refusal: Callable[..., str], name: str) -> None:
    """Nothing may hide in a model file."""
    sentence = refusal(put(name, np.zeros(3)))
    assert re.match(r"file: expected the tensors .*, got .*\.$", sentence)
    assert name.removeprefix("member1/") in sentence


def test_a_committee_in_a_committee(refusal: Callable[..., str]) -> None:
    """Members are networks."""
    nested = {"members": [], "manifest": {}, "temperature": 1.0, "nondigits": None}
    reason = refusal(lambda description, _: description["members"].append(nested))
    assert reason == "KeyError: 'dtype'"


def test_weights_too_large_to_compute_with(committee: CommitteeModel, images: ByteArray) -> None:
    """One member gone astray is not averaged away."""
    for parameter in committee.members[1].network.parameters.values():
        parameter[...] = 1e300
    for ask in (committee.predict, committee.answer):
        with pytest.raises(DivergenceError, match=r"^network: expected finite outputs, got NaN"):
            ask(images)
