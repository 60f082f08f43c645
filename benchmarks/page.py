"""Measures the page in Chromium: how soon it is usable, how soon a stroke is in the picture, its size.

    python benchmarks/app.py --page

Start: from the command until the page has its model, in a browser that is open. Pen to frame: from a
movement of the pen until the frame that shows it has been painted; JavaScript's part of that alone. The
browser draws without a graphics card. A slow network adds 300 ms to every request.
"""

from __future__ import annotations

import gzip
import math
import shutil
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from inkling.page.bundle import assemble

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RunningApp = Callable[[], AbstractContextManager[tuple[int, Any]]]
"""Starts the app; yields its port, and its process."""
USABLE = "#about .facts"
"""What the page shows once it has its first model."""
LATENCY = 300
"""Milliseconds that a slow network adds to a request."""
MOVES = 200

RECORD = """(() => {
    window.measured = [];
    const request = window.requestAnimationFrame;
    const after = new MessageChannel(); // its message comes when the frame has been painted
    let moved = null;
    let script = 0;
    const timed = (work) => (...given) => {
        const start = performance.now();
        work(...given);
        script += performance.now() - start;
    };
    window.requestAnimationFrame = (work) => request(timed(work));
    addEventListener("pointermove", () => { moved ??= performance.now(); }, true);
    addEventListener("pointermove", () => { script += performance.now() - moved; });
    after.port1.onmessage = () => {
        if (moved !== null) measured.push([script, performance.now() - moved]);
        [moved, script] = [null, 0];
    };
    const each = () => { after.port2.postMessage(0); request(each); };
    request(each);
})()"""
"""Records for each frame with a movement of the pen how long it took."""


def time_start(browser: Browser, app: RunningApp) -> tuple[float, float]:
    """Returns the seconds from the command to the page's address, and to a page that can be used."""
    page = browser.new_context().new_page()
    started = perf_counter()
    with app() as (port, _):
        address = perf_counter() - started
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector(USABLE)
        usable = perf_counter() - started
        page.context.close()
    return address, usable


def time_slow_network(browser: Browser, url: str) -> tuple[float, int]:
    """Returns the seconds to a page that can be used on a slow network, and the requests until then."""
    page = browser.new_context().new_page()
    speed = {"latency": LATENCY, "downloadThroughput": -1, "uploadThroughput": -1, "offline": False}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", speed)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    started = perf_counter()
    page.goto(url)
    page.wait_for_selector(USABLE)
    seconds = perf_counter() - started
    page.context.close()
    return seconds, sum(address.startswith("http") for address in requests)


def time_frames(browser: Browser, url: str, *, small: bool) -> tuple[float, float]:
    """Returns the median milliseconds of JavaScript per frame, and from pen to frame, of a drawing."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.add_init_script(RECORD)
    page.goto(url)
    page.wait_for_selector(USABLE)
    if small:
        page.click("#other-model")
    page.wait_for_timeout(4000)  # the example digits go through the network meanwhile
    box = page.locator("#pad").bounding_box()
    assert box is not None
    page.evaluate("measured.length = 0")
    for number in range(MOVES + 1):
        turn = 2 * math.pi * number / MOVES
        x, y = 0.5 + 0.2 * math.cos(turn), 0.5 - 0.35 * math.sin(turn)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if number == 0:
            page.mouse.down()
    page.mouse.up()
    script, frame = map(statistics.median, zip(*page.evaluate("measured"), strict=True))
    page.context.close()
    return script, frame


def measure(app: RunningApp, starts: int) -> None:
    """Prints a table of everything; needs Playwright and Chromium."""
    from playwright.sync_api import sync_playwright

    table = Table("page", "measured", "wanted")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        options = ["--no-sandbox", "--disable-gpu"]
        browser = driver.chromium.launch(executable_path=chromium, args=options)
        times = zip(*(time_start(browser, app) for _ in range(starts)), strict=True)
        address, usable = map(statistics.median, times)
        table.add_row(f"command to address, median of {starts}", f"{address:.2f} s")
        table.add_row("command to usable page", f"{usable:.2f} s", "≤ 1 s")
        with app() as (port, _):
            url = f"http://127.0.0.1:{port}/"
            seconds, requests = time_slow_network(browser, url)
            table.add_row("requests to a usable page", f"{requests}", "≤ 8")
            table.add_row(f"the same at {LATENCY} ms latency", f"{seconds:.2f} s", "≤ 1.5 s")
            for small, limit in ((False, 16), (True, 5)):
                script, frame = time_frames(browser, url, small=small)
                name = "the small model" if small else "the model"
                table.add_row(f"pen to frame, {name}", f"{frame:.1f} ms", f"≤ {limit} ms")
                table.add_row("  JavaScript in it", f"{script:.1f} ms")
        browser.close()
    page = assemble({"models": [], "default": None, "server": True}, {}).encode()
    table.add_row("page, gzipped", f"{len(gzip.compress(page)) / 1024:.0f} KB", "≤ 120 KB")
    Console().print(table)
