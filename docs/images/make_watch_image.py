"""Takes the pictures of training and teaching: ``python docs/images/make_watch_image.py``.

Starts the app in an empty folder, trains on MNIST, pauses in the third epoch, and teaches the model that
ships sixty drawn digits; in English and in Chinese. Needs Playwright, Chromium with Chinese fonts, and
MNIST.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from make_app_image import SIZE, draw
from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright

from inkling.data.synthetic.pen import Pen

FOLDER = Path(__file__).parent
LANGUAGES = {"": "en-GB", "-zh": "zh-CN"}
QUALITY = 80
SIDE, LEAN = 28, 1.4
MINUTE = 60_000  # ms


def save(page: Page, name: str) -> None:
    """Saves what is on show."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


def write_corrections(folder: Path) -> None:
    """Keeps pictures of a hand that leans far to the right, as the page does."""
    rng, pen, labels = np.random.default_rng(5), Pen(), np.arange(60) % 10
    images = pen.draw(pen.choose(labels, rng=rng), rng=rng)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        page = Image.new("L", (10 * SIDE, 4 * SIDE))
        page.paste(Image.fromarray(image).resize((4 * SIDE, 4 * SIDE)), (3 * SIDE, 0))
        shear = (1, LEAN, -2 * SIDE * LEAN, 0, 1, 0)
        page = page.transform(page.size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR)
        picture = folder / str(label) / f"{number}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        ImageOps.invert(page).save(picture)


def take_pictures(address: str) -> None:
    """Trains and teaches in each language."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for suffix, locale in LANGUAGES.items():
            page = browser.new_page(viewport=SIZE, locale=locale)
            page.goto(f"{address}#train")
            page.wait_for_selector("#about .facts")
            page.wait_for_selector("#stories button")
            draw(page, lambda: None)
            if page.is_visible("#another-run"):
                page.click("#another-run")
            page.click("#stories button")
            page.click("#new-run .main")
            page.wait_for_function(
                "() => document.querySelector('#run progress').value > 0.45", timeout=2 * MINUTE
            )
            page.click("#run-pause")
            page.wait_for_timeout(1000)
            save(page, f"watch-train{suffix}")
            page.click("#run-stop")
            page.wait_for_selector("#another-run", timeout=2 * MINUTE)
            page.click("#tab-teach")
            page.click("#teach")
            page.wait_for_selector("#teach-outcome b", timeout=2 * MINUTE)
            save(page, f"watch-teach{suffix}")
            page.close()
        browser.close()


def main() -> None:
    """Starts the app, takes the pictures, and stops the app."""
    command = [sys.executable, "-m", "inkling", "app", "--port", "0", "--no-browser", "--json"]
    with TemporaryDirectory() as folder:
        write_corrections(Path(folder, "corrections"))
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder) as app:
            assert app.stdout is not None
            try:
                take_pictures(json.loads(app.stdout.readline())["url"])
            finally:
                app.terminate()


if __name__ == "__main__":
    main()
