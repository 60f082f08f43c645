"""The built site as a reader on a phone sees it. Needs the extra ``docs``, Playwright and Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

LOOK = """async () => {
    if (window.MathJax?.startup) await window.MathJax.startup.promise;
    const count = (what) => document.querySelectorAll(what).length;
    const wrong = count("mjx-merror, [data-mjx-error]");
    return [count("mjx-container"), wrong, document.documentElement.scrollWidth];
}"""
"""How many formulas are set, how many of them could not be read, and how wide the page is."""


def test_pages_on_a_phone(site: Path) -> None:
    """At 360 pixels every formula is set, no page is wider, and nothing is fetched from outside."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium")
    asked: list[str] = []
    wrong: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 360, "height": 800})
        tab.on("request", lambda request: asked.append(request.url))
        for path in sorted(site.rglob("*.html")):
            tab.goto(path.as_uri())
            has_formulas = 'class="math' in path.read_text("utf-8")
            if has_formulas:
                tab.wait_for_function("window.MathJax?.startup?.promise !== undefined")
            formulas, errors, width = tab.evaluate(LOOK)
            if errors or width > 360 or has_formulas != bool(formulas):
                page = path.relative_to(site)
                wrong.append(f"{page}: {formulas} formulas, {errors} errors, {width} pixels")
        browser.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
