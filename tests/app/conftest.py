"""The app on two small models of drawn digits, one split by pixel and one by unit."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.image.normalize import normalize
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.training.run import train

pytest.importorskip("starlette", reason="the app is not installed: pip install '.[app]'")
pytest.importorskip("httpx", reason="httpx is not installed: pip install '.[dev]'")

import httpx

from inkling.app.model_store import ModelStore
from inkling.app.page_files import Page
from inkling.app.serve import make_server, open_listener
from inkling.app.server import build_app


@pytest.fixture(scope="session")
def runs(strokes: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two finished runs: "straight" is ReLU throughout, "bent" has a tanh and a temperature.

    What training found out about confidence and non-digits is left out: from a few dozen drawings it
    learns next to nothing, and here it matters that the answers are known.
    """
    folder = tmp_path_factory.mktemp("app") / "runs"
    images = np.stack([normalize(image) for image in strokes.train.images])
    dataset = replace(strokes, train=Split(images, strokes.train.labels))
    for name, activation, temperature in (("straight", "relu", 1.0), ("bent", "tanh", 1.25)):
        options: Any = {"hidden": (31, 23), "activation": activation, "run": folder / name}
        model = train(dataset, epochs=25, batch_size=16, **options).model
        model = replace(model, temperature=temperature, rejector=None)
        model.save(folder / name / "model.safetensors")
    return folder


def find(runs: Path) -> list[Path]:
    """The model files of the runs, "straight" first."""
    found = sorted(runs.glob("*/model.safetensors"), reverse=True)
    assert len(found) >= 2
    return found


@pytest.fixture(scope="session")
def straight(runs: Path) -> Model:
    """The default model."""
    return load_model(runs / "straight").require_single("test")


@pytest.fixture(scope="session")
def bent(runs: Path) -> Model:
    """The other model."""
    return load_model(runs / "bent").require_single("test")


@pytest.fixture(autouse=True)
def _no_shipped_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model that ships would be the default."""
    monkeypatch.setattr("inkling.app.model_store.SHIPPED", Path("nowhere"))


@pytest.fixture
def shelf(runs: Path) -> ModelStore:
    """Both models, "straight" the default."""
    return ModelStore(None, lambda: find(runs))


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """A page of three files, in a folder with others."""
    folder = tmp_path / "static"
    (folder / "sub").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Ink ü</title>", encoding="utf-8")
    (folder / "draw.js").write_text("export const pen = 1;\n" * 50, encoding="utf-8")
    (folder / "look.css").write_text("body { color: black }", encoding="utf-8")
    (folder / "secret.txt").write_text("not part of the page")
    (folder / "sub" / "deep.js").write_text("not part of the page")
    return Page(folder)


class Client:
    """A client on this machine that asks the app without a socket, each time in a loop of its own.

    Args:
        app: what ``build_app`` returns.
        base_url: the address it believes to ask.
    """

    def __init__(self, app: Any, base_url: str = "http://127.0.0.1:8000") -> None:
        self._app = app
        self._base_url = base_url

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Asks once."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Asks with GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Asks with POST."""
        return self.request("POST", path, **options)


@pytest.fixture
def client(shelf: ModelStore, page: Page) -> Client:
    """A client of the app with both models."""
    return Client(build_app(shelf, page=page))


@pytest.fixture
def client_of() -> type[Client]:
    """Makes a client of another app."""
    return Client


@pytest.fixture
def served(shelf: ModelStore, page: Page) -> Iterator[int]:
    """The port of the app on a real socket, until the test ends."""
    listener = open_listener("127.0.0.1", 0)
    server = make_server(build_app(shelf, page=page))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(timeout=20)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def drawings(strokes: Dataset) -> list[ByteArray]:
    """Drawn digits as a pad has them: 84 × 70 pixels, ink bright, not in the middle."""
    pads = []
    for number, image in enumerate(strokes.test.images):
        pad = np.zeros((84, 70), np.uint8)
        top, left = number % 20, number % 11
        pad[top : top + 56, left : left + 56] = np.kron(image, np.ones((2, 2), np.uint8))
        pads.append(pad)
    return pads
