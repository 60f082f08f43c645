"""The app with two small models of drawn digits: one explained by pixel, one by unit."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
from inkling.app.routes import build_app
from inkling.app.server import make_server, open_listener


@pytest.fixture(scope="session")
def runs(strokes: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two finished runs: "straight" uses ReLU, "bent" tanh and a temperature.

    The calibration and rejector of training are replaced, because a few dozen drawings are too few for
    them, and the tests need answers that are known.
    """
    folder = tmp_path_factory.mktemp("app") / "runs"
    images = np.stack([normalize(image) for image in strokes.train.images])
    dataset = replace(strokes, train=Split(images, strokes.train.labels))
    for name, activation, temperature in (("straight", "relu", 1.0), ("bent", "tanh", 1.25)):
        options: Any = {"hidden": (31, 23), "activation": activation, "run": folder / name}
        model = train(dataset, epochs=25, batch_size=16, **options).model
        model = replace(model, temperature=temperature, rejector=None)
        model.save(folder / name / "model.safetensors")
    os.utime(folder / "bent" / "model.safetensors", (1e9, 1e9))  # so that "straight" is the newest
    return folder


@pytest.fixture(scope="session")
def straight(runs: Path) -> Model:
    """The default model."""
    return load_model(runs / "straight").require_single("test")


@pytest.fixture(autouse=True)
def _no_shipped_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes the models that ship, one of which would be the default."""
    monkeypatch.setattr("inkling.model.locations.SHIPPED", Path("nowhere"))
    monkeypatch.setattr("inkling.model.locations.LOOK", Path("nowhere"))


@pytest.fixture
def models(runs: Path) -> ModelStore:
    """Both models, "straight" the default."""
    return ModelStore(None, runs)


class Client:
    """A client that calls the app without a socket.

    Args:
        app: the return value of ``build_app``.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Sends one request, in an event loop of its own."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            address = "http://127.0.0.1:8000"
            async with httpx.AsyncClient(transport=transport, base_url=address) as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Sends a GET request."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Sends a POST request."""
        return self.request("POST", path, **options)


@pytest.fixture
def client(models: ModelStore) -> Client:
    """A client of the app with both models."""
    return Client(build_app(models))


@pytest.fixture
def client_of() -> type[Client]:
    """Makes a client of another app."""
    return Client


@contextmanager
def _serve(app: Any) -> Iterator[int]:
    listener = open_listener("127.0.0.1", 0)
    server = make_server(app)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(timeout=20)
    assert not thread.is_alive()


@pytest.fixture
def serve() -> Callable[[Any], AbstractContextManager[int]]:
    """Serves an app on a real socket and yields its port."""
    return _serve


@pytest.fixture
def served(models: ModelStore) -> Iterator[int]:
    """The port of the app on a real socket, until the test ends."""
    with _serve(build_app(models)) as port:
        yield port


@pytest.fixture(scope="session")
def drawings(strokes: Dataset) -> list[ByteArray]:
    """Drawn digits as a pad has them: 84 × 70 pixels, bright ink, not centered."""
    pads = []
    for number, image in enumerate(strokes.test.images):
        pad = np.zeros((84, 70), np.uint8)
        top, left = number % 20, number % 11
        pad[top : top + 56, left : left + 56] = np.kron(image, np.ones((2, 2), np.uint8))
        pads.append(pad)
    return pads
