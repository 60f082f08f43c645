"""The inside view: the layers, the explanation, the distortions, and the choice of model."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.image.normalize import normalize
from inkling.model.committee import CommitteeModel
from inkling.model.decision import classify
from inkling.model.file import load_model

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]


def number_of(text: str) -> float:
    """The value of a number on the page; what is below 0.05 % reads "< 0.1%"."""
    return float(
        text.replace("< 0.1", "0")
        .replace("−", "-")
        .replace("+", "")
        .replace(",", "")
        .replace("%", "")
    )


def set_slider(page: Any, selector: str, value: float) -> None:
    """Moves a slider, with its event."""
    page.locator(selector).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }",
        value,
    )


def test_walk(visit: Open, runs: Path) -> None:
    """The walk goes from the picture through both hidden layers to logits and probabilities."""
    opened = visit()
    page = opened.page
    opened.draw(FOUR)
    page.wait_for_selector(".scores .best")
    titles = page.locator("#walk h3").all_inner_texts()
    assert titles == [
        "What the network sees",
        "Layer 1: 31 units",
        "Layer 2: 23 units",
        "Scores become the answer",
    ]
    model = load_model(runs / "straight")
    pixels = normalize(opened.sent())[np.newaxis]
    shares = [
        number_of(text) for text in page.locator(".scores li > :last-child").all_inner_texts()
    ]
    assert shares == pytest.approx(100 * classify(model, pixels).probabilities[0], abs=0.06)
    scores = page.locator(".scores .number:nth-child(3)").all_inner_texts()
    powers = np.exp([number_of(text) for text in scores])
    assert shares == pytest.approx(100 * powers / powers.sum(), abs=0.6)  # of rounded scores


@pytest.mark.parametrize("model", ["straight", "bent"])
def test_parts_add_up(visit: Open, model: str) -> None:
    """For any pair the parts and the blend's own difference add up to that of the two logits."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    if model == "bent":
        page.select_option("#model", model)
        expect(page.locator("#about .facts")).to_contain_text("784 → 31 → 23 → 10")
    opened.draw(FOUR)
    for wanted, other in (("4", "9"), ("8", "1"), ("0", "7")):
        for role, digit in (("for", wanted), ("against", other)):
            asked = opened.count("inside")
            if page.input_value(f".pair .{role}") == digit:
                continue
            page.select_option(f".pair .{role}", digit)
            opened.answer_after("inside", asked)
        expect(page.locator("#why-title")).to_have_text(f"Why {wanted} and not {other}?")
        words = page.locator(".sum li > :first-child").all_inner_texts()
        parts = [number_of(text) for text in page.locator(".sum .number").all_inner_texts()]
        assert words[:2] == [f"Pixels for {wanted}", f"Pixels for {other}"]
        assert sum(parts[:3]) == pytest.approx(parts[3], abs=1e-9)
        scores = page.locator(".scores .number:nth-child(3)").all_inner_texts()
        first, second = (number_of(scores[int(digit)]) for digit in (wanted, other))
        assert parts[3] == pytest.approx(first - second, abs=0.011)  # each score is rounded


def test_distorting(visit: Open, runs: Path) -> None:
    """The sliders distort the normalized pixels; Reset restores the first answer."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    plain = opened.draw(FOUR)
    for slider, value in (("rotate", 90), ("right", -4), ("noise", 0.4)):
        asked = opened.count("inside")
        set_slider(page, f"#fool-{slider}", value)
        distorted = opened.answer_after("inside", asked)
        assert distorted["pixels"] != plain["pixels"]
        assert distorted["pixels"] == opened.sent().ravel().tolist()  # not normalized again
    shares = classify(load_model(runs / "straight"), opened.sent()[np.newaxis]).probabilities[0]
    assert np.allclose(distorted["probabilities"], shares, atol=1e-6)
    expect(page.locator("#fool-reset")).to_be_enabled()
    asked = opened.count("inside")
    page.click("#fool-reset")
    assert opened.answer_after("inside", asked)["pixels"] == plain["pixels"]
    expect(page.locator("#spoken")).to_have_text(page.inner_text(".now"))


def test_model_switch(visit: Open, runs: Path) -> None:
    """Another model answers for the same drawing, and its accuracy and settings are shown."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    opened.draw(FOUR)
    asked = opened.count("inside")
    page.select_option("#model", "bent")
    answer = opened.answer_after("inside", asked)
    model = load_model(runs / "bent")
    shares = classify(model, normalize(opened.sent())[np.newaxis]).probabilities[0]
    assert np.allclose(answer["probabilities"], shares, atol=1e-6)
    results = model.manifest["results"]
    facts = page.locator("#about .facts")
    expect(facts).to_contain_text(f"{100 * results['test_accuracy']:.2f}%")
    low, high = (f"{100 * end:.2f}%" for end in results["test_interval"])
    expect(facts).to_contain_text(f"95% interval: {low} to {high}")
    expect(facts).to_contain_text("784 → 31 → 23 → 10")
    expect(page.locator("#about .settings")).to_contain_text("tanh")


def test_a_committee(visit: Open, runs: Path, tmp_path: Path) -> None:
    """For a committee, the page states which member it shows."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    expect(page.locator("#about .facts")).to_contain_text("784")
    expect(page.locator("#representative")).to_be_hidden()
    run = runs / f"team-{tmp_path.name}"
    run.mkdir()
    try:
        member = load_model(runs / "straight").require_single("test")
        CommitteeModel.of([member] * 3).save(run / "model.safetensors")
        page.reload()
        page.select_option("#model", run.name)
        expect(page.locator("#representative")).to_have_text(
            "3 networks answer together. From here on you see the one that comes closest to their "
            "mean."
        )
        expect(page.locator("#about .facts")).to_contain_text("3 × 784 → 31 → 23 → 10")
    finally:
        (run / "model.safetensors").unlink()
        run.rmdir()


def test_models_come_and_go(visit: Open, runs: Path, tmp_path: Path) -> None:
    """A run made while the page is open is offered; the page notices when it is replaced or gone."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    run = runs / f"new-{tmp_path.name}"
    shutil.copytree(runs / "bent", run)
    try:
        page.focus("#model")
        expect(page.locator("#model option", has_text=run.name)).to_be_attached()
        page.select_option("#model", run.name)
        expect(page.locator("#about .settings")).to_contain_text("tanh")
        page.focus("#pad")
        shutil.copy(runs / "straight" / "model.safetensors", run / "model.safetensors")
        page.focus("#model")
        expect(page.locator("#about .settings")).to_contain_text("relu")
    finally:
        shutil.rmtree(run)
    page.focus("#pad")
    page.focus("#model")
    expect(page.locator("#model")).to_have_value("straight")
    expect(page.locator("#about .settings")).to_contain_text("relu")
    page.route("**/api/weights*", lambda route: route.fulfill(status=404, json={"error": "gone"}))
    page.select_option("#model", "bent")
    expect(page.locator("#trouble")).to_have_text("This model is gone. Choose another one.")
    expect(page.locator("#model")).to_have_value("straight")
    assert all("status of 404" in trouble for trouble in opened.troubles)
    opened.troubles.clear()


def test_a_choice_before_the_list_arrives(visit: Open) -> None:
    """A model that is chosen while the list is refreshed stays chosen."""
    from playwright.sync_api import expect

    page = visit().page
    held: dict[str, Any] = {}
    for name in ("models", "weights"):
        page.route(f"**/api/{name}*", partial(held.__setitem__, name))
    page.focus("#model")
    page.select_option("#model", "bent")
    page.wait_for_timeout(200)
    with page.expect_response("**/api/models"):
        held["models"].fallback()
    page.wait_for_timeout(200)
    held["weights"].fallback()
    expect(page.locator("#about .settings")).to_contain_text("tanh")
    expect(page.locator("#model")).to_have_value("bent")


def test_without_the_server(visit: Open) -> None:
    """A model that cannot be fetched leaves the one before, and says so until one comes."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    before = page.locator("#model").input_value()
    page.route("**/api/*", lambda route: route.abort())
    page.select_option("#model", "bent")
    expect(page.locator("#trouble")).to_have_text("No answer: is “inkling app” still running?")
    expect(page.locator("#model")).to_have_value(before)
    page.unroute("**/api/*")
    page.select_option("#model", "bent")
    expect(page.locator("#about .settings")).to_contain_text("tanh")
    expect(page.locator("#trouble")).to_have_text("")
    assert all("ERR_FAILED" in trouble for trouble in opened.troubles)
    opened.troubles.clear()


def test_a_start_that_fails(browser: Any, address: str) -> None:
    """If the first model cannot be fetched, the page tries again."""
    page = browser.new_page()
    fails = iter([True])
    page.route(
        "**/api/weights*", lambda route: route.abort() if next(fails, False) else route.fallback()
    )
    page.goto(address)
    page.wait_for_selector("#about .facts")
    page.close()
