"""The page as static files, offered by any web server: it computes what the library computes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inkling.app.model_store import ModelStore
from inkling.app.routes import build_app
from inkling.image.single import normalize_single
from inkling.interop.formats import export_model
from inkling.model.decision import classify
from inkling.model.file import load_model
from inkling.model.locations import LOOK
from inkling.model.model import Classifier, Model

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
Open = Callable[..., Any]


class Files(SimpleHTTPRequestHandler):
    """Offers the files of a folder, silently."""

    def log_message(self, *_: Any) -> None:
        """Prints nothing."""


@pytest.fixture
def site(straight: Model, tmp_path: Path) -> Iterator[str]:
    """The address of an exported site."""
    export = export_model(straight, tmp_path / "site", to="site")
    assert export.size == sum(file.stat().st_size for file in export.path.iterdir())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(export.path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def assert_answer_of(model: Classifier, opened: Any, answer: dict[str, Any]) -> None:
    """Fails unless the page's answer is the library's."""
    wanted = classify(model, normalize_single(opened.sent())[np.newaxis])
    assert answer["digit"] == wanted.names[0]
    np.testing.assert_allclose(answer["probabilities"], wanted.probabilities[0], rtol=0, atol=1e-5)


def test_drawing(visit: Open, site: str, straight: Model, digits: list[Any]) -> None:
    """Both models answer as in Python, without a server that computes; there are no photographs."""
    opened = visit(f"{site}/index.html")
    asked: list[str] = []
    opened.page.on("request", lambda request: asked.append(request.url))
    assert_answer_of(straight, opened, opened.draw(digits[3]))
    assert not opened.page.is_visible("#tab-photo")
    assert "Photos are read by “inkling app” only" in opened.page.inner_text("footer")
    before = opened.count("inside")
    opened.page.select_option("#model", "784-16-16-10")
    assert_answer_of(load_model(LOOK), opened, opened.answer_after("inside", before))
    assert asked == [f"{site}/784-16-16-10.safetensors"]


def test_the_page_to_embed(visit: Open, site: str, digits: list[Any]) -> None:
    """In a frame there are pad and network alone, and the small model answers first."""
    opened = visit(f"{site}/embed.html")
    assert_answer_of(load_model(LOOK), opened, opened.draw(digits[3]))
    assert opened.page.is_visible("#bars")
    for hidden in ("header", "footer", "#inside", "#the-model"):
        assert not opened.page.locator(hidden).first.is_visible()
        assert not opened.page.locator(f"a[href='{hidden}']").count()  # no link leads to it


@pytest.mark.parametrize("frames", [True, False])
def test_the_app_in_a_frame(
    browser: Browser,
    site: str,
    models: ModelStore,
    serve: Callable[[Any], AbstractContextManager[int]],
    tmp_path: Path,
    frames: bool,
) -> None:
    """A page of another site can frame the app if that is allowed, and otherwise stays empty."""
    with serve(build_app(models, frames=frames)) as port:
        frame = f"<iframe src='http://localhost:{port}/embed' width=900 height=700></iframe>"
        (tmp_path / "site" / "frame.html").write_text(frame)
        page = browser.new_page()
        page.goto(f"{site}/frame.html")
        if frames:
            page.frame_locator("iframe").locator("#pad").wait_for()
        else:
            page.frames[1].wait_for_url("chrome-error://chromewebdata/")
        page.close()
