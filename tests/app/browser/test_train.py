"""The tab “Train”: a run from start to end, in two pages; bad settings; what was killed or is gone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from inkling.model.file import load_model

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
LISTEN = """() => {
    window.heard = [];
    const region = document.querySelector("#run [role=status]");
    new MutationObserver(() => heard.push(region.textContent)).observe(region, { childList: true });
}"""
"""Records what a screen reader is told."""
FOUR = [[(0.3, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.7, 0.15), (0.7, 0.85)]]


def start(page: Any, **settings: str) -> None:
    """Fills in settings and starts a run on the pictures, of so many epochs that it takes seconds."""
    page.select_option("#set-data", "digits of mine")
    for name, text in {"hidden": "16", "epochs": "500", **settings}.items():
        page.fill(f"#set-{name}", text)
    page.click("#new-run .main")


def epoch(page: Any) -> int:
    """The epoch on show."""
    found = re.search(r"epoch (\d+) of", page.inner_text("#run .run-status"))
    assert found is not None
    return int(found[1])


def test_a_run(visit: Open, workshop: Any) -> None:
    """Start, pause, step, reload, a second page, stop: both show the same, and the model can be used."""
    from playwright.sync_api import expect

    opened = visit(workshop.address)
    page = opened.page
    pixels = opened.draw(FOUR)["pixels"]
    page.click("#tab-train")
    page.evaluate(LISTEN)
    start(page)
    page.wait_for_function("() => document.querySelector('#run progress').value > 0.02")
    expect(page.locator("#run-pause")).to_be_focused()
    page.click("#run-pause")
    expect(page.locator("#run .run-status")).to_contain_text("paused")
    assert page.inner_text("#run-pause") == "Continue"
    before = epoch(page)
    page.click("#run-step")
    page.wait_for_function("() => document.querySelector('#run .best')")
    expect(page.locator("#run .run-status")).to_contain_text(f"epoch {before + 1} of 500")
    expect(page.locator("#run .run-status")).to_contain_text("paused")
    assert 1 <= len(page.evaluate("heard")) <= 4 < epoch(page)

    page.reload()
    expect(page.locator("#run .run-status")).to_contain_text(f"epoch {before + 1} of 500")
    other = visit(f"{workshop.address}#train").page
    expect(other.locator("#run .run-status")).to_contain_text("paused")
    other.click("#run-pause")
    expect(page.locator("#run-pause")).to_have_text("Pause")
    page.click("#run-stop")
    for each in (page, other):
        expect(each.locator("#run-ending")).to_contain_text("Test accuracy")
    expect(page.locator("#use-run")).to_be_focused()

    (run,) = set(workshop.folder.glob("runs/digits of mine-*"))
    expect(page.locator("#run-ending code")).to_have_count(0)  # no command stops there
    page.click("#use-run")
    expect(page.locator("#model")).to_have_value(run.name)
    answer = load_model(run).predict(np.array(pixels, np.uint8).reshape(1, 28, 28))
    expect(page.locator("#run .best")).to_contain_text(str(answer[0]))
    page.click("#another-run")
    start(page, epochs="2")
    command = "inkling train --data 'digits of mine' --hidden 16 --epochs 2"
    expect(page.locator("#run-ending code")).to_have_text(command)


def test_bad_settings(visit: Open, workshop: Any) -> None:
    """What is wrong is said next to its field, which has the focus; nothing starts."""
    from playwright.sync_api import expect

    opened = visit(f"{workshop.address}#train", locale="zh-CN")
    page = opened.page
    for name, text, words in (
        ("epochs", "0", "1 到 500 的整数"),
        ("hidden", "16,many", "256,128"),
        ("learning_rate", "-1", "大于 0"),
    ):
        start(page, **{name: text})
        field = page.locator(f"#set-{name}")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_be_focused()
        expect(page.locator(f"#{field.get_attribute('aria-describedby')}")).to_contain_text(words)
        page.fill(f"#set-{name}", {"learning_rate": "0.01"}.get(name, "16"))
        expect(field).to_have_attribute("aria-invalid", "false")
    assert page.is_hidden("#run")
    assert all("status of 400" in trouble for trouble in opened.troubles)
    opened.troubles.clear()


def test_a_run_that_diverges(visit: Open, workshop: Any) -> None:
    """It shows nothing of the run before; the reason is translated, also after a switch."""
    from playwright.sync_api import expect

    page = visit(f"{workshop.address}#train").page
    start(page, epochs="1")
    expect(page.locator("#run .cell")).to_contain_text(["16 units"], timeout=20_000)
    page.click("#another-run")
    start(page, hidden="none", learning_rate="1e300")
    expect(page.locator("#run-ending")).to_contain_text("Try a tenth of the learning rate.")
    expect(page.locator("#run .run-status")).to_contain_text("784-10")
    expect(page.locator("#run .cells")).not_to_contain_text("16 units")
    page.click("#language")
    expect(page.locator("#run-ending")).to_contain_text("十分之一")


def test_a_model_that_is_gone(visit: Open, workshop: Any) -> None:
    """The page says so, and keeps the model it has."""
    from playwright.sync_api import expect

    opened = visit(f"{workshop.address}#train")
    page = opened.page
    start(page, epochs="1")
    expect(page.locator("#use-run")).to_be_visible()
    (run,) = workshop.folder.glob("runs/digits of mine-*")
    shutil.rmtree(run)
    page.click("#use-run")
    expect(page.locator("#trouble")).to_contain_text("This model is gone.")
    expect(page.locator("#model")).to_have_value("straight")
    assert all("status of 404" in trouble for trouble in opened.troubles)
    opened.troubles.clear()


def processes_of(parent: int) -> list[int]:
    """The processes that a process has started."""
    children = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(number) for file in children for number in file.read_text().split()]


def test_a_killed_run(visit: Open, workshop: Any) -> None:
    """The page says how to resume a run whose process was killed, and offers another one."""
    from playwright.sync_api import expect

    page = visit(f"{workshop.address}#train").page
    start(page)
    page.wait_for_function("() => document.querySelector('#run progress').value > 0.005")
    (process,) = processes_of(workshop.process.pid)
    os.kill(process, signal.SIGKILL)
    expect(page.locator("#run-ending")).to_contain_text("inkling train --resume")
    page.click("#another-run")
    expect(page.locator("#new-run")).to_be_visible()


def test_the_app_is_gone(visit: Open, workshop: Any, start_again: Any) -> None:
    """What was seen stays, a message says so, and the page connects again."""
    from playwright.sync_api import expect

    opened = visit(f"{workshop.address}#train")
    page = opened.page
    start(page)
    page.wait_for_function("() => document.querySelector('#run progress').value > 0.005")
    page.click("#run-pause")
    workshop.process.terminate()
    workshop.process.wait()
    expect(page.locator("#run .run-status")).to_contain_text("no connection")
    assert page.is_visible("#run canvas >> nth=0")
    with start_again(workshop.folder, urlsplit(workshop.address).port):
        expect(page.locator("#run-ending")).to_contain_text("started anew", timeout=15_000)
        page.click("#another-run")
        expect(page.locator("#set-data")).to_be_visible()
    opened.troubles.clear()


def test_a_run_of_the_command_line(visit: Open, workshop: Any) -> None:
    """``inkling train --watch`` shows its run alone, which the page can stop."""
    from playwright.sync_api import expect

    command = [sys.executable, "-m", "inkling", "train", "--watch", "--data", "digits of mine"]
    command += ["--hidden", "16", "--epochs", "2000"]
    output: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=workshop.folder, **output) as training:
        assert training.stderr is not None
        address = next(
            found[0] for line in training.stderr if (found := re.search(r"http\S+", line))
        )
        opened = visit(address)
        expect(opened.page.locator("#run .run-status")).to_contain_text("of 2000")
        assert opened.page.is_hidden("#new-run")
        opened.page.click("#run-stop")
        expect(opened.page.locator("#run-ending")).to_contain_text("Test accuracy", timeout=20_000)
        assert opened.page.is_hidden("#another-run")
        training.stderr.read()  # until it ends
        opened.troubles.clear()  # the page ends with it
    assert training.returncode == 0
