"""Accessibility: no violations found by axe-core, one announcement per digit, reduced motion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Any) -> list[str]:
    """The violations that axe-core finds on the page in its current state."""
    axe = pytest.importorskip("axe_core_python", reason="needs axe-core-python")
    page.add_script_tag(content=(Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", RULES)
    return [
        f"{rule['id']}: {rule['help']} {[node['html'] for node in rule['nodes'][:3]]}"
        for rule in found["violations"]
    ]


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe(visit: Open, locale: str, color_scheme: str) -> None:
    """The page satisfies WCAG 2.2 AA: empty, with answer and unit, the photo tab, large, the help."""
    opened = visit(locale=locale, color_scheme=color_scheme, bypass_csp=True)
    page = opened.page
    assert violations(page) == []
    opened.draw(FOUR)
    page.focus("#live")
    page.keyboard.press("ArrowRight")
    assert violations(page) == []
    page.click("#tab-photo")
    assert violations(page) == []
    page.click("#tab-draw")
    page.click("#projector")
    assert violations(page) == []
    page.click("[popovertarget]")
    assert violations(page) == []


@pytest.mark.parametrize(("locale", "color_scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
def test_axe_while_it_learns(visit: Open, workshop: Any, locale: str, color_scheme: str) -> None:
    """So do the form with a bad setting, a run with a drawing, its end, and teaching."""
    from playwright.sync_api import expect

    address = f"{workshop.address}#train"
    opened = visit(address, locale=locale, color_scheme=color_scheme, bypass_csp=True)
    page = opened.page
    opened.draw(FOUR)
    page.select_option("#set-data", "digits of mine")
    page.fill("#set-epochs", "0")
    page.click("#new-run .main")
    expect(page.locator("#set-epochs-fault")).not_to_be_empty()
    opened.troubles.clear()
    assert violations(page) == []
    page.fill("#set-epochs", "500")
    page.click("#new-run .main")
    expect(page.locator("#run .best")).to_be_visible()
    page.click("#run-pause")
    assert violations(page) == []
    page.click("#run-stop")
    expect(page.locator("#another-run")).to_be_visible(timeout=20_000)
    assert violations(page) == []
    page.click("#tab-teach")
    page.click("#correct >> text='4'")
    assert violations(page) == []
    page.click("#write")
    assert violations(page) == []


def test_live_region(visit: Open) -> None:
    """A screen reader gets one sentence when the pen rests, not every change of a bar."""
    opened = visit()
    page = opened.page
    page.wait_for_timeout(800)
    page.evaluate(
        """() => {
            window.heard = [];
            const region = document.getElementById("spoken");
            const observer = new MutationObserver(() => heard.push(region.textContent));
            observer.observe(region, { childList: true });
        }"""
    )
    answer = opened.draw(FOUR)
    page.wait_for_timeout(1000)
    heard = page.evaluate("heard")
    assert len(heard) == 1
    assert heard[0].startswith(
        f"{answer['digit']}, "
        if answer["digit"]
        else (f"{answer['candidates'][0]} or " if answer["candidates"] else "not a digit")
    )


def test_reduced_motion(visit: Open) -> None:
    """With reduced motion, nothing is animated."""
    opened = visit(reduced_motion="reduce")
    page = opened.page
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.bar .fill')).transitionDuration")
        == "0s"
    )
