"""The app with a committee: its answer is the mean, its inside that of one member."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.app.model_store import ModelStore
from inkling.app.server import build_app
from inkling.image.single import normalize_single
from inkling.model.committee import CommitteeModel
from inkling.model.decision import classify
from inkling.model.model import Model


@pytest.fixture
def committee(straight: Model) -> CommitteeModel:
    """Three networks: the trained one, and two that differ from it, more and less."""
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
    """A client of the app with the committee of a run."""
    (tmp_path / "five").mkdir()
    committee.save(tmp_path / "five" / "model.safetensors")
    return client_of(build_app(ModelStore(tmp_path / "five", lambda: ())))


def test_what_it_says_about_itself(client: Any) -> None:
    """How many networks there are, in the list too; the layers are those of each."""
    (entry,) = client.get("/api/models").json()["models"]
    about = client.get("/api/model").json()
    assert entry["architecture"] == about["architecture"] == "3 × 784-31-23-10"
    assert entry["test_accuracy"] == about["test_accuracy"] == 0.75
    assert about["members"] == 3
    assert about["parameters"] == 3 * (784 * 31 + 31 + 31 * 23 + 23 + 23 * 10 + 10)
    assert [layer["units"] for layer in about["layers"]] == [31, 23, 10]


def test_the_answer_is_the_committees_and_the_inside_the_closest_members(
    client: Any, committee: CommitteeModel, drawings: list[ByteArray]
) -> None:
    """The bars are those of the mean; the scores, and what adds up to their difference, a member's."""
    for pad in drawings[:7]:
        body, size = pad.tobytes(), {"height": 84, "width": 70}
        asked: Any = {
            "content": body,
            "params": size,
            "headers": {"Content-Type": "application/octet-stream"},
        }
        inside = client.post("/api/inside", **asked).json()
        pixels = normalize_single(pad)[np.newaxis]
        expected = classify(committee, pixels)
        assert inside["probabilities"] == pytest.approx(expected.probabilities[0], abs=1e-6)
        each = np.stack([member.predict_proba(pixels)[0] for member in committee.members])
        closest = np.abs(each - each.mean(axis=0)).sum(axis=1).argmin()
        powers = np.exp(inside["logits"])
        np.testing.assert_allclose(powers / powers.sum(), each[closest], rtol=1e-4, atol=1e-7)
        why = inside["difference"]
        classes = inside["classes"]
        first, second = (inside["logits"][classes.index(why[role])] for role in ("for", "against"))
        assert sum(why["parts"]) + why["biases"] == pytest.approx(first - second, abs=1e-3)


def test_a_photo(client: Any, committee: CommitteeModel, strokes: Any) -> None:
    """Read by the committee too."""
    import io

    from PIL import Image

    page = np.full((80, 70), 255, np.uint8)
    page[20:48, 20:48] = 255 - strokes.test.images[4]
    file = io.BytesIO()
    Image.fromarray(page).save(file, "png")
    answer = client.post(
        "/api/read", content=file.getvalue(), headers={"Content-Type": "image/png"}
    ).json()
    (digit,) = answer["digits"]
    pixels = np.array(digit["pixels"], np.uint8).reshape(1, 28, 28)
    assert digit["confidence"] == pytest.approx(classify(committee, pixels).confidence[0], abs=1e-6)
