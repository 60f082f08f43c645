"""The tab “Teach” and the corrections: kept, undone, taught, and back to the model before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]


def test_a_correction(visit: Open, workshop: Any) -> None:
    """A click keeps the drawing as a picture of that digit, dark on white; Undo deletes it."""
    from playwright.sync_api import expect

    opened = visit(workshop.address)
    page = opened.page
    expect(page.locator("#correct")).to_have_class("correct unseen")  # there is nothing to correct
    opened.draw(FOUR)
    page.click("#correct >> text='7'")
    expect(page.locator("#correct")).to_contain_text(
        "Kept as 7 in the folder corrections, 1 so far."
    )
    (file,) = workshop.folder.glob("corrections/*/*")
    assert file.parent.name == "7"
    assert np.array_equal(np.asarray(Image.open(file)), 255 - opened.sent())
    page.click("#correct >> text='Undo'")
    expect(page.locator("#correct")).to_contain_text("That was a")
    assert not file.exists()


def test_teaching(visit: Open, workshop: Any, digits: Any) -> None:
    """Written digits are kept, a copy of the model learns them when asked to, and the model stays."""
    from playwright.sync_api import expect

    def digest() -> str:
        content = (workshop.folder / "runs" / "straight" / "model.safetensors").read_bytes()
        return hashlib.sha256(content).hexdigest()

    before = digest()
    opened = visit(f"{workshop.address}#teach")
    page = opened.page
    page.click("#write")
    for number in range(20):
        expect(page.locator("#writing")).to_contain_text(f"{number % 10} ({number + 1} of 30)")
        opened.draw(digits[number])
        page.keyboard.press("Enter")
    expect(page.locator("#writing")).to_contain_text("Write a 0 (21 of 30)")
    page.click("#writing >> text='Back'")
    expect(page.locator("#writing")).to_contain_text("Write a 9 (20 of 30)")
    page.click("#writing >> text='Enough'")
    kept = [file.parent.name for file in workshop.folder.glob("corrections/*/*.png")]
    assert sorted(kept) == sorted([*"0123456789", *"012345678"])
    assert {path.name for path in (workshop.folder / "runs").iterdir()} == {"straight", "bent"}

    page.click("#teach")
    expect(page.locator("#teach-outcome")).to_contain_text("right before, now", timeout=60_000)
    (run,) = set(workshop.folder.glob("runs/corrections-*"))
    expect(page.locator("#model")).to_have_value(run.name)
    page.click("#untaught")
    expect(page.locator("#model")).to_have_value("straight")
    assert digest() == before
