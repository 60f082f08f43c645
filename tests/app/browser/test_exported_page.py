"""The exported page, opened from the disk: the same pixels and numbers as the library."""

from __future__ import annotations

import base64
import itertools
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inkling._documentation import documentation
from inkling._types import ByteArray
from inkling.app.model_store import LoadedModel
from inkling.app.responses import inside
from inkling.app.upload import Upload
from inkling.data.dataset import Dataset
from inkling.data.scaling import PixelScaling
from inkling.image.normalize import normalize
from inkling.image.single import normalize_single
from inkling.interop.browser import ACTIVATIONS, browser_bytes
from inkling.interop.formats import export_model
from inkling.interop.quantized import quantize
from inkling.model.committee import CommitteeModel
from inkling.model.decision import classify
from inkling.model.model import Classifier, Model
from inkling.model.rejection import Rejector
from inkling.nn.activations import LeakyReLU
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS as KNOWN
from inkling.page.bundle import join_modules
from inkling.recognize.recognizer import Recognizer

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    OpenFile = Callable[..., Page]

BEFORE = """
    const inBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    const toBytes = (text) => new Uint8Array(bytesOf(text));
    const model = readModel(bytesOf(given.model ?? byId("model-1").textContent));
    const inFull = (answer, pair) => ({ ...answer, ...explain(answer, pair) });
"""


@pytest.fixture
def open_file(browser: Browser, tmp_path: Path) -> Any:
    """Exports a model and opens the page from the disk; it must not send any request."""
    troubles: list[str] = []
    asked: list[str] = []
    pages: list[Page] = []

    def open_page(model: Model, *, expect_troubles: bool = False, **options: Any) -> Page:
        path = tmp_path / f"page{len(pages)}.html"
        export_model(model, path, to="html")
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
        pages.append(page)
        if not expect_troubles:
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on("console", lambda said: troubles.append(said.text))
            page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("#about .facts")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert troubles == []
    assert all(address.startswith(("file:", "data:")) for address in asked)


def in_base64(pixels: ByteArray) -> str:
    """Pixels in base64."""
    return base64.b64encode(pixels.tobytes()).decode()


def run(page: Page, body: str, argument: Any) -> Any:
    """Runs JavaScript in the page, with its model or a given one, and the modules that compute."""
    modules = join_modules("models.js", "answer.js", "explain.js", "edges.js")
    lines = f"{modules}\n{BEFORE}\nconst found = await (async () => {{ {body} }})();"
    # As one string, because Playwright takes half a minute for this many numbers.
    return json.loads(
        page.evaluate(f"async (given) => {{ {lines} return JSON.stringify(found); }}", argument)
    )


def assert_same_insight(
    found: dict[str, Any], model: Model, upload: Upload, pair: dict[str, str]
) -> None:
    """Fails unless the page's answer equals the app's, up to the digits in its JSON."""
    loaded = LoadedModel("m", Path(), Recognizer(model), model.calibrated())
    wanted = inside(loaded, upload, wanted=pair.get("for"), other=pair.get("against"))
    for name in ("digit", "reason", "candidates", "classes", "pixels"):
        assert found[name] == wanted[name]
    np.testing.assert_allclose(found["probabilities"], wanted["probabilities"], rtol=0, atol=1e-5)
    assert found["confidence"] == pytest.approx(wanted["confidence"], abs=1e-5)
    close(found["logits"], wanted["logits"], 1e-5)
    why, because = found["difference"], wanted["difference"]
    for name in ("for", "against"):
        assert why[name] == because[name]
    close(why["parts"], because["parts"], 3e-5)  # differences of two passes, in Python of float32
    close([why["total"], why["biases"]], [because["total"], because["biases"]], 1e-5)
    assert sum(why["parts"]) + why["biases"] == pytest.approx(why["total"], abs=1e-9)
    # Together, because all units of a layer sum the same inputs: a small sum is as exact as a large one.
    numbers, others = (
        [[unit["push"], unit["activation"]] for unit in one["units"]] for one in (found, wanted)
    )
    close(numbers, others, 1e-5)
    for unit, other in zip(found["units"], wanted["units"], strict=True):
        assert unit["unit"] == other["unit"]
        close(unit["weights"], other["weights"], 6e-3)  # JSON has 3 digits


def close(found: Any, wanted: Any, share: float) -> None:
    """Fails unless numbers are equal up to a share of the largest."""
    tolerance = share * float(np.abs(wanted).max(initial=1e-3))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)


def test_drawings(open_file: OpenFile, digits: list[Any]) -> None:
    """Drawings give identical normalized pixels and the same probabilities and explanations."""
    drawings = [[[{"x": x, "y": y} for x, y in line] for line in lines] for lines in digits]
    body = """return given.map((strokes, i) => {
        const picture = strokesPicture(strokes, BRUSHES[2]);
        const answer = answerTo(model, picture);
        return { ...(i % 4 ? answer : inFull(answer, {})), passage: null, member: null,
            canvas: inBase64(picture.bytes) };
    });"""
    found = run(open_file(Recognizer().model), body, drawings)
    canvases = [
        np.frombuffer(base64.b64decode(answer["canvas"]), np.uint8).reshape(112, 112)
        for answer in found
    ]
    pixels = np.stack([normalize_single(canvas) for canvas in canvases])
    assert [answer["pixels"] for answer in found] == [seen.ravel().tolist() for seen in pixels]
    model = rounded(Recognizer().model.require_single("test"))
    wanted = classify(model, pixels)
    probabilities = [answer["probabilities"] for answer in found]
    np.testing.assert_allclose(probabilities, wanted.probabilities, rtol=0, atol=1e-5)
    assert [answer["reason"] for answer in found] == list(wanted.reasons)
    for answer, canvas in zip(found[::4], canvases[::4], strict=True):
        assert_same_insight(answer, model, Upload(canvas.tobytes(), (112, 112)), {})


def rounded(model: Model) -> Model:
    """The model with weights of eight bits."""
    return quantize(model).require_single("test")


def hard_canvases() -> list[ByteArray]:
    """Canvases that reach every branch of the normalization: 112 × 112, and 28 × 28; paper is 0."""
    rng = np.random.default_rng(5)
    blank = np.zeros((112, 112), np.uint8)
    found = [blank]
    for side, top, left, gray in (
        (1, 0, 0, 255),
        (24, 3, 80, 255),
        (48, 60, 0, 11),
        (96, 9, 13, 12),
    ):
        square = blank.copy()  # at a corner, at an edge, too faint, just strong enough
        square[top : top + side, left : left + side // 2 + 1] = gray
        found.append(square)
    for side in (7, 24, 33, 48, 56, 72, 96, 110):  # of any size, with halves to round
        square = blank.copy()
        start = (112 - side) // 2
        levels = np.array([0, 0, 3, 128, 255], np.uint8)
        square[start : start + side, start : start + side] = rng.choice(levels, (side, side))
        found.append(square)
    wide = blank.copy()
    wide[50:60] = 255  # from edge to edge
    full = blank.copy()
    full[10:100, 8:108] = 200  # more than half of it
    return [*found, wide, wide.T.copy(), full, np.eye(28, dtype=np.uint8) * 90]


def test_normalization(open_file: OpenFile) -> None:
    """The pixels are those of ``normalize``."""
    canvases = hard_canvases()
    body = """return given.map(({ bytes, side }) => {
        return Array.from(normalizePicture({ bytes: toBytes(bytes), width: side, height: side }));
    });"""
    given = [{"bytes": in_base64(canvas), "side": len(canvas)} for canvas in canvases]
    found = run(open_file(small_model()), body, given)
    assert found == [normalize(canvas).ravel().tolist() for canvas in canvases]


def small_model(hidden: str = "relu", output: str = "softmax", dtype: str = "float32") -> Model:
    """784 → 13 hidden, dropout → 9 hidden → 11 output; pixels scaled to −1 … 1; mean images."""
    rng = np.random.default_rng(0)

    def activation(kind: str) -> Any:
        return LeakyReLU(0.3) if kind == "leaky_relu" else KNOWN[kind]()

    network = Network(
        [
            *(Dense(784, 13, rng=rng, dtype=dtype), activation(hidden), Dropout(0.5)),
            *(Dense(13, 9, rng=rng, dtype=dtype), activation(hidden)),
            *(Dense(9, 11, rng=rng, dtype=dtype), activation(output)),
        ]
    )
    for parameter in network.parameters.values():
        parameter += 0.05 * rng.normal(size=parameter.shape)
    classes = (*"0123456789", "</script>\"'漢")
    scaling, means = PixelScaling(2 / 255, -1.0), rng.integers(0, 256, (11, 28, 28), np.uint8)
    return Model(network, classes, scaling=scaling, manifest={"seed": 5}, class_means=means)


def test_every_activation(open_file: OpenFile) -> None:
    """Every activation, hidden and as output, and a network without a hidden layer, for any pair."""
    dtypes = itertools.cycle(["float32", "float64"])
    models = [small_model(kind, kind, next(dtypes)) for kind in ACTIVATIONS]
    models.append(Model(build_mlp((784, 10), rng=np.random.default_rng(1)), tuple("0123456789")))
    pairs: Any = itertools.cycle([{}, {"for": "3", "against": "8"}, {"against": "5"}])
    canvas = np.random.default_rng(2).integers(0, 256, (28, 28), np.uint8)
    canvas[:, :4] = canvas[:, -4:] = 0
    body = """const picture = { bytes: toBytes(given.canvas), width: 28, height: 28 };
        return { ...inFull(answerTo(model, picture), given.pair), passage: null, member: null };"""
    page = open_file(models[0])
    eight_bits = itertools.cycle([True, False])
    for model in models:
        coarse, pair = next(eight_bits), next(pairs)
        given = {"canvas": in_base64(canvas), "model": sent(model, eight_bits=coarse), "pair": pair}
        answer = run(page, body, given)
        seen = rounded(model) if coarse else model
        assert_same_insight(answer, seen, Upload(canvas.tobytes(), (28, 28)), pair)


def sent(model: Classifier, **options: bool) -> str:
    """A model as a page reads it, in base64."""
    about = {"classes": list(model.classes)}
    return base64.b64encode(browser_bytes(model, about, **options)).decode()


def test_every_answer(open_file: OpenFile, strokes_model: Model, strokes: Dataset) -> None:
    """Every kind of answer is the library's: with and without a rejector, and of a committee."""
    digits = strokes.test.images
    blends = ((digits[:20] / 2) + (digits[3:23] / 2)).astype(np.uint8)
    noise = np.random.default_rng(3).integers(0, 256, (20, 28, 28), np.uint8)
    images = np.concatenate([np.zeros((1, 28, 28), np.uint8), digits[:13], blends, noise])
    body = """const size = { width: 28, height: 28, normalized: true };
        const pictures = given.images.map((text) => ({ bytes: toBytes(text), ...size }));
        return pictures.map((picture) => ({ ...answerTo(model, picture), passage: null }));"""
    weights = np.random.default_rng(4).normal(size=19).astype(np.float32)
    rejector = Rejector(weights / 5, bias=0.25, threshold=0.5)
    rejecting = replace(strokes_model, rejector=rejector)
    other = replace(rejecting, network=strokes_model.network.copy(), temperature=2.0)
    for parameter in other.network.parameters.values():
        parameter *= 0.8
    committee = replace(CommitteeModel.of([rejecting, other]), temperature=0.7)
    page = open_file(strokes_model)
    models = (rejecting, replace(strokes_model, temperature=1.0), committee)
    for model in models:
        wanted = classify(model, images)
        assert set(wanted.reasons) == {None, "empty", "not_a_digit", "unsure"}
        given = [in_base64(image) for image in images]
        found = run(page, body, {"images": given, "model": sent(model)})
        if model.rejector is not None:
            scores: Any = model.answer(images)[1]
            shown = [answer["strangeness"]["score"] for answer in found]
            np.testing.assert_allclose(shown, scores, rtol=1e-4, atol=1e-5)
        assert [answer["reason"] for answer in found] == list(wanted.reasons)
        assert found[0]["probabilities"] == [0] * 10  # an empty image, as in responses.py
        for number, answer in enumerate(found[1:], start=1):
            row = wanted.probabilities[number]
            np.testing.assert_allclose(answer["probabilities"], row, rtol=0, atol=1e-5)
            assert tuple(answer["candidates"]) == wanted.candidates[number]
        if model is committee:
            shown = [answer["member"]["temperature"] for answer in found]
            assert shown == [1] * len(images)  # members have theirs in their weights


def test_strongest_edges(open_file: OpenFile) -> None:
    """The edges drawn are those whose products xᵢ wᵢⱼ NumPy finds the largest, for either sign."""
    rng = np.random.default_rng(7)
    x, weights = np.maximum(rng.normal(size=40), 0), rng.normal(size=(40, 30))
    body = """const weights = Float64Array.from(given.weights);
        return strongestEdges({ inputs: 40, outputs: 30, weights }, given.x, 25);"""
    given = {"x": x.tolist(), "weights": weights.ravel().tolist()}
    found = run(open_file(small_model()), body, given)
    products = x[:, np.newaxis] * weights
    wanted = np.sort(products.ravel())
    wanted = np.concatenate([wanted[:25], wanted[-25:]])
    assert sorted(edge["value"] for edge in found) == wanted.tolist()
    assert all(products[edge["from"], edge["to"]] == edge["value"] for edge in found)


def test_the_names_of_networks_fit(open_file: OpenFile) -> None:
    """On a narrow screen, the long name of the other network widens nothing."""
    page = open_file(Recognizer().model, viewport={"width": 320, "height": 640})
    page.evaluate("document.querySelector('#other-model').hidden = false")
    page.evaluate("document.querySelector('#other-model').textContent = '1000-600-500-300'")
    right = "document.querySelector('#live').getBoundingClientRect().right"
    assert page.evaluate(right) <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_drawing_by_hand(open_file: OpenFile) -> None:
    """Drawing gives live bars and an explanation; nothing is offered that needs a server."""
    from playwright.sync_api import expect

    page = open_file(Recognizer().model)
    box = page.locator("#pad").bounding_box()
    assert box is not None
    x, y, side = box["x"], box["y"], box["width"]
    page.mouse.move(x + 0.5 * side, y + 0.15 * side)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(x + 0.5 * side, y + (0.15 + 0.06 * step) * side)
    page.wait_for_selector(".bar.best[data-class='1']")  # while the pen is down
    page.mouse.up()
    page.wait_for_selector(".pair .against:enabled")
    assert page.inner_text("#answer .word") == "1"
    assert page.inner_text("#why-title").startswith("Why 1 and not ")
    page.click(".bar[data-class='7']")
    expect(page.locator("#why-title")).to_have_text("Why 1 and not 7?")  # in the next frame
    assert "8 bits each" in page.inner_text("#about")
    for name in ("#tab-photo", "#parts", "#correct"):
        assert not page.is_visible(name)
    page.locator("#pad").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#answer .word")).to_have_text("nothing yet")


def test_links_to_the_derivation(open_file: OpenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Formulas link to their cards in the page's language if the documentation is on a site."""
    sites = [f"inkling.{name}.documentation_site" for name in ("_documentation", "page.bundle")]
    for site in sites:
        monkeypatch.setattr(site, lambda: "")
    page = open_file(small_model())
    assert page.locator(".formulas li").count() > 8
    assert page.locator(".formulas a").count() == 0
    for site in sites:
        monkeypatch.setattr(site, lambda: "https://example.org/docs")
    page = open_file(small_model())
    for language in ("en", "zh"):
        links = page.locator(".formulas a").evaluate_all("all => all.map((one) => one.href)")
        assert len(links) == page.locator(".formulas li").count()
        wanted = documentation("derivation/network", "formula-dense-forward", language)
        assert wanted in links
        assert all(link.split("#")[0].startswith(wanted.split("network")[0]) for link in links)
        page.click("#language")


def test_the_rejector_is_a_stop_of_the_walk(open_file: OpenFile) -> None:
    """The rejector stands between the hidden layers and the scores, with its verdict."""
    page = open_file(Recognizer().model)
    page.locator("#pad").click()  # a dot
    page.wait_for_selector(".pair .against:enabled")
    titles = page.locator("#walk h3").all_inner_texts()
    assert titles[-2:] == ["Is it a digit at all?", "Scores become the answer"]
    assert "above the limit" in page.inner_text("#walk li:nth-last-child(2 of .text)")


def test_the_policy(open_file: OpenFile) -> None:
    """The browser blocks requests, pictures from elsewhere, and every other script."""
    page = open_file(small_model(), expect_troubles=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        refused, ran = page.evaluate(
            """async (address) => {
                const refused = [];
                document.addEventListener("securitypolicyviolation", (event) => {
                    refused.push(event.effectiveDirective);
                });
                await fetch(address).catch(() => {});
                for (const tag of ["img", "script"]) {
                    const element = document.createElement(tag);
                    element.src = address;
                    document.body.append(element);
                }
                const inline = document.createElement("script");
                inline.textContent = "window.ran = true";
                document.body.append(inline);
                while (refused.length < 4) await new Promise((done) => { setTimeout(done, 10); });
                return [refused, window.ran ?? false];
            }""",
            f"http://127.0.0.1:{listener.getsockname()[1]}/",
        )
        with pytest.raises(BlockingIOError):
            listener.accept()
    directives = ["connect-src", "img-src", "script-src-elem", "script-src-elem"]
    assert (sorted(refused), ran) == (directives, False)
