"""Every address of the app, its query parameters, and the function that answers it.

Every answer is computed in a thread, so that the server goes on listening; the matrix products of
several threads run side by side. Files are decoded one at a time, because a large photograph takes
seconds and half a gigabyte, and at most a few of each client are received at a time, so that one client
does not delay the others. Next: ``upload.py``, ``responses.py``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from inkling import __version__
from inkling._checks import complain
from inkling.app import responses
from inkling.app.model_store import LoadedModel, ModelStore
from inkling.app.route import route
from inkling.app.security import RETRY, SecurityMiddleware, error_response
from inkling.app.training import TrainingProcess
from inkling.app.training_routes import Training, training_routes
from inkling.app.upload import Upload, is_raw, receive_picture, receive_raw
from inkling.errors import ImageError, ImageTooLargeError, InklingError, SettingError, ShapeError
from inkling.explain.summary import describe
from inkling.interop.browser import browser_bytes
from inkling.page.bundle import assemble, content_policy

if TYPE_CHECKING:
    from starlette.types import ASGIApp

T = TypeVar("T")
OPENAPI = Path(__file__).with_name("openapi.json")
CLIENT_FILES = 2
"""Files of one client that are received at a time, each of 20 MB at most; the client's others wait."""
COMPRESSION = 5
"""Level 9 takes twice as long and saves 1 % of the page."""
QUEUE_SECONDS = 20.0
"""How long a file may wait to be received or decoded."""
SIZE = ("width", "height", "normalized")


def build_app(
    models: ModelStore,
    *,
    host: str = "127.0.0.1",
    allowed_hosts: Collection[str] = (),
    frames: bool = False,
    training: Training | None = None,
    allow_training: bool = False,
) -> ASGIApp:
    """Returns the ASGI application, for requests to the address ``host`` or an allowed name.

    With ``frames``, pages of other sites may show the page in a frame. ``training`` trains for the page,
    for this computer only unless ``allow_training``; by default in a process of its own.
    """
    service = Service(models, frames)
    routes = [
        *(
            Route(
                path, GZipMiddleware(Route(path, page), compresslevel=COMPRESSION), methods=["GET"]
            )
            for path, page in (("/", service.page), ("/embed", service.embed))
        ),
        route("GET", "/healthz", service.health),
        route("GET", "/api/openapi.json", service.openapi),
        route("GET", "/api/models", service.list_models),
        route("GET", "/api/model", service.model, "model"),
        route("GET", "/api/weights", service.weights, "model", "version"),
        route("POST", "/api/predict", partial(service.answer, responses.predict), "model", *SIZE),
        route("POST", "/api/inside", service.inside, "model", "for", "against", *SIZE),
        route("POST", "/api/read", service.read, "model"),
    ]
    trainer = training or TrainingProcess(models.name_of)
    routes += training_routes(trainer, models, allowed_hosts, allow_training)
    handlers: dict[Any, Any] = {
        HTTPException: _http_error,
        InklingError: _library_error,
        Exception: _internal_error,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    return SecurityMiddleware(app, host, allowed_hosts)


class Service:
    """The functions that answer the addresses."""

    def __init__(self, models: ModelStore, frames: bool) -> None:
        self._models = models
        self._ancestors = "*" if frames else "'none'"
        self._clients = WeakValueDictionary[str, asyncio.Semaphore]()
        self._decoding = asyncio.Semaphore(1)

    async def page(self, _: Request, *, embedded: bool = False) -> Response:
        """GET /: the page, which computes its answers itself."""
        models = {**await self.list_models(_), "server": not embedded, "embedded": embedded}
        policy = content_policy("'self'") + f"; frame-ancestors {self._ancestors}"
        return HTMLResponse(assemble(models, {}), headers={"content-security-policy": policy})

    async def embed(self, request: Request) -> Response:
        """GET /embed: pad and network alone, for a frame of another page."""
        return await self.page(request, embedded=True)

    async def weights(self, request: Request) -> Response:
        """GET /api/weights: a model as the page reads it. A new version has another address."""
        model = await self._model(request)
        about = await self.model(request)
        content = await asyncio.to_thread(browser_bytes, model.recognizer.model, about)
        return Response(content, media_type="application/octet-stream")

    async def health(self, _: Request) -> dict[str, Any]:
        """GET /healthz."""
        return {"status": "ok", "version": __version__}

    async def openapi(self, _: Request) -> dict[str, Any]:
        """GET /api/openapi.json."""
        description: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
        description["info"]["version"] = __version__
        return description

    async def list_models(self, _: Request) -> dict[str, Any]:
        """GET /api/models."""
        entries = await asyncio.to_thread(self._models.entries)
        return {"models": entries, "default": self._models.default}

    async def model(self, request: Request) -> dict[str, Any]:
        """GET /api/model."""
        model = await self._model(request)
        about = partial(describe, model.identifier, model.path, model.recognizer.model)
        return await asyncio.to_thread(about)

    async def inside(self, request: Request) -> dict[str, Any]:
        """POST /api/inside."""
        wanted, other = (request.query_params.get(name) for name in ("for", "against"))
        return await self.answer(partial(responses.inside, wanted=wanted, other=other), request)

    async def read(self, request: Request) -> dict[str, Any]:
        """POST /api/read."""
        return await self.answer(responses.read, request, raw_allowed=False)

    async def answer(
        self,
        compute: Callable[[LoadedModel, Upload], dict[str, Any]],
        request: Request,
        *,
        raw_allowed: bool = True,
    ) -> dict[str, Any]:
        """Receives the body of a POST and computes the response."""
        model = await self._model(request)
        if is_raw(request, raw_allowed):
            upload = await receive_raw(request)
            return await asyncio.to_thread(compute, model, upload)
        client = request.client.host if request.client else ""
        files = self._clients.setdefault(client, asyncio.Semaphore(CLIENT_FILES))
        async with _place(files):
            upload = await receive_picture(request)
            async with _place(self._decoding):
                return await _run_in_daemon_thread(partial(compute, model, upload))

    async def _model(self, request: Request) -> LoadedModel:
        return await asyncio.to_thread(self._models.get, request.query_params.get("model"))


@asynccontextmanager
async def _place(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """Waits for a free place and holds it."""
    try:
        async with asyncio.timeout(QUEUE_SECONDS):
            await places.acquire()
    except TimeoutError:
        message = f"waited {QUEUE_SECONDS:g} s for other pictures; try again."
        raise HTTPException(503, message, RETRY) from None
    try:
        yield
    finally:
        places.release()


async def _run_in_daemon_thread(work: Callable[[], T]) -> T:
    """Runs a function in a thread that does not delay Ctrl-C, as asyncio.to_thread's would."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from here on it cannot be canceled

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(future)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.detail == HTTPStatus(error.status_code).phrase:  # Starlette's own: no such route
        got, advice = f"{request.method} {request.url.path}", "/api/openapi.json lists them"
        error.detail = complain("request", "a known address and method", got, advice)
    return error_response(error)


async def _library_error(_: Request, error: Exception) -> Response:
    """The library's own errors: 4xx if the request is wrong, 422 if the model cannot answer it."""
    status = 400 if isinstance(error, ImageError | SettingError | ShapeError) else 422
    status = 413 if isinstance(error, ImageTooLargeError) else status  # thousands of marks
    return error_response(HTTPException(status, str(error)))


async def _internal_error(_: Request, error: Exception) -> Response:
    """A bug: the details go to the terminal, not to the client."""
    logging.getLogger("inkling.app").error("a request failed", exc_info=error)
    message = "internal error; the terminal of the app shows the details."
    return error_response(HTTPException(500, message))
