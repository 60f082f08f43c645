"""Takes the pictures of the app: ``python docs/images/make_app_image.py [MODEL]``.

Starts the app and draws a four with the mouse. ``app.webp``, for the README, moves; ``app.png`` shows
the page down to the inside view. Needs Playwright and Chromium. The default is the built-in model.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGE = Path(__file__).with_name("app.png")
ANIMATION = Path(__file__).with_name("app.webp")
SIZE = {"width": 1280, "height": 720}
FRAME, PAUSE = 70, 1500  # ms
QUALITY = 60
CURVES = (
    ((0.40, 0.17), (0.36, 0.36), (0.28, 0.50), (0.27, 0.56)),
    ((0.27, 0.56), (0.38, 0.575), (0.56, 0.56), (0.74, 0.53)),
    ((0.63, 0.30), (0.61, 0.50), (0.60, 0.66), (0.585, 0.84)),
)
"""A four as cubic Bézier curves (start, two handles, end), in units of the pad's size."""
STEPS = 14


def draw(page: Page, after_step: Callable[[], None]) -> None:
    """Draws the four; the first two curves are one stroke."""
    pad = page.locator("#pad").bounding_box()
    assert pad is not None
    for number, (a, b, c, d) in enumerate(CURVES):
        for step in range(STEPS + 1):
            t = step / STEPS
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            x, y = (
                sum(w * p[i] for w, p in zip(weights, (a, b, c, d), strict=True)) for i in (0, 1)
            )
            page.mouse.move(pad["x"] + x * pad["width"], pad["y"] + y * pad["height"])
            if step == 0 and number != 1:
                page.mouse.down()
            after_step()
        if number != 0:
            page.mouse.up()


def take_pictures(address: str) -> None:
    """Opens the page, draws the digit with both models, looks at some units, and saves both pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    frames: list[Image.Image] = []
    durations: list[int] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, locale="en-GB")

        def record(duration: int = FRAME) -> None:
            page.wait_for_timeout(FRAME)
            frames.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            durations.append(duration)

        page.goto(address)
        page.wait_for_selector("#about .facts")
        page.wait_for_timeout(2000)  # the examples go through the network
        record(PAUSE // 2)
        draw(page, record)
        record(PAUSE)
        page.click("#other-model")
        page.wait_for_timeout(2000)
        record(PAUSE)
        live = page.locator("#live").bounding_box()
        assert live is not None
        for share in (0.22, 0.59, 0.91):  # units that are on
            page.mouse.move(live["x"] + 0.51 * live["width"], live["y"] + share * live["height"])
            record(PAUSE // 2)
        frames[0].save(
            ANIMATION,
            save_all=True,
            append_images=frames[1:],
            duration=durations,
            loop=0,
            quality=QUALITY,
            method=4,
        )
        page.click("#other-model")
        page.wait_for_timeout(1000)
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur(); scrollTo({ top: 0, behavior: 'instant' })")
        page.wait_for_timeout(500)
        inside = page.locator("#inside").bounding_box()
        assert inside is not None
        height = int(inside["y"] + inside["height"]) + 24
        clip = {"x": 0, "y": 0, "width": SIZE["width"], "height": height}
        picture = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip)))
        picture.convert("RGB").quantize(128).save(IMAGE, optimize=True)
        browser.close()


def main() -> None:
    """Starts the app, takes the pictures, and stops the app."""
    command = [sys.executable, "-m", "inkling", "app", "--port", "0", "--no-browser", "--json"]
    if len(sys.argv) > 1:
        command += ["--model", sys.argv[1]]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as app:
        assert app.stdout is not None
        try:
            take_pictures(json.loads(app.stdout.readline())["url"])
        finally:
            app.terminate()


if __name__ == "__main__":
    main()
