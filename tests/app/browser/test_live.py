"""The live view: layout, the unit that is looked at, and how it survives paper and forced colors."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling.image.normalize import normalize
from inkling.model.file import load_model
from inkling.page import STATIC

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]
BOXES = """(names) => names.map((name) => {
    const { left, top, right, bottom } = document.querySelector(name).getBoundingClientRect();
    return [left, top, right, bottom];
})"""
STAGE = [
    ".bar-top",
    ".pad-frame",
    ".below",
    "#answer",
    ".network-head",
    "#live",
    "#bars",
    "#inspector",
]


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1280, 720),
        (1440, 900),
        (1920, 1080),
        (768, 1024),
        (360, 740),
        (320, 640),
        (740, 360),
        (640, 360),
    ],
)
def test_one_view(visit: Open, width: int, height: int) -> None:
    """On a desktop, everything is in one view; nowhere do parts overlap, 200 % and phones included."""
    opened = visit(viewport={"width": width, "height": height})
    page = opened.page
    opened.draw(FOUR)
    boxes = dict(zip(STAGE, page.evaluate(BOXES, STAGE), strict=True))
    if width >= 1280:
        assert all(top >= 0 and bottom <= height for _, top, _, bottom in boxes.values())
    assert all(left >= 0 and right <= width for left, _, right, _ in boxes.values())
    for one, other in itertools.combinations(STAGE, 2):
        (left, top, right, bottom), (left2, top2, right2, bottom2) = boxes[one], boxes[other]
        across, down = min(right, right2) - max(left, left2), min(bottom, bottom2) - max(top, top2)
        assert across < 1 or down < 1, f"{one} and {other} overlap"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_targets(visit: Open) -> None:
    """Every button, choice and slider is at least 24 pixels wide and high."""
    opened = visit(viewport={"width": 320, "height": 640})
    opened.draw(FOUR)
    small = opened.page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, [tabindex='0']")]
            .filter((each) => each.checkVisibility())
            .filter((each) => Math.min(each.offsetWidth, each.offsetHeight) < 24)
            .map((each) => each.outerHTML)"""
    )
    assert small == []


def test_it_moves_with_the_pen(visit: Open) -> None:
    """The network is painted anew while the pen is down."""
    opened = visit()
    page = opened.page
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    for x, y in [(0.3, 0.3), (0.7, 0.5), (0.3, 0.7)]:
        page.evaluate("window.before = document.querySelector('#live').toDataURL()")
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        opened.until("document.querySelector('#live').toDataURL() !== before")
    page.mouse.up()


def test_a_unit(visit: Open, runs: Path) -> None:
    """A unit has the value, the weights to the next layer and the favorite digits that NumPy finds."""
    opened = visit()
    page = opened.page
    opened.draw(FOUR)
    page.focus("#live")
    for key in [
        "ArrowRight",
        "ArrowRight",
        *["ArrowDown"] * 5,
    ]:  # the first unit, then the next layer
        page.keyboard.press(key)
    model = load_model(runs / "straight").require_single("test")
    hidden = activations(model, normalize(opened.sent())[np.newaxis])[0]
    unit = int(page.inner_text("#inspector h3").split("unit ")[1].split(":")[0])
    assert page.inner_text("#inspector h3") == f"Layer 2, unit {unit}: {hidden[unit]:.2f}"
    last = list(model.network.parameters.values())[-2]
    parts = hidden[unit] * last[unit]
    order: Any = np.argsort(-np.abs(parts), kind="stable")[:4] if hidden[unit] else []
    wanted = [f"{parts[k]:+.2f} score of {k}".replace("-", "−") for k in order]
    assert page.locator(".added li").all_inner_texts() == (
        wanted or ["It is silent and adds nothing."]
    )
    picture = np.asarray(Image.open(STATIC / "examples.png").convert("L"))
    squares = picture.reshape(10, 28, 14, 28).swapaxes(1, 2).reshape(-1, 28, 28)
    excited = (activations(model, squares)[:, unit] > 0).sum()
    assert page.locator(".examples .thumb:not(.unseen)").count() == min(excited, 6)
    page.keyboard.press("Escape")
    assert page.is_hidden("#inspector h3")
    assert page.inner_text("#answer .word") != "nothing yet"  # Escape was for the network alone


def activations(model: Any, images: Any) -> Any:
    """What the last hidden layer gives, (N, 23)."""
    first, bias, second, other, *_ = model.network.parameters.values()
    x = model.scaling(images.reshape(len(images), -1))
    return np.maximum(np.maximum(x @ first + bias, 0) @ second + other, 0)


def test_second_model(visit: Open) -> None:
    """One click shows the other model, another one the first again."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    first = page.input_value("#model")
    page.click("#other-model")
    expect(page.locator("#model")).not_to_have_value(first)
    page.click("#other-model")
    expect(page.locator("#model")).to_have_value(first)


def test_projector(visit: Open) -> None:
    """Projector mode enlarges the type and still shows everything in one view."""
    opened = visit(viewport={"width": 1920, "height": 1080})
    page = opened.page
    size = "parseFloat(getComputedStyle(document.querySelector('.bar .digit')).fontSize)"
    before = page.evaluate(size)
    page.click("#projector")
    assert page.evaluate(size) > 1.3 * before
    assert all(bottom <= 1080 for _, _, _, bottom in page.evaluate(BOXES, STAGE))


def test_a_sharper_screen(visit: Open) -> None:
    """On a screen with twice as many pixels for the same size, the network is painted for them."""
    opened = visit()
    page = opened.page
    screen = {"width": 1280, "height": 900, "deviceScaleFactor": 2, "mobile": False}
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setDeviceMetricsOverride", screen)
    opened.draw(FOUR)
    live = "document.querySelector('#live')"
    opened.until(f"{live}.width === 2 * {live}.clientWidth")


def test_one_rounding(visit: Open) -> None:
    """The sentence, the bar and the walk give the same number; what rounds to 0 is not said."""
    opened = visit()
    page = opened.page
    answer = opened.draw(FOUR)
    best = int(np.argmax(answer["probabilities"]))
    bar = page.locator(".bar .value").nth(best).inner_text()
    assert page.locator(".scores li").nth(best).locator(".number").last.inner_text() == bar
    if answer["digit"]:
        assert page.inner_text(".sure") == f"{bar} sure"
    assert " 0.0%" not in page.inner_text("#answer") + page.inner_text(".scores")


def test_forced_colors(visit: Open) -> None:
    """In forced colors, the bars still show."""
    opened = visit(forced_colors="active")
    opened.draw(FOUR)
    color = "getComputedStyle(document.querySelector('.bar .fill')).backgroundColor"
    page = "getComputedStyle(document.body).backgroundColor"
    assert opened.page.evaluate(color) != opened.page.evaluate(page)


def test_printing(visit: Open) -> None:
    """A dark page is printed as dark ink on white paper, bars included."""
    opened = visit(color_scheme="dark")
    page = opened.page
    opened.draw(FOUR)
    page.emulate_media(media="print")
    opened.until("document.documentElement.dataset.theme === 'light'")
    painted = page.evaluate("document.querySelector('#pad').toDataURL().split(',')[1]")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(painted)))).reshape(-1, 4)
    assert pixels[pixels[:, 3] == 255][:, :3].mean() < 60
    adjust = "getComputedStyle(document.querySelector('.bar .fill')).printColorAdjust"
    assert page.evaluate(adjust) == "exact"


def test_without_javascript(browser: Any, address: str) -> None:
    """Without JavaScript there is one message and no dead page."""
    page = browser.new_page(java_script_enabled=False)
    page.goto(address)
    assert "needs JavaScript" in page.inner_text("noscript")
    assert not any(page.is_visible(name) for name in ("main", "header", "footer"))
    page.close()
