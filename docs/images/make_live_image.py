"""Takes the pictures of the page in a frame: ``python docs/images/make_live_image.py``.

They are ``live.png`` and ``live-zh.png``, which a repository shows where the site has the page itself.
Needs Playwright and Chromium.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from make_app_image import draw
from PIL import Image
from playwright.sync_api import sync_playwright

from inkling.interop.html import site_files
from inkling.model.file import load_model
from inkling.model.locations import LOOK

IMAGES = {"en": "live.png", "zh": "live-zh.png"}
SIZE = {"width": 736, "height": 690}


def main() -> None:
    """Draws a four in both languages."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder, "embed.html")
        file.write_bytes(site_files(load_model(LOOK))["embed.html"])
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for language, name in IMAGES.items():
            page = browser.new_page(viewport=SIZE, locale="en-GB")
            page.goto(f"{file.as_uri()}?language={language}")
            page.wait_for_timeout(2000)
            draw(page, lambda: None)
            page.wait_for_timeout(2000)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            picture.quantize(64).save(Path(__file__).with_name(name), optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
