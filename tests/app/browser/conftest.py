"""A running app and a browser that draws, for the tests of the page.

The app is started from the command line, with two small models: one of ReLU units, which is explained
by pixel, and one of tanh units, which is explained by unit.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from inkling._types import ByteArray
from inkling.data.dataset import Dataset

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

Strokes = list[list[tuple[float, float]]]
"""Lines of (x, y), in units of the pad's sides."""
OpenPage = Callable[..., "Visit"]

ENDS = {
    "top": ((0.3, 0.15), (0.7, 0.15)),
    "middle": ((0.3, 0.5), (0.7, 0.5)),
    "bottom": ((0.3, 0.85), (0.7, 0.85)),
    "upper left": ((0.3, 0.15), (0.3, 0.5)),
    "upper right": ((0.7, 0.15), (0.7, 0.5)),
    "lower left": ((0.3, 0.5), (0.3, 0.85)),
    "lower right": ((0.7, 0.5), (0.7, 0.85)),
}
"""The strokes of a seven-segment display, on the pad."""
PARTS = (
    "top, upper left, upper right, lower left, lower right, bottom",
    "upper right, lower right",
    "top, upper right, middle, lower left, bottom",
    "top, upper right, middle, lower right, bottom",
    "upper left, middle, upper right, lower right",
    "top, upper left, middle, lower right, bottom",
    "top, upper left, middle, lower left, lower right, bottom",
    "top, upper right, lower right",
    "top, upper left, upper right, middle, lower left, lower right, bottom",
    "top, upper left, upper right, middle, lower right, bottom",
)
"""The strokes of each digit."""


def seven_segments(digit: int, rng: np.random.Generator) -> Strokes:
    """A digit of a seven-segment display, slanted and shifted a little."""
    slant, right, down = rng.uniform(-0.08, 0.08, 3)
    return [
        [(x + right + slant * (0.5 - y), y + down) for x, y in ENDS[part]]
        for part in PARTS[digit].split(", ")
    ]


@pytest.fixture(scope="session")
def digits() -> list[Strokes]:
    """Twenty digits, each slanted and shifted differently."""
    rng = np.random.default_rng(11)
    return [seven_segments(number % 10, rng) for number in range(20)]


LISTEN = """(() => {
    const fetchReally = window.fetch;
    const inBase64 = async (body) => {
        const bytes = new Uint8Array(await new Response(body).arrayBuffer());
        return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    };
    window.exchanges = [];
    window.answers = [];
    document.addEventListener("inkling-answer", ({ detail: { picture, answer } }) => {
        const body = btoa(Array.from(picture.bytes, (byte) => String.fromCharCode(byte)).join(""));
        answers.push({ body, answer: { ...answer, passage: null, member: null } });
    });
    window.fetch = async (path, post) => {
        const response = await fetchReally(path, post);
        if (post) {
            const type = post.headers["Content-Type"];
            const exchange = { type, body: await inBase64(post.body), answer: null };
            exchanges.push(exchange);
            exchange.answer = await response.clone().json();
        }
        return response;
    };
})()"""
"""Records the page's answers, and photographs with their responses."""

LISTS = {
    "read": "exchanges",
    "inside": "answers.filter(({ answer }) => answer.difference)",
    "predict": "answers.filter(({ answer }) => !answer.difference)",
}
"""Photographs; answers to finished drawings, explained; answers while the pen is down."""


@dataclass
class Visit:
    """An open page.

    Attributes:
        page: the page.
        troubles: the messages on its console, of which there should be none.
    """

    page: Page
    troubles: list[str] = field(default_factory=list)

    def draw(self, strokes: Strokes) -> dict[str, Any]:
        """Draws with the mouse; returns the answer to the finished drawing."""
        box = self.page.locator("#pad").bounding_box()
        assert box is not None
        before = 0
        for number, stroke in enumerate(strokes, start=1):
            places = [
                (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke
            ]
            self.page.mouse.move(*places[0])
            self.page.mouse.down()
            for place in places[1:]:
                self.page.mouse.move(*place)
            if number == len(strokes):
                before = self.count("inside")
            self.page.mouse.up()
        return self.answer_after("inside", before)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        """Sends a touch event, such as "touchStart", with fingers at places of the pad."""
        box = self.page.locator("#pad").bounding_box()
        assert box is not None
        places = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points
        ]
        self.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    @cached_property
    def devtools(self) -> Any:
        """The developer tools of the page, in one session, to which a touch that began belongs."""
        return self.page.context.new_cdp_session(self.page)

    def count(self, name: str) -> int:
        """The number of answers of a kind: see ``LISTS``."""
        found: int = self.page.evaluate(f"{LISTS[name]}.length")
        return found

    def exchange(self, name: str, number: int = -1) -> dict[str, Any]:
        """The answer of a kind, the last by default, and the bytes it answers."""
        exchange: dict[str, Any] = self.page.evaluate(f"{LISTS[name]}.at({number})")
        return exchange | {"body": base64.b64decode(exchange["body"])}

    def answer_after(self, name: str, count: int) -> dict[str, Any]:
        """Waits for the answer of a kind after the first `count`."""
        self.until(f"{LISTS[name]}.at({count})?.answer")
        answer: dict[str, Any] = self.exchange(name, count)["answer"]
        return answer

    def until(self, expression: str) -> None:
        """Waits until a JavaScript expression is true, without `eval`, which the policy forbids."""
        deadline = time.monotonic() + 20
        while not self.page.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < deadline, f"never true: {expression}; {self.troubles}"
            self.page.wait_for_timeout(5)

    def sent(self) -> ByteArray:
        """The gray picture that was answered last, (H, W)."""
        body = self.exchange("inside")["body"]
        side = int(len(body) ** 0.5)
        return np.frombuffer(body, np.uint8).reshape(side, side)


@dataclass(frozen=True)
class App:
    """A running app: its address, its process, and the folder it works in."""

    address: str
    process: subprocess.Popen[bytes]
    folder: Path


@contextmanager
def start_app(folder: Path, port: int = 0) -> Iterator[App]:
    """Starts the app in a folder with runs, with the run "straight" as its default model."""
    command = [sys.executable, "-m", "inkling", "app", "--model", "runs/straight"]
    command += ["--port", str(port), "--no-browser", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder) as process:
        assert process.stdout is not None
        yield App(json.loads(process.stdout.readline())["url"], process, folder)
        process.terminate()


@pytest.fixture(scope="session")
def address(runs: Path) -> Iterator[str]:
    """The address of a running app."""
    with start_app(runs.parent) as app:
        yield app.address


@pytest.fixture
def workshop(runs: Path, strokes: Dataset, tmp_path: Path) -> Iterator[App]:
    """An app that may train and keep corrections, next to a folder of pictures, "digits of mine"."""
    shutil.copytree(runs, tmp_path / "runs")
    for number, (image, label) in enumerate(
        zip(strokes.train.images, strokes.train.labels, strict=True)
    ):
        picture = tmp_path / "digits of mine" / str(label) / f"{number}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image).save(picture)
    with start_app(tmp_path) as app:
        yield app


@pytest.fixture
def start_again() -> Callable[..., Any]:
    """Starts an app in the folder and at the port of one that has ended."""
    return start_app


# Not for the session: while it lives, its event loop breaks asyncio.run in other tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Opens the app, or another address, with options such as a locale; consoles must stay empty."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def open_page(at: str = address, **options: Any) -> Visit:
        settings = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options}
        contexts.append(browser.new_context(**settings))
        opened = Visit(contexts[-1].new_page())
        visits.append(opened)
        page = opened.page
        page.on("pageerror", lambda error: opened.troubles.append(str(error)))
        page.on("console", lambda said: opened.troubles.append(said.text))
        page.add_init_script(LISTEN)
        page.goto(at)
        page.wait_for_selector("#model option", state="attached")
        page.wait_for_selector("#about .facts", state="attached")
        return opened

    yield open_page
    troubles = [trouble for opened in visits for trouble in opened.troubles]
    for context in contexts:
        context.close()
    assert troubles == []
