"""The questions and who answers them: every address of the app on one screen.

    POST /api/predict   one digit            GET /api/models    the models to choose from
    POST /api/inside    one digit, and why   GET /api/model     one of them
    POST /api/read      a photo              GET /healthz       whether it runs

Every answer is worked out in a thread, so that the server goes on listening. That takes the same 1.0 ms
of processor time as working it out in between, and with 50 clients drawing a seventh less waiting, since
matrix products of several threads run side by side. Pictures in files are decoded one at a time: they
may take seconds and half a gigabyte, and those who draw are not to be kept waiting.
Next: ``guard.py``, ``upload.py``, ``replies.py``.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import inkling
from inkling._checks import complain
from inkling.app import replies
from inkling.app.background import run_apart
from inkling.app.guard import Guard, error_response
from inkling.app.model_store import LoadedModel, ModelStore
from inkling.app.page_files import Page
from inkling.app.refusal import RefusedError
from inkling.app.upload import Upload, is_raw_pixels, receive_grey, receive_picture
from inkling.errors import ImageError, InklingError, SettingError, ShapeError
from inkling.explain.summary import describe

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    Reply = Callable[[LoadedModel, Upload], dict[str, Any]]
    """Works out the answer to an upload."""

OPENAPI = Path(__file__).with_name("openapi.json")
UPLOADS = 8
"""Pictures in files that are received at a time, of 20 MB each at most."""
TURN_SECONDS = 20.0
"""How long a picture waits for its turn."""
GREY = {"width", "height", "normalized"}


def build_app(shelf: ModelStore, *, host: str = "127.0.0.1", page: Page | None = None) -> ASGIApp:
    """Puts the app together.

    Args:
        shelf: the models.
        host: the address it will listen on, which decides the names it may be called by.
        page: the files of the page; those that come with the package by default.

    Returns:
        An ASGI application, for uvicorn or a test client.
    """
    service, page = Service(shelf), page or Page()
    routes = [
        Route("/", page.index, methods=["GET"]),
        Route("/static/{name}", page.static, methods=["GET"]),
        Route("/healthz", service.health, methods=["GET"]),
        Route("/api/openapi.json", service.openapi, methods=["GET"]),
        Route("/api/models", service.models, methods=["GET"]),
        Route("/api/model", service.model, methods=["GET"]),
        Route("/api/predict", service.predict, methods=["POST"]),
        Route("/api/inside", service.inside, methods=["POST"]),
        Route("/api/read", service.read, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {
        RefusedError: _refused,
        InklingError: _cannot,
        HTTPException: _no_such_place,
        Exception: _failed,
    }
    return Guard(Starlette(routes=routes, exception_handlers=handlers), host)


class Service:
    """The answers to the questions of ``/api``.

    Args:
        shelf: the models.
    """

    def __init__(self, shelf: ModelStore) -> None:
        self._shelf = shelf
        self._uploads = asyncio.Semaphore(UPLOADS)
        self._decoding = asyncio.Semaphore(1)

    async def health(self, request: Request) -> Response:
        """GET /healthz."""
        _check_query(request, set())
        return JSONResponse({"status": "ok", "version": inkling.__version__})

    async def openapi(self, request: Request) -> Response:
        """GET /api/openapi.json."""
        _check_query(request, set())
        description = json.loads(OPENAPI.read_text(encoding="utf-8"))
        description["info"]["version"] = inkling.__version__
        return JSONResponse(description)

    async def models(self, request: Request) -> Response:
        """GET /api/models."""
        _check_query(request, set())
        entries = await asyncio.to_thread(self._shelf.entries)
        return JSONResponse({"models": entries, "default": self._shelf.default})

    async def model(self, request: Request) -> Response:
        """GET /api/model."""
        _check_query(request, {"model"})
        reader = await self._reader(request)
        about = await asyncio.to_thread(
            describe, reader.identifier, reader.path, reader.recognizer.model
        )
        return JSONResponse(about)

    async def predict(self, request: Request) -> Response:
        """POST /api/predict."""
        _check_query(request, {"model"} | GREY)
        return await self._answer(request, replies.predict)

    async def inside(self, request: Request) -> Response:
        """POST /api/inside."""
        _check_query(request, {"model", "for", "against"} | GREY)
        wanted, other = (request.query_params.get(name) for name in ("for", "against"))
        return await self._answer(request, partial(replies.inside, wanted=wanted, other=other))

    async def read(self, request: Request) -> Response:
        """POST /api/read."""
        _check_query(request, {"model"})
        return await self._answer(request, replies.read, grey=False)

    async def _answer(self, request: Request, reply: Reply, *, grey: bool = True) -> Response:
        reader = await self._reader(request)
        if is_raw_pixels(request, allowed=grey):
            upload = await receive_grey(request)
            return JSONResponse(await asyncio.to_thread(reply, reader, upload))
        async with _turn(self._uploads):
            upload = await receive_picture(request)
            async with _turn(self._decoding):
                return JSONResponse(await run_apart(partial(reply, reader, upload)))

    async def _reader(self, request: Request) -> LoadedModel:
        name = request.query_params.get("model")
        at_hand = self._shelf.at_hand(name)
        return at_hand if at_hand else await asyncio.to_thread(self._shelf.load, name)


@asynccontextmanager
async def _turn(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """Waits for a free place and holds it."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await places.acquire()
    except TimeoutError:
        got = f"a queue of more than {TURN_SECONDS:g} seconds"
        raise RefusedError(503, complain("picture", "its turn", got, "try again")) from None
    try:
        yield
    finally:
        places.release()


def _check_query(request: Request, known: set[str]) -> None:
    """Raises for a name in the query that means nothing here, a misspelt one for example."""
    for name in request.query_params:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            expected = f"these names behind the question mark: {names}"
            raise RefusedError(400, complain("address", expected, repr(name)))


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return error_response(error)


async def _cannot(_: Request, error: Exception) -> Response:
    """Turns the library's own errors into answers: 400 the question, 422 the model."""
    asked = isinstance(error, ImageError | SettingError | ShapeError)
    return error_response(RefusedError(400 if asked else 422, str(error)))


async def _no_such_place(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    got = f"{request.method} {request.url.path}"
    advice = "/api/openapi.json lists them"
    sentence = complain("request", "a known address and method", got, advice)
    response = error_response(RefusedError(error.status_code, sentence))
    response.headers.update(error.headers or {})
    return response


async def _failed(_: Request, error: Exception) -> Response:
    """A mistake of ours: the client learns that much, the terminal learns where."""
    logging.getLogger("inkling.app").error("a request failed", exc_info=error)
    return error_response(RefusedError(500, "the app made a mistake; its terminal says where."))
