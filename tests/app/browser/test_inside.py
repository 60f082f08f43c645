"""The inside view: the walk, the question why, the sliders that distort, and the choice of model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.image.normalize import normalize
from inkling.model.committee import CommitteeModel
from inkling.model.decision import classify
from inkling.model.file import load_model

Open = Callable[..., Any]
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]


def number_of(text: str) -> float:
    """Reads a number as the page writes it."""
    return float(text.replace("−", "-").replace("+", "").replace(",", "").replace("%", ""))


def set_slider(page: Any, selector: str, value: float) -> None:
    """Moves a slider as a reader does, with its event."""
    page.locator(selector).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }",
        value,
    )


def test_walk(visit: Open, runs: Path) -> None:
    """The slider goes from the picture through both hidden layers to scores and shares, all true."""
    opened = visit()
    page = opened.page
    opened.draw(FOUR)
    titles = []
    for stop in range(4):
        set_slider(page, "#walk-slider", stop)
        titles.append(page.inner_text("#walk h3"))
    page.wait_for_selector(".scores .best")
    assert titles == [
        "What the network sees",
        "Layer 1: 37 units",
        "Layer 2: 19 units",
        "Scores become the answer",
    ]
    model = load_model(runs / "pixels")
    pixels = normalize(opened.sent())[np.newaxis]
    shares = [
        number_of(text) for text in page.locator(".scores li > :last-child").all_inner_texts()
    ]
    assert shares == pytest.approx(100 * classify(model, pixels).probabilities[0], abs=0.06)
    scores = page.locator(".scores .number:nth-child(3)").all_inner_texts()
    powers = np.exp([number_of(text) for text in scores])
    assert shares == pytest.approx(100 * powers / powers.sum(), abs=0.6)  # of rounded scores


def test_seen_pixels(visit: Open) -> None:
    """The picture of the first stop shows the 28 × 28 pixels that the normalisation makes."""
    opened = visit()
    opened.draw(FOUR)
    set_slider(opened.page, "#walk-slider", 0)
    shown = opened.page.locator(".stage canvas").last.evaluate(
        """(canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const cell = canvas.width / 28;
            return Array.from({ length: 784 }, (_, i) => {
                const x = Math.floor((i % 28 + 0.5) * cell);
                const y = Math.floor((Math.floor(i / 28) + 0.5) * cell);
                return data[4 * (y * canvas.width + x)];
            });
        }"""
    )
    seen = normalize(opened.sent()).ravel().astype(float)
    paper, pen = 0xFD, 0x1B  # the red of both colours in the light theme
    assert np.abs(np.array(shown) - (paper + (pen - paper) * seen / 255)).max() <= 1


@pytest.mark.parametrize(("model", "what"), [("pixels", "Pixels"), ("units", "Units")])
def test_parts_add_up(visit: Open, model: str, what: str) -> None:
    """For any pair the shown parts and biases add up to the shown difference of the two scores."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    if model == "units":
        page.select_option("#model", model)
        expect(page.locator("#about .facts")).to_contain_text("784 → 23 → 10")
    opened.draw(FOUR)
    set_slider(page, "#walk-slider", 3)
    for wanted, other in (("4", "9"), ("8", "1"), ("0", "7")):
        for role, digit in (("for", wanted), ("against", other)):
            asked = opened.count("inside")
            if page.locator(f".pair .{role} input[value='{digit}']").is_checked():
                continue
            page.locator(f".pair .{role} input[value='{digit}']").check()
            opened.answer_after("inside", asked)
        expect(page.locator("#why-title")).to_have_text(f"Why {wanted} and not {other}?")
        words = page.locator(".sum li > :first-child").all_inner_texts()
        parts = [number_of(text) for text in page.locator(".sum .number").all_inner_texts()]
        assert words[:2] == [f"{what} for {wanted}", f"{what} for {other}"]
        assert sum(parts[:3]) == pytest.approx(parts[3], abs=1e-9)
        scores = page.locator(".scores .number:nth-child(3)").all_inner_texts()
        first, second = (number_of(scores[int(digit)]) for digit in (wanted, other))
        assert parts[3] == pytest.approx(first - second, abs=0.011)  # each score is rounded


def test_choosing_a_bar(visit: Open) -> None:
    """A bar asks why not that digit; Reset follows the answer again."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    answer = opened.draw(FOUR)
    runner_up = answer["difference"]["against"]
    other = next(name for name in "0123456789" if name not in (answer["digit"], runner_up))
    page.click(f".bar[data-class='{other}']")
    expect(page.locator("#why-title")).to_have_text(f"Why {answer['digit']} and not {other}?")
    expect(page.locator("#why-title")).to_be_in_viewport()
    page.click("#why .link")
    expect(page.locator("#why-title")).to_have_text(f"Why {answer['digit']} and not {runner_up}?")


def test_distorting(visit: Open, runs: Path) -> None:
    """Sliders change what the network sees and its confidence; Reset brings the first answer back."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    plain = opened.draw(FOUR)
    for slider, value in (("rotate", 90), ("right", -4), ("thicken", 1.5), ("noise", 0.4)):
        asked = opened.count("inside")
        set_slider(page, f"#fool-{slider}", value)
        distorted = opened.answer_after("inside", asked)
        assert distorted["pixels"] != plain["pixels"]
        assert distorted["pixels"] == opened.sent().ravel().tolist()  # not normalised again
    shares = classify(load_model(runs / "pixels"), opened.sent()[np.newaxis]).probabilities[0]
    assert np.allclose(distorted["probabilities"], shares, atol=1e-6)
    expect(page.locator("#fool-reset")).to_be_enabled()
    page.click("#fool-reset")
    expect(page.locator(".now")).to_have_text(page.inner_text(".before"))


def test_shift_is_undone_by_normalising(visit: Open) -> None:
    """With the tick set, a shifted digit is centred again and the network sees it as it was."""
    opened = visit()
    plain = opened.draw(FOUR)
    opened.page.check("#fool-tidy")
    asked = opened.count("inside")
    set_slider(opened.page, "#fool-right", 3)
    assert opened.answer_after("inside", asked)["pixels"] == plain["pixels"]


def test_model_switch(visit: Open, runs: Path) -> None:
    """Another model answers for the same drawing; its accuracy, settings and curves are shown."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    opened.draw(FOUR)
    asked = opened.count("inside")
    page.select_option("#model", "units")
    answer = opened.answer_after("inside", asked)
    model = load_model(runs / "units")
    shares = classify(model, normalize(opened.sent())[np.newaxis]).probabilities[0]
    assert np.allclose(answer["probabilities"], shares, atol=1e-6)
    results = model.manifest["results"]
    facts = page.locator("#about .facts")
    expect(facts).to_contain_text(f"{100 * results['test_accuracy']:.2f}%")
    low, high = (f"{100 * end:.2f}%" for end in results["test_interval"])
    expect(facts).to_contain_text(f"95% interval: {low} to {high}")
    expect(facts).to_contain_text("784 → 23 → 10")
    expect(page.locator("#about .settings")).to_contain_text("tanh")
    assert page.locator("#about svg polyline").count() == 4
    points = page.locator("#about svg polyline").first.get_attribute("points")
    assert len(points.split()) == 20  # epochs


def test_a_committee(visit: Open, runs: Path, tmp_path: Path) -> None:
    """The page says whose inside it shows; of one network there is nothing to say."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    expect(page.locator("#about .facts")).to_contain_text("784")
    expect(page.locator("#representative")).to_be_hidden()
    run = runs / f"team-{tmp_path.name}"
    run.mkdir()
    try:
        CommitteeModel.of([load_model(runs / "pixels").require_single("test")] * 3).save(
            run / "model.safetensors"
        )
        page.reload()
        page.select_option("#model", run.name)
        expect(page.locator("#representative")).to_have_text(
            "3 networks answer together. From here on you see the one that comes closest to their "
            "mean."
        )
        expect(page.locator("#about .facts")).to_contain_text("3 × 784 → 37 → 19 → 10")
    finally:
        (run / "model.safetensors").unlink()
        run.rmdir()


def test_no_answer(visit: Open) -> None:
    """When the server is gone the page says so in a sentence, and goes on when it is back."""
    from playwright.sync_api import expect

    opened = visit()
    page = opened.page
    page.route("**/api/*", lambda route: route.abort())
    box = page.locator("#pad").bounding_box()
    page.mouse.click(box["x"] + 90, box["y"] + 90)
    expect(page.locator("#trouble")).to_have_text("No answer: is “inkling app” still running?")
    page.unroute("**/api/*")
    asked = opened.count("inside")
    page.mouse.click(box["x"] + 90, box["y"] + 120)
    opened.answer_after("inside", asked)
    assert all("ERR_FAILED" in trouble for trouble in opened.troubles)
    opened.troubles.clear()
