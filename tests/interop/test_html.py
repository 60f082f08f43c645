"""The page as a file: small, self-contained, and forbidden to load or send anything.

tests/app/browser/test_exported_page.py checks in a browser that it computes what the library computes.
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
from safetensors.numpy import load

from inkling.errors import SettingError
from inkling.interop import html
from inkling.interop.browser import ACTIVATIONS, browser_bytes
from inkling.interop.formats import export_model
from inkling.interop.html import html_bytes
from inkling.interop.quantized import quantize
from inkling.model.model import Model
from inkling.model.rejection import Rejector
from inkling.nn.mlp import build_mlp
from inkling.page import STATIC
from inkling.recognize.recognizer import Recognizer

MakeModel = Callable[..., Model]


class Parts(HTMLParser):
    """The parts of a page: the attributes of its tags, and the contents of scripts and styles."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Keeps a tag, and which text follows."""
        found = dict(attrs)
        self.tags.append((tag, found))
        self._inside = found.get("id", tag) if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        """Text outside of scripts and styles is not kept."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Keeps the text of a script or style."""
        if self._inside:
            self.texts[self._inside] = self.texts.get(self._inside, "") + data


def a_model(**changes: Any) -> Model:
    """784 → 11 → 10, with a rejector and a temperature."""
    network = build_mlp((784, 11, 10), rng=np.random.default_rng(0), dropout=0.25)
    rejector = Rejector(np.linspace(-1, 1, 11, dtype=np.float32), 0.25, 0.5)
    model = Model(network, tuple("0123456789"), temperature=0.5, rejector=rejector)
    return replace(model, **changes)


def test_the_size_of_the_model_that_ships(tmp_path: Path) -> None:
    """The page of the model that ships has at most 3 MB."""
    export = export_model(Recognizer().model, tmp_path / "digits.html", to="html")
    assert export.size == (tmp_path / "digits.html").stat().st_size <= 3_000_000
    assert export.code == ""
    assert len(list(tmp_path.iterdir())) == 1


def test_the_page_loads_nothing() -> None:
    """Every address in it is a part of the page or data."""
    parts = Parts(html_bytes(a_model()))
    for tag, attributes in parts.tags:
        for name in ("src", "href", "data", "action", "srcset", "poster"):
            address = attributes.get(name)
            assert address is None or address.startswith(("#", "data:")), (tag, name, address)
    assert "url(" not in parts.texts["style"]
    assert "@import" not in parts.texts["style"]
    assert not re.search(r"^(import|export)\b", parts.texts["script"], re.MULTILINE)


def test_the_policy() -> None:
    """The policy allows this script and this style by their hashes, and nothing else."""
    parts = Parts(html_bytes(a_model()))
    (policy,) = [found["content"] for tag, found in parts.tags if "http-equiv" in found]
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(parts.texts[name].encode()).digest()).decode()}'"
        for name in ("script", "style")
    ]
    assert policy == (
        f"default-src 'none'; script-src {hashes[0]}; style-src {hashes[1]}; "
        "img-src data: blob:; media-src blob:; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )
    assert not any("style" in found or "onclick" in found for _, found in parts.tags)


@pytest.mark.parametrize("eight_bits", [False, True])
def test_the_stored_model(eight_bits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stored numbers are those of the model, in a large model rounded to eight bits."""
    monkeypatch.setattr(html, "MOST_EXACT", 784 * 11 + 11 + 11 * 10 + 10 - eight_bits)
    model = a_model()
    assert model.rejector is not None
    text = Parts(html_bytes(model)).texts["model-1"]
    stored, described = read(base64.b64decode(text))
    wanted = (quantize(model) if eight_bits else model).networks[0].parameters
    for name in ("dense1", "dense2"):
        weights = stored[f"member1/{name}.weights"]
        if eight_bits:
            weights = weights * stored[f"member1/{name}.scales"]
        np.testing.assert_array_equal(weights, wanted[f"{name}.weights"])
        np.testing.assert_array_equal(stored[f"member1/{name}.bias"], wanted[f"{name}.bias"])
    np.testing.assert_array_equal(stored["nondigits.weights"], model.rejector.weights)
    assert described["nondigits"] == {"bias": 0.25, "threshold": 0.5}
    assert described["temperature"] == 0.5
    (member,) = described["members"]
    assert member["scaling"] == {"factor": 1 / 255, "offset": 0.0}
    assert [layer["kind"] for layer in member["layers"]] == ["dense", "relu", "dense", "softmax"]
    assert described["about"]["architecture"] == "784-11-10"
    assert ("eight_bits" in described["about"]) is eight_bits


def test_the_precision() -> None:
    """Weights from a file in float16 are sent in float16, others as they are."""
    model = a_model()
    first = model.network.parameters["dense1.weights"]
    first[...] = first.astype(np.float16)
    stored, _ = read(browser_bytes(model, {}))
    kinds = [str(stored[f"member1/dense{number}.weights"].dtype) for number in (1, 2)]
    assert kinds == ["float16", "float32"]
    for number in (1, 2):
        name = f"dense{number}.weights"
        np.testing.assert_array_equal(stored[f"member1/{name}"], model.network.parameters[name])


def read(file: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays and the description in a safetensors file."""
    length = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + length])
    return load(file), json.loads(header["__metadata__"]["model"])


def test_any_class_name() -> None:
    """A class name may contain the end of a script, or a lone surrogate."""
    names = (*"012345678", "</script><script>alert('ink & \"漢\"')//<!--\ud800")
    model = a_model(classes=names)
    parts = Parts(html_bytes(model))
    assert json.loads(parts.texts["models"])["models"][0]["classes"] == list(names)
    plain = Parts(html_bytes(a_model(classes=tuple("012345678x"))))
    assert [tag for tag, _ in parts.tags] == [tag for tag, _ in plain.tags]


def test_other_image_shapes(make_model: MakeModel, tmp_path: Path) -> None:
    """A model for other images than 28 × 28 raises, and an older file stays."""
    (tmp_path / "m.html").write_text("old", "utf-8")
    with pytest.raises(SettingError, match="28 × 28 pixels, got 5 × 7"):
        export_model(make_model(), tmp_path / "m.html", to="html")
    assert [file.read_text("utf-8") for file in tmp_path.iterdir()] == ["old"]


def test_numbers_too_large_for_float32() -> None:
    """A bias that would become infinite raises."""
    model = Model(build_mlp((784, 3), rng=np.random.default_rng(0), dtype="float64"), tuple("abc"))
    model.network.parameters["dense1.bias"][1] = -1e39
    with pytest.raises(SettingError, match="numbers that float32 can hold"):
        browser_bytes(model, {}, eight_bits=True)


def test_the_activations_in_javascript() -> None:
    """``activations.js`` has the same activations."""
    source = (STATIC / "activations.js").read_text("utf-8")
    assert tuple(re.findall(r"^  (\w+): (?:\{|elementwise)", source, re.MULTILINE)) == ACTIVATIONS
