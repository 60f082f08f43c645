"""Languages, themes, sizes, and what the page asks of the network and of its readers."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import inkling

Open = Callable[..., Any]
STATIC = Path(inkling.__file__).parent / "page" / "static"
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]
VISIBLE_WORDS = """() => {
    const page = document.querySelector("main").cloneNode(true);
    for (const name of page.querySelectorAll("noscript, .formulas, .settings dd, select")) name.remove();
    return page.textContent;
}"""
"""What the page says, without the names of formulas, settings and models."""
MOST_BYTES = 60 * 1024


def test_languages(visit: Open) -> None:
    """The browser's language is taken, the switch changes everything, and is remembered."""
    opened = visit(locale="zh-CN")
    page = opened.page
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    opened.draw(FOUR)
    words = page.evaluate(VISIBLE_WORDS)
    assert set(re.findall(r"[A-Za-z]{3,}", words)) <= {"Inkling", "Dropout", "softmax"}
    page.click("#language")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert "sure" in page.inner_text("#answer")
    assert not re.search(r"[\u4e00-\u9fff]", page.inner_text("main"))
    page.reload()
    page.wait_for_selector("#about .facts")
    assert page.inner_text("#undo") == "Undo"


def test_themes(visit: Open) -> None:
    """Dark and light follow the system until the switch is used; the choice is remembered."""
    opened = visit(color_scheme="dark")
    page = opened.page

    def brightness() -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    assert brightness() < 150
    page.emulate_media(color_scheme="light")
    opened.until("document.documentElement.dataset.theme === 'light'")
    assert brightness() > 600
    page.click("#theme")
    assert brightness() < 150
    assert page.get_attribute("#theme", "aria-label") == "Light colours"
    page.reload()
    page.wait_for_selector("#about .facts")
    assert brightness() < 150


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_widths(visit: Open, width: int, locale: str) -> None:
    """At no width does anything stick out, and drawing moves nothing on the page."""
    opened = visit(viewport={"width": width, "height": 800}, locale=locale)
    page = opened.page

    def layout() -> Any:
        return page.evaluate(
            """() => ["#pad", "#answer", "#bars", ".fool", "#inside", "#why"].map((what) => {
                const { left, top, width } = document.querySelector(what).getBoundingClientRect();
                return [what, left, top + scrollY, width];
            })"""
        )

    before = layout()
    opened.draw(FOUR)
    assert layout() == before
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_from_outside(visit: Open, address: str) -> None:
    """Every request goes to the app itself."""
    opened = visit()
    asked: list[str] = []
    opened.page.on("request", lambda request: asked.append(request.url))
    opened.page.reload()
    opened.draw(FOUR)
    home = urlsplit(address).netloc
    assert len(asked) > 20
    assert {urlsplit(url).netloc for url in asked} == {home}


def test_weight() -> None:
    """The whole page is at most 60 KB through gzip, every file readable."""
    files = [path for path in STATIC.iterdir() if path.is_file()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= MOST_BYTES
    for path in files:
        longest = max(map(len, path.read_text("utf-8").splitlines()))
        assert longest <= 125, f"{path.name} has a line of {longest} characters"


def said() -> Iterator[str]:
    """Every English sentence of the page that is to be translated."""
    markup = (STATIC / "index.html").read_text("utf-8")
    yield from re.findall(r"<[^<>]*\sdata-say(?: disabled)?>([^<]+)<", markup)
    yield from re.findall(r'data-say-label="([^"]+)"', markup)
    for path in STATIC.glob("*.js"):
        if path.name not in ("chinese.js", "language.js"):
            yield from re.findall(r'(?<!\w)say\(\s*"([^"]+)"', path.read_text("utf-8"))


def test_translation_is_whole() -> None:
    """Each sentence has a translation with the same places to fill in, and none is left over."""
    source = (STATIC / "chinese.js").read_text("utf-8")
    pairs = re.findall(r'^  (?:"([^"]+)"|(\w+)):\s+"([^"]+)"', source, re.MULTILINE)
    translations = {quoted or bare: chinese for quoted, bare, chinese in pairs}
    everything = "".join(
        path.read_text("utf-8") for path in STATIC.glob("*.[hj]*") if path.stem != "chinese"
    )
    assert [sentence for sentence in said() if sentence not in translations] == []
    assert [sentence for sentence in translations if sentence not in everything] == []
    for english, chinese in translations.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese)), english
