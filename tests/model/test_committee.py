"""A committee answers with the mean of its members, is one file, and is used like a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray, FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.interop.formats import export_model
from inkling.model.committee import CommitteeModel
from inkling.model.decision import classify
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp

from .conftest import CLASSES, MANIFEST


def by_hand(member: Model, images: ByteArray) -> tuple[FloatArray, FloatArray]:
    """A member's probabilities at its temperature and its hidden signals, from its weights."""
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


def test_its_probabilities_are_the_mean_of_calibrated_ones(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """Each member's at its own temperature; without a temperature of its own, exactly the mean."""
    mean, plain = mean_by_hand(members, images), replace(committee, rejector=None)
    np.testing.assert_allclose(plain.predict_proba(images), mean, rtol=1e-12)
    np.testing.assert_array_equal(committee.predict(images), mean.argmax(axis=1))
    np.testing.assert_array_equal(committee.predict_proba(images), committee.answer(images)[0])
    assert committee.predict_proba(images[:0]).shape == (0, 5)


def test_its_own_temperature_is_applied_to_the_mean(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """The calibrated probabilities are q ∝ p^(1/T); with T = ½ they are squares."""
    probabilities, scores = replace(committee, temperature=0.5, rejector=None).answer(images)
    squares = mean_by_hand(members, images) ** 2
    expected = squares / squares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-12)
    assert scores is None


def test_its_scores_are_the_mean_of_the_members(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """Its threshold is the mean of theirs: −1, −0.8 and −0.6; two classes must get half together."""
    each = []
    for member in members:
        assert member.rejector is not None
        _, hidden = by_hand(member, images)
        each.append(hidden @ member.rejector.weights - member.rejector.bias)
    mean = np.mean(each, axis=0)
    scores = committee.answer(images)[1]
    assert scores is not None
    np.testing.assert_allclose(scores, mean, rtol=1e-9, atol=1e-12)
    rejected = [reason == "not_a_digit" for reason in classify(committee, images).reasons]
    two_best = np.sort(mean_by_hand(members, images), axis=1)[:, -2:].sum(axis=1)
    np.testing.assert_array_equal(rejected, (mean > -0.8) | (two_best < 0.5))
    assert set(rejected) == {True, False}


def test_a_rejector_needs_one_in_every_member(members: list[Model]) -> None:
    """A mean of some members' scores would not be the committee's."""
    committee = CommitteeModel.of([*members[:2], replace(members[2], rejector=None)])
    assert committee.rejector is None


def test_its_loss_is_that_of_the_mean(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """−log of the label's mean probability."""
    labels = np.arange(11) % 5
    for temperature in (1.0, 0.5):
        powers = mean_by_hand(members, images) ** (1 / temperature)
        mean = powers / powers.sum(axis=1, keepdims=True)
        plain = replace(committee, temperature=temperature, rejector=None)
        outcome = plain.evaluate(images, labels)
        assert outcome.loss == pytest.approx(-np.log(mean[np.arange(11), labels]).mean(), rel=1e-12)
        assert outcome.accuracy == (mean.argmax(axis=1) == labels).mean()
    with pytest.raises(ShapeError, match=r"labels of shape \(11,\), got \(5,\); one per image"):
        committee.evaluate(images, labels[:5])


def test_outputs_that_are_not_softmax_are_averaged(images: ByteArray) -> None:
    """Their loss is the binary cross-entropy of the mean."""
    networks = [
        build_mlp((15, 5), rng=np.random.default_rng(seed), output="sigmoid", dtype="float64")
        for seed in range(3)
    ]
    committee = CommitteeModel.of([Model(network, CLASSES, (5, 3)) for network in networks])
    x = images.reshape(11, 15) / 255
    mean = np.mean([1 / (1 + np.exp(-network.logits(x))) for network in networks], axis=0)
    np.testing.assert_allclose(committee.predict_proba(images), mean, rtol=1e-12)
    y = np.eye(5)[np.arange(11) % 5]
    expected = -(y * np.log(mean) + (1 - y) * np.log(1 - mean)).sum(axis=1).mean()
    assert committee.evaluate(images, np.arange(11) % 5).loss == pytest.approx(expected, rel=1e-12)


def test_the_representative_is_the_member_closest_to_the_mean(
    committee: CommitteeModel, members: list[Model], images: ByteArray
) -> None:
    """The choice depends on the images; the member's temperature is in its weights."""
    chosen = set()
    for image in images[:, np.newaxis]:
        each = np.stack([by_hand(member, image)[0][0] for member in members])
        closest = int(np.abs(each - each.mean(axis=0)).sum(axis=1).argmin())
        probabilities = committee.representative(image).predict_proba(image)[0]
        np.testing.assert_allclose(probabilities, each[closest])
        chosen.add(closest)
    assert len(chosen) > 1


def test_what_it_has_in_common_with_its_members(committee: CommitteeModel) -> None:
    """Its class names and image shape; its summary counts the networks."""
    assert (committee.classes, committee.image_shape) == (CLASSES, (5, 3))
    small = build_mlp((15, 5), rng=np.random.default_rng(0), dtype="float64")
    mixed = CommitteeModel.of([*committee.members[:2], Model(small, CLASSES, (5, 3))])
    assert mixed.summary == "3 × 15 → 7 relu dropout 0.5 → 5 softmax or 15 → 5 softmax"
    assert committee.calibrated() is committee


def test_a_committee_is_no_single_model(committee: CommitteeModel, tmp_path: Path) -> None:
    """An export would silently be one of the members."""
    with pytest.raises(SettingError, match="one network, got a committee of 3"):
        export_model(committee, tmp_path / "m.npz", to="npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "change",
    [{"classes": tuple("12345")}, {"image_shape": (3, 5), "class_means": None}],
    ids=["classes", "shape"],
)
def test_members_must_fit(members: list[Model], change: dict[str, Any]) -> None:
    """The second differs from the first; there must be a first."""
    with pytest.raises(ShapeError, match=r"^CommitteeModel: expected member 2 with "):
        CommitteeModel.of([members[0], replace(members[1], **change), members[2]])
    with pytest.raises(ShapeError, match="expected at least one model, got none"):
        CommitteeModel.of([])


def test_every_bit_comes_back(committee: CommitteeModel, images: ByteArray, tmp_path: Path) -> None:
    """One file holds the members, the committee's temperature and rejector, and the manifests."""
    committee = replace(committee, temperature=1.25)
    committee.save(tmp_path / "c.safetensors")
    loaded = load_model(tmp_path / "c.safetensors")
    assert isinstance(loaded, CommitteeModel)
    assert (loaded.temperature, loaded.manifest) == (1.25, MANIFEST)
    assert [member.manifest["seed"] for member in loaded.members] == [0, 1, 2]
    for ours, theirs in zip(loaded.answer(images), committee.answer(images), strict=True):
        assert ours is not None
        assert theirs is not None
        assert ours.tobytes() == theirs.tobytes()
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "c.safetensors").read_bytes()
