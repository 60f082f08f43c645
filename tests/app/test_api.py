"""The answers of the API: the library's own, written out, and as the description says."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

import inkling
from inkling._types import ByteArray
from inkling.app.model_store import ModelStore
from inkling.app.server import OPENAPI, build_app
from inkling.explain.contributions import explain_difference
from inkling.explain.forward_trace import forward_trace
from inkling.image.normalize import normalize
from inkling.model.model import Model
from inkling.recognize.recognizer import Recognizer

Client = Any
"""See ``Client`` in conftest.py."""
GREY = {"content-type": "application/octet-stream"}


KINDS: dict[type, set[str]] = {
    type(None): {"null"},
    bool: {"boolean"},
    int: {"integer", "number"},
    float: {"number"},
    str: {"string"},
    list: {"array"},
    dict: {"object"},
}
"""What plain data may be called in a schema."""


def send(client: Client, path: str, pad: ByteArray, **query: str) -> Any:
    """Posts grey bytes and returns the JSON of an answer."""
    height, width = pad.shape
    params = {"width": str(width), "height": str(height), **query}
    answer = client.post(path, params=params, content=pad.tobytes(), headers=GREY)
    assert answer.status_code == 200, answer.text
    return answer.json()


def as_file(pad: ByteArray, kind: str) -> bytes:
    """A picture in a format of its own."""
    file = io.BytesIO()
    Image.fromarray(pad).save(file, kind)
    return file.getvalue()


def matches(value: Any, schema: dict[str, Any], where: str = "answer") -> None:
    """Fails unless plain data is as a schema of the description says."""
    if "$ref" in schema:
        schema = description()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert set(wanted) & KINDS[type(value)], f"{where}: {value!r:.60} is not {wanted}"
    assert "enum" not in schema or value in schema["enum"], f"{where}: {value!r}"
    if isinstance(value, int | float):
        assert schema.get("minimum", -np.inf) <= value <= schema.get("maximum", np.inf), where
    if isinstance(value, list):
        assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", np.inf), where
        for part in value:
            matches(part, schema["items"], f"{where}[]")
    if isinstance(value, dict) and "properties" in schema:
        assert value.keys() == schema["properties"].keys() == set(schema["required"]), where
        for name, part in value.items():
            matches(part, schema["properties"][name], f"{where}.{name}")


def description() -> Any:
    """The description as it is kept."""
    return json.loads(OPENAPI.read_text(encoding="utf-8"))


def schema_of(path: str, method: str) -> Any:
    """What the description says about an answer."""
    answer = description()["paths"][path][method]["responses"]["200"]
    return answer["content"]["application/json"]["schema"]


def test_health(client: Client) -> None:
    """It runs, and says which version."""
    assert client.get("/healthz").json() == {"status": "ok", "version": inkling.__version__}


def test_the_list_of_models(client: Client) -> None:
    """By name, with accuracy and interval; the default is named."""
    answer = client.get("/api/models").json()
    assert answer["default"] == "straight"
    assert [entry["id"] for entry in answer["models"]] == ["straight", "bent"]
    for entry in answer["models"]:
        assert entry["architecture"] == "784-31-23-10"
        low, high = entry["test_interval"]
        assert 0 < low < entry["test_accuracy"] < high <= 1


@pytest.mark.parametrize(("name", "activation"), [("straight", "relu"), ("bent", "tanh")])
def test_what_a_model_says_about_itself(
    client: Client, runs: Path, name: str, activation: str
) -> None:
    """Layers, settings, and the learning curves of its run."""
    about = client.get("/api/model", params={"model": name}).json()
    assert (about["id"], about["architecture"]) == (name, "784-31-23-10")
    assert about["parameters"] == 784 * 31 + 31 + 31 * 23 + 23 + 23 * 10 + 10
    assert about["classes"] == list("0123456789")
    assert [layer["name"] for layer in about["layers"]] == ["dense1", "dense2", "dense3"]
    assert [layer["units"] for layer in about["layers"]] == [31, 23, 10]
    assert [layer["activation"] for layer in about["layers"]] == [activation, activation, "softmax"]
    manifest = json.loads((runs / name / "manifest.json").read_text())
    assert about["settings"] == manifest["settings"]
    assert about["test_accuracy"] == manifest["results"]["test_accuracy"]
    assert about["exact_pixels"] is (name == "straight")
    rows = list(csv.DictReader((runs / name / "history.csv").read_text().splitlines()))
    assert [record["epoch"] for record in about["history"]] == list(range(1, 26))
    for record, row in zip(about["history"], rows, strict=True):
        assert record["validation_accuracy"] == float(row["validation_accuracy"])
        assert record["train_loss"] == float(row["train_loss"])
    assert client.get("/api/model").json()["id"] == "straight"


@pytest.mark.parametrize("name", ["straight", "bent"])
def test_a_digit_is_what_the_library_reads(
    client: Client, runs: Path, drawings: list[ByteArray], name: str
) -> None:
    """The same digit, to the last bit of every probability, for all the drawings."""
    recognizer = Recognizer(runs / name)
    for pad in drawings:
        answer = send(client, "/api/predict", pad, model=name)
        offline = recognizer.read_digit(pad)
        digit = None if offline.digit is None else str(offline.digit)
        assert (answer["digit"], answer["reason"]) == (digit, offline.reason)
        assert answer["confidence"] == offline.confidence
        assert answer["probabilities"] == list(offline.probabilities)
        assert answer["pixels"] == normalize(pad).ravel().tolist()
        assert answer["classes"] == list("0123456789")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "PPM", "JPEG"])
def test_pictures_in_files(client: Client, drawings: list[ByteArray], kind: str) -> None:
    """Every format that the library opens, dark on light too, is the same digit as its grey bytes."""
    for pad in drawings[:10]:
        grey = send(client, "/api/predict", pad)
        for picture in (pad, 255 - pad):
            headers = {"content-type": f"image/{kind.lower()}"}
            answer = client.post("/api/predict", content=as_file(picture, kind), headers=headers)
            assert answer.json()["digit"] == grey["digit"]
            if kind in ("PNG", "BMP", "TIFF", "PPM"):
                assert answer.json() == grey


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_nothing_drawn(client: Client, grey: int) -> None:
    """No digit, and why; no bar is up. The inside is there all the same."""
    for path in ("/api/predict", "/api/inside"):
        answer = send(client, path, np.full((31, 17), grey, np.uint8))
        assert (answer["digit"], answer["reason"], answer["candidates"]) == (None, "empty", [])
        assert (answer["confidence"], answer["probabilities"]) == (0, [0] * 10)
        assert not any(answer["pixels"])


def unsure_model(model: Model, probabilities: tuple[float, ...]) -> Model:
    """A model that says the same probabilities whatever it sees."""
    network = model.network.copy()
    network.parameters["dense3.weights"][...] = 0
    network.parameters["dense3.bias"][...] = np.log(probabilities)
    return Model(network, model.classes)


@pytest.mark.parametrize(
    ("odds", "reason", "candidates"),
    [
        ((1, 1, 1, 45, 1, 1, 1, 1, 46, 2), "unsure", ["8", "3"]),
        ((10, 10, 10, 10, 10, 10, 10, 11, 10, 9), "not_a_digit", []),
        ((1, 1, 1, 90, 1, 1, 1, 1, 2, 1), None, []),
    ],
)
def test_it_says_when_it_does_not_know(
    straight: Model,
    client_of: Client,
    tmp_path: Path,
    drawings: list[ByteArray],
    odds: tuple[float, ...],
    reason: str | None,
    candidates: list[str],
) -> None:
    """Two about as likely as each other are named, the likelier first; else it is no digit."""
    unsure_model(straight, odds).save(tmp_path / "odd.safetensors")
    app = build_app(ModelStore(tmp_path / "odd.safetensors", list))
    answer = send(client_of(app), "/api/predict", drawings[0])
    assert (answer["reason"], answer["candidates"]) == (reason, candidates)
    assert answer["digit"] == ("3" if reason is None else None)
    assert answer["confidence"] == pytest.approx(max(odds) / sum(odds), abs=1e-6)


def test_normalized_pixels_are_taken_as_they_are(
    client: Client, straight: Model, drawings: list[ByteArray]
) -> None:
    """Shifted by three pixels, the network sees them shifted; else they would be centred again."""
    pixels = np.roll(normalize(drawings[4]), 3, axis=0)
    answer = send(client, "/api/predict", pixels, normalized="1")
    assert answer["pixels"] == pixels.ravel().tolist()
    said = straight.predict_proba(pixels[np.newaxis])[0]
    np.testing.assert_allclose(answer["probabilities"], said, rtol=1e-6)
    centred = send(client, "/api/predict", pixels, normalized="0")
    assert centred["pixels"] == normalize(drawings[4]).ravel().tolist()


@pytest.mark.parametrize(("name", "kind"), [("straight", "pixel"), ("bent", "unit")])
def test_why_adds_up(client: Client, drawings: list[ByteArray], name: str, kind: str) -> None:
    """The parts and the biases are the difference of the logits, in the JSON that the page gets."""
    for pad in drawings[:12]:
        answer = send(client, "/api/inside", pad, model=name)
        why, classes = answer["difference"], answer["classes"]
        wanted, other = classes.index(why["for"]), classes.index(why["against"])
        assert why["total"] == pytest.approx(answer["logits"][wanted] - answer["logits"][other])
        size = sum(map(abs, why["parts"])) + abs(why["biases"])
        assert abs(sum(why["parts"]) + why["biases"] - why["total"]) < 2e-6 * size
        odds = answer["probabilities"][wanted] / answer["probabilities"][other]
        assert why["total"] == pytest.approx(np.log(odds), abs=1e-4)
        assert (why["kind"], why["label"]) == (kind, f"contribution-{kind}")
        assert why["layer"] == (None if kind == "pixel" else "dense2")
        assert len(why["parts"]) == (784 if kind == "pixel" else 23)


def test_blank_paper_takes_no_part(client: Client, drawings: list[ByteArray]) -> None:
    """A pixel without ink has no part in the answer."""
    answer = send(client, "/api/inside", drawings[3])
    parts = np.array(answer["difference"]["parts"])
    blank = np.array(answer["pixels"]) == 0
    assert blank.sum() > 100
    assert not parts[blank].any()
    assert parts[~blank].any()


def test_any_pair_can_be_asked_for(
    client: Client, straight: Model, drawings: list[ByteArray]
) -> None:
    """By name; what is left out is the answer and the best of the others."""
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
    x = straight.scaling(normalize(pad).reshape(1, -1), np.float64)
    passage = forward_trace(straight.network.copy(np.float64), x)
    for query, expected in pairs:
        why = send(client, "/api/inside", pad, **query)["difference"]
        assert [why["for"], why["against"]] == expected
        exact = explain_difference(passage, int(expected[0]), int(expected[1]))
        np.testing.assert_allclose(why["parts"], exact.parts, rtol=1e-3, atol=1e-4)
        assert why["total"] == pytest.approx(exact.total, abs=1e-4)


def test_inside_holds_the_answer_too(client: Client, drawings: list[ByteArray]) -> None:
    """Everything that predict says, and more."""
    predicted = send(client, "/api/predict", drawings[2])
    answer = send(client, "/api/inside", drawings[2])
    assert predicted.items() <= answer.items()


@pytest.mark.parametrize("name", ["straight", "bent"])
def test_layers_and_units(client: Client, runs: Path, drawings: list[ByteArray], name: str) -> None:
    """What the layers say, by hand; the strongest units first, and what each one looks for."""
    answer = send(client, "/api/inside", drawings[6], model=name)
    network = Recognizer(runs / name).model.calibrated().network.copy(np.float64)
    p, f = network.parameters, np.tanh if name == "bent" else lambda z: np.maximum(z, 0)
    x = np.array(answer["pixels"]) / 255
    a1 = f(x @ p["dense1.weights"] + p["dense1.bias"])
    a2 = f(a1 @ p["dense2.weights"] + p["dense2.bias"])
    layers = answer["layers"]
    assert [layer["name"] for layer in layers] == ["dense1", "dense2", "dense3"]
    for layer, said in zip(layers, (a1, a2, np.array(answer["probabilities"])), strict=True):
        np.testing.assert_allclose(layer["values"], said, atol=1e-3 * np.abs(said).max())
    why, units = answer["difference"], answer["units"]
    column = p["dense3.weights"][:, int(why["for"])] - p["dense3.weights"][:, int(why["against"])]
    pushes = a2 * column
    ranked = np.argsort(pushes)
    expected = [j for j in ranked[::-1][:6] if pushes[j] > 0]
    expected += [j for j in ranked[:6] if pushes[j] < 0]
    assert [unit["unit"] for unit in units] == expected
    for unit in units:
        assert (unit["layer"], unit["weights_of"]) == ("dense2", "slope")
        assert unit["push"] == pytest.approx(pushes[unit["unit"]], rel=1e-3)
        assert unit["activation"] == pytest.approx(a2[unit["unit"]], rel=1e-3)
        assert len(unit["weights"]) == 784
        step = 1e-5 * np.eye(784)[400]
        sums = [f((x + s * step) @ p["dense1.weights"] + p["dense1.bias"]) for s in (1, -1)]
        slope = (sums[0] - sums[1]) @ p["dense2.weights"][:, unit["unit"]] / 2e-5
        largest = max(map(abs, unit["weights"]))
        assert unit["weights"][400] == pytest.approx(slope, abs=0.01 * largest)


def test_a_photo(client: Client, runs: Path, drawings: list[ByteArray]) -> None:
    """What the library reads on a page of two rows; each digit can be asked about in turn."""
    rows = [np.hstack([np.pad(drawings[k], 12) for k in row]) for row in ([7, 4, 1], [8, 0, 2])]
    page = 255 - np.vstack(rows)
    picture = client.post(
        "/api/read", content=as_file(page, "PNG"), headers={"content-type": "image/png"}
    ).json()
    assert (picture["height"], picture["width"]) == page.shape
    offline = Recognizer(runs / "straight").read(page)
    assert picture["text"] == list(offline.text)
    assert len(picture["digits"]) == len(offline.digits) >= 6
    for digit, same in zip(picture["digits"], offline.digits, strict=True):
        assert (digit["digit"], digit["reason"]) == (same.label, same.reason)
        assert (digit["confidence"], digit["row"]) == (same.confidence, same.row)
        assert digit["box"] == list(same.box)
        pixels = np.array(digit["pixels"], np.uint8).reshape(28, 28)
        inside = send(client, "/api/inside", pixels, normalized="1")
        assert (inside["digit"], inside["reason"]) == (digit["digit"], digit["reason"])
        assert inside["confidence"] == pytest.approx(digit["confidence"], abs=1e-6)


def test_a_model_of_letters(client_of: Client, tmp_path: Path, drawings: list[ByteArray]) -> None:
    """Names of classes go in and out as they are."""
    from inkling.nn.mlp import build_mlp

    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    network.parameters["dense1.bias"][...] = (0, 90, 30)
    Model(network, ("alpha", "beta", "γ")).save(tmp_path / "greek.safetensors")
    client = client_of(build_app(ModelStore(tmp_path / "greek.safetensors", list)))
    answer = send(client, "/api/inside", drawings[0], **{"against": "γ"})
    assert (answer["digit"], answer["classes"]) == ("beta", ["alpha", "beta", "γ"])
    assert (answer["difference"]["for"], answer["difference"]["against"]) == ("beta", "γ")


def test_a_model_of_one_digit(client_of: Client, tmp_path: Path) -> None:
    """There is no other class to compare with, and that is no reason to fail."""
    from inkling.nn.mlp import build_mlp

    network = build_mlp((784, 1), rng=np.random.default_rng(0), output="sigmoid")
    Model(network, ("7",)).save(tmp_path / "seven.safetensors")
    app = build_app(ModelStore(tmp_path / "seven.safetensors", list))
    answer = send(client_of(app), "/api/inside", np.eye(28, dtype=np.uint8) * 255)
    assert answer["difference"]["total"] == 0
    assert answer["units"] == []


@pytest.mark.parametrize("name", ["straight", "bent"])
def test_every_answer_is_as_described(client: Client, drawings: list[ByteArray], name: str) -> None:
    """Names, types and ranges of every answer, against the hand-kept description."""
    for path in ("/healthz", "/api/models"):
        matches(client.get(path).json(), schema_of(path, "get"))
    about = client.get("/api/model", params={"model": name}).json()
    matches(about, schema_of("/api/model", "get"))
    for pad in (drawings[1], np.zeros((9, 9), np.uint8)):
        for path in ("/api/predict", "/api/inside"):
            matches(send(client, path, pad, model=name), schema_of(path, "post"))
        headers = {"content-type": "image/png"}
        answer = client.post("/api/read", content=as_file(pad, "PNG"), headers=headers)
        matches(answer.json(), schema_of("/api/read", "post"))


def test_the_description_names_every_address(client: Client, shelf: ModelStore) -> None:
    """And no other; the page itself is not part of it. Its own version is the package's."""
    served = client.get("/api/openapi.json").json()
    assert served["info"]["version"] == inkling.__version__
    assert served["paths"] == description()["paths"]
    app: Any = build_app(shelf)
    routes = {
        (route.path, method.lower())
        for route in app._app.routes
        for method in route.methods
        if method != "HEAD" and route.path not in ("/", "/static/{name}")
    }
    described = {(path, method) for path, methods in served["paths"].items() for method in methods}
    assert routes == described


def test_the_description_holds_together() -> None:
    """Every reference leads somewhere, nothing lies unused, every error is an Error."""
    text, components = OPENAPI.read_text(encoding="utf-8"), description()["components"]
    used = set(re.findall(r'"\$ref": "#/components/([^"]+)"', text))
    there = {f"{kind}/{name}" for kind, parts in components.items() for name in parts}
    assert used == there
    for response in components["responses"].values():
        assert response["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/Error"
        }


def test_the_parameters_are_the_ones_described(client: Client) -> None:
    """Each address says which names it knows when it meets another; the same as the description."""
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            names = sorted(
                parameter["$ref"].rpartition("/")[2]
                for parameter in operation.get("parameters", [])
            )
            answer: httpx.Response = client.request(method, path, params={"nonsense": "1"})
            assert answer.status_code == 400
            known = ", ".join(names) or "none"
            assert answer.json() == {
                "error": f"address: expected these names behind the question mark: {known}, "
                "got 'nonsense'."
            }
