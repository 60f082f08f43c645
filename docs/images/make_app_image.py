"""Takes the screenshot of the app for the README: ``python docs/images/make_app_image.py [MODEL]``.

Starts the app, draws a four with the mouse, and saves the page down to the inside view. Needs Playwright
and Chromium. The default is the built-in model.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGE = Path(__file__).with_name("app.png")
WIDTH = 1248
CURVES = (
    ((0.40, 0.17), (0.36, 0.36), (0.28, 0.50), (0.27, 0.56)),
    ((0.27, 0.56), (0.38, 0.575), (0.56, 0.56), (0.74, 0.53)),
    ((0.63, 0.30), (0.61, 0.50), (0.60, 0.66), (0.585, 0.84)),
)
"""A four as cubic Bézier curves (start, two handles, end), in units of the pad's size."""
STEPS = 14


def draw(page: Page) -> None:
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
        if number != 0:
            page.mouse.up()


def take_screenshot(address: str) -> None:
    """Opens the page, draws the digit, and saves the screenshot."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, locale="en-GB")
        page.goto(address)
        page.wait_for_selector("#about .facts")
        draw(page)
        page.wait_for_selector(".bar.best")
        page.click(".strip button:nth-child(2)")
        page.mouse.move(0, 0)
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        page.wait_for_timeout(1000)
        inside = page.locator("#inside").bounding_box()
        assert inside is not None
        page.set_viewport_size({"width": WIDTH, "height": int(inside["y"] + inside["height"]) + 24})
        page.wait_for_timeout(500)
        page.screenshot(path=IMAGE)
        browser.close()


def main() -> None:
    """Starts the app, takes the screenshot, and stops the app."""
    command = [sys.executable, "-m", "inkling", "app", "--port", "0", "--no-browser", "--json"]
    if len(sys.argv) > 1:
        command += ["--model", sys.argv[1]]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as app:
        assert app.stdout is not None
        try:
            take_screenshot(json.loads(app.stdout.readline())["url"])
        finally:
            app.terminate()


if __name__ == "__main__":
    main()
