"""The responses of the service: equal to the library's answers, and valid by the OpenAPI description."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import inkling
from inkling._types import ByteArray
from inkling.app.model_store import ModelStore
from inkling.app.routes import OPENAPI, build_app
from inkling.image.normalize import normalize
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp
from inkling.recognize.recognizer import Recognizer

Client = Any
"""See ``Client`` in conftest.py."""
GRAY = {"content-type": "application/octet-stream"}
KINDS: dict[type, set[str]] = {
    type(None): {"null"},
    bool: {"boolean"},
    int: {"integer", "number"},
    float: {"number"},
    str: {"string"},
    list: {"array"},
    dict: {"object"},
}
"""The types of a JSON schema that a Python value matches."""
DESCRIPTION: Any = json.loads(OPENAPI.read_text(encoding="utf-8"))


def send(client: Client, path: str, pad: ByteArray, **query: str) -> Any:
    """Posts gray bytes and returns the JSON of the response."""
    height, width = pad.shape
    params = {"width": str(width), "height": str(height), **query}
    response = client.post(path, params=params, content=pad.tobytes(), headers=GRAY)
    assert response.status_code == 200, response.text
    return response.json()


def send_file(client: Client, path: str, pad: ByteArray, kind: str = "PNG") -> Any:
    """Posts a picture file and returns the JSON of the response."""
    file = io.BytesIO()
    Image.fromarray(pad).save(file, kind)
    headers = {"content-type": f"image/{kind.lower()}"}
    return client.post(path, content=file.getvalue(), headers=headers).json()


def check_schema(value: Any, schema: dict[str, Any], where: str = "response") -> None:
    """Fails unless plain data matches a schema of the description."""
    if "$ref" in schema:
        schema = DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert set(kinds) & KINDS[type(value)], f"{where}: {value!r:.60} is not {kinds}"
    assert "enum" not in schema or value in schema["enum"], f"{where}: {value!r}"
    if isinstance(value, int | float):
        assert schema.get("minimum", -np.inf) <= value <= schema.get("maximum", np.inf), where
    if isinstance(value, list):
        assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", np.inf), where
        for part in value:
            check_schema(part, schema["items"], f"{where}[]")
    if isinstance(value, dict) and "properties" in schema:
        assert value.keys() == schema["properties"].keys() == set(schema["required"]), where
        for name, part in value.items():
            check_schema(part, schema["properties"][name], f"{where}.{name}")


def schema_of(path: str, method: str) -> Any:
    """The schema of a response."""
    response = DESCRIPTION["paths"][path][method]["responses"]["200"]
    return response["content"]["application/json"]["schema"]


def test_the_list_of_models(client: Client) -> None:
    """The list names the default, and each model with its accuracy and interval."""
    answer = client.get("/api/models").json()
    assert answer["default"] == "straight"
    assert [entry["id"] for entry in answer["models"]] == ["straight", "bent"]
    for entry in answer["models"]:
        assert entry["architecture"] == "784-31-23-10"
        low, high = entry["test_interval"]
        assert 0 < low < entry["test_accuracy"] < high <= 1


@pytest.mark.parametrize(("name", "activation"), [("straight", "relu"), ("bent", "tanh")])
def test_one_model(client: Client, runs: Path, name: str, activation: str) -> None:
    """The description of a model has its layers, its settings and the learning curves of its run."""
    about = client.get("/api/model", params={"model": name}).json()
    assert (about["id"], about["architecture"]) == (name, "784-31-23-10")
    assert about["parameters"] == 784 * 31 + 31 + 31 * 23 + 23 + 23 * 10 + 10
    assert [layer["units"] for layer in about["layers"]] == [31, 23, 10]
    assert [layer["activation"] for layer in about["layers"]] == [activation, activation, "softmax"]
    manifest = json.loads((runs / name / "manifest.json").read_text())
    assert about["settings"] == manifest["settings"]
    assert about["test_accuracy"] == manifest["results"]["test_accuracy"]
    rows = list(csv.DictReader((runs / name / "history.csv").read_text().splitlines()))
    losses = [float(row["train_loss"]) for row in rows]
    assert [record["train_loss"] for record in about["history"]] == losses
    assert client.get("/api/model").json()["id"] == "straight"


@pytest.mark.parametrize("name", ["straight", "bent"])
def test_a_digit_is_what_the_library_reads(
    client: Client, runs: Path, drawings: list[ByteArray], name: str
) -> None:
    """Digit, reason and every bit of the probabilities equal those of ``read_digit``."""
    recognizer = Recognizer(runs / name)
    for pad in drawings:
        answer = send(client, "/api/predict", pad, model=name)
        offline = recognizer.read_digit(pad)
        assert (answer["digit"], answer["reason"]) == (offline.label, offline.reason)
        assert answer["confidence"] == offline.confidence
        assert answer["probabilities"] == list(offline.probabilities)
        assert answer["pixels"] == normalize(pad).ravel().tolist()
        assert answer["classes"] == list("0123456789")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_picture_files(client: Client, drawings: list[ByteArray], kind: str) -> None:
    """A picture file, with light or dark ink, is read like its gray bytes."""
    for pad in drawings[:5]:
        gray = send(client, "/api/predict", pad)
        for picture in (pad, 255 - pad):
            answer = send_file(client, "/api/predict", picture, kind)
            assert answer["digit"] == gray["digit"]
            assert kind == "JPEG" or answer == gray


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_nothing_drawn(client: Client, gray: int) -> None:
    """An empty pad has no digit and no probabilities."""
    for path in ("/api/predict", "/api/inside"):
        answer = send(client, path, np.full((31, 17), gray, np.uint8))
        assert (answer["digit"], answer["reason"], answer["candidates"]) == (None, "empty", [])
        assert (answer["confidence"], answer["probabilities"]) == (0, [0] * 10)


@pytest.mark.parametrize(
    ("odds", "reason", "candidates"),
    [
        ((1, 1, 1, 45, 1, 1, 1, 1, 46, 2), "unsure", ["8", "3"]),
        ((10, 10, 10, 10, 10, 10, 10, 11, 10, 9), "not_a_digit", []),
    ],
)
def test_doubtful_drawings(
    straight: Model,
    client_of: Client,
    tmp_path: Path,
    drawings: list[ByteArray],
    odds: tuple[float, ...],
    reason: str,
    candidates: list[str],
) -> None:
    """Two classes that are about equally likely are named, the likelier first."""
    network = straight.network.copy()
    network.parameters["dense3.weights"][...] = 0  # the same probabilities for every picture
    network.parameters["dense3.bias"][...] = np.log(odds)
    Model(network, straight.classes).save(tmp_path / "odd.safetensors")
    client = client_of(build_app(ModelStore(tmp_path / "odd.safetensors")))
    answer = send(client, "/api/predict", drawings[0])
    found = answer["digit"], answer["reason"], answer["candidates"]
    assert found == (None, reason, candidates)
    share = 0.5 if reason == "not_a_digit" else 1
    assert answer["confidence"] == pytest.approx(share * max(odds) / sum(odds), abs=1e-6)


def test_normalized_pixels_are_not_normalized_again(
    client: Client, straight: Model, drawings: list[ByteArray]
) -> None:
    """A shifted picture stays shifted; without ``normalized`` it is centered."""
    pixels = np.roll(normalize(drawings[4]), 3, axis=0)
    answer = send(client, "/api/predict", pixels, normalized="1")
    assert answer["pixels"] == pixels.ravel().tolist()
    expected = straight.predict_proba(pixels[np.newaxis])[0]
    np.testing.assert_allclose(answer["probabilities"], expected, rtol=1e-6)
    centered = send(client, "/api/predict", pixels, normalized="0")
    assert centered["pixels"] == normalize(drawings[4]).ravel().tolist()


@pytest.mark.parametrize("name", ["straight", "bent"])
def test_the_explanation_adds_up(client: Client, drawings: list[ByteArray], name: str) -> None:
    """Parts and baseline sum to the difference of the logits, which is the logarithm of the odds."""
    for pad in drawings[:5]:
        answer = send(client, "/api/inside", pad, model=name)
        assert send(client, "/api/predict", pad, model=name).items() <= answer.items()
        why, classes = answer["difference"], answer["classes"]
        wanted, other = classes.index(why["for"]), classes.index(why["against"])
        assert why["total"] == pytest.approx(answer["logits"][wanted] - answer["logits"][other])
        size = sum(map(abs, why["parts"])) + abs(why["biases"])
        assert abs(sum(why["parts"]) + why["biases"] - why["total"]) < 2e-6 * size
        assert abs(why["biases"]) < 0.2 * why["total"]
        odds = answer["probabilities"][wanted] / answer["probabilities"][other]
        assert why["total"] == pytest.approx(np.log(odds), abs=1e-4)
        assert why["label"] == "contribution-pixel"
        assert len(why["parts"]) == 784
        layers, pushes = answer["layers"], [unit["push"] for unit in answer["units"]]
        assert [len(layer["values"]) for layer in layers] == [31, 23, 10]
        np.testing.assert_allclose(layers[2]["values"], answer["probabilities"], atol=1e-3)
        assert {unit["layer"] for unit in answer["units"]} == {"dense1"}
        assert [push > 0 for push in pushes] == sorted((push > 0 for push in pushes), reverse=True)


def test_any_pair_of_classes(client: Client, drawings: list[ByteArray]) -> None:
    """Classes are chosen by name; the default is the answer and the second most probable class."""
    pad = drawings[5]
    usual = send(client, "/api/inside", pad)
    ranked = [usual["classes"][k] for k in np.argsort(usual["logits"])[::-1]]
    pairs: list[tuple[dict[str, str], list[str]]] = [
        ({}, ranked[:2]),
        ({"for": "7", "against": "2"}, ["7", "2"]),
        ({"for": ranked[1]}, [ranked[1], ranked[0]]),
        ({"against": ranked[0]}, [ranked[1], ranked[0]]),
        ({"against": ranked[4]}, [ranked[0], ranked[4]]),
    ]
    for query, expected in pairs:
        why = send(client, "/api/inside", pad, **query)["difference"]
        assert [why["for"], why["against"]] == expected


def test_a_photo(client: Client, runs: Path, drawings: list[ByteArray]) -> None:
    """A page of two rows is read as the library reads it."""
    rows = [np.hstack([np.pad(drawings[k], 12) for k in row]) for row in ([7, 4, 1], [8, 0, 2])]
    page = 255 - np.vstack(rows)
    picture = send_file(client, "/api/read", page)
    assert (picture["height"], picture["width"]) == page.shape
    offline = Recognizer(runs / "straight").read(page)
    assert picture["text"] == list(offline.text)
    assert len(picture["digits"]) == len(offline.digits) >= 6
    for digit, same in zip(picture["digits"], offline.digits, strict=True):
        assert (digit["digit"], digit["reason"]) == (same.label, same.reason)
        assert (digit["confidence"], digit["row"]) == (same.confidence, same.row)
        assert (digit["box"], digit["pixels"]) == (list(same.box), same.pixels.ravel().tolist())


def test_other_classes(client_of: Client, tmp_path: Path, drawings: list[ByteArray]) -> None:
    """Classes may have any names, even without UTF-8; with one class there is nothing to compare."""
    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    network.parameters["dense1.bias"][...] = (0, 90, 30)
    Model(network, ("alpha", "\ud800", "γ")).save(tmp_path / "greek.safetensors")
    client = client_of(build_app(ModelStore(tmp_path / "greek.safetensors")))
    answer = send(client, "/api/inside", drawings[0], **{"against": "γ"})
    assert (answer["digit"], answer["classes"]) == ("\ud800", ["alpha", "\ud800", "γ"])
    assert (answer["difference"]["for"], answer["difference"]["against"]) == ("\ud800", "γ")
    network = build_mlp((784, 1), rng=np.random.default_rng(0), output="sigmoid")
    Model(network, ("7",)).save(tmp_path / "seven.safetensors")
    client = client_of(build_app(ModelStore(tmp_path / "seven.safetensors")))
    answer = send(client, "/api/inside", np.eye(28, dtype=np.uint8) * 255)
    assert (answer["difference"]["total"], answer["units"]) == (0, [])


@pytest.mark.parametrize("name", ["straight", "bent"])
def test_every_response_matches_the_description(
    client: Client, drawings: list[ByteArray], name: str
) -> None:
    """Names, types and ranges are those of openapi.json."""
    for path in ("/healthz", "/api/models"):
        check_schema(client.get(path).json(), schema_of(path, "get"))
    about = client.get("/api/model", params={"model": name}).json()
    check_schema(about, schema_of("/api/model", "get"))
    for pad in (drawings[1], np.zeros((9, 9), np.uint8)):
        for path in ("/api/predict", "/api/inside"):
            check_schema(send(client, path, pad, model=name), schema_of(path, "post"))
        check_schema(send_file(client, "/api/read", pad), schema_of("/api/read", "post"))


def test_the_description_has_every_address(client: Client, models: ModelStore) -> None:
    """It has every address but those of the page, and the version of the package."""
    served = client.get("/api/openapi.json").json()
    assert served["info"]["version"] == inkling.__version__
    assert served["paths"] == DESCRIPTION["paths"]
    app: Any = build_app(models)
    routes = {
        (route.path, method.lower())
        for route in app._app.routes
        for method in getattr(route, "methods", None) or ()
        if method != "HEAD" and route.path not in ("/", "/embed")
    }
    described = {(path, method) for path, methods in served["paths"].items() for method in methods}
    assert routes == described


def test_the_query_parameters_are_those_described(client: Client) -> None:
    """An unknown name in the query is an error that lists the known names."""
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            parameters = operation.get("parameters", [])
            names = [each.get("name") or each["$ref"].rpartition("/")[2] for each in parameters]
            response = client.request(method, path, params={"nonsense": "1"})
            assert response.status_code == 400
            known = ", ".join(sorted(names)) or "none"
            assert f"among: {known}, got 'nonsense'" in response.json()["error"]
