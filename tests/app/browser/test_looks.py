"""Languages, themes, widths, and that the page loads nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]
NAMES = {"Inkling", "softmax", "sigmoid", "ReLU", "Esc"}
"""Words that are the same in Chinese."""
VISIBLE_WORDS = """() => {
    const page = document.querySelector("main").cloneNode(true);
    const names = ".formulas, .settings dd, select, #teach-folder, #untaught";
    const unwanted = page.querySelectorAll(`noscript, #spoken, ${names}`);
    for (const element of unwanted) element.remove();
    return page.textContent;
}"""
"""The words of the page, without names of formulas, settings, folders and models."""


def test_languages(visit: Open) -> None:
    """The page has the browser's language; the switch translates everything and is remembered."""
    opened = visit(locale="zh-CN")
    page = opened.page
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    opened.draw(FOUR)
    words = page.evaluate(VISIBLE_WORDS)
    assert set(re.findall(r"[A-Za-z]{3,}", words)) <= NAMES
    page.click("#language")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert "sure" in page.inner_text("#answer")
    assert not re.search(r"[\u4e00-\u9fff]", page.evaluate(VISIBLE_WORDS))
    page.reload()
    page.wait_for_selector("#about .facts")
    assert page.inner_text("#clear") == "Clear"


def test_themes(visit: Open) -> None:
    """The theme follows the system until the switch is used, which is remembered."""
    opened = visit(color_scheme="dark")
    page = opened.page

    def brightness() -> int:
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", color)[:3]))

    assert brightness() < 150
    page.emulate_media(color_scheme="light")
    opened.until("document.documentElement.dataset.theme === 'light'")
    assert brightness() > 600
    page.click("#theme")
    assert brightness() < 150
    assert page.get_attribute("#theme", "aria-label") == "Light or dark colors"
    page.reload()
    page.wait_for_selector("#about .facts")
    assert brightness() < 150


@pytest.mark.parametrize(("width", "locale"), [(320, "en-GB"), (320, "zh-CN"), (1440, "en-GB")])
def test_widths(visit: Open, width: int, locale: str) -> None:
    """Nothing overflows the width of the page, and drawing moves nothing."""
    opened = visit(viewport={"width": width, "height": 800}, locale=locale)
    page = opened.page

    def layout() -> Any:
        return page.evaluate(
            """() => ["#pad", "#answer", "#live", "#bars", "#inspector", "#why"].map((what) => {
                const { left, top, width } = document.querySelector(what).getBoundingClientRect();
                return [what, ...[left, top + scrollY, width].map(Math.round)];
            })"""
        )

    before = layout()
    opened.draw(FOUR)
    assert layout() == before
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_from_outside(visit: Open, address: str) -> None:
    """Every request goes to the app."""
    opened = visit()
    asked: list[str] = []
    opened.page.on("request", lambda request: asked.append(request.url))
    opened.page.reload()
    opened.draw(FOUR)
    home = urlsplit(address).netloc
    assert 1 < len(asked) <= 8  # so that the page is ready soon where a response takes long
    assert {urlsplit(url).netloc for url in asked} == {home}
