"""Drawing: the library's answers, live bars, undo and clear, by mouse, keyboard and touch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.recognize.recognizer import Recognizer

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]
ONE = [[(0.5, 0.15), (0.5, 0.85)]]


def test_drawings(visit: Open, runs: Path, digits: list[Any]) -> None:
    """Digits drawn with the mouse get the answer of ``read_digit`` for the pixels sent."""
    from playwright.sync_api import expect

    recognizer = Recognizer(runs / "straight")
    opened = visit()
    word = opened.page.locator("#answer .word")
    refusals = {"empty": "nothing yet", "not_a_digit": "not a digit"}
    seen = set()
    for strokes in digits[:10]:  # each of them once
        answer = opened.draw(strokes)
        pixels = opened.sent()
        wanted = recognizer.read_digit(pixels)
        assert pixels.max() == 255
        assert np.allclose(answer["probabilities"], wanted.probabilities, rtol=0, atol=1e-6)
        if wanted.reason == "unsure":
            assert wanted.between is not None
            shown = f"{wanted.between}?"
        else:
            shown = str(wanted.digit) if wanted.reason is None else refusals[wanted.reason]
        expect(word).to_have_text(shown)
        seen.add(shown)
        opened.page.keyboard.press("Escape")
        expect(word).to_have_text("nothing yet")
    assert len(seen) > 3  # a page that always shows one answer would fail


def test_live_bars(visit: Open) -> None:
    """The bars move while the pen is down, and without the server."""
    opened = visit()
    page = opened.page
    page.context.set_offline(True)
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    for step in range(60):
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + (0.1 + step / 75) * box["height"])
    page.wait_for_selector(".bar.best")
    live = opened.count("predict")
    page.mouse.up()
    opened.answer_after("inside", 0)
    assert live >= 3


def test_undo_and_clear(visit: Open) -> None:
    """Undo takes back a stroke or a clear; an empty pad shows "nothing yet"."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    undo, clear = page.locator("#undo"), page.locator("#clear")
    expect(undo).to_be_disabled()
    opened.draw(FOUR[:1])
    first = opened.sent()
    opened.draw(FOUR[1:])
    both = opened.sent()
    assert both.sum() > first.sum()
    for press, pixels in ((undo.click, first), (undo.click, None)):
        asked = opened.count("inside")
        press()
        if pixels is None:
            expect(page.locator("#answer .word")).to_have_text("nothing yet")
        else:
            opened.answer_after("inside", asked)
            assert np.array_equal(opened.sent(), pixels)
    expect(clear).to_be_disabled()
    opened.draw(FOUR)
    clear.click()
    expect(page.locator("#invitation")).to_be_visible()
    asked = opened.count("inside")
    page.keyboard.press("Control+z")
    opened.answer_after("inside", asked)
    assert np.array_equal(opened.sent(), both)


def test_keyboard_only(visit: Open) -> None:
    """The keyboard alone is enough to draw, clear, choose a class and open the photo tab."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    press = page.keyboard.press
    for _ in range(20):
        press("Tab")
        if page.evaluate("document.activeElement.id") == "pad":
            break
    for key in ["ArrowUp"] * 8 + ["Space"] + ["ArrowDown"] * 16:
        press(key)
    asked = opened.count("inside")
    press("Space")
    opened.answer_after("inside", asked)
    drawn = opened.sent()
    opened.page.click("#clear")
    opened.draw([[(0.5, 0.18 + 0.04 * step) for step in range(17)]])
    assert np.abs(drawn.astype(int) - opened.sent()).mean() < 2  # the same upright stroke
    page.locator(".bar[data-class='7']").focus()
    press("Enter")
    expect(page.locator(".pair .against")).to_have_value("7")
    page.locator("#pad").focus()
    press("Escape")
    expect(page.locator("#answer .word")).to_have_text("nothing yet")
    page.locator("#tab-draw").focus()
    press("ArrowRight")
    expect(page.locator("#panel-photo")).to_be_visible()


def test_touch(visit: Open) -> None:
    """A finger draws without scrolling the page."""
    opened = visit(has_touch=True, viewport={"width": 360, "height": 740})
    page = opened.page
    opened.touch("touchStart", (0.5, 0.8))
    for step in range(12):
        opened.touch("touchMove", (0.5, 0.8 - step / 20))
    opened.touch("touchEnd")
    opened.answer_after("inside", 0)
    rows = np.flatnonzero(opened.sent().any(axis=1))
    assert np.ptp(rows) > 0.5 * len(opened.sent())
    assert page.evaluate("scrollY") == 0
