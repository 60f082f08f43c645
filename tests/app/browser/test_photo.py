"""Photographs: chosen, dropped, pasted or taken; a box for each digit, which opens it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
HAND_OVER = """async ([base64, kind]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "page.png", { type: "image/png" }));
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
        : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a 1 and a 7 on it, 480 × 320 pixels."""
    page = Image.new("L", (480, 320), 235)
    pen = ImageDraw.Draw(page)
    pen.line([(120, 90), (120, 230)], fill=30, width=14)
    pen.line([(280, 90), (370, 90), (310, 230)], fill=30, width=14, joint="curve")
    path = tmp_path_factory.mktemp("photo") / "page.png"
    page.save(path)
    return path


def boxes(opened: Any) -> Any:
    """The boxes of a photograph, once it is read."""
    opened.page.wait_for_selector("#photo .box")
    return opened.page.locator("#photo .box")


def test_choosing(visit: Open, photo: Path) -> None:
    """Each digit gets a box; clicking it opens the digit in the inside view."""
    opened = visit()
    page = opened.page
    page.click("#tab-photo")
    with page.expect_file_chooser() as chooser:
        page.click("#choose")
    chooser.value.set_files(photo)
    answer = opened.answer_after("read", 0)
    found = boxes(opened)
    assert found.count() == len(answer["digits"]) >= 1
    image = page.locator("#photo img").bounding_box()
    for number, digit in enumerate(answer["digits"]):
        scale = image["width"] / answer["width"]
        place = found.nth(number).bounding_box()
        left, top, right, bottom = digit["box"]
        assert place["x"] == pytest.approx(image["x"] + left * scale, abs=1)
        assert place["y"] == pytest.approx(image["y"] + top * scale, abs=1)
        assert place["width"] == pytest.approx((right - left) * scale, abs=1)
        assert place["height"] == pytest.approx((bottom - top) * scale, abs=1)
        asked = opened.count("inside")
        found.nth(number).click()
        inside = opened.answer_after("inside", asked)
        assert inside["pixels"] == digit["pixels"]
        assert inside["digit"] == digit["digit"]
        assert inside["confidence"] == pytest.approx(digit["confidence"], abs=1e-6)
    assert page.inner_text("#photo-text").split() == [row for row in answer["text"] if row]


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_handing_over(visit: Open, photo: Path, kind: str) -> None:
    """A picture that is dropped or pasted is sent unchanged and read."""
    import base64

    opened = visit()
    opened.page.evaluate(HAND_OVER, [base64.b64encode(photo.read_bytes()).decode(), kind])
    assert boxes(opened).count() >= 1
    assert opened.page.locator("#tab-photo").get_attribute("aria-selected") == "true"
    sent = opened.exchange("read")
    assert sent["type"] == "image/png"
    assert sent["body"] == photo.read_bytes()


def test_rejected_digits(visit: Open, photo: Path) -> None:
    """A mark that is not read has a box with a question mark and the reason as its label."""
    opened = visit()
    digit = {
        "digit": None,
        "confidence": 0.4,
        "row": 0,
        "box": [90, 60, 160, 240],
        "pixels": [9] * 784,
    }
    digits = [{**digit, "reason": "unsure"}, {**digit, "reason": "not_a_digit"}]
    answer = {"width": 480, "height": 320, "text": ["??"], "digits": digits}
    opened.page.route("**/api/read*", lambda route: route.fulfill(json=answer))
    opened.page.set_input_files("#file", photo)
    found = boxes(opened)
    assert found.all_inner_texts() == ["?", "?"]
    labels = [found.nth(number).get_attribute("aria-label") for number in range(2)]
    assert labels == ["1: unsure", "2: not a digit"]


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("notes.png", "I cannot open this file. Try JPEG or PNG.", "无法打开这个文件"),
        (
            "page.HEIC",
            "This browser cannot open HEIC. Send the photo as JPEG;",
            "这个浏览器无法打开 HEIC",
        ),
    ],
)
def test_no_picture(visit: Open, tmp_path: Path, name: str, english: str, chinese: str) -> None:
    """For a file that the browser cannot open, a sentence says what to do, and nothing is sent."""
    (tmp_path / name).write_text("not a picture")
    opened = visit()
    opened.page.set_input_files("#file", tmp_path / name)
    text = opened.page.locator("#photo-text")
    opened.until(f"document.getElementById('photo-text').textContent.startsWith({english!r})")
    opened.page.click("#language")
    assert text.inner_text().startswith(chinese)
    assert opened.page.is_visible("#choose")
    assert opened.count("read") == 0


@pytest.mark.parametrize(
    ("status", "chinese"),
    [(503, "等待超时，请稍后再试。"), (413, "这张图片太大，或者内容太多。")],
)
def test_a_refused_photo(visit: Open, photo: Path, status: int, chinese: str) -> None:
    """If the app does not read the photo, a sentence in the reader's language says why and stays."""
    opened = visit(locale="zh-CN")
    error = {"error": "the reason, for programs."}
    opened.page.route("**/api/read*", lambda route: route.fulfill(status=status, json=error))
    opened.page.set_input_files("#file", photo)
    opened.until(f"document.getElementById('photo-text').textContent === '{chinese}'")
    assert opened.page.is_visible("#photo img")
    assert all(f"status of {status}" in trouble for trouble in opened.troubles)
    opened.troubles.clear()


def test_where_photos_go(visit: Open, address: str) -> None:
    """The page says that photos stay on this computer only where that is true."""
    opened = visit()
    assert "photos stay on this computer" in opened.page.inner_text("footer")
    page = opened.page.context.new_page()
    page.route(
        "http://digits.example/", lambda route: route.fulfill(response=route.fetch(url=address))
    )
    page.route("**/api/**", lambda route: route.abort())
    page.goto("http://digits.example/")
    assert "photos are read on the computer that runs Inkling" in page.inner_text("footer")
    page.click("#language")
    assert "照片由运行 Inkling 的电脑识别" in page.inner_text("footer")


@pytest.mark.parametrize("turned", [False, True])
def test_a_large_photo_is_reduced(visit: Open, photo: Path, tmp_path: Path, turned: bool) -> None:
    """A photo of 12 million pixels is sent upright and with 2,000 on its longer side."""
    page = Image.open(photo).convert("RGB").resize((4000, 2667))
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1  # a camera held upright: turn to the right
    page.rotate(90 * turned, expand=True).save(tmp_path / "large.jpg", exif=exif, quality=95)
    opened = visit()
    opened.page.set_input_files("#file", tmp_path / "large.jpg")
    found = boxes(opened).count()
    sent = opened.exchange("read")
    assert Image.open(io.BytesIO(sent["body"])).size == (2000, 1334)
    assert len(sent["body"]) < 500_000
    opened.page.set_input_files("#file", photo)
    opened.answer_after("read", 1)
    assert len(opened.exchange("read")["answer"]["digits"]) == found


def test_back_to_the_drawing(visit: Open, photo: Path) -> None:
    """Drawing and photograph are kept when the tab changes."""
    opened = visit()
    page = opened.page
    opened.draw([[(0.5, 0.15), (0.5, 0.85)]])
    drawing = opened.sent()
    page.set_input_files("#file", photo)
    boxes(opened)
    asked = opened.count("inside")
    page.click("#tab-draw")
    opened.answer_after("inside", asked)
    assert np.array_equal(opened.sent(), drawing)
    asked = opened.count("inside")
    page.click("#tab-photo")
    assert opened.answer_after("inside", asked)["pixels"] == opened.sent().ravel().tolist()
