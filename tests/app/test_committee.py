"""The app with a committee: the answer is the mean, the explanation that of one member."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.app.model_store import ModelStore
from inkling.app.routes import build_app
from inkling.image.single import normalize_single
from inkling.model.committee import CommitteeModel
from inkling.model.decision import classify
from inkling.model.model import Model


@pytest.fixture
def committee(straight: Model) -> CommitteeModel:
    """Three networks: the trained one, and two with noise of different strength."""
    members = [straight]
    for seed, noise in ((1, 0.1), (2, 0.02)):
        network, rng = straight.network.copy(), np.random.default_rng(seed)
        for parameter in network.parameters.values():
            parameter += noise * rng.normal(size=parameter.shape).astype(np.float32)
        members.append(replace(straight, network=network))
    results = {"test_accuracy": 0.75, "test_interval": [0.5, 0.875]}
    return replace(CommitteeModel.of(members, {"results": results}), temperature=1.5)


@pytest.fixture
def client(client_of: Any, committee: CommitteeModel, tmp_path: Path) -> Any:
    """A client of the app with the committee."""
    committee.save(tmp_path / "three.safetensors")
    return client_of(build_app(ModelStore(tmp_path / "three.safetensors", tmp_path)))


def test_the_description_of_a_committee(client: Any) -> None:
    """List and description have the number of networks; the layers are those of each."""
    (entry,) = client.get("/api/models").json()["models"]
    about = client.get("/api/model").json()
    assert entry["architecture"] == about["architecture"] == "3 × 784-31-23-10"
    assert entry["test_accuracy"] == about["test_accuracy"] == 0.75
    assert about["members"] == 3
    assert about["parameters"] == 3 * (784 * 31 + 31 + 31 * 23 + 23 + 23 * 10 + 10)
    assert [layer["units"] for layer in about["layers"]] == [31, 23, 10]


def test_the_answer_and_the_explanation(
    client: Any, committee: CommitteeModel, drawings: list[ByteArray]
) -> None:
    """Probabilities are those of the mean; logits are those of the member closest to it."""
    for pad in drawings[:5]:
        response = client.post(
            "/api/inside?width=70&height=84",
            content=pad.tobytes(),
            headers={"Content-Type": "application/octet-stream"},
        )
        inside, pixels = response.json(), normalize_single(pad)[np.newaxis]
        expected = classify(committee, pixels).probabilities[0]
        assert inside["probabilities"] == pytest.approx(expected, abs=1e-6)
        each = np.stack([member.predict_proba(pixels)[0] for member in committee.members])
        closest = np.abs(each - each.mean(axis=0)).sum(axis=1).argmin()
        powers = np.exp(inside["logits"])
        np.testing.assert_allclose(powers / powers.sum(), each[closest], rtol=1e-4, atol=1e-7)
