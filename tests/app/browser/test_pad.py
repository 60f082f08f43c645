"""The pad: redo, brush, rows of digits, palms, tiny digits, and what stays over a reload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling._types import ByteArray

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]


def after(opened: Any, act: Callable[[], None]) -> ByteArray:
    """The picture that is read after an action."""
    count = opened.count("inside")
    act()
    opened.answer_after("inside", count)
    sent: ByteArray = opened.sent()
    return sent


def placed(strokes: Any, scale: float, right: float, down: float) -> Any:
    """The strokes, smaller and elsewhere."""
    return [[(right + scale * x, down + scale * y) for x, y in stroke] for stroke in strokes]


def test_redo_and_brush(visit: Open) -> None:
    """Redo brings back what undo took; a thicker brush leaves more ink, for the whole drawing."""
    opened = visit()
    page = opened.page
    opened.draw(FOUR)
    both = opened.sent()
    press = page.keyboard.press
    assert after(opened, lambda: press("Control+z")).sum() < both.sum()
    assert np.array_equal(after(opened, lambda: press("Control+Shift+z")), both)
    assert page.is_disabled("#redo")
    assert after(opened, lambda: page.click("#thicker")).sum() > both.sum()


def test_a_row(visit: Open) -> None:
    """Digits next to each other are read one by one, each as if it were alone; one can be chosen."""
    opened = visit()
    page = opened.page
    four, one = placed(FOUR, 0.3, 0.05, 0.3), [[(0.6, 0.35), (0.6, 0.6)]]
    alone = []
    for strokes in (four, one):
        alone.append(opened.draw(strokes)["pixels"])
        reset(page)
    opened.draw(four + one)
    glyphs = page.locator(".glyphs button")
    assert glyphs.count() == 2
    assert glyphs.nth(1).get_attribute("aria-pressed") == "true"
    assert opened.exchange("inside")["answer"]["pixels"] == alone[1]
    after(opened, glyphs.nth(0).click)
    assert opened.exchange("inside")["answer"]["pixels"] == alone[0]
    opened.draw([[(0.1, 0.4), (0.7, 0.4)]])  # through both: one digit
    assert page.is_visible("#answer .word")


def reset(page: Any) -> None:
    """Clears the pad."""
    page.focus("#pad")
    page.keyboard.press("Escape")


def test_a_tiny_digit(visit: Open) -> None:
    """A digit of a tenth of the pad in a corner is no blob: as many pixels are ink as of a large one."""
    opened = visit()
    large = np.array(opened.draw(FOUR)["pixels"])
    reset(opened.page)
    tiny = np.array(opened.draw(placed(FOUR, 0.12, 0.02, 0.02))["pixels"])
    assert (tiny > 127).sum() < 1.8 * (large > 127).sum()


def test_the_pen_wins(visit: Open) -> None:
    """The palm that lands before the pen, or while it is near, leaves nothing."""
    opened = visit(has_touch=True)
    page = opened.page
    box = page.locator("#pad").bounding_box()

    def pen(kind: str, x: float, y: float) -> None:
        place = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        button = {"button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen"}
        opened.devtools.send("Input.dispatchMouseEvent", {"type": kind, **place, **button})

    opened.touch("touchStart", (0.8, 0.9))
    pen("mousePressed", 0.3, 0.2)
    pen("mouseMoved", 0.3, 0.7)
    pen("mouseReleased", 0.3, 0.7)
    opened.touch("touchEnd")
    opened.touch("touchStart", (0.8, 0.8))
    opened.touch("touchEnd")
    opened.until("answers.length && answers.at(-1).answer.difference")
    strokes = page.evaluate("JSON.parse(localStorage.getItem('inkling-drawing'))")
    assert [round(points[0]["x"], 1) for points in strokes] == [0.3]


def test_reload(visit: Open) -> None:
    """Drawing, brush and model are there after a reload, until the pad is cleared."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    opened.draw(FOUR)
    after(opened, lambda: page.select_option("#model", "bent"))
    drawn = after(opened, lambda: page.click("#thicker"))
    page.reload()
    opened.until("answers.length")
    assert page.input_value("#model") == "bent"
    assert np.abs(opened.sent().astype(int) - drawn).mean() < 1  # places are rounded
    page.click("#clear")
    page.reload()
    expect(page.locator("#invitation")).to_be_visible()


def test_the_model_that_was_asked_for(visit: Open) -> None:
    """An app with another model begins with it, whatever the browser remembers of the one before."""
    from playwright.sync_api import expect

    page = visit().page

    def with_bent(route: Any) -> None:
        response = route.fetch()
        body = response.text().replace('"default": "straight"', '"default": "bent"')
        route.fulfill(response=response, body=body)

    page.route(page.url, with_bent)
    page.reload()
    expect(page.locator("#model")).to_have_value("bent")


def test_a_damaged_memory(visit: Open) -> None:
    """A remembered drawing that is none leaves an empty pad that works."""
    opened = visit()
    opened.page.evaluate("localStorage.setItem('inkling-drawing', '[[]]')")
    opened.page.reload()
    opened.draw(FOUR)


def test_a_very_long_scribble(visit: Open) -> None:
    """The pad takes no more ink in time: 30,000 points, painted in every frame, would freeze it."""
    opened = visit()
    points = opened.page.evaluate(
        """() => {
            const pad = document.getElementById("pad");
            const [start, ...others] = Array.from({ length: 30000 }, (_, i) => {
                const place = { clientX: 40 + (i * 37) % 300, clientY: 80 + (i * 53) % 290 };
                return { ...place, pointerId: 1, pointerType: "mouse", bubbles: true };
            });
            pad.setPointerCapture = () => {};
            pad.dispatchEvent(new PointerEvent("pointerdown", start));
            const coalescedEvents = others.map((each) => new PointerEvent("pointermove", each));
            pad.dispatchEvent(new PointerEvent("pointermove", { ...start, coalescedEvents }));
            pad.dispatchEvent(new PointerEvent("pointerup", start));
            return JSON.parse(localStorage.getItem("inkling-drawing")).flat().length;
        }"""
    )
    assert points == 5000
    opened.answer_after("inside", 0)


def test_escape_and_sliders(visit: Open) -> None:
    """Escape clears only from the pad; Clear puts the sliders back."""
    opened = visit()
    page = opened.page
    opened.draw(FOUR)
    page.focus("#fool-rotate")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert page.is_hidden("#invitation")
    page.click("#clear")
    assert page.input_value("#fool-rotate") == "0"


def test_saving(visit: Open) -> None:
    """The drawing and its explanation are saved as one picture."""
    opened = visit()
    page = opened.page
    opened.draw(FOUR)
    with page.expect_download() as download:
        page.click("#save")
    picture = Image.open(download.value.path())
    assert picture.format == "PNG"
    pixels = np.asarray(picture.convert("L"))
    assert pixels.shape == (900, 1600)
    assert (pixels[90:440, 40:390] < 60).mean() > 0.05  # the ink of the drawing
