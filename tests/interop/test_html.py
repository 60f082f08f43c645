"""The page as a file: one, small, of the same bytes each time, and closed to the outside.

That it computes the same as the library, tests/app/browser/test_exported_page.py holds in a browser.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.errors import SettingError
from inkling.interop.formats import export_model
from inkling.interop.html import ACTIVATIONS, APP, OWN, html_bytes
from inkling.interop.quantized import quantize
from inkling.model.model import Model
from inkling.model.rejection import Rejector
from inkling.nn.mlp import build_mlp
from inkling.nn.registry import ACTIVATIONS as KNOWN
from inkling.page.bundle import IMPORT, join_modules
from inkling.recognize.recognizer import Recognizer

MakeModel = Callable[..., Model]
TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


class Parts(HTMLParser):
    """What a page is made of: the attributes of its tags, and the contents of scripts and styles."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Remembers a tag, and whose text comes next."""
        found = dict(attrs)
        self.tags.append((tag, found))
        self._inside = found.get("id", tag) if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        """Text outside is not kept."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Keeps the text of a script or style."""
        if self._inside:
            self.texts[self._inside] = self.texts.get(self._inside, "") + data


def a_model(**changes: Any) -> Model:
    """784 → 11 → 10, with a unit over its 11 hidden ones and a temperature."""
    network = build_mlp((784, 11, 10), rng=np.random.default_rng(0), dropout=0.25)
    unit = Rejector(np.linspace(-1, 1, 11, dtype=np.float32), 0.25, 0.5)
    model = Model(network, tuple("0123456789"), temperature=0.5, rejector=unit)
    return replace(model, **changes)


def test_the_model_that_ships_fits_into_three_megabytes(tmp_path: Path) -> None:
    """Whole, in one file."""
    export = export_model(Recognizer().model, tmp_path / "digits.html", to="html")
    assert export.size == (tmp_path / "digits.html").stat().st_size <= 3_000_000
    assert export.code == ""
    assert len(list(tmp_path.iterdir())) == 1


def test_the_page_asks_for_nothing() -> None:
    """Every address in it is a part of itself or data; links to elsewhere there are none."""
    parts = Parts(html_bytes(a_model().calibrated()))
    for tag, attributes in parts.tags:
        for name in ("src", "href", "data", "action", "srcset", "poster"):
            address = attributes.get(name)
            assert address is None or address.startswith(("#", "data:")), (tag, name, address)
    assert "url(" not in parts.texts["style"]
    assert "@import" not in parts.texts["style"]
    for word in ("fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "EventSource", "import("):
        assert word not in parts.texts["script"]
    assert not re.search(r"^(import|export)\b", parts.texts["script"], re.MULTILINE)


def test_the_policy_names_this_script_and_this_style_alone() -> None:
    """By their hashes, so that not even another script in the page could run or connect."""
    parts = Parts(html_bytes(a_model().calibrated()))
    (policy,) = [found["content"] for tag, found in parts.tags if "http-equiv" in found]
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(parts.texts[name].encode()).digest()).decode()}'"
        for name in ("script", "style")
    ]
    assert policy == (
        f"default-src 'none'; script-src {hashes[0]}; style-src {hashes[1]}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not any("style" in found or "onclick" in found for _, found in parts.tags)


def test_the_same_model_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page holds no time and no path."""
    first = html_bytes(a_model().calibrated())
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert html_bytes(a_model().calibrated()) == first
    assert str(Path.cwd()).encode() not in first
    assert html_bytes(a_model(temperature=1.0)) != first


def test_what_is_stored_is_the_rounded_model() -> None:
    """Read back here as ``stored.js`` reads it: weights, scales, biases, then the unit."""
    model = a_model().calibrated()
    texts = Parts(html_bytes(model)).texts
    stored = json.loads(texts["model-description"])
    weights = np.frombuffer(base64.b64decode(texts["model-weights"]), np.int8)
    numbers = np.frombuffer(base64.b64decode(texts["model-numbers"]), "<f4")
    first = weights[: 784 * 11].reshape(784, 11) * numbers[:11]
    second = weights[784 * 11 :].reshape(11, 10) * numbers[22:32]
    wanted = quantize(model).network.parameters
    np.testing.assert_array_equal(first, wanted["dense1.weights"])
    np.testing.assert_array_equal(second, wanted["dense2.weights"])
    np.testing.assert_array_equal(numbers[11:22], wanted["dense1.bias"])
    np.testing.assert_array_equal(numbers[32:42], wanted["dense2.bias"])
    assert model.rejector is not None
    np.testing.assert_array_equal(numbers[42:], model.rejector.weights)
    assert stored["nondigits"] == {"bias": 0.25, "threshold": 0.5}
    assert stored["scaling"] == {"factor": 1 / 255, "offset": 0.0}
    assert [layer["kind"] for layer in stored["layers"]] == ["dense", "relu", "dense", "softmax"]
    assert stored["about"]["architecture"] == "784-11-10"
    assert stored["about"]["eight_bits"] is None


def test_a_class_may_be_called_anything() -> None:
    """Even what would end the script it stands in, or half a letter, which UTF-8 cannot write."""
    names = (*"012345678", "</script><script>alert('ink & \"漢\"')//<!--\ud800")
    model = a_model(classes=names).calibrated()
    parts = Parts(html_bytes(model))
    assert json.loads(parts.texts["model-description"])["about"]["classes"] == list(names)
    plain = Parts(html_bytes(a_model().calibrated()))
    assert [tag for tag, _ in parts.tags] == [tag for tag, _ in plain.tags]


def test_other_pictures_are_refused(make_model: MakeModel, tmp_path: Path) -> None:
    """The pad gives 28 × 28 pixels; an older file stays."""
    (tmp_path / "m.html").write_text("old", "utf-8")
    expected = "a model for images of 28 × 28 pixels, as the pad gives them"
    message = f"HTML export: expected {expected}, got 5 × 7."
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        export_model(make_model(), tmp_path / "m.html", to="html")
    assert [file.read_text("utf-8") for file in tmp_path.iterdir()] == ["old"]


def test_numbers_beyond_float32_are_refused() -> None:
    """A bias of a float64 network that would become infinite."""
    model = Model(build_mlp((784, 3), rng=np.random.default_rng(0), dtype="float64"), tuple("abc"))
    model.network.parameters["dense1.bias"][1] = -1e39
    message = "HTML export: expected numbers that float32 can hold, got larger ones."
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        html_bytes(model)


def test_it_knows_every_activation() -> None:
    """Those that networks can have today, under the same names in JavaScript."""
    assert {*ACTIVATIONS} >= {
        "identity",
        "sigmoid",
        "tanh",
        "relu",
        "leaky_relu",
        "gelu",
        "softmax",
    }
    assert {*ACTIVATIONS} <= {*KNOWN}
    source = (OWN / "activations.js").read_text("utf-8")
    assert tuple(re.findall(r"^  (\w+): \{", source, re.MULTILINE)) == ACTIVATIONS


def test_an_unknown_activation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before there is a file."""
    known = tuple(name for name in ACTIVATIONS if name != "relu")
    monkeypatch.setattr("inkling.interop.html.ACTIVATIONS", known)
    message = (
        "HTML export: expected activation to be one of identity, sigmoid, tanh, leaky_relu, gelu, "
        "softmax, got 'relu'; did you mean 'gelu'?"
    )
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        html_bytes(a_model().calibrated())


def test_the_modules_can_be_joined() -> None:
    """Top-level names are unique, with the app's; imports are named, one a line."""
    joined = join_modules("main.js", [OWN, APP])
    names = TOP_LEVEL.findall(joined)
    assert sorted(names) == sorted(set(names))
    for path in OWN.glob("*.js"):
        for line in path.read_text("utf-8").splitlines():
            assert not line.startswith("import") or IMPORT.match(line), f"{path.name}: {line}"
            assert not line.startswith("export") or TOP_LEVEL.match(line), f"{path.name}: {line}"
    order = re.findall(r"^// (\w+\.js)$", joined, re.MULTILINE)
    assert order[-1] == "main.js"
    assert {"answers.js", "photo.js", "normalize.js", "pad.js"} <= {*order}
    assert "camera.js" not in order  # with the app's photo.js it stays behind
    assert "api/predict?" not in joined
    assert len(order) == len(set(order))
